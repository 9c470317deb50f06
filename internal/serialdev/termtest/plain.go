package termtest

import (
	"context"
	"errors"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
)

func (b *bench) holds() {
	b.run()
	caps := b.Terminal.Caps()
	if caps.MaxHolds < 1 {
		b.t.Errorf("caps %+v, want room for a hold", caps)
	}
	h := b.hold()
	if h.Amount <= 0 || h.Amount > Limit || h.Receipt == "" {
		b.t.Errorf("hold %+v, want one of at most %d with a reference", h, Limit)
	}
	id := armCommand(1).ID
	if !b.ackedOf(id) || !b.ended(id).Acked {
		b.t.Errorf("not acknowledged: %+v", b.ended(id))
	}
	b.wantOpen(1)
	b.wantCaptured(0)
}

func (b *bench) captures() {
	b.run()
	cmd := captureCommand(b.hold())
	before := b.Commits()
	b.start(cmd)
	b.ends(cmd.ID, purchase.Done)
	if n := b.Commits() - before; n != 1 {
		b.t.Errorf("%d commits were seen on the wire, want 1", n)
	}
	if b.count(purchase.KindCaptured, cmd.ID) != 1 || !b.ackedOf(cmd.ID) {
		b.t.Errorf("captured and not told once")
	}
	b.wantOpen(0)
	b.wantCaptured(int64(Total))
}

func (b *bench) releases() {
	b.run()
	cmd := command(purchase.CmdRelease, 1)
	cmd.Hold = b.hold()
	b.start(cmd)
	b.ends(cmd.ID, purchase.Done)
	if b.count(purchase.KindReleased, cmd.ID) != 1 {
		b.t.Errorf("released and not told once")
	}
	b.wantOpen(0)
	b.wantCaptured(0)
}

// keepsHoldOverDay: a driver knows no orders, so it is the last that can keep a
// terminal from charging or stranding what is held.
func (b *bench) keepsHoldOverDay() {
	b.run()
	b.hold()
	before := b.Commits()
	cmd := command(purchase.CmdEndOfDay, 1)
	b.start(cmd)
	want := purchase.NotDone
	if b.Terminal.Caps().HoldsOverEndOfDay {
		want = purchase.Done
	}
	b.ends(cmd.ID, want)
	if n := b.Commits(); n != before {
		b.t.Errorf("%d commits by an end of day", n-before)
	}
	b.wantOpen(1)
	b.wantCaptured(0)
}

// refuse makes the store answer results of a kind by Refuse.
func (b *bench) refuse(kind purchase.Kind) {
	b.setFail(func(_ context.Context, ev purchase.Event) (purchase.Verdict, error, bool) {
		return purchase.Refuse, nil, ev.Body.Kind() == kind
	})
}

func (b *bench) refusesHold() {
	b.run()
	b.refuse(purchase.KindHoldGranted)
	cmd := armCommand(1)
	b.start(cmd)
	b.Tap()
	b.ends(cmd.ID, purchase.NotDone)
	if n := b.Commits(); n != 0 || b.ackedOf(cmd.ID) {
		b.t.Errorf("%d commits, acked %v, want none", n, b.ackedOf(cmd.ID))
	}
	b.wantOpen(0)
}

func (b *bench) refusesCapture() {
	b.run()
	cmd := captureCommand(b.hold())
	before := b.Commits()
	b.refuse(purchase.KindCaptured)
	b.start(cmd)
	b.ends(cmd.ID, purchase.NotDone)
	if n := b.Commits(); n != before || b.ackedOf(cmd.ID) {
		b.t.Errorf("%d commits, acked %v, want none", n-before, b.ackedOf(cmd.ID))
	}
	b.wantCaptured(0)
}

func (b *bench) starts() {
	b.soon("Start before Run", func() {
		if b.Terminal.Start(armCommand(9)) == nil {
			b.t.Error("Start before Run succeeded")
		}
	})
	b.soon("Abort before Run", func() { b.Terminal.Abort(armCommand(9).ID) })
	b.run()
	b.start(armCommand(1))
	b.soon("Start while busy", func() {
		if b.Terminal.Start(armCommand(2)) == nil {
			b.t.Error("Start of a second command succeeded")
		}
	})
	b.soon("Caps", func() { b.Terminal.Caps() })
	b.Terminal.Abort(armCommand(1).ID)
	b.ended(armCommand(1).ID)
	b.start(armCommand(3)) // free again as soon as the end is durable
	b.Terminal.Abort(armCommand(3).ID)
	b.ended(armCommand(3).ID)
	if n := b.count(purchase.KindEnded, armCommand(2).ID); n != 0 {
		b.t.Errorf("a command that was refused ended %d times", n)
	}
}

func (b *bench) aborts() {
	b.run()
	cmd := armCommand(1)
	b.start(cmd)
	time.Sleep(time.Second)
	b.soon("Abort", func() {
		b.Terminal.Abort("somebody-else/arm/1")
		b.Terminal.Abort(cmd.ID)
		b.Terminal.Abort(cmd.ID)
	})
	if e := b.ends(cmd.ID, purchase.NotDone); e.Reason != purchase.ReasonAborted || e.CardSeen {
		b.t.Errorf("ended %+v, want aborted without a card", e)
	}
	b.wantOpen(0)
}

var errStore = errors.New("store failed")

func (b *bench) repeatsEnd() {
	b.run()
	left := 3
	b.setFail(func(_ context.Context, ev purchase.Event) (purchase.Verdict, error, bool) {
		if ev.Body.Kind() == purchase.KindEnded && left > 0 {
			left--
			return "", errStore, true
		}
		return "", nil, false
	})
	b.hold()
	if left != 0 {
		b.t.Errorf("%d failures left, want the end posted again", left)
	}
}

func (b *bench) stopsArmed() {
	b.run()
	cmd := armCommand(1)
	b.start(cmd)
	time.Sleep(time.Second)
	b.setFail(nil)
	go b.stop()
	select {
	case <-b.ran:
	case <-time.After(time.Minute):
		b.t.Fatal("Run does not return")
	}
	b.ended(cmd.ID)
	if b.Terminal.Start(armCommand(2)) == nil {
		b.t.Error("Start after Run succeeded")
	}
}

func (b *bench) waitsForDevice() {
	if b.Mute == nil {
		b.t.Skip("the driver cannot learn whether its answer was taken")
	}
	b.run()
	b.setFail(func(_ context.Context, ev purchase.Event) (purchase.Verdict, error, bool) {
		if ev.Body.Kind() == purchase.KindHoldGranted {
			b.Mute(true)
		}
		return "", nil, false
	})
	cmd := armCommand(1)
	b.start(cmd)
	b.Tap()
	b.await("hold", func(e entry) bool { return e.kind() == purchase.KindHoldGranted })
	time.Sleep(time.Second)
	if b.ackedOf(cmd.ID) {
		b.t.Error("acked before the device had the answer")
	}
	b.setFail(nil)
	b.Mute(false)
	e := b.ended(cmd.ID)
	if e.Acked != b.ackedOf(cmd.ID) {
		b.t.Errorf("ended %+v, acked %v", e, b.ackedOf(cmd.ID))
	}
	synctest.Wait()
}
