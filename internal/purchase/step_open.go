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
	w.Opens = append(w.Opens, OpenTry{At: w.now.Wall})
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
	*try = OpenTry{Answer: b.Answer, Msg: b.Msg, At: w.now.Wall}
	if w.TransID == "" {
		w.TransID = b.TransID
	}
	if w.Decision != nil || w.Hold == nil {
		return nil
	}
	switch b.Answer {
	case OpenAccepted:
		w.heard()
	case OpenRefused:
		w.onOpenRefused(b.Msg)
	case OpenNotSent:
		w.onOpenNotSent(b.Msg)
	case OpenInDoubt:
		w.onOpenInDoubt()
	}
	return nil
}

// heard: the SaaS has the order; no request is repeated any more.
func (w *work) heard() { w.drop(DueOpen, DueOpenRetry, DueResolve) }

// onOpenRefused: a refusal proves nothing if an earlier request is in doubt, or
// if something was heard of the order.
func (w *work) onOpenRefused(msg string) {
	if w.heardOfOpen() || w.opensInDoubt() > 0 || w.opensPending() > 0 {
		return
	}
	w.decide(Decision{Source: FromRefusal, Why: "the door was refused: " + msg})
}

func (w *work) onOpenNotSent(msg string) {
	if w.heardOfOpen() || w.opensPending() > 0 {
		return
	}
	if w.running(DueOpen) && w.Hold.Gone == "" {
		w.set(DueOpenRetry, OnMono, openRetryEvery)
		return
	}
	w.onOpenOver(msg)
}

// onOpenInDoubt repeats the request once, with the same order id, while nothing
// is heard of it and the deadline is not over; then it only waits.
func (w *work) onOpenInDoubt() {
	if w.heardOfOpen() {
		return
	}
	w.setOnce(DueResolve, OnReach, w.Terms.ResolveWindow)
	if w.opensInDoubt() == 1 && w.opensPending() == 0 && w.running(DueOpen) && w.Hold.Gone == "" {
		w.openDoor("")
	}
}

// onOpenOver: the deadline has passed; if no request can have arrived, the hold
// goes back.
func (w *work) onOpenOver(msg string) {
	w.drop(DueOpen, DueOpenRetry)
	if w.Decision == nil && !w.mayBeOpen() {
		w.decide(Decision{Source: FromNetwork, Why: "the door could not be asked for in time: " + msg})
	}
}

func (w *work) onSign(b Sign) {
	w.orderNo(b.SaaSOrderNo)
	if w.Hold == nil {
		w.alarm(AlarmIncident, "callback "+string(b.Sign)+" for an order without a hold")
		return
	}
	w.heard()
	switch b.Sign {
	case SignPreOpen:
		first(&w.Door.PreOpen, w.now.Wall)
	case SignOpened:
		w.onOpened()
	case SignClosed:
		w.onClosed()
	case SignCancel:
		w.onCancel(b.Msg)
	}
}

func (w *work) onOpened() {
	if w.Door.Opened != 0 {
		return
	}
	w.Door.Opened = w.now.Wall
	if w.Decision != nil && !w.Decision.opened() {
		w.alarm(AlarmConflict, "the door opened after the hold was given back: "+w.Decision.Why)
		w.emit(OpenTask{Task: TaskConflict, Subject: "opened", Text: "The door opened although the hold was given back (" + string(w.Decision.Source) + ")."})
	}
	if w.Door.Closed == 0 && w.Terms.DoorRemind > 0 {
		w.set(DueDoorRemind, OnMono, w.Terms.DoorRemind)
		w.set(DueDoorAlarm, OnMono, w.Terms.DoorAlarm)
	}
}

// opened says whether the decision presupposes an opened door.
func (d Decision) opened() bool {
	return d.Source == FromDetection || d.Source == FromSettlement || d.Source == FromDeadline || d.Source == FromSession
}

// onClosed: a later step implies the earlier ones.
func (w *work) onClosed() {
	if w.Door.Closed != 0 {
		return
	}
	w.onOpened()
	w.Door.Closed = w.now.Wall
	w.drop(DueDoorRemind, DueDoorAlarm)
	if w.Decision == nil && w.Review == nil {
		w.set(DueDetect, OnReach, w.Terms.DetectWait)
	}
}

// onCancel: before the door opened nothing can be gone and the hold goes back;
// afterwards a person has to look.
func (w *work) onCancel(msg string) {
	if w.Door.Cancel != 0 {
		return
	}
	w.Door.Cancel = w.now.Wall
	switch {
	case w.Decision != nil:
	case w.Door.Opened == 0:
		w.decide(Decision{Source: FromCancel, Why: "cancelled before the door opened: " + msg})
	default:
		w.onClosed() // the SaaS is done with the door
		w.review("cancelled after the door had opened: " + msg)
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
