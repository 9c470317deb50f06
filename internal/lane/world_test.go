package lane_test

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"edged/internal/lane"
	"edged/internal/purchase"
)

// world plays the engine, the orders and the terminal around one lane.
type world struct {
	s     lane.State
	at    purchase.Stamp
	watch *watch

	orders  map[purchase.OrderID]*lane.Order
	serial  int // of orders, receipts and restocks
	making  *lane.NewOrder
	tells   []lane.Tell
	open    []purchase.Hold // at the terminal
	wanted  map[purchase.CommandID]bool
	started map[purchase.CommandID]bool
}

func newWorld(s lane.Settings) *world {
	return &world{
		s: lane.New(s, lane.Durable{}), watch: newWatch(), orders: map[purchase.OrderID]*lane.Order{},
		wanted: map[purchase.CommandID]bool{}, started: map[purchase.CommandID]bool{},
		at: purchase.Stamp{Mono: hour, Powered: hour},
	}
}

// do gives the lane an event and takes its effects.
func (w *world) do(t *rapid.T, body lane.Body) {
	next, effects, err := w.watch.step(w.s, lane.Event{At: w.at, Body: body})
	if err != nil {
		t.Fatalf("%T %+v: %v", body, body, err)
	}
	w.s = next
	for _, e := range effects {
		switch e := e.(type) {
		case lane.NewOrder:
			w.making = &e
		case lane.Start:
			w.started[e.Command.ID] = true
			if e.Command.Kind == purchase.CmdArm {
				w.checkArm(t, e.Command)
			}
		case lane.Tell:
			w.tells = append(w.tells, e)
		}
	}
}

// checkArm: the order that is armed was made for this money and this door is free.
func (w *world) checkArm(t *rapid.T, cmd purchase.TerminalCommand) {
	o := w.orders[cmd.Order]
	if o == nil || o.Phase != purchase.PhaseArmed || o.Limit != cmd.Amount {
		t.Fatalf("%s is armed for %d, its order is %+v", cmd.ID, cmd.Amount, o)
	}
	for _, other := range w.orders {
		if other.DoorBusy && other.Door == o.Door {
			t.Fatalf("%s is armed for the busy door of %s", o.ID, other.ID)
		}
	}
}

func (w *world) number() int { w.serial++; return w.serial }

func (w *world) receipt() string { return fmt.Sprintf("%04d", w.number()%9999+1) }

func (w *world) change(t *rapid.T, o *lane.Order, closed bool) {
	if closed {
		delete(w.orders, o.ID)
	}
	w.do(t, lane.Changed{Order: *o, Closed: closed})
}

// make commits the order that was asked for, or fails to.
func (w *world) make(t *rapid.T, ok bool) {
	n := w.making
	if n == nil {
		return
	}
	w.making = nil
	if !ok {
		w.do(t, lane.NoOrder{})
		return
	}
	id := purchase.OrderID(fmt.Sprintf("O%d", w.number()))
	w.orders[id] = &lane.Order{ID: id, Phase: purchase.PhaseArmed, Door: n.Door, Limit: n.Limit, After: n.After}
	w.change(t, w.orders[id], false)
}

// hear is what the order does with the oldest word of the lane.
func (w *world) hear(t *rapid.T) {
	if len(w.tells) == 0 {
		return
	}
	tell := w.tells[0]
	w.tells = w.tells[1:]
	o := w.orders[tell.Order]
	if o == nil {
		return
	}
	switch b := tell.Body.(type) {
	case purchase.HoldFound:
		if o.Phase == purchase.PhaseUnclear {
			o.Phase, o.HoldOpen, o.Receipt = purchase.PhaseReleasing, true, b.Hold.Receipt
			w.change(t, o, false)
			w.want(t, o, purchase.CmdRelease)
		}
	case purchase.HoldAbsent:
		if o.Phase == purchase.PhaseUnclear {
			w.change(t, o, true)
		}
	case purchase.Abandon:
		if o.Phase != purchase.PhaseArmed {
			t.Fatalf("%s is abandoned while %s", o.ID, o.Phase)
		}
		w.change(t, o, true)
	case purchase.SettleNow:
		w.settle(t, o, purchase.CmdRelease)
	case purchase.Person:
		if o.DoorBusy {
			o.Phase, o.DoorBusy = purchase.PhaseDetecting, false
			w.change(t, o, false)
		}
	}
}

// settle ends the wait of an order whose door is closed.
func (w *world) settle(t *rapid.T, o *lane.Order, kind purchase.CommandKind) {
	if !o.HoldOpen || o.DoorBusy || (o.Phase != purchase.PhaseDetecting && o.Phase != purchase.PhaseReview) {
		return
	}
	o.Phase = map[purchase.CommandKind]purchase.Phase{purchase.CmdRelease: purchase.PhaseReleasing, purchase.CmdCapture: purchase.PhaseCapturing}[kind]
	w.change(t, o, false)
	w.want(t, o, kind)
}

func (w *world) want(t *rapid.T, o *lane.Order, kind purchase.CommandKind) {
	id := purchase.CommandFor(o.ID, kind, w.number())
	w.wanted[id] = true
	w.do(t, lane.Wanted{Command: purchase.TerminalCommand{ID: id, Kind: kind, Order: o.ID, Hold: purchase.Hold{Receipt: o.Receipt}}})
}

// end lets the terminal end what it runs: the order hears of it first.
func (w *world) end(t *rapid.T, outcome purchase.Outcome, reason purchase.Reason) {
	cmd := w.watch.running
	if cmd == nil {
		return
	}
	e := purchase.Ended{Command: cmd.ID, What: cmd.Kind, Outcome: outcome, Reason: reason}
	o := w.orders[cmd.Order]
	switch cmd.Kind {
	case purchase.CmdArm:
		e.CardSeen = outcome == purchase.Done
		w.armEnded(t, o, outcome)
	case purchase.CmdAsk:
		e.Open = slices.Clone(w.open)
	case purchase.CmdCapture, purchase.CmdRelease:
		w.settled(t, o, cmd.Kind, outcome)
	}
	w.do(t, lane.Ended{Ended: e})
}

func (w *world) armEnded(t *rapid.T, o *lane.Order, outcome purchase.Outcome) {
	switch outcome {
	case purchase.Done:
		o.Phase, o.DoorBusy, o.HoldOpen, o.Receipt = purchase.PhaseOpening, true, true, w.receipt()
		w.open = append(w.open, purchase.Hold{Receipt: o.Receipt, Amount: o.Limit})
		w.change(t, o, false)
	case purchase.InDoubt:
		o.Phase = purchase.PhaseUnclear
		if w.number()%2 == 0 {
			w.open = append(w.open, purchase.Hold{Receipt: w.receipt(), Amount: o.Limit})
		}
		w.change(t, o, false)
	}
}

func (w *world) settled(t *rapid.T, o *lane.Order, kind purchase.CommandKind, outcome purchase.Outcome) {
	if outcome != purchase.Done {
		w.want(t, o, kind)
		return
	}
	w.open = slices.DeleteFunc(w.open, func(h purchase.Hold) bool { return h.Receipt == o.Receipt })
	w.change(t, o, true)
}
