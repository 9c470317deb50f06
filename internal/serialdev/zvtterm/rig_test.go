package zvtterm

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
	"edged/internal/sim/readersim"
)

// rig is a driver and a simulated terminal on a line of net.Pipe, within a bubble.
type rig struct {
	t        *testing.T
	terminal *Terminal
	sim      *readersim.Terminal
	engine   *engine
	opts     Options
	simOpts  readersim.Options

	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup

	halt   context.CancelFunc // ends the driver alone
	halted chan struct{}      // closed when it has ended
}

// engine stands for the poster: it keeps what it is told, and answers as it is told.
type engine struct {
	mu      sync.Mutex
	events  []purchase.Event
	acks    []purchase.CommandID
	changed chan struct{}
	// answer, if set, decides about results and everything else.
	answer func(context.Context, purchase.Event) (purchase.Verdict, error)
}

var errStore = errors.New("store failed")

func (e *engine) post(ctx context.Context, ev purchase.Event) (purchase.Verdict, error) {
	verdict := purchase.Accept
	if e.answer != nil {
		var err error
		if verdict, err = e.answer(ctx, ev); err != nil {
			return "", err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, ev)
	close(e.changed)
	e.changed = make(chan struct{})
	return verdict, nil
}

func (e *engine) acked(id purchase.CommandID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.acks = append(e.acks, id)
}

func (e *engine) all() ([]purchase.Event, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.events), e.changed
}

func (e *engine) ackedIDs() []purchase.CommandID {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.acks)
}

// await waits until an event satisfies ok, and returns it.
func (e *engine) await(t *testing.T, what string, ok func(purchase.Body) bool) purchase.Body {
	t.Helper()
	late := time.After(30 * time.Minute)
	for {
		events, changed := e.all()
		for _, ev := range events {
			if ok(ev.Body) {
				return ev.Body
			}
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no %s among %d events", what, len(events))
		}
	}
}

func (e *engine) ended(t *testing.T, id purchase.CommandID) purchase.Ended {
	t.Helper()
	b := e.await(t, "end of "+string(id), func(b purchase.Body) bool {
		end, ok := b.(purchase.Ended)
		return ok && end.Command == id
	})
	return b.(purchase.Ended)
}

// count counts the events of a command, by kind.
func (e *engine) count(kind purchase.Kind, id purchase.CommandID) int {
	events, _ := e.all()
	n := 0
	for _, ev := range events {
		if ev.Body.Kind() == kind && commandOf(ev.Body) == id {
			n++
		}
	}
	return n
}

func commandOf(b purchase.Body) purchase.CommandID {
	switch b := b.(type) {
	case purchase.CardSeen:
		return b.Command
	case purchase.HoldGranted:
		return b.Command
	case purchase.Captured:
		return b.Command
	case purchase.Released:
		return b.Command
	case purchase.Reversed:
		return b.Command
	case purchase.Ended:
		return b.Command
	}
	return ""
}

// inBubble runs f with a rig over both transports.
func inBubble(t *testing.T, change func(*Options, *readersim.Options), f func(*rig)) {
	t.Helper()
	for name, serial := range map[string]bool{"serial": true, "tcp": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, func(o *Options, s *readersim.Options) {
					o.Serial = serial
					if change != nil {
						change(o, s)
					}
				})
				defer r.close()
				r.attach()
				f(r)
			})
		})
	}
}

func newRig(t *testing.T, change func(*Options, *readersim.Options)) *rig {
	t.Helper()
	r := &rig{t: t, engine: &engine{changed: make(chan struct{})}}
	r.ctx, r.stop = context.WithCancel(t.Context())
	r.opts = Options{Lane: "front", Serial: true, Currency: "EUR", Capture: CapturePartialReversal}
	r.opts.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.opts.Open = r.open
	if change != nil {
		change(&r.opts, &r.simOpts)
	}
	var err error
	if r.sim, err = readersim.New(r.simOpts); err != nil {
		t.Fatal(err)
	}
	if r.terminal, err = New(r.opts); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) attach() {
	r.wg.Go(func() {
		if err := r.sim.Run(r.ctx); err != nil {
			r.t.Errorf("simulator: %v", err)
		}
	})
	ctx, halt := context.WithCancel(r.ctx)
	r.halt, r.halted = halt, make(chan struct{})
	r.wg.Go(func() {
		defer close(r.halted)
		_ = r.terminal.Run(ctx, r.engine.post, r.engine.acked)
	})
	r.engine.await(r.t, "attached", func(b purchase.Body) bool { return b.Kind() == purchase.KindAttached })
}

func (r *rig) close() {
	r.stop()
	r.wg.Wait()
}

// open plugs a new line into the simulator.
func (r *rig) open(ctx context.Context) (Line, error) {
	ours, theirs := net.Pipe()
	transport := readersim.TCP
	if r.opts.Serial {
		transport = readersim.Serial
	}
	r.wg.Go(func() { _ = r.sim.Attach(r.ctx, theirs, transport) })
	return ours, nil
}

// do starts a command and waits for its end.
func (r *rig) do(cmd purchase.TerminalCommand) purchase.Ended {
	r.t.Helper()
	r.start(cmd)
	return r.engine.ended(r.t, cmd.ID)
}

func (r *rig) start(cmd purchase.TerminalCommand) {
	r.t.Helper()
	if err := r.terminal.Start(cmd); err != nil {
		r.t.Fatalf("start %s: %v", cmd.ID, err)
	}
}

func (r *rig) tap(c readersim.Card) readersim.TapResult {
	r.t.Helper()
	res, err := r.sim.Tap(r.ctx, c)
	if err != nil {
		r.t.Fatalf("tap: %v", err)
	}
	return res
}

const order = purchase.OrderID("00000000000000000000000001")

func armCommand(n int) purchase.TerminalCommand {
	return purchase.TerminalCommand{
		ID: purchase.CommandFor(order, purchase.CmdArm, n), Kind: purchase.CmdArm, Order: order, Amount: 5000, Currency: "EUR",
	}
}

func settleCommand(kind purchase.CommandKind, n int, amount int64, h purchase.Hold) purchase.TerminalCommand {
	return purchase.TerminalCommand{
		ID: purchase.CommandFor(order, kind, n), Kind: kind, Order: order, Amount: purchaseMinor(amount), Currency: "EUR", Hold: h,
	}
}

// hold arms, taps and returns the hold.
func (r *rig) hold(n int) purchase.Hold {
	r.t.Helper()
	cmd := armCommand(n)
	r.start(cmd)
	r.tap(readersim.Card{})
	if end := r.engine.ended(r.t, cmd.ID); end.Outcome != purchase.Done {
		r.t.Fatalf("arm ended %+v", end)
	}
	return r.granted(cmd.ID)
}

func (r *rig) granted(id purchase.CommandID) purchase.Hold {
	r.t.Helper()
	b := r.engine.await(r.t, "hold", func(b purchase.Body) bool {
		g, ok := b.(purchase.HoldGranted)
		return ok && g.Command == id
	})
	return b.(purchase.HoldGranted).Hold
}
