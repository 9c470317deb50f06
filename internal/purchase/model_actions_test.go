package purchase_test

import (
	"fmt"
	"slices"

	"edged/internal/money"
	"edged/internal/purchase"
)

// action is one thing that can happen next. fault: it goes wrong, and is taken off
// the budget; plain actions are the good course, tried in their order by the way
// home.
type action struct {
	name  string
	fault bool
	do    func(w *world)
}

func (w *world) take(a action) *world {
	c := w.copy()
	if a.fault {
		c.faults--
	}
	a.do(c)
	return c
}

// actions lists what can happen. The good course comes first.
func (w *world) actions() []action {
	var out []action
	add := func(name string, do func(*world)) { out = append(out, action{name, false, do}) }
	fault := func(name string, do func(*world)) {
		if w.faults > 0 {
			out = append(out, action{name, true, do})
		}
	}
	w.terminalActions(add, fault)
	w.callActions(add, fault)
	w.laneActions(add)
	w.callbackActions(add)
	w.reportActions(add, fault)
	if len(w.s.Due) > 0 {
		if w.hurried() {
			fault("slowness: the next deadline", (*world).tick)
		} else {
			add("the next deadline", (*world).tick)
		}
	}
	fault("kill -9", func(w *world) { w.crash(false) })
	fault("power cut", func(w *world) { w.crash(true) })
	if w.stage == posted {
		// Our answer got through, and nobody here knows.
		fault("killed behind the acknowledgement", func(w *world) { w.commitResult(); w.stage = idle; w.crash(false) })
	}
	if w.stage == running && w.plan.sloppy && w.mayDo() {
		fault("killed, and the terminal did it", func(w *world) { w.doAnyway(); w.stage = idle; w.crash(false) })
	}
	return out
}

// hurried: something is about to happen within moments; that a deadline passes
// before it is a fault.
func (w *world) hurried() bool {
	if w.stage == posted || w.stage == acked || (w.stage == idle && len(w.queue) > 0) {
		return true
	}
	return slices.ContainsFunc(w.calls, func(c call) bool { return !c.sent })
}

type adder = func(name string, do func(*world))

func (w *world) terminalActions(add, fault adder) {
	switch w.stage {
	case idle:
		if len(w.queue) > 0 {
			add("start "+string(w.queue[0].ID[27:]), (*world).start)
		}
	case running:
		w.runningActions(add, fault)
	case posted:
		add("the answer arrives", (*world).answer)
		fault("line lost, no answer taken", func(w *world) { w.ended(purchase.InDoubt, purchase.ReasonLine, false) })
		fault("line lost, answer taken unseen", func(w *world) { w.commitResult(); w.ended(purchase.InDoubt, purchase.ReasonLine, false) })
	case acked:
		add("it ends", func(w *world) { w.ended(purchase.Done, "", true) })
		fault("line lost at the end", func(w *world) { w.ended(purchase.InDoubt, purchase.ReasonLine, true) })
		fault("06 1E after our acknowledgement", func(w *world) { w.takeBack(); w.ended(purchase.NotDone, purchase.ReasonReversed, true) })
	}
}

// start gives the terminal a command of the order.
func (w *world) start() {
	w.cmd, w.queue = w.queue[0], w.queue[1:]
	w.stage = running
	w.fail2(w.audit.started(w.cmd))
}

func (w *world) runningActions(add, fault adder) {
	switch w.cmd.Kind {
	case purchase.CmdArm:
		w.armActions(add, fault)
	case purchase.CmdAsk:
		w.askActions(add, fault)
	default:
		w.settleActions(add, fault)
	}
	fault("line lost, nothing done", func(w *world) { w.ended(purchase.InDoubt, purchase.ReasonLine, false) })
	if w.plan.sloppy && w.mayDo() {
		fault("line lost, and it was done", func(w *world) { w.doAnyway(); w.ended(purchase.InDoubt, purchase.ReasonLine, false) })
	}
}

func (w *world) armActions(add, fault adder) {
	add("granted", func(w *world) { w.grant(w.cmd.Amount) })
	if w.plan.partial {
		add("granted less", func(w *world) { w.grant(800) })
		add("granted too little", func(w *world) { w.grant(500) })
	}
	fault("declined", func(w *world) { w.cardEnded() })
}

func (w *world) grant(amount money.Minor) {
	w.amount = amount
	w.result(purchase.HoldGranted{Command: w.cmd.ID, Hold: purchase.Hold{Receipt: "0123", Amount: amount}})
}

func (w *world) cardEnded() {
	w.stage = idle
	w.post(purchase.Ended{Command: w.cmd.ID, What: purchase.CmdArm, Outcome: purchase.NotDone, Reason: purchase.ReasonDeclined, CardSeen: true})
}

func (w *world) askActions(add, fault adder) {
	if w.plan.noAsk {
		add("it cannot be asked", func(w *world) {
			w.audit.NoAsk = true
			w.ended(purchase.NotDone, purchase.ReasonUnsupported, false)
		})
		return
	}
	add("it lists its holds", func(w *world) {
		e := purchase.Ended{Command: w.cmd.ID, What: purchase.CmdAsk, Outcome: purchase.Done}
		if w.hold == open {
			e.Open = []purchase.Hold{{Receipt: "0123"}}
		} else if w.plan.tells {
			e.Last = w.bookedLast()
		}
		w.audit.listed(w.hold == open)
		w.stage = idle
		w.post(e)
	})
	fault("it does not answer", func(w *world) { w.ended(purchase.NotDone, purchase.ReasonLine, false) })
}

// bookedLast is what a terminal says that tells its last booking.
func (w *world) bookedLast() *purchase.Hold {
	switch {
	case w.taken > 0:
		return &purchase.Hold{Receipt: "0124", Amount: w.taken}
	case w.hold == released:
		return &purchase.Hold{Receipt: "0125"}
	case w.hold == gone:
		return &purchase.Hold{Receipt: "0123", Amount: 1000}
	}
	return nil
}

// settleActions: capture, release, reverse.
func (w *world) settleActions(add, fault adder) {
	if !w.mayDo() {
		add("not possible any more", func(w *world) { w.ended(purchase.NotDone, purchase.ReasonNotOpen, false) })
		return
	}
	add("it does it", func(w *world) { w.doIt(w.cmd.Amount) })
	if w.cmd.Kind == purchase.CmdCapture && w.plan.greedy {
		fault("it takes more", func(w *world) { w.doIt(w.cmd.Amount + 100) })
		fault("it takes less", func(w *world) { w.doIt(w.cmd.Amount - 100) })
	}
	fault("refused", func(w *world) { w.ended(purchase.NotDone, purchase.ReasonDeclined, false) })
	fault("host offline", func(w *world) { w.ended(purchase.NotDone, purchase.ReasonHostOffline, false) })
	fault("a completion without a result", func(w *world) { w.ended(purchase.Done, "", false) })
}

// mayDo: the terminal finds what the command is about.
func (w *world) mayDo() bool {
	switch w.cmd.Kind {
	case purchase.CmdArm:
		return w.hold == none
	case purchase.CmdReverse:
		return w.hold == captured
	case purchase.CmdCapture, purchase.CmdRelease:
		return w.hold == open
	}
	return false
}

func (w *world) doIt(amount money.Minor) {
	w.amount = amount
	var body purchase.Body
	switch w.cmd.Kind {
	case purchase.CmdCapture:
		body = purchase.Captured{Command: w.cmd.ID, Amount: amount, Receipt: "0124"}
	case purchase.CmdRelease:
		body = purchase.Released{Command: w.cmd.ID}
	default:
		body = purchase.Reversed{Command: w.cmd.ID, Amount: amount}
	}
	w.result(body)
}

// result posts what waits for our word.
func (w *world) result(body purchase.Body) {
	w.refused = !w.post(body)
	w.stage = posted
}

// answer: the terminal has our word. Accepted, the result stands.
func (w *world) answer() {
	if w.refused {
		w.ended(purchase.NotDone, purchase.ReasonRefused, false)
		return
	}
	w.commitResult()
	w.stage = acked
	w.armAcked = w.armAcked || w.cmd.Kind == purchase.CmdArm
}

// commitResult: what the terminal reported is true from now on.
func (w *world) commitResult() {
	if w.refused {
		return
	}
	w.become(w.amount, true)
}

func (w *world) become(amount money.Minor, ours bool) {
	switch w.cmd.Kind {
	case purchase.CmdArm:
		w.hold = open
	case purchase.CmdCapture:
		w.hold, w.taken = captured, amount
		w.fail2(w.audit.took(amount, ours))
	case purchase.CmdRelease:
		w.hold = released
	case purchase.CmdReverse:
		w.hold = released
		w.fail2(w.audit.refunded("reversal", amount))
	}
}

// doAnyway: a terminal that does not wait for our word.
func (w *world) doAnyway() { w.become(w.cmd.Amount, false) }

// sessionEnds: a session (MDB) does not survive the daemon. The reset at its start
// takes an approval for confirmed, and otherwise gives the money back (mdb.md §7).
func (w *world) sessionEnds() {
	if w.stage == posted && w.cmd.Kind == purchase.CmdCapture {
		w.commitResult()
	}
	if w.hold == open {
		w.hold = gone
	}
}

// takeBack: the terminal reverses by itself what was true already.
func (w *world) takeBack() {
	switch w.cmd.Kind {
	case purchase.CmdArm:
		w.hold = gone
	case purchase.CmdCapture:
		w.hold, w.taken = open, 0
		w.audit.undone()
	case purchase.CmdRelease:
		w.hold = open
	}
}

// ended posts the one end of the command.
func (w *world) ended(outcome purchase.Outcome, why purchase.Reason, acked bool) {
	if w.plan.session && w.hold == open && (outcome == purchase.InDoubt || w.cmd.Kind == purchase.CmdRelease) {
		w.hold = gone // completed, or the driver resets the reader when it is back
	}
	w.stage, w.refused = idle, false
	settles := w.cmd.Kind == purchase.CmdCapture || w.cmd.Kind == purchase.CmdRelease
	if settles && (outcome == purchase.NotDone || (outcome == purchase.Done && acked)) {
		w.audit.sure()
	}
	w.post(purchase.Ended{Command: w.cmd.ID, What: w.cmd.Kind, Outcome: outcome, Reason: why, Acked: acked, CardSeen: w.cmd.Kind == purchase.CmdArm && outcome == purchase.NotDone})
}

// callActions are the OpenDoor calls: sent behind the acknowledgement, answered or not.
func (w *world) callActions(add, fault adder) {
	for i, c := range w.calls {
		switch {
		case !c.sent && c.After != "" && !w.armAcked && w.stage != idle:
			// waits for the acknowledgement
		case !c.sent && c.After != "" && !w.armAcked:
			add("OpenDoor is dropped", func(w *world) { w.calls = nil })
		case !c.sent && c.Deadline.Over(w.now):
			add("OpenDoor is too late", func(w *world) { w.callEnds(i, purchase.OpenNotSent) })
		case !c.sent:
			add("OpenDoor leaves", func(w *world) { w.send(i) })
			fault("OpenDoor cannot leave", func(w *world) { w.callEnds(i, purchase.OpenNotSent) })
			fault("OpenDoor is lost on the way", func(w *world) { w.send(i); w.got = false; w.callEnds(i, purchase.OpenInDoubt) })
		default:
			add("OpenDoor is accepted", func(w *world) { w.callEnds(i, purchase.OpenAccepted) })
			fault("OpenDoor is refused", func(w *world) { w.callEnds(i, purchase.OpenRefused) })
			fault("OpenDoor is not answered", func(w *world) { w.callEnds(i, purchase.OpenInDoubt) })
		}
	}
}

func (w *world) send(i int) {
	c := w.calls[i]
	w.calls[i].sent, w.got = true, true
	w.fail2(w.audit.openSent(c.Deadline.Left(w.now), c.Deadline.Boot == w.now.Boot, w.armAcked, c.heard))
}

func (w *world) callEnds(i int, a purchase.OpenAnswer) {
	n := w.calls[i].Attempt
	w.calls = slices.Delete(w.calls, i, i+1)
	switch a {
	case purchase.OpenAccepted:
		w.audit.Heard = true
	case purchase.OpenRefused:
		w.got = w.got && w.audit.InDoubt > 0 // unless an earlier one got through
	case purchase.OpenInDoubt:
		w.audit.InDoubt++
	}
	w.post(purchase.OpenAnswered{Attempt: n, Answer: a, TransID: "T1"})
}

// laneActions: the lane asks about an order whose arming is unclear.
func (w *world) laneActions(add adder) {
	if w.s.Phase() != purchase.PhaseUnclear || w.stage != idle {
		return
	}
	add("the lane has asked", func(w *world) {
		if w.hold == open && !w.plan.noAsk {
			w.post(purchase.HoldFound{Hold: purchase.Hold{Receipt: "0123", Amount: w.s.Terms.Limit}})
			return
		}
		w.post(purchase.HoldAbsent{})
	})
}

// callbackActions: whatever the SaaS says may come at any time after it took
// OpenDoor, in any order.
func (w *world) callbackActions(add adder) {
	if !w.got {
		return
	}
	for i, body := range w.plan.says {
		if w.heard&(1<<i) == 0 {
			add(fmt.Sprintf("callback %d: %s", i, body.Kind()), func(w *world) { w.callback(i) })
		}
	}
}

func (w *world) callback(i int) {
	w.heard |= 1 << i
	w.audit.Heard = true
	if d, ok := w.plan.says[i].(purchase.Detected); ok && d.OK && d.Unreadable == "" && d.Mode != purchase.ModeInterrupt {
		w.audit.said(len(d.Lines) > 0, 700*money.Minor(len(d.Lines)))
	}
	w.post(w.plan.says[i])
}

func (w *world) reportActions(add, fault adder) {
	for _, n := range slices.Concat(w.outbox, w.dead) {
		add(fmt.Sprintf("report %d is acknowledged", n), func(w *world) {
			w.forget(n)
			w.audit.answered()
			w.post(purchase.Reported{Report: n, OK: true})
		})
	}
	if len(w.outbox) > 0 && w.plan.refuses {
		fault("a report is refused", func(w *world) {
			n := w.outbox[0]
			w.forget(n)
			w.dead = append(w.dead, n)
			w.post(purchase.Reported{Report: n, Msg: "no"})
		})
	}
}

func (w *world) forget(n int) {
	is := func(m int) bool { return m == n }
	w.outbox = slices.DeleteFunc(w.outbox, is)
	w.dead = slices.DeleteFunc(w.dead, is)
}
