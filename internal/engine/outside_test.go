package engine

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
)

// sell plays a purchase to its acknowledged report and gives the order.
func (b *bench) sell() purchase.OrderID {
	b.t.Helper()
	before := len(b.saas.opened)
	b.term.taps <- struct{}{}
	synctest.Wait()
	if len(b.saas.opened) != before+1 {
		b.t.Fatalf("OpenDoor was sent %d times for one card", len(b.saas.opened)-before)
	}
	id := b.saas.opened[before]
	b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
	b.post(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
	b.post(id, "detected", purchase.Detected{Source: purchase.FromDetection, OK: true, Lines: []purchase.Line{{Price: "1.50", Count: "2"}}})
	synctest.Wait()
	b.post(id, "", purchase.Reported{Report: 1, OK: true})
	return id
}

func TestALateRefundBringsAnArchivedOrderBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		id := b.sell()
		b.post(id, "refund", purchase.Refund{Number: "R1", Lines: []purchase.Line{{Price: "1.50", Count: "1"}}})
		v, err := b.eng.Order(t.Context(), id)
		if err != nil || v.Archived || v.Phase != purchase.PhaseRefunding {
			t.Fatalf("archived %v, phase %s, %v; want an open order that refunds", v.Archived, v.Phase, err)
		}
		tasks, err := b.eng.Tasks(t.Context())
		if err != nil || len(tasks) != 1 || tasks[0].Kind != purchase.TaskRefund || tasks[0].Amount != 150 {
			t.Fatalf("tasks %+v, %v; want one refund of 150", tasks, err)
		}
		if len(v.Journal) < 9 {
			t.Errorf("the journal lost its beginning: %d events", len(v.Journal))
		}
	})
}

func TestM6_AnExactRepeatChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		id := b.sell()
		first, _ := b.eng.Order(t.Context(), id)
		b.post(id, "detected", purchase.Detected{Source: purchase.FromDetection, OK: true, Lines: []purchase.Line{{Price: "9.99", Count: "1"}}})
		again, _ := b.eng.Order(t.Context(), id)
		if len(again.Journal) != len(first.Journal) || !sameState(first.State, again.State) {
			t.Errorf("a repeat under a known key changed the order: %d events, then %d", len(first.Journal), len(again.Journal))
		}
	})
}

func TestACallbackOfAnUnknownOrderIsKeptApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		stranger := purchase.NewOrderID([16]byte{1})
		b.post(stranger, "key", purchase.Sign{Sign: purchase.SignOpened})
		if _, err := b.eng.Post(t.Context(), purchase.Event{Order: stranger, Body: purchase.Reported{Report: 1}}); !errors.Is(err, ErrUnknownOrder) {
			t.Errorf("an answer for an unknown order: %v, want ErrUnknownOrder", err)
		}
		st, err := b.store.Stats(t.Context())
		if err != nil || st.Dead != 1 {
			t.Errorf("%d dead letters (%v), want the callback", st.Dead, err)
		}
	})
}

// TestM9_CallbacksOfUnknownOrdersAreBounded: who repeats one for days, or invents many,
// fills no disk; a restart forgets nothing of it.
func TestM9_CallbacksOfUnknownOrdersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		dead := func(want int64) {
			t.Helper()
			if st, err := b.store.Stats(t.Context()); err != nil || int64(st.Dead) != want {
				t.Errorf("%d dead letters (%v), want %d", st.Dead, err, want)
			}
		}
		opened := purchase.Sign{Sign: purchase.SignOpened}
		stranger := purchase.NewOrderID([16]byte{1})
		for range 10 {
			b.post(stranger, "key", opened)
		}
		dead(1)
		b.restart()
		synctest.Wait()
		b.post(stranger, "key", opened)
		dead(1)
		for i := range maxStrays - 1 {
			b.post(purchase.NewOrderID([16]byte{2, byte(i >> 8), byte(i)}), "key", opened)
		}
		_, err := b.eng.Post(t.Context(), purchase.Event{Order: purchase.NewOrderID([16]byte{3}), Key: "key", Body: opened})
		if !errors.Is(err, ErrTooManyEvents) {
			t.Errorf("one more: %v, want ErrTooManyEvents", err)
		}
		dead(maxStrays)
		rows, err := b.store.ReadDead(t.Context(), 0, 1)
		if err != nil || len(rows) != 1 {
			t.Fatalf("read %v, %v", rows, err)
		}
		if err := b.eng.DropStray(t.Context(), rows[0].N); err != nil {
			t.Fatal(err)
		}
		b.post(stranger, "key", opened) // thrown away, and said again: it is kept again
		dead(maxStrays)
	})
}

func TestTheSixtyFifthDistinctCallbackIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		for i := range maxSeen {
			b.post(id, fmt.Sprint("key ", i), purchase.Sign{Sign: purchase.SignPreOpen})
		}
		_, err := b.eng.Post(t.Context(), purchase.Event{Order: id, Key: "one more", Body: purchase.Sign{Sign: purchase.SignOpened}})
		if !errors.Is(err, ErrTooManyEvents) {
			t.Errorf("callback %d: %v, want ErrTooManyEvents", maxSeen+1, err)
		}
	})
}

func TestM5_NothingOpensADoorAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		synctest.Wait()
		b.saas.answer = purchase.OpenInDoubt
		b.term.taps <- struct{}{}
		synctest.Wait()
		sent := len(b.saas.opened)
		id := b.saas.opened[0]
		b.stop()
		b.start()
		defer func() { b.stop() }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(b.saas.opened) != sent {
			t.Errorf("OpenDoor was sent %d times before the restart and %d after", sent, len(b.saas.opened)-sent)
		}
		if got := b.phase(id); got != purchase.PhaseInDoubt {
			t.Errorf("phase %s, want %s", got, purchase.PhaseInDoubt)
		}
	})
}

func TestM3_AHoldInDoubtGoesBackWhenNothingIsHeardOfTheDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		if err := b.eng.SaaSHeard(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		b.saas.answer = purchase.OpenInDoubt
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		if len(b.saas.opened) != 2 {
			t.Errorf("OpenDoor in doubt was sent %d times, want twice", len(b.saas.opened))
		}
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		v, err := b.eng.Order(t.Context(), id)
		if err != nil || v.State.Outcome == nil || v.State.Outcome.Kind != purchase.Cancelled {
			t.Fatalf("outcome %+v, %v; want cancelled", v.State.Outcome, err)
		}
		if len(b.term.open) != 0 || len(b.term.taken) != 0 {
			t.Errorf("the terminal still holds %v and took %v", b.term.open, b.term.taken)
		}
	})
}

func TestAnOrderIsArmedAgainAndAgainWithoutAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		before, err := b.store.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 * maxSeen {
			id := purchase.CommandID(fmt.Sprint("nobody came ", i))
			ev := purchase.Event{Order: b.armed(), Key: string(id), Body: purchase.Ended{
				Command: id, What: purchase.CmdArm, Outcome: purchase.NotDone, Reason: purchase.ReasonTimeout,
			}}
			if _, err := b.eng.Post(t.Context(), ev); err != nil {
				t.Fatalf("end %d: %v", i, err)
			}
		}
		after, err := b.store.Stats(t.Context())
		if err != nil || after.WrittenBytes != before.WrittenBytes {
			t.Errorf("%d bytes were written for arming alone (%v)", after.WrittenBytes-before.WrittenBytes, err)
		}
		b.sell()
	})
}

// armed is the order that waits for a card.
func (b *bench) armed() (id purchase.OrderID) {
	b.t.Helper()
	orders, err := b.eng.Orders(b.t.Context(), 10, true)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, o := range orders {
		if o.Phase == purchase.PhaseArmed {
			id = o.State.Order
		}
	}
	return id
}
