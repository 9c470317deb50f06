package modelcheck

import (
	"errors"
	"fmt"

	"edged/internal/lane"
	"edged/internal/purchase"
)

// op is a kind of thing that can happen. The good course of a way home takes the
// first that is possible, in the sequence of actions.
type op uint8

const (
	opFollow    op = iota // the loop takes what the cores asked for
	opUnpause             // the pause of the lane is over
	opDayEnd              // somebody asks for the end of day
	opRestock             // the staff asks for the door
	opRestocked           // and has closed it

	opGrant // a card, and the issuer holds the amount of arg (0: all, 1: less, 2: too little)
	opDecline
	opTimeout
	opAborted
	opList    // the terminal lists its open holds
	opCannot  // it cannot
	opDumb    // it does not answer
	opDo      // it does what it was told
	opTakes   // another amount: arg 0 more, 1 less
	opNotOpen // the hold is not open any more
	opRefuse  // it refuses, for the reason of arg
	opEmpty   // a completion without a result
	opUnsaid  // our disk does not take the result: it is not acknowledged
	opLost    // the line is lost, nothing was done
	opLostDid // the line is lost, and it was done
	opAnswer  // our answer arrives
	opAnswerLost
	opAnswerTaken // it arrives, and the line is lost
	opEnd
	opEndLost
	opTakenBack // 06 1E behind our acknowledgement

	opLeave // OpenDoor leaves
	opLate  // it is too late for it
	opStay  // it cannot leave
	opSink  // it is lost on the way
	opAccept
	opDeny
	opSilent // its answer is lost

	opTell   // callback arg
	opRepeat // callback arg once more

	opAck    // the oldest report is acknowledged
	opAckOut // the SaaS takes it, and its answer is lost
	opReject // the SaaS refuses it
	opRevive // a refused one is acknowledged

	opOver // the deadline of OpenDoor passes, and the loop has not looked yet
	opDue  // deadline arg
	opSlow // the same, before what was about to happen

	opKill
	opPower
	opKillAcked // killed; our answer had arrived
	opKillDid   // killed; the terminal did it
)

var opNames = [...]string{
	"the loop goes on", "the pause is over", "an end of day is asked for", "a restock is asked for", "the restock is over",
	"a card is granted", "a card is declined", "nobody comes", "the wait is aborted", "it lists its holds", "it cannot be asked", "it does not answer",
	"it does it", "it takes another amount", "the hold is not open", "it refuses", "a completion without a result", "the result cannot be stored",
	"line lost, nothing done", "line lost, and it was done", "our answer arrives", "line lost, no answer taken", "line lost, answer taken unseen",
	"it ends", "line lost at the end", "06 1E after our acknowledgement",
	"OpenDoor leaves", "OpenDoor is too late", "OpenDoor cannot leave", "OpenDoor is lost on the way", "OpenDoor is accepted", "OpenDoor is refused", "OpenDoor is not answered",
	"callback", "callback once more", "a report is acknowledged", "a report is taken and the answer lost", "a report is refused", "a refused report is acknowledged",
	"the deadline of OpenDoor passes", "deadline", "slowness: deadline",
	"kill -9", "power cut", "killed behind the acknowledgement", "killed, and the terminal did it",
}

// action is one thing that can happen next.
type action struct {
	op    op
	slot  uint8
	arg   uint8
	fault fault
}

// fault is the budget that an action is taken from.
type fault uint8

const (
	plainCourse fault = iota
	oneFault
	oneDup
	oneCrash
)

func (a action) String() string {
	return fmt.Sprintf("%s [order %d, %d]", opNames[a.op], a.slot, a.arg)
}

// list collects what can happen.
type list struct {
	w   *world
	out []action
}

func (l *list) add(o op, slot int, arg int) {
	l.out = append(l.out, action{o, uint8(slot), uint8(arg), plainCourse})
}

func (l *list) fault(o op, slot int, arg int) {
	if l.w.budget.faults > 0 {
		l.out = append(l.out, action{o, uint8(slot), uint8(arg), oneFault})
	}
}

// actions lists what can happen in w, the good course first.
func (m *model) actions(w *world, into []action) []action {
	l := &list{w: w, out: into[:0]}
	if w.broken != 0 {
		return l.out
	}
	if w.follow[0] != (followed{}) {
		l.add(opFollow, 0, 0) // before anything from outside
		m.crashes(l)
		return l.out
	}
	m.terminalActions(l)
	for i := range w.orders {
		if w.orders[i].state != 0 {
			m.callActions(l, i)
		}
	}
	for i := range w.orders {
		if w.orders[i].state != 0 {
			m.tellActions(l, i)
			m.reportActions(l, i)
		}
	}
	if m.c.lanes.val(w.lane).PauseTo > moment && w.stage == idle {
		l.add(opUnpause, 0, 0)
	}
	m.peopleActions(l)
	hurry := m.hurried(w)
	for i := range w.orders {
		if w.orders[i].state != 0 {
			m.dueActions(l, i, hurry)
		}
	}
	m.crashes(l)
	return l.out
}

func (m *model) crashes(l *list) {
	if l.w.budget.crashes == 0 {
		return
	}
	add := func(o op) { l.out = append(l.out, action{o, 0, 0, oneCrash}) }
	add(opKill)
	add(opPower)
	if l.w.stage == posted && !l.w.refused {
		add(opKillAcked)
	}
	if l.w.stage == running && m.plan.sloppy && m.mayDo(l.w) {
		add(opKillDid)
	}
}

// hurried: something is about to happen within moments.
func (m *model) hurried(w *world) bool {
	if w.stage == posted || w.stage == acked {
		return true
	}
	if w.stage == running && m.c.cmds[w.cmd].Kind != purchase.CmdArm {
		return true
	}
	for i := range w.orders {
		if w.orders[i].call >= ready {
			return true
		}
	}
	return false
}

// do takes the action.
func (m *model) do(w *world, a action) {
	switch a.fault {
	case oneFault:
		w.budget.faults--
	case oneDup:
		w.budget.dups--
	case oneCrash:
		w.budget.crashes--
	}
	switch {
	case a.op == opFollow:
		m.goOn(w)
	case a.op == opUnpause:
		m.unpause(w)
	case a.op <= opRestocked:
		m.doPeople(w, a)
	case a.op <= opTakenBack:
		m.doTerminal(w, a)
	case a.op <= opSilent:
		m.doCall(w, a)
	case a.op <= opRepeat:
		m.doTell(w, a)
	case a.op <= opRevive:
		m.doReport(w, a)
	case a.op <= opSlow:
		m.doDue(w, a)
	default:
		m.doCrash(w, a)
	}
}

func (m *model) doCrash(w *world, a action) {
	switch a.op {
	case opKillAcked:
		m.commitResult(w)
		w.stage = acked
	case opKillDid:
		m.become(w, uint16(m.c.cmds[w.cmd].Amount), false)
	}
	m.crash(w, a.op == opPower)
}

// peopleActions are what staff and operator do.
func (m *model) peopleActions(l *list) {
	s := m.c.lanes.val(l.w.lane)
	if r := s.Durable.Restock; r != nil && r.Sent {
		l.add(opRestocked, 0, 0)
	}
	if m.plan.day && s.Durable.EndOfDay != "asked" {
		l.fault(opDayEnd, 0, 0)
	}
	if m.plan.restock && s.Durable.Restock == nil {
		l.fault(opRestock, 0, 0)
	}
}

func (m *model) doPeople(w *world, a action) {
	id := purchase.NewOrderID([16]byte{0: 1})
	switch a.op {
	case opDayEnd:
		m.moveLane(w, m.c.ask(lane.EndOfDayNow{}))
	case opRestock:
		w.asked = 0
		m.moveLane(w, m.c.ask(lane.RestockAsked{ID: id, Door: m.settings().Doors[0]}))
	case opRestocked:
		m.moveLane(w, m.c.ask(lane.RestockEnded{ID: id}))
	}
}

// restockOpens: the door is opened for the staff.
func (m *model) restockOpens(w *world) {
	w.asked++
	switch {
	case w.asked > 1:
		m.fail("M5", errors.New("the door is opened for the same restock twice"))
	case w.stage != idle && m.c.cmds[w.cmd].Kind == purchase.CmdArm:
		m.fail("M1", errors.New("the door is opened for a restock while a card is waited for"))
	}
	for i := range w.orders {
		if o := &w.orders[i]; o.state != 0 && !m.c.facts[o.state].closed && m.c.orders.val(o.state).DoorBusy() {
			m.fail("M1", errors.New("the door is opened for a restock while it is a customer's"))
		}
	}
}
