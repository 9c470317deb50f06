package modelcheck

import (
	"fmt"

	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
)

// The terminal: one dialogue at a time, and what it and the issuer know of the holds.
// A result stands when our acknowledgement has arrived; what was not acknowledged it
// takes back, unless it is a sloppy one.

func receipt(hold int) string { return fmt.Sprintf("%04d", hold+1) }

// start gives the terminal a command.
func (m *model) start(w *world, c purchase.TerminalCommand) {
	w.stage, w.cmd, w.amount, w.refused, w.aborting = running, m.c.cmd(c), 0, false, false
	if c.Kind == purchase.CmdEndOfDay {
		m.endOfDay(w)
	}
	if h := m.holdOf(w, c); h >= 0 {
		m.check(w.orders[slotOf(c.Order)].audit.started(c, w.holds[h], slotOf(c.Order)))
	}
}

// endOfDay: some terminals charge whatever they hold when the day ends.
func (m *model) endOfDay(w *world) {
	for i, h := range w.holds {
		if h.truth == open && int(h.slot) != nobody {
			m.fail("M3", fmt.Errorf("end of day with hold %d open", i))
		}
	}
}

// holdOf is the hold that a command to settle names; -1: none, or it settles nothing.
func (m *model) holdOf(w *world, c purchase.TerminalCommand) int {
	if c.Kind != purchase.CmdCapture && c.Kind != purchase.CmdRelease {
		return -1
	}
	for i := range w.holds {
		if c.Hold.Receipt == receipt(i) && i < int(w.taps) { // it was granted, if not acknowledged
			return i
		}
	}
	m.fail("M2", fmt.Errorf("%s of hold %q, which there is not", c.Kind, c.Hold.Receipt))
	return -1
}

func (m *model) terminalActions(l *list) {
	w := l.w
	switch w.stage {
	case running:
		m.runningActions(l)
	case posted:
		l.add(opAnswer, 0, 0)
		l.fault(opAnswerLost, 0, 0)
		if !w.refused {
			l.fault(opAnswerTaken, 0, 0)
		}
	case acked:
		l.add(opEnd, 0, 0)
		l.fault(opEndLost, 0, 0)
		if m.c.cmds[w.cmd].Kind != purchase.CmdReverse {
			l.fault(opTakenBack, 0, 0)
		}
	}
}

func (m *model) runningActions(l *list) {
	switch m.c.cmds[l.w.cmd].Kind {
	case purchase.CmdArm:
		m.armActions(l)
	case purchase.CmdAsk:
		if m.plan.noAsk {
			l.add(opCannot, 0, 0)
			break
		}
		l.add(opList, 0, 0)
		l.fault(opDumb, 0, 0)
	case purchase.CmdEndOfDay:
		l.add(opDo, 0, 0)
		l.fault(opRefuse, 0, 0)
	default:
		m.settleActions(l)
	}
	l.fault(opLost, 0, 0)
	if m.plan.sloppy && m.mayDo(l.w) {
		l.fault(opLostDid, 0, 0)
	}
}

func (m *model) armActions(l *list) {
	if l.w.aborting {
		l.add(opAborted, 0, 0)
	}
	if l.w.taps >= customers {
		return
	}
	l.add(opGrant, 0, 0)
	if m.plan.partial {
		l.add(opGrant, 0, 1)
		l.add(opGrant, 0, 2)
	}
	l.fault(opDecline, 0, 0)
	l.fault(opUnsaid, 0, 0)
}

func (m *model) settleActions(l *list) {
	w := l.w
	if !m.mayDo(w) {
		l.add(opNotOpen, 0, 0)
		return
	}
	l.add(opDo, 0, 0)
	if m.plan.greedy && m.c.cmds[w.cmd].Kind != purchase.CmdRelease {
		l.fault(opTakes, 0, 0)
		l.fault(opTakes, 0, 1)
	}
	l.fault(opRefuse, 0, 0)
	l.fault(opRefuse, 0, 1)
	l.fault(opEmpty, 0, 0)
	l.fault(opUnsaid, 0, 0)
}

// mayDo: the terminal finds what the command is about.
func (m *model) mayDo(w *world) bool {
	c := m.c.cmds[w.cmd]
	switch c.Kind {
	case purchase.CmdArm:
		return w.taps < customers
	case purchase.CmdReverse:
		h := m.target(w)
		return h >= 0 && w.holds[h].truth == captured
	case purchase.CmdCapture, purchase.CmdRelease:
		h := m.target(w)
		return h >= 0 && w.holds[h].truth == open
	}
	return false
}

// target is the hold that the command is about; an arm command's is the next one.
func (m *model) target(w *world) int {
	c := m.c.cmds[w.cmd]
	if c.Kind == purchase.CmdArm {
		return int(w.taps)
	}
	for i := range w.holds {
		if c.Hold.Receipt == receipt(i) {
			return i
		}
	}
	return -1
}

func (m *model) doTerminal(w *world, a action) {
	c := m.c.cmds[w.cmd]
	switch a.op {
	case opGrant:
		m.grant(w, [...]uint16{limit, 800, 500}[a.arg])
	case opDecline:
		w.taps++
		m.ended(w, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonDeclined, CardSeen: true})
	case opTimeout:
		m.ended(w, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonTimeout})
	case opAborted:
		m.ended(w, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonAborted})
	case opList:
		m.list(w, c)
	case opCannot:
		if slot := slotOf(c.Order); slot >= 0 {
			w.orders[slot].audit.blind = true
		}
		m.ended(w, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonUnsupported})
	case opDumb:
		m.ended(w, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonLine})
	case opDo:
		if c.Kind == purchase.CmdEndOfDay {
			m.ended(w, purchase.Ended{Outcome: purchase.Done})
			return
		}
		m.result(w, uint16(c.Amount))
	case opTakes:
		m.result(w, uint16(c.Amount)+100-200*uint16(a.arg))
	case opNotOpen:
		m.ended(w, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonNotOpen})
	case opRefuse:
		m.ended(w, purchase.Ended{Outcome: purchase.NotDone, Reason: [...]purchase.Reason{purchase.ReasonDeclined, purchase.ReasonHostOffline}[a.arg]})
	case opEmpty:
		m.ended(w, purchase.Ended{Outcome: purchase.Done})
	case opUnsaid:
		if c.Kind == purchase.CmdArm {
			w.taps++
		}
		m.ended(w, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonReversed, CardSeen: c.Kind == purchase.CmdArm})
	case opLost:
		m.ended(w, purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine})
	case opLostDid:
		m.become(w, uint16(c.Amount), false)
		m.ended(w, purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine})
	default:
		m.doAnswer(w, a)
	}
}

func (m *model) doAnswer(w *world, a action) {
	switch a.op {
	case opAnswer:
		if w.refused {
			m.ended(w, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonRefused})
			return
		}
		m.commitResult(w)
		w.stage = acked
		m.acked(w)
	case opAnswerLost:
		m.ended(w, purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine})
	case opAnswerTaken:
		m.commitResult(w)
		m.ended(w, purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine})
	case opEnd:
		m.ended(w, purchase.Ended{Outcome: purchase.Done, Acked: true})
	case opEndLost:
		m.ended(w, purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Acked: true})
	case opTakenBack:
		m.takeBack(w)
		m.ended(w, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonReversed, Acked: true})
	}
}

// grant: the issuer sets an amount aside, and the terminal tells us.
func (m *model) grant(w *world, amount uint16) {
	m.result(w, amount)
}

// result posts what waits for our word.
func (m *model) result(w *world, amount uint16) {
	c := m.c.cmds[w.cmd]
	slot := slotOf(c.Order)
	w.amount = amount
	tap := int(w.taps)
	body := remember(m.c.results, resultKey{w.cmd, amount, w.taps}, func() uint32 { return m.c.body(resultOf(c, money.Minor(amount), tap)) })
	if c.Kind == purchase.CmdArm {
		w.holds[tap] = hold{none, uint8(slot), amount, 0}
		w.orders[slot].customer = w.taps + 1
		w.taps++
	}
	w.stage = posted
	w.refused = !m.post(w, slot, body)
}

func resultOf(c purchase.TerminalCommand, amount money.Minor, tap int) purchase.Body {
	switch c.Kind {
	case purchase.CmdArm:
		return purchase.HoldGranted{Command: c.ID, Hold: purchase.Hold{Terminal: "T1", Receipt: receipt(tap), Amount: amount}}
	case purchase.CmdCapture:
		return purchase.Captured{Command: c.ID, Amount: amount, Receipt: "9" + c.Hold.Receipt}
	case purchase.CmdRelease:
		return purchase.Released{Command: c.ID}
	}
	return purchase.Reversed{Command: c.ID, Amount: amount}
}

// commitResult: what the terminal reported is true from now on.
func (m *model) commitResult(w *world) {
	c := m.c.cmds[w.cmd]
	if c.Kind == purchase.CmdArm {
		w.taps-- // become counts it
	}
	if !m.onFlash(w, c) {
		m.fail("M3", fmt.Errorf("the result of %s is acknowledged and not on flash", c.ID))
	}
	m.become(w, w.amount, true)
}

// onFlash: a result that is acknowledged must be there.
func (m *model) onFlash(w *world, c purchase.TerminalCommand) bool {
	s := m.c.orders.val(w.orders[slotOf(c.Order)].state)
	if c.Kind == purchase.CmdArm {
		return s.Hold != nil
	}
	for _, op := range s.Ops {
		if op.Kind == c.Kind && op.Result {
			return true
		}
	}
	return false
}

// become makes the command of the dialogue true.
func (m *model) become(w *world, amount uint16, ours bool) {
	c := m.c.cmds[w.cmd]
	i := m.target(w)
	h := &w.holds[i]
	switch c.Kind {
	case purchase.CmdArm:
		slot := slotOf(c.Order)
		*h = hold{open, uint8(slot), amount, 0}
		w.orders[slot].customer = uint8(i + 1)
		w.taps++
	case purchase.CmdCapture:
		m.check(w.orders[slotOf(c.Order)].audit.took(amount, *h, ours))
		h.truth, h.taken = captured, amount
	case purchase.CmdRelease:
		h.truth = released
	case purchase.CmdReverse:
		m.check(w.orders[slotOf(c.Order)].audit.refunded(amount, *h))
		h.truth = released
	}
	w.last = uint8(i)*8 + uint8(h.truth) + 1
}

// takeBack: the terminal reverses by itself what was true already.
func (m *model) takeBack(w *world) {
	h := &w.holds[m.back(w)]
	switch m.c.cmds[w.cmd].Kind {
	case purchase.CmdArm:
		h.truth = gone
	case purchase.CmdCapture:
		h.truth, h.taken = open, 0
		w.orders[slotOf(m.c.cmds[w.cmd].Order)].audit.takenBack()
	case purchase.CmdRelease:
		h.truth = open
	}
}

// back is the hold of the dialogue whose result has become true.
func (m *model) back(w *world) int {
	if m.c.cmds[w.cmd].Kind == purchase.CmdArm {
		return int(w.taps) - 1
	}
	return m.target(w)
}

// sessionEnds: a session does not survive the daemon. The reset at its start takes an
// approval for confirmed, and otherwise gives the money back (mdb.md §7).
func (m *model) sessionEnds(w *world) {
	if w.stage == posted && !w.refused && m.c.cmds[w.cmd].Kind == purchase.CmdCapture {
		m.commitResult(w)
	}
	for i := range w.holds {
		if w.holds[i].truth == open {
			w.holds[i].truth = gone
		}
	}
}

// list: which holds are open.
func (m *model) list(w *world, c purchase.TerminalCommand) {
	e := purchase.Ended{Outcome: purchase.Done, Terminal: "T1"}
	there := c.Order == ""
	for i, h := range w.holds {
		if h.truth == open {
			e.Open = append(e.Open, purchase.Hold{Receipt: receipt(i)})
			there = there || c.Hold.Receipt == receipt(i)
		}
		if c.Order != "" && c.Hold.Receipt == receipt(i) {
			w.orders[slotOf(c.Order)].audit.listed(h.truth == open)
		}
	}
	if !there && m.plan.tells {
		e.Last = m.lastBooked(w)
	}
	m.ended(w, e)
}

// lastBooked is what a terminal says that tells its last booking.
func (m *model) lastBooked(w *world) *purchase.Hold {
	if w.last == 0 {
		return nil
	}
	i, t := int(w.last-1)/8, truth((w.last-1)%8)
	h := w.holds[i]
	switch t {
	case captured:
		return &purchase.Hold{Receipt: "9" + receipt(i), Amount: money.Minor(h.taken)}
	case released:
		return &purchase.Hold{Receipt: "8" + receipt(i)}
	}
	return &purchase.Hold{Receipt: receipt(i), Amount: money.Minor(h.amount)}
}

// ended posts the one end of the command.
func (m *model) ended(w *world, e purchase.Ended) {
	c := m.c.cmds[w.cmd]
	m.ending = e
	bodies := m.endOf(w, c, e)
	w.stage, w.refused, w.aborting, w.amount = idle, false, false, 0
	settles := c.Kind == purchase.CmdCapture || c.Kind == purchase.CmdRelease
	slot := slotOf(c.Order)
	if m.plan.session && c.Kind != purchase.CmdAsk {
		m.endSession(w, c, e)
	}
	if settles && (e.Outcome == purchase.NotDone || (e.Outcome == purchase.Done && e.Acked)) {
		w.orders[slot].audit.sure()
	}
	t := turn{m: m, w: w}
	if slot >= 0 {
		t.step(slot, bodies[0])
	}
	t.lanes = append(t.lanes, bodies[1])
	t.commit()
}

// endOf gives the end of a command as a body for the order and for the lane.
func (m *model) endOf(w *world, c purchase.TerminalCommand, e purchase.Ended) [2]uint32 {
	key := endKey{cmd: w.cmd, outcome: e.Outcome, why: e.Reason, acked: e.Acked, card: e.CardSeen}
	for i, h := range w.holds {
		if e.Open != nil && h.truth == open {
			key.open |= 1 << i
		}
	}
	if e.Last != nil {
		key.last = w.last
	}
	return remember(m.c.ends, key, func() [2]uint32 {
		e.Command, e.What = c.ID, c.Kind
		return [2]uint32{m.c.body(e), m.c.ask(lane.Ended{Ended: e})}
	})
}

func (m *model) endSession(w *world, c purchase.TerminalCommand, e purchase.Ended) {
	i := m.target(w)
	if c.Kind == purchase.CmdArm {
		i = int(w.taps) - 1
	}
	if i >= 0 && i < customers && w.holds[i].truth == open && (e.Outcome == purchase.InDoubt || c.Kind == purchase.CmdRelease) {
		w.holds[i].truth = gone // completed, or the driver resets the reader when it is back
	}
}

// unpause: the wait of the lane is over.
func (m *model) unpause(w *world) {
	s := m.c.lanes.val(w.lane)
	s.PauseTo = 0
	w.lane = m.c.lane(s)
	m.moveLane(w, m.c.ask(lane.Tick{}))
}
