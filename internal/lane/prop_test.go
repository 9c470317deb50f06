package lane_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
)

// TestRandomEvents plays random events. After each, watch checks that Step neither
// fails nor changes its argument, that at most one command runs, that none is armed
// against a reason or while a command waits, and that no door opens twice for a
// restock. In the end every command that an order wanted has been started, and the
// lane sells.
func TestRandomEvents(t *testing.T) {
	sold := 0
	rapid.Check(t, func(t *rapid.T) {
		doors := rapid.IntRange(1, 3).Draw(t, "doors")
		s := lane.Settings{Name: "front", MaxHolds: rapid.IntRange(1, 3).Draw(t, "max_holds")}
		for n := range doors {
			s.Doors = append(s.Doors, door(n+1))
		}
		if rapid.Bool().Draw(t, "end of day") {
			s.EndOfDay = "23:00"
		}
		w := newWorld(s)
		w.do(t, lane.Condition{Reason: lane.Starting})
		w.do(t, lane.Limit{Amount: 5000, Currency: "EUR"})
		w.do(t, lane.Attached{Caps: purchase.TerminalCaps{MaxHolds: 3}})
		w.play(t)
		w.calm(t)
		if w.s.Selling() {
			sold++
		}
	})
	if sold == 0 {
		t.Error("the lane never came back")
	}
}

// play draws events; half of them let the lane's business go on.
func (w *world) play(t *rapid.T) {
	actions := w.actions()
	names := slices.Sorted(maps.Keys(actions))
	business := []string{"end well", "make", "hear", "step order", "step order"}
	for range rapid.IntRange(10, 120).Draw(t, "events") {
		from := names
		if rapid.Bool().Draw(t, "business") {
			from = business
		}
		actions[rapid.SampledFrom(from).Draw(t, "event")](t)
	}
}

func (w *world) actions() map[string]func(*rapid.T) {
	ends := []purchase.Outcome{purchase.Done, purchase.Done, purchase.NotDone, purchase.InDoubt}
	reasons := []purchase.Reason{purchase.ReasonTimeout, purchase.ReasonAborted, purchase.ReasonOther, purchase.ReasonUnsupported}
	told := []lane.Reason{lane.SaaSUnreachable, lane.MachineLocked, lane.DiskReserve}
	return map[string]func(*rapid.T){
		"end": func(t *rapid.T) {
			w.end(t, rapid.SampledFrom(ends).Draw(t, "outcome"), rapid.SampledFrom(reasons).Draw(t, "reason"))
		},
		"end well":   func(t *rapid.T) { w.end(t, purchase.Done, "") },
		"make":       func(t *rapid.T) { w.make(t, rapid.IntRange(0, 3).Draw(t, "fails") > 0) },
		"hear":       func(t *rapid.T) { w.hear(t) },
		"card":       func(t *rapid.T) { w.do(t, lane.CardSeen{}) },
		"step order": w.stepOrder,
		"attach":     func(t *rapid.T) { w.do(t, lane.Attached{Caps: drawCaps(t)}) },
		"detach":     func(t *rapid.T) { w.do(t, lane.Detached{}) },
		"not started": func(t *rapid.T) {
			if cmd := w.watch.running; cmd != nil {
				delete(w.started, cmd.ID) // it has to be started again
				w.do(t, lane.NotStarted{ID: cmd.ID})
			}
		},
		"condition": func(t *rapid.T) {
			w.do(t, lane.Condition{Reason: rapid.SampledFrom(told).Draw(t, "reason"), On: rapid.Bool().Draw(t, "on")})
		},
		"limit": func(t *rapid.T) {
			c := rapid.SampledFrom([]string{"EUR", "USD"}).Draw(t, "currency")
			w.do(t, lane.Limit{Amount: minor(rapid.SampledFrom([]string{"0", "50", "60"}).Draw(t, "limit")), Currency: money.Currency(c)})
		},
		"out":        func(t *rapid.T) { w.do(t, lane.Out{}) },
		"in":         func(t *rapid.T) { w.do(t, lane.In{}) },
		"end of day": func(t *rapid.T) { w.do(t, lane.EndOfDayNow{}) },
		"wait":       func(t *rapid.T) { w.pass(t, int64(rapid.IntRange(1, hour).Draw(t, "ms"))) },
		"restock":    w.restock,
		"stranger": func(*rapid.T) {
			if len(w.open) < 4 {
				w.open = append(w.open, purchase.Hold{Receipt: w.receipt(), Amount: 100})
			}
		},
	}
}

func drawCaps(t *rapid.T) purchase.TerminalCaps {
	return purchase.TerminalCaps{
		MaxHolds: rapid.IntRange(0, 3).Draw(t, "max_holds"), NeedsEndOfDay: rapid.Bool().Draw(t, "eod"),
		HoldsOverEndOfDay: rapid.Bool().Draw(t, "over"), Session: rapid.Bool().Draw(t, "session"),
		Wants: rapid.SampledFrom([]purchase.CommandKind{"", "", purchase.CmdEndOfDay, purchase.CmdMaintain}).Draw(t, "wants"),
	}
}

// pass lets time pass; every second look the clock is synchronised.
func (w *world) pass(t *rapid.T, ms int64) {
	w.at.Mono += ms
	w.at.Powered += ms
	tick := lane.Tick{}
	if w.number()%2 == 0 {
		tick = lane.Tick{Day: "2026-07-01", Clock: "23:30"}
	}
	w.do(t, tick)
}

// stepOrder moves one order on: its door closes, or it is decided.
func (w *world) stepOrder(t *rapid.T) {
	for _, id := range w.ids() {
		o := w.orders[id]
		switch {
		case o.DoorBusy && w.watch.running != nil && w.watch.running.Order == id:
		case o.DoorBusy:
			o.Phase, o.DoorBusy = purchase.PhaseDetecting, false
			w.change(t, o, false)
			return
		case o.Phase == purchase.PhaseDetecting:
			w.settle(t, o, rapid.SampledFrom([]purchase.CommandKind{purchase.CmdCapture, purchase.CmdRelease}).Draw(t, "kind"))
			return
		}
	}
}

func (w *world) ids() []purchase.OrderID {
	var ids []purchase.OrderID
	for id := range w.orders {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (w *world) restock(t *rapid.T) {
	r := w.s.Durable.Restock
	if r == nil {
		w.do(t, lane.RestockAsked{ID: purchase.OrderID("R" + w.receipt()), Door: door(rapid.IntRange(1, 4).Draw(t, "door"))})
		return
	}
	w.do(t, rapid.SampledFrom([]lane.Body{
		lane.RestockAnswered{ID: r.ID, OK: true},
		lane.RestockAnswered{ID: r.ID},
		lane.RestockSign{ID: r.ID, Sign: purchase.SignOpened},
		lane.RestockSign{ID: r.ID, Sign: purchase.SignClosed},
		lane.RestockSign{ID: r.ID, Sign: purchase.SignCancel},
		lane.RestockEnded{ID: r.ID},
	}).Draw(t, "restock"))
}

// calm takes every reason away and lets everything end: nothing may be left over.
func (w *world) calm(t *rapid.T) {
	for _, r := range []lane.Reason{lane.SaaSUnreachable, lane.MachineLocked, lane.DiskReserve} {
		w.do(t, lane.Condition{Reason: r})
	}
	w.open = slices.DeleteFunc(w.open, func(h purchase.Hold) bool { return h.Amount == 100 })
	w.do(t, lane.Limit{Amount: 5000, Currency: "EUR"})
	w.do(t, lane.Attached{Caps: purchase.TerminalCaps{MaxHolds: 3}})
	w.do(t, lane.In{})
	for range 300 {
		switch cmd := w.watch.running; {
		case len(w.tells) > 0:
			w.hear(t)
		case w.making != nil:
			w.make(t, true)
		case cmd != nil && cmd.Kind == purchase.CmdArm && w.s.Selling() && !w.watch.aborted && !w.s.CardSeen:
			w.stepOrder(t)
		case cmd != nil && cmd.Kind == purchase.CmdArm:
			w.end(t, purchase.NotDone, purchase.ReasonAborted)
		case cmd != nil:
			w.end(t, purchase.Done, "")
		default:
			w.stepOrder(t)
			w.pass(t, 6000)
		}
	}
	for id := range w.wanted {
		if !w.started[id] {
			t.Fatalf("%s was never started; busy %+v, waiting %+v, why %v", id, w.s.Busy, w.s.Pending, w.s.Why())
		}
	}
	w.checkCalm(t)
}

// checkCalm: only holds that are a person's may keep the lane from selling.
func (w *world) checkCalm(t *rapid.T) {
	if len(w.s.Strange) > 0 {
		return
	}
	if !w.s.Selling() || w.watch.running == nil || w.watch.running.Kind != purchase.CmdArm {
		t.Fatalf("the lane does not come back: %v, runs %+v, orders %+v", w.s.Why(), w.watch.running, w.s.Orders)
	}
}
