package termtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
)

// bench is a rig under test with the engine's side of the port: a store that keeps
// what is posted, in order, unless it is told to fail.
type bench struct {
	Rig
	t    *testing.T
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
	ran  chan struct{} // closed when the driver's Run has returned

	mu      sync.Mutex
	log     []entry
	changed chan struct{}
	// fail, if set, is asked first. done: its answer counts.
	fail func(ctx context.Context, ev purchase.Event) (v purchase.Verdict, err error, done bool)
}

// entry is one event that became durable, or one call of acked.
type entry struct {
	body  purchase.Body
	acked purchase.CommandID
}

func newBench(t *testing.T, rig Rig) *bench {
	b := &bench{Rig: rig, t: t, changed: make(chan struct{}), ran: make(chan struct{})}
	b.ctx, b.stop = context.WithCancel(t.Context())
	return b
}

// run starts device and driver, and waits until they have found each other.
func (b *bench) run() {
	b.t.Helper()
	b.wg.Go(func() { b.Power(b.ctx) })
	b.wg.Go(func() {
		defer close(b.ran)
		_ = b.Terminal.Run(b.ctx, b.post, b.acked)
	})
	b.await("attached", func(e entry) bool { return e.kind() == purchase.KindAttached })
}

func (b *bench) close() {
	b.stop()
	b.wg.Wait()
}

func (b *bench) post(ctx context.Context, ev purchase.Event) (purchase.Verdict, error) {
	b.mu.Lock()
	fail := b.fail
	b.mu.Unlock()
	verdict := purchase.Accept
	if fail != nil {
		if v, err, done := fail(ctx, ev); done {
			if err != nil {
				return "", err
			}
			verdict = v
		}
	}
	b.add(entry{body: ev.Body})
	return verdict, nil
}

func (b *bench) acked(id purchase.CommandID) { b.add(entry{acked: id}) }

func (b *bench) add(e entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log = append(b.log, e)
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *bench) setFail(f func(context.Context, purchase.Event) (purchase.Verdict, error, bool)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = f
}

func (b *bench) entries() ([]entry, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.log), b.changed
}

const patience = 20 * time.Minute // of the bubble's clock

func (b *bench) await(what string, ok func(entry) bool) entry {
	b.t.Helper()
	late := time.After(patience)
	for {
		log, changed := b.entries()
		if i := slices.IndexFunc(log, ok); i >= 0 {
			return log[i]
		}
		select {
		case <-changed:
		case <-late:
			b.t.Fatalf("no %s; the log is %s", what, describe(log))
		}
	}
}

func (b *bench) ended(id purchase.CommandID) purchase.Ended {
	b.t.Helper()
	e := b.await("end of "+string(id), func(e entry) bool { return e.kind() == purchase.KindEnded && e.command() == id })
	return e.body.(purchase.Ended)
}

func (e entry) kind() purchase.Kind {
	if e.body == nil {
		return ""
	}
	return e.body.Kind()
}

// command is the command an event is about, if any.
func (e entry) command() purchase.CommandID {
	switch b := e.body.(type) {
	case purchase.CardSeen:
		return b.Command
	case purchase.HoldGranted:
		return b.Command
	case purchase.Captured:
		return b.Command
	case purchase.Released:
		return b.Command
	case purchase.Ended:
		return b.Command
	}
	return e.acked
}

func (e entry) String() string {
	if e.body == nil {
		return "acked " + string(e.acked)
	}
	return fmt.Sprintf("%s %+v", e.kind(), e.body)
}

func describe(log []entry) string {
	lines := []string{""}
	for _, e := range log {
		lines = append(lines, e.String())
	}
	return strings.Join(lines, "\n\t")
}

// order checks what holds whatever happened: one end a command, nothing of it after
// its end, and acked at most once and only behind its durable result.
func (b *bench) order() {
	b.t.Helper()
	synctest.Wait()
	log, _ := b.entries()
	ends, results, acks := map[purchase.CommandID]int{}, map[purchase.CommandID]bool{}, map[purchase.CommandID]int{}
	for _, e := range log {
		id := e.command()
		if id == "" {
			continue
		}
		if ends[id] > 0 {
			b.t.Errorf("%v comes after the end of its command", e)
		}
		switch {
		case e.kind() == purchase.KindEnded:
			ends[id]++
		case e.body != nil && e.kind() != purchase.KindCardSeen:
			results[id] = true
		case e.body == nil:
			acks[id]++
			if !results[id] || acks[id] > 1 {
				b.t.Errorf("acked %s, durable %v, for the %d. time", id, results[id], acks[id])
			}
		}
	}
	if b.t.Failed() {
		b.t.Logf("the log is %s", describe(log))
	}
}

// count counts entries of a command.
func (b *bench) count(kind purchase.Kind, id purchase.CommandID) int {
	log, _ := b.entries()
	n := 0
	for _, e := range log {
		if e.kind() == kind && e.command() == id {
			n++
		}
	}
	return n
}

func (b *bench) ackedOf(id purchase.CommandID) bool {
	log, _ := b.entries()
	return slices.ContainsFunc(log, func(e entry) bool { return e.body == nil && e.acked == id })
}

// soon calls f and fails if it blocks: within the bubble no time may pass.
func (b *bench) soon(what string, f func()) {
	b.t.Helper()
	before := time.Now()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(time.Hour):
		b.t.Fatalf("%s blocks", what)
	}
	if took := time.Since(before); took != 0 {
		b.t.Errorf("%s took %v, want no waiting", what, took)
	}
}

const order = purchase.OrderID("00000000000000000000000001")

func command(kind purchase.CommandKind, n int) purchase.TerminalCommand {
	return purchase.TerminalCommand{ID: purchase.CommandFor(order, kind, n), Kind: kind, Order: order, Currency: "EUR"}
}

func armCommand(n int) purchase.TerminalCommand {
	cmd := command(purchase.CmdArm, n)
	cmd.Amount = Limit
	return cmd
}

func captureCommand(h purchase.Hold) purchase.TerminalCommand {
	cmd := command(purchase.CmdCapture, 1)
	cmd.Amount, cmd.Hold = Total, h
	return cmd
}

func (b *bench) start(cmd purchase.TerminalCommand) {
	b.t.Helper()
	b.soon("Start", func() {
		if err := b.Terminal.Start(cmd); err != nil {
			b.t.Errorf("start %s: %v", cmd.ID, err)
		}
	})
}

// hold arms, taps and returns the hold.
func (b *bench) hold() purchase.Hold {
	b.t.Helper()
	cmd := armCommand(1)
	b.start(cmd)
	b.Tap()
	if e := b.ended(cmd.ID); e.Outcome != purchase.Done {
		b.t.Fatalf("arm ended %+v", e)
	}
	e := b.await("hold", func(e entry) bool { return e.kind() == purchase.KindHoldGranted })
	return e.body.(purchase.HoldGranted).Hold
}

func (b *bench) ends(id purchase.CommandID, want purchase.Outcome) purchase.Ended {
	b.t.Helper()
	e := b.ended(id)
	if e.Outcome != want {
		b.t.Errorf("%s ended %+v, want %s", id, e, want)
	}
	return e
}

// open counts the holds the device still has.
func (b *bench) open() int {
	n := 0
	for _, e := range b.Ledger() {
		if e.Open {
			n++
		}
	}
	return n
}

func (b *bench) wantOpen(want int) {
	b.t.Helper()
	if got := b.open(); got != want {
		b.t.Errorf("%d holds are open at the device, want %d: %+v", got, want, b.Ledger())
	}
}

func (b *bench) wantCaptured(want int64) {
	b.t.Helper()
	total, captures := int64(0), 0
	for _, e := range b.Ledger() {
		total += int64(e.Captured)
		captures = max(captures, e.Captures)
	}
	if total != want || captures > 1 {
		b.t.Errorf("the device took %d in %d captures, want %d: %+v", total, captures, want, b.Ledger())
	}
}
