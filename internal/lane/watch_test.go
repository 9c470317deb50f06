package lane_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"edged/internal/lane"
	"edged/internal/purchase"
)

// watch checks after each step what must always be true. It knows what the
// terminal runs from the effects alone.
type watch struct {
	running  *purchase.TerminalCommand
	creating bool
	aborted  bool
	used     map[purchase.OrderID]bool // a card was presented, or it is not known
	opened   map[purchase.OrderID]bool // restocks whose door was asked for
}

func newWatch() *watch {
	return &watch{opened: map[purchase.OrderID]bool{}, used: map[purchase.OrderID]bool{}}
}

var errBroken = errors.New("invariant broken")

func (w *watch) step(s lane.State, ev lane.Event) (lane.State, []lane.Effect, error) {
	before, err := json.Marshal(s)
	if err != nil {
		return s, nil, err
	}
	next, effects, err := lane.Step(s, ev)
	if err != nil {
		return s, nil, err
	}
	if after, _ := json.Marshal(s); string(after) != string(before) {
		return s, nil, fmt.Errorf("%w: Step changed its argument\nfrom %s\nto   %s", errBroken, before, after)
	}
	w.event(s, ev.Body)
	for _, e := range effects {
		if err := w.effect(next, e); err != nil {
			return s, nil, err
		}
	}
	return next, effects, w.agree(next)
}

func (w *watch) event(s lane.State, b lane.Body) {
	switch b := b.(type) {
	case lane.Ended:
		if w.running != nil && w.running.ID == b.Command && (b.CardSeen || b.Outcome != purchase.NotDone) {
			w.used[w.running.Order] = true
		}
		w.over(b.Command)
	case lane.NotStarted:
		w.over(b.ID)
	case lane.NoOrder:
		w.creating = false
	case lane.Changed:
		known := slices.ContainsFunc(s.Orders, func(o lane.Order) bool { return o.ID == b.Order.ID })
		w.creating = w.creating && (known || b.Order.Phase != purchase.PhaseArmed)
	}
}

func (w *watch) over(id purchase.CommandID) {
	if w.running != nil && w.running.ID == id {
		w.running, w.aborted = nil, false
	}
}

func (w *watch) effect(next lane.State, e lane.Effect) error {
	switch e := e.(type) {
	case lane.Start:
		return w.start(next, e.Command)
	case lane.Abort:
		if w.running == nil || w.running.ID != e.ID || w.running.Kind != purchase.CmdArm || w.aborted {
			return fmt.Errorf("%w: abort %s", errBroken, e.ID)
		}
		if slices.ContainsFunc(next.Orders, func(o lane.Order) bool { return o.ID == w.running.Order && o.HoldOpen }) {
			return fmt.Errorf("%w: %s is aborted although its hold is granted", errBroken, e.ID)
		}
		w.aborted = true
	case lane.NewOrder:
		if w.creating || armed(next) != 0 || !next.Selling() || w.running != nil {
			return fmt.Errorf("%w: one order too many", errBroken)
		}
		w.creating = true
	case lane.OpenForRestock:
		arming := w.running != nil && w.running.Kind == purchase.CmdArm
		if w.opened[e.ID] || arming || slices.ContainsFunc(next.Orders, func(o lane.Order) bool { return o.DoorBusy }) {
			return fmt.Errorf("%w: restock %s opens a door", errBroken, e.ID)
		}
		w.opened[e.ID] = true
	}
	return nil
}

func (w *watch) start(next lane.State, cmd purchase.TerminalCommand) error {
	if w.running != nil {
		return fmt.Errorf("%w: %s is started while %s runs", errBroken, cmd.ID, w.running.ID)
	}
	if !next.Up {
		return fmt.Errorf("%w: %s is started on a terminal that is away", errBroken, cmd.ID)
	}
	if cmd.Kind == purchase.CmdArm && (!next.Selling() || len(next.Pending) > 0) {
		return fmt.Errorf("%w: %s is started against %v, %d commands wait", errBroken, cmd.ID, next.Why(), len(next.Pending))
	}
	if cmd.Kind == purchase.CmdArm && w.used[cmd.Order] {
		return fmt.Errorf("%w: %s is armed although a card was presented for it", errBroken, cmd.Order)
	}
	w.running = &cmd
	return nil
}

// agree: the lane and the terminal mean the same command.
func (w *watch) agree(s lane.State) error {
	switch {
	case (w.running == nil) != (s.Busy == nil):
		return fmt.Errorf("%w: the lane is busy with %v, the terminal with %v", errBroken, s.Busy, w.running)
	case s.Busy != nil && s.Busy.ID != w.running.ID:
		return fmt.Errorf("%w: the lane is busy with %s, the terminal with %s", errBroken, s.Busy.ID, w.running.ID)
	case w.creating != s.Creating:
		return fmt.Errorf("%w: an order is being made: %v, the lane says %v", errBroken, w.creating, s.Creating)
	}
	return nil
}

func armed(s lane.State) (n int) {
	for _, o := range s.Orders {
		if o.Phase == purchase.PhaseArmed {
			n++
		}
	}
	return n
}
