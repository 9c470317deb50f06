package termtest

import (
	"context"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
)

// storeFault is one way in which a result does not become durable in time.
type storeFault struct {
	name string
	// post stands for the store while it fails. applied: the event is durable when
	// it returns without an error, however late.
	post func(ctx context.Context, heal <-chan struct{}) (applied bool)
	heal time.Duration // after which the store works again
}

// outage is longer than any device waits for an answer.
const outage = 2 * time.Minute

func storeFaults() []storeFault {
	return []storeFault{
		{"the store fails", func(context.Context, <-chan struct{}) bool { return false }, outage},
		{"the store hangs until it is told to stop", func(ctx context.Context, _ <-chan struct{}) bool {
			<-ctx.Done()
			return false
		}, outage},
		{"the store hangs beyond every deadline and fails", func(_ context.Context, heal <-chan struct{}) bool {
			<-heal
			return false
		}, outage},
		{"the store hangs beyond every deadline and commits", func(_ context.Context, heal <-chan struct{}) bool {
			<-heal
			return true
		}, outage},
		{"the store is cut off for a day", func(_ context.Context, heal <-chan struct{}) bool {
			<-heal
			return false
		}, 24 * time.Hour},
	}
}

// storeFails lets one kind of result fail to become durable, and checks that the
// device gets no committing byte for as long.
func (b *bench) storeFails(kind purchase.Kind, f storeFault) {
	b.run()
	cmd := armCommand(1)
	if kind == purchase.KindCaptured {
		cmd = captureCommand(b.hold())
	}
	before := b.Commits()
	heal := make(chan struct{})
	b.setFail(func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error, bool) {
		if ev.Body.Kind() != kind {
			return "", nil, false
		}
		if f.post(ctx, heal) {
			return "", nil, false
		}
		return "", errStore, true
	})
	b.start(cmd)
	if kind == purchase.KindHoldGranted {
		b.Tap()
	}
	time.Sleep(f.heal)
	synctest.Wait()
	if n := b.Commits(); n != before || b.ackedOf(cmd.ID) {
		b.t.Errorf("%d commits, acked %v while nothing was durable, want none", n-before, b.ackedOf(cmd.ID))
	}
	b.soon("Start while the store fails", func() { _ = b.Terminal.Start(command(purchase.CmdAsk, 1)) })
	b.setFail(nil)
	close(heal)
	b.ended(cmd.ID)
	time.Sleep(b.Settle)
	b.agree(kind, cmd.ID)
}

// agree compares the device's ledger with what was posted about a command.
func (b *bench) agree(kind purchase.Kind, id purchase.CommandID) {
	b.t.Helper()
	synctest.Wait()
	told, e := b.count(kind, id) > 0, b.ended(id)
	if kind == purchase.KindHoldGranted {
		if open := b.open(); open > 1 || open == 1 && !told || open == 1 && e.Outcome == purchase.NotDone || open == 0 && e.Outcome == purchase.Done {
			b.t.Errorf("%d open holds at the device, told %v, ended %+v", open, told, e)
		}
		return
	}
	took := int64(0)
	for _, entry := range b.Ledger() {
		took += int64(entry.Captured)
	}
	switch {
	case took != 0 && took != int64(Total),
		took != 0 && !told,
		took != 0 && e.Outcome == purchase.NotDone,
		took == 0 && e.Outcome == purchase.Done:
		b.t.Errorf("the device took %d, told %v, ended %+v", took, told, e)
	}
}

func (b *bench) cutArmed() {
	b.run()
	cmd := armCommand(1)
	b.start(cmd)
	time.Sleep(time.Second)
	b.Cut()
	if e := b.ended(cmd.ID); e.Outcome == purchase.Done || e.Reason != purchase.ReasonLine {
		b.t.Errorf("ended %+v, want it lost with the line", e)
	}
	b.again()
	b.agree(purchase.KindHoldGranted, cmd.ID)
}

// again waits until the driver has found the device again.
func (b *bench) again() {
	b.t.Helper()
	b.await("detached", func(e entry) bool { return e.kind() == purchase.KindDetached })
	late := time.After(patience)
	for {
		log, changed := b.entries()
		n := 0
		for _, e := range log {
			if e.kind() == purchase.KindAttached {
				n++
			}
		}
		if n > 1 {
			return
		}
		select {
		case <-changed:
		case <-late:
			b.t.Fatalf("no second attachment; the log is %s", describe(log))
		}
	}
}

func (b *bench) cutHeld() {
	b.run()
	b.hold()
	b.Cut()
	b.again()
	cmd := armCommand(2)
	b.start(cmd)
	b.Terminal.Abort(cmd.ID)
	b.ended(cmd.ID)
}

// cutWhilePosting loses the line while a result is being made durable. The result
// becomes durable; whether it stands depends on the device.
func (b *bench) cutWhilePosting(kind purchase.Kind) {
	b.run()
	cmd := armCommand(1)
	if kind == purchase.KindCaptured {
		cmd = captureCommand(b.hold())
	}
	b.setFail(func(_ context.Context, ev purchase.Event) (purchase.Verdict, error, bool) {
		if ev.Body.Kind() == kind {
			b.Cut()
			time.Sleep(100 * time.Millisecond)
		}
		return "", nil, false
	})
	b.start(cmd)
	if kind == purchase.KindHoldGranted {
		b.Tap()
	}
	b.ended(cmd.ID)
	b.again()
	time.Sleep(b.Settle)
	b.agree(kind, cmd.ID)
}
