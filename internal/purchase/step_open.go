package purchase

import (
	"fmt"
	"time"
)

// openRetryEvery is the pause between tries of an OpenDoor that never left the
// gateway: short, because the whole deadline is 15 s.
const openRetryEvery = time.Second

// openDoor records the intent and asks the engine to send it.
func (w *work) openDoor(after CommandID) {
	d, ok := w.due(DueOpen)
	if !ok || d.Over(w.now) {
		return
	}
	if n := len(w.Opens); n > 0 {
		w.Opens[n-1].Msg = "" // only the last try's is of interest
	}
	w.Opens = append(w.Opens, OpenTry{At: w.wall()})
	w.emit(OpenDoor{Attempt: len(w.Opens), After: after, MachineID: w.Terms.MachineID, Door: w.Terms.Door, Deadline: d})
}

func (w *work) onOpenAnswered(b OpenAnswered) error {
	if b.Attempt < 1 || b.Attempt > len(w.Opens) {
		return fmt.Errorf("%w: answer to OpenDoor %d of %d", ErrBug, b.Attempt, len(w.Opens))
	}
	try := &w.Opens[b.Attempt-1]
	if try.Answer != "" {
		return nil
	}
	msg := cut(b.Msg)
	*try = OpenTry{Answer: b.Answer, Msg: msg, At: w.wall()}
	if w.TransID == "" {
		w.TransID = b.TransID
	}
	if b.Answer != OpenNotSent {
		w.Hold.Acked = true // it left only behind the acknowledgement
	}
	if w.Decision != nil {
		return nil
	}
	switch b.Answer {
	case OpenAccepted:
		w.heard()
	case OpenRefused:
		w.onOpenRefused(msg)
	case OpenNotSent:
		w.onOpenNotSent(msg)
	case OpenInDoubt:
		w.onOpenInDoubt()
	}
	return nil
}

// heard: the SaaS has the order; no request is repeated any more, and the next
// callback is waited for.
func (w *work) heard() {
	w.drop(DueOpen, DueOpenRetry, DueResolve)
	if w.Decision == nil && w.Review == nil && w.Door.Opened == 0 {
		w.setOnce(DueDetect, OnReach, w.Terms.DetectWait)
	}
}

// onOpenRefused: a refusal proves nothing if an earlier request is in doubt, or
// if something was heard of the order.
func (w *work) onOpenRefused(msg string) {
	if !w.mayBeOpen() {
		w.decide(Decision{Source: FromRefusal, Why: because("the door was refused", msg)})
	}
}

func (w *work) onOpenNotSent(msg string) {
	switch {
	case w.heardOfOpen() || w.opensPending() > 0:
	case w.Hold.Gone != "":
		w.goneBeforeDoor(w.Hold.Gone)
	case w.running(DueOpen):
		w.set(DueOpenRetry, OnMono, openRetryEvery)
	default:
		w.onOpenOver(msg)
	}
}

// onOpenInDoubt repeats the request once, with the same order id, while nothing
// is heard of it and the deadline is not over; then it only waits.
func (w *work) onOpenInDoubt() {
	if w.heardOfOpen() {
		return
	}
	w.setOnce(DueResolve, OnReach, w.Terms.ResolveWindow)
	if w.opensInDoubt() == 1 && w.opensPending() == 0 && w.Hold.Gone == "" {
		w.openDoor("")
	}
}

// onOpenOver: the deadline has passed; if no request can have arrived, the hold
// goes back. An answer that is still missing may never come.
func (w *work) onOpenOver(msg string) {
	w.drop(DueOpen, DueOpenRetry)
	switch {
	case w.Decision != nil || w.heardOfOpen():
	case w.mayBeOpen():
		w.setOnce(DueResolve, OnReach, w.Terms.ResolveWindow)
	default:
		w.decide(Decision{Source: FromNetwork, Why: because("the door could not be asked for in time", msg)})
	}
}

func (w *work) onSign(b Sign) {
	w.orderNo(b.SaaSOrderNo)
	if w.Hold == nil {
		w.alarm(AlarmIncident, "callback "+string(b.Sign)+" for an order without a hold")
		return
	}
	switch b.Sign {
	case SignPreOpen:
		first(&w.Door.PreOpen, w.wall())
	case SignOpened:
		w.openedAfterAll()
		w.onOpened()
	case SignClosed:
		w.openedAfterAll()
		w.onClosed()
	case SignCancel:
		w.onCancel(cut(b.Msg))
	default:
		first(&w.Door.Other, w.wall())
	}
	w.heard()
}

// onOpened: nothing is asked about while the customer shops; the door's own
// deadlines run.
func (w *work) onOpened() {
	if w.Door.Opened != 0 {
		return
	}
	w.Door.Opened = w.wall()
	w.drop(DueDetect)
	if w.Terms.DoorRemind > 0 {
		w.set(DueDoorRemind, OnMono, w.Terms.DoorRemind)
	}
	if w.Terms.DoorAlarm > 0 {
		w.set(DueDoorAlarm, OnMono, w.Terms.DoorAlarm)
	}
}

// openedAfterAll: a sign of an open door contradicts a decision that rests on its
// never having opened.
func (w *work) openedAfterAll() {
	if w.Door.Opened != 0 || w.Decision == nil || w.Decision.opened() {
		return
	}
	w.alarm(AlarmConflict, "the door opened after the hold was given back: "+w.Decision.Why)
	w.emit(OpenTask{Task: TaskConflict, Subject: "opened", Text: "The door opened although the hold was given back (" + string(w.Decision.Source) + ")."})
}

// opened says whether the decision presupposes an opened door.
func (d Decision) opened() bool {
	return d.bySaaS() || d.Source == FromDeadline || d.Source == FromSession
}

// onClosed: a later step implies the earlier ones.
func (w *work) onClosed() {
	if w.Door.Closed != 0 {
		return
	}
	w.onOpened()
	w.Door.Closed = w.wall()
	w.drop(DueDoorRemind, DueDoorAlarm)
	if w.Decision == nil {
		w.set(DueDetect, OnReach, w.Terms.DetectWait)
	}
}

// onCancel: before the door opened nothing can be gone and the hold goes back;
// afterwards a person has to look. It does not prove that the door is closed.
func (w *work) onCancel(msg string) {
	if w.Door.Cancel != 0 {
		return
	}
	w.Door.Cancel = w.wall()
	switch {
	case w.Decision != nil:
	case w.Door.Opened == 0:
		w.decide(Decision{Source: FromCancel, Why: because("cancelled before the door opened", msg)})
	default:
		w.review(because("cancelled after the door had opened", msg))
	}
}

// onDoorOpen reminds the customer, tells the operator and asks the SaaS, again and
// again: edged cannot close a door.
func (w *work) onDoorOpen(name DeadlineName) {
	if name == DueDoorRemind {
		if w.Decision == nil {
			w.emit(Remind{})
			w.set(name, OnMono, w.Terms.DoorRemind)
		}
		return
	}
	w.alarm(AlarmDoorOpen, "the door has not been closed")
	w.poll()
	w.set(name, OnMono, w.Terms.DoorAlarm)
}

// poll asks the SaaS about the order: the second eye, when a callback is late.
func (w *work) poll() {
	if w.TransID != "" {
		w.emit(Poll{TransID: w.TransID})
	}
}

// orderNo keeps the SaaS's order number, which only callbacks carry.
func (w *work) orderNo(no string) {
	switch {
	case no == "" || no == w.SaaSNo:
	case w.SaaSNo == "":
		w.SaaSNo = no
	default:
		w.alarm(AlarmOrderNo, "the SaaS called this order "+w.SaaSNo+" and now "+no+"; the first one is kept")
	}
}

func first(at *int64, now int64) {
	if *at == 0 {
		*at = now
	}
}
