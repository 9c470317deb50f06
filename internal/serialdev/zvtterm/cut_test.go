package zvtterm

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
	"edged/internal/sim/readersim"
)

// customer buys, and settles what the line leaves in doubt as the engine would: ask
// first, then repeat. It keeps what it believes of each hold, to be compared with
// the terminal's ledger.
type customer struct {
	*rig
	n     int
	holds map[string]string // receipt → what the events say became of it
	pause time.Duration     // between two tries; 1 s if zero
	found int               // open holds that no event told of
	loose bool              // the terminal may forget what it has acknowledged
}

// bring runs commands of a kind until one ends Done, and returns that end. doubt
// is called after one that did not, and says whether it was done all the same.
func (c *customer) bring(kind purchase.CommandKind, amount int64, h purchase.Hold, doubt func(purchase.Ended) bool) purchase.Ended {
	c.t.Helper()
	var last purchase.Ended
	for range 100 {
		c.n++
		cmd := settleCommand(kind, c.n, amount, h)
		if kind == purchase.CmdReverse {
			cmd.Receipt = c.lastCapture()
		}
		if c.terminal.Start(cmd) != nil {
			time.Sleep(cmp.Or(c.pause, time.Second))
			continue
		}
		e := c.engine.ended(c.t, cmd.ID)
		if e.Outcome == purchase.Done || doubt(e) {
			return e
		}
		last = e
		time.Sleep(cmp.Or(c.pause, time.Second))
	}
	c.t.Fatalf("%s never got done: %+v", kind, last)
	return purchase.Ended{}
}

// lastCapture is the receipt of the capture that was posted last.
func (c *customer) lastCapture() string {
	receipt := ""
	events, _ := c.engine.all()
	for _, ev := range events {
		if b, ok := ev.Body.(purchase.Captured); ok {
			receipt = b.Receipt
		}
	}
	return receipt
}

func never(purchase.Ended) bool { return false }

// open asks which holds are open.
func (c *customer) open() []purchase.Hold {
	c.t.Helper()
	return c.bring(purchase.CmdAsk, 0, purchase.Hold{}, never).Open
}

func (c *customer) isOpen(h purchase.Hold) bool {
	c.t.Helper()
	for _, o := range c.open() {
		if o.Same(h) {
			return true
		}
	}
	return false
}

// hold arms until a hold is granted. What an arm in doubt has left is given back.
func (c *customer) hold() purchase.Hold {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	c.wg.Go(func() {
		for ctx.Err() == nil {
			_, _ = c.sim.Tap(ctx, readersim.Card{})
		}
	})
	for {
		e := c.bring(purchase.CmdArm, 5000, purchase.Hold{}, func(e purchase.Ended) bool { return e.Outcome == purchase.InDoubt })
		h, granted := c.lookup(e.Command)
		if e.Outcome == purchase.Done {
			c.holds[h.Receipt] = "open"
			return h
		}
		if granted && c.isOpen(h) {
			c.holds[h.Receipt] = "open"
			return h
		}
		if granted {
			c.holds[h.Receipt] = "autoreversed"
		}
		for _, o := range c.open() {
			c.found++
			c.release(o)
		}
	}
}

func (c *customer) lookup(id purchase.CommandID) (purchase.Hold, bool) {
	events, _ := c.engine.all()
	for _, ev := range events {
		if b, ok := ev.Body.(purchase.HoldGranted); ok && b.Command == id {
			return b.Hold, true
		}
	}
	return purchase.Hold{}, false
}

func (c *customer) capture(h purchase.Hold, amount int64) {
	c.t.Helper()
	c.bring(purchase.CmdCapture, amount, h, func(e purchase.Ended) bool {
		return e.Outcome == purchase.InDoubt && !c.isOpen(h)
	})
	c.holds[h.Receipt] = fmt.Sprintf("captured %d", amount)
}

func (c *customer) release(h purchase.Hold) {
	c.t.Helper()
	c.bring(purchase.CmdRelease, 0, h, func(e purchase.Ended) bool {
		return e.Outcome == purchase.InDoubt && !c.isOpen(h)
	})
	c.holds[h.Receipt] = "released"
}

// reverse undoes the last capture. One that was in doubt and was done is refused.
func (c *customer) reverse(h purchase.Hold, amount int64) {
	c.t.Helper()
	c.bring(purchase.CmdReverse, amount, h, func(e purchase.Ended) bool { return e.Reason == purchase.ReasonNotOpen })
	c.holds[h.Receipt] = "reversed"
}

// day is every dialogue there is.
func (c *customer) day() {
	h := c.hold()
	c.capture(h, 1735)
	c.reverse(h, 1735)
	c.capture(c.hold(), 5000)
	c.release(c.hold())
	c.bring(purchase.CmdEndOfDay, 0, purchase.Hold{}, never)
	c.bring(purchase.CmdMaintain, 0, purchase.Hold{}, never)
}

// agrees compares the terminal's ledger with what the events said.
func (c *customer) agrees() {
	c.t.Helper()
	for _, h := range c.sim.Ledger().HoldList() {
		receipt := fmt.Sprintf("%04d", h.Receipt)
		said, known := c.holds[receipt]
		is := string(h.State)
		if h.State == readersim.Captured {
			is = fmt.Sprintf("captured %d", h.CapturedMinor)
		}
		switch {
		case h.Captures > 1:
			c.t.Errorf("hold %s was captured %d times", receipt, h.Captures)
		case !known && h.State == readersim.Reversed && h.AckedAt.IsZero(): // nobody had to know
		case said != is:
			c.t.Errorf("hold %s is %s, the events say %q", receipt, is, said)
		}
	}
	c.oneEnd()
	if c.opts.Serial && !c.loose {
		c.ackedStand()
	}
}

// ackedStand: behind what was called acked a door opens, so the terminal has it. (On
// TCP it is only written.)
func (c *customer) ackedStand() {
	c.t.Helper()
	booked := map[string]bool{}
	for _, tx := range c.sim.Ledger().Txs {
		booked[fmt.Sprintf("%04d", tx.Receipt)] = !tx.BookedAt.IsZero()
	}
	for _, id := range c.engine.ackedIDs() {
		if r := c.receiptOf(id); !booked[r] {
			c.t.Errorf("acked %s, and the terminal never kept receipt %q", id, r)
		}
	}
}

// receiptOf is the receipt of the result posted for a command.
func (c *customer) receiptOf(id purchase.CommandID) string {
	events, _ := c.engine.all()
	for _, ev := range events {
		if commandOf(ev.Body) != id {
			continue
		}
		switch b := ev.Body.(type) {
		case purchase.HoldGranted:
			return b.Hold.Receipt
		case purchase.Captured:
			return b.Receipt
		case purchase.Released:
			return b.Receipt
		case purchase.Reversed:
			return b.Receipt
		}
	}
	return ""
}

// oneEnd: every command ended exactly once, and nothing of it came afterwards.
func (c *customer) oneEnd() {
	c.t.Helper()
	events, _ := c.engine.all()
	ends := map[purchase.CommandID]int{}
	for _, ev := range events {
		id := commandOf(ev.Body)
		if id != "" && ends[id] > 0 {
			c.t.Errorf("%s after the end of %s", ev.Body.Kind(), id)
		}
		if ev.Body.Kind() == purchase.KindEnded {
			ends[id]++
		}
	}
}

// dayOver runs a day over a cable in a bubble of its own.
func dayOver(t *testing.T, serial bool, c *cable) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		r = newRig(t, func(o *Options, s *readersim.Options) {
			o.Serial = serial
			o.Logger = slog.New(slog.DiscardHandler)
			o.Open = func(context.Context) (Line, error) {
				driver, terminal := c.join(&r.wg)
				transport := readersim.TCP
				if serial {
					transport = readersim.Serial
				}
				r.wg.Go(func() { _ = r.sim.Attach(r.ctx, terminal, transport) })
				return driver, nil
			}
			s.MaxHolds = 2
			s.EndOfDay = readersim.RefuseOpen
		})
		defer r.close()
		r.attach()
		shop := &customer{rig: r, holds: map[string]string{}}
		shop.day()
		shop.agrees()
	})
}

// TestTheLineCutAtEveryByte cuts the line behind every byte of every dialogue, in
// both directions, over both transports, by ending it and by losing what is sent.
func TestTheLineCutAtEveryByte(t *testing.T) {
	for _, serial := range []bool{true, false} {
		for _, mute := range []time.Duration{0, 40 * time.Second} {
			name := fmt.Sprintf("serial=%v mute=%v", serial, mute)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				cutEverywhere(t, serial, mute)
			})
		}
	}
}

func cutEverywhere(t *testing.T, serial bool, mute time.Duration) {
	whole := uncut()
	dayOver(t, serial, whole)
	total := whole.carried()
	points, cuts, step := 0, 0, stride()
	for dir, n := range total {
		for at := firstCut(t.Name(), step); at < n; at += step {
			c := &cable{cutAt: at + 1, dir: dir, mute: mute}
			failing(t, fmt.Sprintf("a cut behind byte %d of %d in direction %d", at+1, n, dir), func() { dayOver(t, serial, c) })
			points++
			cuts += c.cuts
		}
	}
	t.Logf("%d cut points (stride %d), %d cuts made, %d bytes to the terminal, %d to the driver", points, step, cuts, total[toTerminal], total[toDriver])
}

// stride is 1: the line is cut behind every byte, and every fault happens at every
// pass of its point. Under the race detector a day takes about five times as long,
// and that looks for races, not for bytes: there, and in short mode, every seventeenth or
// seventh has its turn. EDGED_TORTURE=1 tries all even then.
func stride() int {
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		return 1
	case raceEnabled:
		return 17
	case testing.Short():
		return 7
	}
	return 1
}

// firstCut starts each of the four forms at another byte, so that with a stride they
// cut at different ones.
func firstCut(name string, stride int) int {
	sum := 0
	for _, c := range name {
		sum += int(c)
	}
	return sum % stride
}
