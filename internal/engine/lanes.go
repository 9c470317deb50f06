package engine

import (
	"context"
	"fmt"
	"slices"

	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/logkey"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// runLanes tells the lanes what the batch has changed and what their terminals
// said, keeps what they must keep, and starts the effects.
func (e *Engine) runLanes(b *batch) {
	for _, c := range b.list {
		if c.dirty {
			e.runOrder(c)
		}
	}
	for _, le := range b.lanes {
		e.runLane(le)
	}
}

// runOrder starts the effects of one committed change.
func (e *Engine) runOrder(c *change) {
	id := c.state.Order
	l := e.lanes[c.state.Terms.Lane]
	e.tellLane(&c.order, c.before)
	for _, eff := range c.effects {
		switch eff := eff.(type) {
		case purchase.OpenDoor:
			if eff.After == "" {
				e.startOpen(id, eff)
			}
		case purchase.Command:
			e.stepLane(l, lane.Wanted{Command: eff.TerminalCommand})
		case purchase.Alarm:
			e.alarm(Alarm{Kind: string(eff.Alarm), Order: id, Lane: c.state.Terms.Lane, Text: eff.Text})
		case purchase.Poll:
			e.startPoll(c.state, eff)
		case purchase.Remind:
			if l != nil {
				l.reminded = true
			}
		case purchase.SendReport:
			if e.o.Outbox != nil {
				e.o.Outbox()
			}
		}
	}
}

// tellLane lets the lane know of an order that is new or has changed.
func (e *Engine) tellLane(o, before *order) {
	l := e.lanes[o.state.Terms.Lane]
	if l == nil {
		return
	}
	s := o.state
	used := s.Hold != nil || (s.Unused != nil && s.Unused.ByCard)
	if used && (l.last == nil || s.ArmedAt >= l.last.ArmedAt) { // the display is the newest customer's
		l.last = &s
		l.reminded = l.reminded && before != nil && s.Phase() == purchase.PhaseOpen
	}
	e.stepLane(l, lane.Changed{Order: laneOrder(o), Closed: o.closed()})
}

func laneOrder(o *order) lane.Order {
	s := o.state
	out := lane.Order{
		ID: s.Order, Phase: s.Phase(), Door: lane.Door{MachineID: s.Terms.MachineID, Number: s.Terms.Door},
		DoorBusy: s.DoorBusy(), HoldOpen: s.HoldOpen(), After: s.Terms.After, Limit: s.Terms.Limit,
	}
	if s.Hold != nil {
		out.Receipt = s.Hold.Receipt
	}
	return out
}

// runLane gives one event of a terminal, a person or the engine to its lane.
func (e *Engine) runLane(le laneEvent) {
	l := e.lanes[le.lane]
	var err error
	switch {
	case l == nil:
		err = fmt.Errorf("lane %q: %w", le.lane, ErrUnknownLane)
	case le.r != nil && le.r.body != nil:
		err = e.stepLane(l, le.r.body)
	default:
		err = e.onTerminal(l, le.ev)
	}
	if le.r != nil {
		le.r.answer(purchase.Accept, err)
	}
}

func (e *Engine) onTerminal(l *laneRun, ev purchase.Event) error {
	switch b := ev.Body.(type) {
	case purchase.Attached:
		return e.stepLane(l, lane.Attached{Caps: b.Caps})
	case purchase.Detached:
		return e.stepLane(l, lane.Detached{Why: b.Why})
	case purchase.CardSeen:
		return e.stepLane(l, lane.CardSeen{})
	case purchase.Ended:
		if b.What == purchase.CmdArm {
			e.dropWaiting(b)
		}
		if b.What == purchase.CmdEndOfDay {
			e.dayEnded(l, b)
		}
		return e.stepLane(l, lane.Ended{Ended: b})
	}
	return fmt.Errorf("%w: %s is no event of a lane", purchase.ErrBug, ev.Body.Kind())
}

// stepLane asks the lane's core, keeps what must survive a restart, and starts
// the effects. When it cannot be kept, the effects that depend on it do not start.
func (e *Engine) stepLane(l *laneRun, body lane.Body) error {
	if l == nil {
		return nil
	}
	next, effects, err := lane.Step(l.state, lane.Event{At: e.stamp(), Body: body})
	if err != nil {
		e.log.Error("lane is taken out of service", logkey.Lane, l.opts.Settings.Name, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.RunBug))
		l.state.Durable.Out = err.Error()
		return err
	}
	l.state = next
	err = e.keepLane(l)
	for _, eff := range effects {
		if _, risky := eff.(lane.OpenForRestock); risky && err != nil {
			continue
		}
		e.laneEffect(l, eff)
	}
	e.show(l)
	return err
}

func (e *Engine) keepLane(l *laneRun) error {
	record, err := l.encode()
	if err != nil || string(record) == string(l.stored) {
		return err
	}
	err = e.write(func(tx *queue.Tx) error { return tx.PutLane(l.opts.Settings.Name, record) }, false)
	if err == nil {
		l.stored = record
	}
	return err
}

func (e *Engine) laneEffect(l *laneRun, eff lane.Effect) {
	name := l.opts.Settings.Name
	switch eff := eff.(type) {
	case lane.NewOrder:
		e.follow = append(e.follow, &request{ev: purchase.Event{
			Order: purchase.NewOrderID(e.o.NewID()), Body: purchase.Arm{Terms: l.terms(eff)},
		}})
	case lane.Start:
		e.startCommand(l, eff.Command)
	case lane.Abort:
		l.opts.Terminal.Abort(eff.ID)
	case lane.Tell:
		e.follow = append(e.follow, &request{ev: purchase.Event{Order: eff.Order, Body: eff.Body}})
	case lane.OpenTask:
		e.laneTask(name, eff)
	case lane.Alarm:
		e.alarm(Alarm{Kind: alarmLane, Lane: name, Text: eff.Text})
	case lane.OpenForRestock:
		e.startRestock(name, eff)
	case lane.Refused:
		l.refusal = &RestockRefusal{ID: eff.ID, Why: eff.Why, At: e.stamp().Wall}
		e.alarm(Alarm{Kind: alarmRestock, Lane: name, Order: eff.ID, Text: eff.Why})
	}
}

// terms fills the lane's template for one order.
func (l *laneRun) terms(n lane.NewOrder) purchase.Terms {
	t := l.opts.Terms
	t.Lane, t.MachineID, t.Door = l.opts.Settings.Name, n.Door.MachineID, n.Door.Number
	t.Limit, t.Currency, t.After = n.Limit, n.Currency, n.After
	if t.MinHold == 0 || t.MinHold > t.Limit {
		t.MinHold = t.Limit
	}
	t.Terminal = n.Caps.Terminal
	t.ReverseByReceipt = t.ReverseByReceipt && n.Caps.ReverseByReceipt
	if n.Caps.Session && t.SessionLimit == 0 {
		t.SessionLimit = n.Caps.SessionLimit
	}
	if !n.Caps.Session {
		t.SessionLimit = 0
	}
	return t
}

func (e *Engine) startCommand(l *laneRun, cmd purchase.TerminalCommand) {
	err := e.beginPeriod(l, cmd.Kind)
	if err == nil {
		err = l.opts.Terminal.Start(cmd)
	}
	if err == nil {
		return
	}
	e.dayEnded(l, purchase.Ended{Outcome: purchase.NotDone})
	e.log.Warn("terminal did not take a command", logkey.Lane, l.opts.Settings.Name, logkey.Command, string(cmd.ID), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.ZVTDetached))
	e.follow = append(e.follow, &request{lane: l.opts.Settings.Name, body: lane.NotStarted{ID: cmd.ID}})
}

// SetCondition tells every lane whether a reason against selling stands. It does
// not wait.
func (e *Engine) SetCondition(ctx context.Context, reason lane.Reason, on bool) error {
	return e.do(ctx, func() { e.tellAll(lane.Condition{Reason: reason, On: on}) })
}

// SetLocked tells the lanes of one cabinet whether it is locked.
func (e *Engine) SetLocked(ctx context.Context, machineID string, on bool) error {
	return e.do(ctx, func() {
		for name, l := range e.lanes {
			if slices.ContainsFunc(l.opts.Settings.Doors, func(d lane.Door) bool { return d.MachineID == machineID }) {
				e.follow = append(e.follow, &request{lane: name, body: lane.Condition{Reason: lane.MachineLocked, On: on}})
			}
		}
	})
}

// SetLimit tells a lane what to hold per purchase and the smallest hold that opens
// a door (zero: the limit).
func (e *Engine) SetLimit(ctx context.Context, name string, limit, minHold money.Minor, cur money.Currency) error {
	return e.do(ctx, func() {
		if l := e.lanes[name]; l != nil {
			l.opts.Terms.MinHold = minHold
			e.metrics.currency(cur)
			e.follow = append(e.follow, &request{lane: name, body: lane.Limit{Amount: limit, Currency: cur}})
		}
	})
}

func (e *Engine) tellAll(body lane.Body) {
	for name := range e.lanes {
		e.follow = append(e.follow, &request{lane: name, body: body})
	}
}

// SaaSHeard says whether the SaaS can reach us: it gates selling, and long waits
// for the SaaS count only while it is true (M10).
func (e *Engine) SaaSHeard(ctx context.Context, up bool) error {
	return e.do(ctx, func() {
		e.powered = e.powered.SetReachable(e.o.Clock.Read(), up)
		e.tellAll(lane.Condition{Reason: lane.SaaSUnreachable, On: !up})
	})
}
