package engine

import (
	"context"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/purchase"
)

const (
	// pollsAtOnce bounds the questions under way. One more is not asked: the order
	// asks again at its next deadline.
	pollsAtOnce = 4
	// pollTimeout bounds one question.
	pollTimeout = 30 * time.Second
)

// PollRequest asks what the SaaS knows of an order whose callback is late.
type PollRequest struct {
	Order     purchase.OrderID
	MachineID string
	TransID   string // the SaaS's key, from OpenDoor's answer
}

// Polled is one unambiguous statement of the SaaS's answer. Key makes its repeat
// recognisable, as a callback's.
type Polled struct {
	Key  string
	Body purchase.Body
}

// startPoll asks in a goroutine that Run waits for. What is answered is an event
// like any callback: the core cannot tell them apart, and need not.
func (e *Engine) startPoll(o purchase.State, poll purchase.Poll) {
	if e.o.Poll == nil {
		return
	}
	select {
	case e.polls <- struct{}{}:
	default:
		return
	}
	r := PollRequest{Order: o.Order, MachineID: o.Terms.MachineID, TransID: poll.TransID}
	e.beside.start(func() {
		defer func() { <-e.polls }()
		e.poll(r)
	})
}

func (e *Engine) poll(r PollRequest) {
	ctx, cancel := context.WithTimeout(context.Background(), pollTimeout)
	defer cancel()
	defer e.whileRunning(cancel)()
	answers, err := e.o.Poll(ctx, r)
	if err != nil {
		e.log.Info("order cannot be asked about", logkey.OrderID, string(r.Order), logkey.Err, err)
		return
	}
	for _, a := range answers {
		if _, err := e.Post(ctx, purchase.Event{Order: r.Order, Key: a.Key, Body: a.Body}); err != nil {
			e.log.Warn("answer about an order is not stored", logkey.OrderID, string(r.Order), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
			return
		}
	}
}

// whileRunning calls cancel when the engine begins to end; nobody waits for a
// second eye. The function it returns ends that.
func (e *Engine) whileRunning(cancel func()) (stop func()) {
	done := make(chan struct{})
	go func() {
		select {
		case <-e.quit:
			cancel()
		case <-done:
		}
	}()
	return func() { close(done) }
}
