package modelcheck

import (
	"fmt"

	"edged/internal/lane"
	"edged/internal/purchase"
)

// The engine, copied from internal/engine as the package comment says.

// boot starts the daemon on what is on flash.
func (m *model) boot(w *world) {
	w.lane = remember(m.c.booted, w.lane, func() uint32 {
		s := lane.New(m.settings(), m.c.lanes.val(w.lane).Durable)
		s.Limit, s.Currency = limit, "EUR"
		return m.c.lane(s)
	})
	w.follow = [5]followed{}
	for i := range w.orders {
		if o := &w.orders[i]; o.state != 0 && !m.c.facts[o.state].closed {
			m.changed(w, i)
		}
	}
	for i := range w.orders {
		if o := &w.orders[i]; o.state != 0 && !m.c.facts[o.state].closed {
			m.push(w, i+1, m.restarted)
		}
	}
	m.push(w, 0, m.started)
	m.push(w, 0, m.attached)
}

// crash loses what is not on flash. A terminal takes back what we never acknowledged;
// reboot: the gateway's power too, so that no deadline of this boot counts any more.
func (m *model) crash(w *world, reboot bool) {
	if m.plan.session {
		m.sessionEnds(w)
	}
	w.stage, w.cmd, w.amount, w.refused, w.aborting = idle, 0, 0, false, false
	for i := range w.orders {
		o := &w.orders[i]
		o.call, o.attempt, o.late = noCall, 0, false
		o.audit.crashed()
		if reboot && o.state != 0 {
			o.state = remember(m.c.rebooted, o.state, func() uint32 { return m.c.order(overAfterReboot(m.c.orders.val(o.state))) })
		}
	}
	m.boot(w)
}

func overAfterReboot(s purchase.State) purchase.State {
	due := append([]purchase.Deadline(nil), s.Due...)
	for i := range due {
		if due[i].Clock == purchase.OnMono {
			due[i].At = past
		}
	}
	s.Due = due
	return s
}

func (m *model) push(w *world, slot int, what uint32) {
	for i := range w.follow {
		if w.follow[i] == (followed{}) {
			w.follow[i] = followed{uint8(slot), what}
			return
		}
	}
	panic("more follows than the model has room for")
}

// post is one turn with one event of an order. It says whether the poster may accept.
func (m *model) post(w *world, slot int, body uint32) (accept bool) {
	return m.turn(w, slot, body, false)
}

// tell is post for a callback, which is kept though it changes nothing.
func (m *model) tell(w *world, slot int, body uint32) { m.turn(w, slot, body, true) }

func (m *model) turn(w *world, slot int, body uint32, kept bool) (accept bool) {
	t := turn{m: m, w: w, kept: kept}
	accept = t.step(slot, body)
	t.commit()
	return accept
}

// goOn is the turn that takes what the cores have asked for.
func (m *model) goOn(w *world) {
	batch := w.follow
	w.follow = [5]followed{}
	t := turn{m: m, w: w}
	for _, f := range batch {
		switch {
		case f.slot != 0:
			t.step(int(f.slot)-1, f.what)
		case f.what != 0:
			t.lanes = append(t.lanes, f.what)
		}
	}
	t.commit()
}

// turn is a batch: every order stepped, then one commit, then the lanes and effects.
type turn struct {
	m       *model
	w       *world
	changed []int
	effects [slots][]purchase.Effect
	lanes   []uint32
	kept    bool // what changes nothing too
}

func (t *turn) step(slot int, body uint32) (accept bool) {
	o := &t.w.orders[slot]
	if o.state == 0 {
		if _, arm := t.m.c.bodies.val(body).(purchase.Arm); !arm {
			return false // an order that is over, and was never anything
		}
	}
	r := t.m.c.step(slot, o.state, body)
	if r.err != nil {
		t.m.fail("park", r.err)
		t.w.broken = 1
		return false
	}
	if r.next == o.state && len(r.effects) == 0 && !t.kept {
		return true
	}
	t.m.watch(t.w, slot, body, r)
	o.state = r.next
	t.changed = append(t.changed, slot)
	accept = true
	for _, eff := range r.effects {
		if _, no := eff.(purchase.Refused); no {
			accept = false
		}
	}
	t.effects[slot] = append(t.effects[slot], r.effects...)
	return accept
}

// commit: everything the turn has stepped is on flash from here on.
func (t *turn) commit() {
	for _, slot := range t.changed {
		for _, eff := range t.effects[slot] {
			t.m.durable(t.w, slot, eff)
		}
	}
	for _, slot := range t.changed {
		effects := t.effects[slot]
		t.effects[slot] = nil
		t.m.changed(t.w, slot)
		for _, eff := range effects {
			t.m.effect(t.w, slot, eff)
		}
	}
	for _, body := range t.lanes {
		if e, ok := t.m.c.asks.val(body).(lane.Ended); ok && e.What == purchase.CmdArm {
			t.m.dropWaiting(t.w, e.Ended)
		}
		t.m.moveLane(t.w, body)
	}
	for i := range t.w.orders {
		if o := &t.w.orders[i]; o.state != 0 && t.m.c.facts[o.state].closed && o.rows|o.dead != 0 {
			t.m.fail("M4", fmt.Errorf("order %d is closed with reports %b in the outbox, %b refused", i, o.rows, o.dead))
		}
	}
	t.m.forget(t.w)
}

// forget frees the place of an order that never had a hold: it is in the archive, and
// nothing will ask for it.
func (m *model) forget(w *world) {
	for i := range w.orders {
		o := &w.orders[i]
		if o.state == 0 || o.tasks != 0 || !m.c.facts[o.state].closed || m.c.facts[o.state].held {
			continue
		}
		*o = slot{}
		for h := range w.holds {
			if w.holds[h].truth != none && int(w.holds[h].slot) == i {
				w.holds[h].slot = nobody
			}
		}
	}
}

// durable: the part of an effect that is in the commit.
func (m *model) durable(w *world, slot int, eff purchase.Effect) {
	o := &w.orders[slot]
	switch e := eff.(type) {
	case purchase.SendReport:
		o.rows |= 1 << (e.Report.N - 1)
		m.check(o.audit.reported(e.Report))
	case purchase.OpenTask:
		o.tasks |= taskBit(e.Task)
	case purchase.CloseTask:
		o.tasks &^= taskBit(e.Task)
	case purchase.OpenDoor:
		if o.call != noCall {
			m.fail("M7", errTwoCalls)
		}
		o.call, o.attempt, o.late = ready, uint8(e.Attempt), false
		if e.After != "" {
			o.call = waiting
		}
		o.audit.asks()
	}
}

func (m *model) effect(w *world, slot int, eff purchase.Effect) {
	if c, ok := eff.(purchase.Command); ok {
		m.moveLane(w, remember(m.c.wants, c.TerminalCommand, func() uint32 { return m.c.ask(lane.Wanted{Command: c.TerminalCommand}) }))
	}
}

// changed tells the lane of an order.
func (m *model) changed(w *world, slot int) {
	m.moveLane(w, m.c.facts[w.orders[slot].state].lane)
}

func (m *model) moveLane(w *world, body uint32) {
	r := m.c.move(w.lane, body)
	if r.err != nil {
		m.fail("lane", r.err)
		return
	}
	w.lane = r.next
	for _, eff := range r.effects {
		m.laneEffect(w, eff)
	}
}

func (m *model) laneEffect(w *world, eff lane.Effect) {
	switch e := eff.(type) {
	case lane.NewOrder:
		m.newOrder(w, e)
	case lane.Start:
		m.start(w, e.Command)
	case lane.Abort:
		w.aborting = true
	case lane.Tell:
		m.push(w, slotOf(e.Order)+1, m.c.body(e.Body))
	case lane.OpenForRestock:
		m.restockOpens(w)
	case lane.OpenTask:
		for i := range w.holds {
			if e.Subject == receipt(i) {
				w.tasks |= 1 << i
			}
		}
		for i := range w.orders {
			if e.Subject == string(orderID(i)) {
				w.orders[i].tasks |= taskBit(purchase.TaskUnknownHold)
			}
		}
	}
}

func (m *model) newOrder(w *world, e lane.NewOrder) {
	m.forget(w) // only one order at a time has no hold, and the lane has been told of its end
	for i := range w.orders {
		if w.orders[i].state == 0 {
			t := m.terms()
			t.After = e.After
			m.push(w, i+1, m.c.body(purchase.Arm{Terms: t}))
			return
		}
	}
	m.push(w, 0, m.c.ask(lane.NoOrder{}))
}

// dropWaiting: the dialogue is over, and OpenDoor still waits for its acknowledgement.
func (m *model) dropWaiting(w *world, e purchase.Ended) {
	slot := slotOf(m.c.cmds[w.cmd].Order)
	if slot < 0 || w.orders[slot].call != waiting {
		return
	}
	o := &w.orders[slot]
	if e.Acked && e.Outcome != purchase.NotDone {
		o.call = ready
		return
	}
	n := int(o.attempt)
	o.call, o.attempt = noCall, 0
	m.push(w, slot+1, m.c.flat(purchase.OpenAnswered{Attempt: n, Answer: purchase.OpenNotSent}))
}

func slotOf(id purchase.OrderID) int {
	for i := range slots {
		if orderID(i) == id {
			return i
		}
	}
	return -1
}
