package engine

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/clock"
	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// fakeTerminal approves every card that is tapped and does whatever it is told.
// It is a Terminal in the simplest form: one command at a time.
type fakeTerminal struct {
	mu      sync.Mutex
	cmd     *purchase.TerminalCommand
	started chan purchase.TerminalCommand
	taps    chan struct{}
	aborts  chan purchase.CommandID
	open    map[string]purchase.Hold
	taken   map[string]int64
	receipt int
	day     purchase.Ended // what an end of day ends with; zero: done, no total
}

func newFakeTerminal() *fakeTerminal {
	return &fakeTerminal{
		started: make(chan purchase.TerminalCommand, 1), taps: make(chan struct{}), aborts: make(chan purchase.CommandID, 8),
		open: map[string]purchase.Hold{}, taken: map[string]int64{}, receipt: 100,
	}
}

func (f *fakeTerminal) Caps() purchase.TerminalCaps {
	return purchase.TerminalCaps{Terminal: "12345678", MaxHolds: 1, CaptureBelowHold: true}
}

func (f *fakeTerminal) Start(cmd purchase.TerminalCommand) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cmd != nil {
		return errors.New("busy")
	}
	f.cmd = &cmd
	f.started <- cmd
	return nil
}

func (f *fakeTerminal) Abort(id purchase.CommandID) { f.aborts <- id }

func (f *fakeTerminal) Run(ctx context.Context, post Post, acked func(purchase.CommandID)) error {
	if _, err := post(ctx, purchase.Event{Lane: "front", Body: purchase.Attached{Caps: f.Caps()}}); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case cmd := <-f.started:
			ended := f.do(ctx, cmd, post, acked)
			f.mu.Lock()
			f.cmd = nil
			f.mu.Unlock()
			ended.Command, ended.What = cmd.ID, cmd.Kind
			ev := purchase.Event{Order: cmd.Order, Body: ended}
			if cmd.Order == "" {
				ev.Lane = "front"
			}
			_, _ = post(context.WithoutCancel(ctx), ev)
		}
	}
}

func (f *fakeTerminal) do(ctx context.Context, cmd purchase.TerminalCommand, post Post, acked func(purchase.CommandID)) purchase.Ended {
	result := func(body purchase.Body) bool {
		v, err := post(ctx, purchase.Event{Order: cmd.Order, Body: body})
		return err == nil && v == purchase.Accept
	}
	switch cmd.Kind {
	case purchase.CmdArm:
		select {
		case <-f.taps:
		case <-f.aborts:
			return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonAborted}
		case <-ctx.Done():
			return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonLine}
		}
		f.receipt++
		h := purchase.Hold{Terminal: "12345678", Receipt: string(rune('0'+f.receipt/100)) + "1" + string(rune('0'+f.receipt/10%10)) + string(rune('0'+f.receipt%10)), Amount: cmd.Amount}
		if !result(purchase.HoldGranted{Command: cmd.ID, Hold: h}) {
			return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonReversed, CardSeen: true}
		}
		f.open[h.Receipt] = h
		acked(cmd.ID)
		return purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}
	case purchase.CmdCapture:
		if _, ok := f.open[cmd.Hold.Receipt]; !ok {
			return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonNotOpen}
		}
		if !result(purchase.Captured{Command: cmd.ID, Amount: cmd.Amount}) {
			return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonReversed}
		}
		delete(f.open, cmd.Hold.Receipt)
		f.taken[cmd.Hold.Receipt] += int64(cmd.Amount)
	case purchase.CmdRelease:
		if !result(purchase.Released{Command: cmd.ID}) {
			return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonReversed}
		}
		delete(f.open, cmd.Hold.Receipt)
	case purchase.CmdEndOfDay:
		if f.day.Outcome != "" {
			return f.day
		}
	case purchase.CmdAsk:
		e := purchase.Ended{Outcome: purchase.Done}
		for _, h := range f.open {
			e.Open = append(e.Open, h)
		}
		return e
	}
	return purchase.Ended{Outcome: purchase.Done, Acked: true}
}

type fakeSaaS struct {
	mu     sync.Mutex
	opened []purchase.OrderID
	answer purchase.OpenAnswer
	trans  string // the TransId it answers
}

func (f *fakeSaaS) OpenDoor(_ context.Context, r OpenRequest) purchase.OpenAnswered {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened = append(f.opened, r.Order)
	return purchase.OpenAnswered{Answer: f.answer, TransID: f.trans}
}

// bench is an engine on a real store with a fake terminal and SaaS.
type bench struct {
	t      *testing.T
	dir    string
	disk   queue.Options  // beside the directory
	change func(*Options) // before a start; nil: nothing
	clock  *clock.Fake
	store  *queue.Store
	term   *fakeTerminal
	saas   *fakeSaaS
	poll   func(context.Context, PollRequest) ([]Polled, error)
	eng    *Engine
	stop   func()
}

func newBench(t *testing.T) *bench { return newBenchOn(t, queue.Options{}) }

// newBenchOn runs the engine on a store with these options, beside the directory.
func newBenchOn(t *testing.T, disk queue.Options) *bench {
	b := &bench{t: t, disk: disk, dir: t.TempDir(), clock: clock.NewFake(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)), term: newFakeTerminal(), saas: &fakeSaaS{answer: purchase.OpenAccepted}}
	b.start()
	return b
}

func (b *bench) start() {
	b.t.Helper()
	var err error
	if b.store, err = queue.Open(b.t.Context(), b.options()); err != nil {
		b.t.Fatal(err)
	}
	terms := purchase.Terms{
		OpenDeadline: 15 * time.Second, ResolveWindow: 10 * time.Minute, DetectWait: time.Minute, DecisionDeadline: 20 * time.Hour,
		DoorRemind: 90 * time.Second, DoorAlarm: 10 * time.Minute, HoldTTL: 120 * time.Hour, RetryBase: 30 * time.Second, RetryCap: 10 * time.Minute,
	}
	o := Options{
		Store: b.store, Clock: b.clock, SaaS: b.saas, Poll: b.poll,
		Lanes: []LaneOptions{{
			Settings: lane.Settings{Name: "front", Doors: []lane.Door{{MachineID: "m1", Number: 1}}, MaxHolds: 1},
			Terms:    terms, Limit: 5000, Currency: "EUR", Terminal: b.term,
		}},
		EncodeReport: func(r purchase.Report) ([]byte, error) { return []byte(`{"ok":true}`), nil },
		Audit:        func(err error) { b.t.Error(err) },
	}
	if b.change != nil {
		b.change(&o)
	}
	b.eng, err = New(b.t.Context(), o)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	tctx, tcancel := context.WithCancel(ctx)
	var wg, tg sync.WaitGroup
	wg.Go(func() { _ = b.eng.Run(ctx) })
	tg.Go(func() { _ = b.term.Run(tctx, b.eng.Post, b.eng.Acked) })
	b.stop = func() {
		tcancel()
		tg.Wait()
		cancel()
		wg.Wait()
		if err := b.store.Close(); err != nil {
			b.t.Error(err)
		}
	}
}

func (b *bench) post(id purchase.OrderID, key string, body purchase.Body) {
	b.t.Helper()
	if _, err := b.eng.Post(b.t.Context(), purchase.Event{Order: id, Key: key, Body: body}); err != nil {
		b.t.Fatalf("post %s: %v", body.Kind(), err)
	}
}

func (b *bench) phase(id purchase.OrderID) purchase.Phase {
	b.t.Helper()
	v, err := b.eng.Order(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return v.Phase
}

func TestAPurchaseIsSoldCapturedAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		if len(b.saas.opened) != 1 {
			t.Fatalf("OpenDoor was sent %d times, want once", len(b.saas.opened))
		}
		id := b.saas.opened[0]
		b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
		b.post(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
		b.post(id, "detected", purchase.Detected{Source: purchase.FromDetection, OK: true, Lines: []purchase.Line{{Price: "1.50", Count: "2"}}})
		synctest.Wait()
		if got := b.phase(id); got != purchase.PhaseReporting {
			t.Fatalf("phase is %s, want %s", got, purchase.PhaseReporting)
		}
		rows, err := b.store.ReadReports(t.Context(), 0, 10)
		if err != nil || len(rows) != 1 {
			t.Fatalf("outbox has %d rows (%v), want 1", len(rows), err)
		}
		b.post(id, "", purchase.Reported{Report: 1, OK: true})
		if got := b.phase(id); got != purchase.PhaseClosed {
			t.Fatalf("phase is %s, want %s", got, purchase.PhaseClosed)
		}
		v, _ := b.eng.Order(t.Context(), id)
		if v.State.Outcome.Captured != 300 || !v.Archived || len(v.Journal) < 8 {
			t.Fatalf("captured %d, archived %v, %d events", v.State.Outcome.Captured, v.Archived, len(v.Journal))
		}
	})
}

func (b *bench) options() queue.Options {
	o := b.disk
	o.Dir = b.dir
	return o
}
