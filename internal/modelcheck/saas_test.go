package modelcheck

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"edged/internal/purchase"
)

var errTwoCalls = errors.New("two OpenDoor calls of one order at a time")

// The OpenDoor calls, the SaaS behind them, and the sender.

func (m *model) callActions(l *list, i int) {
	switch o := &l.w.orders[i]; o.call {
	case ready:
		if o.late {
			l.add(opLate, i, 0)
			return
		}
		l.add(opLeave, i, 0)
		l.fault(opStay, i, 0)
		l.fault(opSink, i, 0)
	case sent:
		l.add(opAccept, i, 0)
		if m.plan.refuses {
			l.fault(opDeny, i, 0)
		}
		l.fault(opSilent, i, 0)
	}
}

// acked: the terminal has our word on the hold, and what waits for that may go.
func (m *model) acked(w *world) {
	c := m.c.cmds[w.cmd]
	if c.Kind != purchase.CmdArm {
		return
	}
	o := &w.orders[slotOf(c.Order)]
	o.audit.acked = true
	if o.call == waiting {
		o.call = ready
	}
}

func (m *model) doCall(w *world, a action) {
	o := &w.orders[a.slot]
	switch a.op {
	case opLeave, opSink:
		m.check(o.audit.openSent(m.c.orders.val(o.state), o.late))
		o.call = sent
		if a.op == opLeave {
			o.took = true
			return
		}
		m.answered(w, int(a.slot), purchase.OpenInDoubt)
	case opLate, opStay:
		m.answered(w, int(a.slot), purchase.OpenNotSent)
	case opAccept:
		m.answered(w, int(a.slot), purchase.OpenAccepted)
	case opDeny:
		o.took = o.took && o.audit.inDoubt > 0 // unless an earlier one got through
		m.answered(w, int(a.slot), purchase.OpenRefused)
	case opSilent:
		m.answered(w, int(a.slot), purchase.OpenInDoubt)
	}
}

func (m *model) answered(w *world, slot int, answer purchase.OpenAnswer) {
	o := &w.orders[slot]
	n := int(o.attempt)
	o.call, o.attempt, o.late = noCall, 0, false
	switch answer {
	case purchase.OpenAccepted:
		o.audit.heard = true
	case purchase.OpenInDoubt:
		o.audit.inDoubt++
	}
	m.post(w, slot, m.c.flat(purchase.OpenAnswered{Attempt: n, Answer: answer}))
}

// script is what the SaaS says about an order.
func (m *model) script(o *slot) []purchase.Body {
	if o.customer == 0 {
		return nil
	}
	return m.plan.says[o.customer-1]
}

func (m *model) tellActions(l *list, i int) {
	o := &l.w.orders[i]
	if !o.took {
		return
	}
	for n := range m.script(o) {
		switch {
		case o.told&(1<<n) == 0:
			l.add(opTell, i, n)
		case l.w.budget.dups > 0:
			l.out = append(l.out, action{opRepeat, uint8(i), uint8(n), oneDup})
		}
	}
}

func (m *model) doTell(w *world, a action) {
	o := &w.orders[a.slot]
	before := o.state
	if a.op == opTell {
		o.told |= 1 << a.arg
		o.audit.said(m.script(o)[a.arg])
	}
	rows := o.rows
	m.tell(w, int(a.slot), m.says[o.customer-1][a.arg])
	if a.op == opRepeat {
		m.check(m.unchanged(before, w.orders[a.slot].state, rows, w.orders[a.slot].rows))
	}
}

// unchanged: a repeat changes nothing (M6). A wait that is over may begin again.
func (m *model) unchanged(before, after uint32, rows, rowsAfter uint8) error {
	if before == after && rows == rowsAfter {
		return nil
	}
	a, b := m.c.orders.val(before), m.c.orders.val(after)
	a.Due, b.Due = nil, nil
	x, _ := a.Encode()
	y, _ := b.Encode()
	if string(x) != string(y) || rows != rowsAfter {
		return broken("M6", "a callback told twice changes the order")
	}
	return nil
}

func (m *model) reportActions(l *list, i int) {
	o := &l.w.orders[i]
	if o.rows != 0 {
		n := bits.TrailingZeros8(o.rows)
		l.add(opAck, i, n)
		l.fault(opAckOut, i, n)
		if m.plan.refuses {
			l.fault(opReject, i, n)
		}
	}
	if o.dead != 0 {
		l.add(opRevive, i, bits.TrailingZeros8(o.dead))
	}
}

func (m *model) doReport(w *world, a action) {
	o := &w.orders[a.slot]
	bit := uint8(1) << a.arg
	s := m.c.orders.val(o.state)
	r := s.Reports[a.arg]
	if a.op != opReject {
		m.check(o.audit.delivered(r))
	}
	switch a.op {
	case opAckOut:
		return // the sender asks again, with the same bytes
	case opReject:
		o.rows &^= bit
		o.dead |= bit
		m.post(w, int(a.slot), m.c.flat(purchase.Reported{Report: r.N, Msg: "no"}))
		return
	case opAck:
		o.rows &^= bit
	case opRevive:
		o.dead &^= bit
	}
	m.post(w, int(a.slot), m.c.flat(purchase.Reported{Report: r.N, OK: true}))
	if now := m.c.orders.val(w.orders[a.slot].state).Reports[a.arg].State; now != purchase.ReportAcked {
		m.fail("M4", fmt.Errorf("report %d was acknowledged and is %s", r.N, now))
	}
}

// quick deadlines are over within the time that anything else takes.
func quick(name purchase.DeadlineName) bool {
	return name == purchase.DueOpen || name == purchase.DueOpenRetry || name == purchase.DueMoneyRetry
}

// waits are deadlines in the sequence of their length.
func waits() []purchase.DeadlineName {
	return []purchase.DeadlineName{
		purchase.DueOpenRetry, purchase.DueMoneyRetry, purchase.DueOpen, purchase.DueDetect, purchase.DueSession, purchase.DueResolve,
		purchase.DueHoldGrace, purchase.DueDecision, purchase.DueHoldTTL,
	}
}

func (m *model) dueActions(l *list, i int, hurry bool) {
	o := &l.w.orders[i]
	f := &m.c.facts[o.state]
	for n, name := range waits() {
		if !slices.Contains(f.due, name) {
			continue
		}
		switch {
		case name == purchase.DueOpen && !m.over(o.state, name):
			l.add(opOver, i, n)
		case quick(name) || !hurry:
			l.add(opDue, i, n)
		default:
			l.fault(opSlow, i, n)
		}
	}
}

func (m *model) over(state uint32, name purchase.DeadlineName) bool {
	for _, d := range m.c.orders.val(state).Due {
		if d.Name == name {
			return d.At <= moment
		}
	}
	return false
}

func (m *model) doDue(w *world, a action) {
	o := &w.orders[a.slot]
	name := waits()[a.arg]
	o.state = remember(m.c.timed, timeKey{o.state, name}, func() uint32 { return m.c.order(pass(m.c.orders.val(o.state), name)) })
	if a.op == opOver {
		o.late = o.call != noCall
		return
	}
	if name == purchase.DueHoldTTL {
		m.expire(w, int(a.slot))
	}
	m.post(w, int(a.slot), m.c.flat(purchase.Due{Name: name}))
}

// pass lets a deadline be over.
func pass(s purchase.State, name purchase.DeadlineName) purchase.State {
	s.Due = slices.Clone(s.Due)
	for i := range s.Due {
		if s.Due[i].Name == name {
			s.Due[i].At = past
		}
	}
	return s
}

// expire: the issuer drops the hold, unless it has just been asked about it.
func (m *model) expire(w *world, slot int) {
	for i := range w.holds {
		busy := w.stage == posted && m.c.cmds[w.cmd].Hold.Receipt == receipt(i)
		if h := &w.holds[i]; int(h.slot) == slot && h.truth == open && !busy {
			h.truth = gone
		}
	}
}
