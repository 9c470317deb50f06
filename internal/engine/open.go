package engine

import (
	"context"
	"time"

	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/logkey"
	"edged/internal/purchase"
)

// restockTimeout bounds the call that opens a door for restocking.
const restockTimeout = 15 * time.Second

// waitAcked keeps an OpenDoor until the terminal has taken our acknowledgement of
// the command that granted the hold.
func (e *Engine) waitAcked(order purchase.OrderID, open purchase.OpenDoor) {
	e.waitMu.Lock()
	defer e.waitMu.Unlock()
	e.waiting[open.After] = waitingOpen{order, open}
}

// Acked tells that the terminal has taken our acknowledgement of a command's
// result. It does not block and does not wait for the loop: the customer does.
func (e *Engine) Acked(id purchase.CommandID) {
	if w, ok := e.takeWaiting(id); ok {
		e.startOpen(w.order, w.open)
	}
}

func (e *Engine) takeWaiting(id purchase.CommandID) (waitingOpen, bool) {
	e.waitMu.Lock()
	defer e.waitMu.Unlock()
	w, ok := e.waiting[id]
	delete(e.waiting, id)
	return w, ok
}

// dropWaiting: the dialogue is over. If the terminal took our acknowledgement and
// Acked has not come yet, the door is asked for now; else never.
func (e *Engine) dropWaiting(b purchase.Ended) {
	w, ok := e.takeWaiting(b.Command)
	switch {
	case !ok:
	case b.Acked && b.Outcome != purchase.NotDone:
		e.startOpen(w.order, w.open)
	default:
		e.follow = append(e.follow, &request{ev: purchase.Event{Order: w.order, Body: purchase.OpenAnswered{
			Attempt: w.open.Attempt, Answer: purchase.OpenNotSent, Msg: "the terminal did not keep the hold",
		}}})
	}
}

// startOpen asks the SaaS in a goroutine that Run waits for; the answer is an
// event again.
func (e *Engine) startOpen(order purchase.OrderID, open purchase.OpenDoor) {
	e.beside.start(func() {
		answer := e.openDoor(order, open)
		answer.Attempt = open.Attempt
		e.postAnswer(purchase.Event{Order: order, Body: answer})
	})
}

// openDoor never starts after the deadline (M5); the client asks once more before
// it writes the first byte.
func (e *Engine) openDoor(order purchase.OrderID, open purchase.OpenDoor) purchase.OpenAnswered {
	expired := func() bool {
		r := e.o.Clock.Read()
		return open.Deadline.Over(purchase.Stamp{Boot: r.Boot, Mono: r.SinceBoot.Milliseconds()})
	}
	if expired() {
		return purchase.OpenAnswered{Answer: purchase.OpenNotSent, Msg: "the deadline was over before the request could be sent"}
	}
	return e.o.SaaS.OpenDoor(context.Background(), OpenRequest{Order: order, MachineID: open.MachineID, Door: open.Door, Expired: expired})
}

// postAnswer hands the answer in, also while the engine stops: the loop drains
// after the calls have ended.
func (e *Engine) postAnswer(ev purchase.Event) {
	if _, err := e.Post(context.Background(), ev); err != nil {
		e.log.Warn("answer to OpenDoor is not stored; it stays in doubt", logkey.OrderID, string(ev.Order), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	}
}

func (e *Engine) startRestock(name string, eff lane.OpenForRestock) {
	e.beside.start(func() {
		ctx, cancel := context.WithTimeout(context.Background(), restockTimeout)
		defer cancel()
		a := e.o.SaaS.OpenDoor(ctx, OpenRequest{Order: eff.ID, MachineID: eff.Door.MachineID, Door: eff.Door.Number, Restock: true, Expired: never})
		body := lane.RestockAnswered{ID: eff.ID, OK: a.Answer == purchase.OpenAccepted || a.Answer == purchase.OpenInDoubt, Msg: a.Msg}
		if err := e.Lane(context.Background(), name, body); err != nil {
			e.log.Warn("answer to a restock is not stored", logkey.Lane, name, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
		}
	})
}

func never() bool { return false }
