package engine

import (
	"context"
	"time"

	"edged/internal/lane"
	"edged/internal/purchase"
)

// maxBatch is how many waiting requests share a commit.
const maxBatch = 64

// tickEvery is the longest the loop sleeps: the lanes look at the time of day,
// the watchdog sees a turn, the store is looked after.
const tickEvery = 10 * time.Second

// request is one thing for the loop: an event of an order or a lane's terminal
// (ev), an event of a lane's own (body), or a question (call).
type request struct {
	ev    purchase.Event
	lane  string
	body  lane.Body
	call  func()
	reply chan answer // capacity 1; nil: nobody waits
}

type answer struct {
	verdict purchase.Verdict
	err     error
}

func (r *request) answer(v purchase.Verdict, err error) {
	if r.reply != nil {
		r.reply <- answer{v, err}
		r.reply = nil
	}
}

// Post implements the Post of the other rooms.
func (e *Engine) Post(ctx context.Context, ev purchase.Event) (purchase.Verdict, error) {
	return e.submit(ctx, &request{ev: ev, reply: make(chan answer, 1)})
}

// Lane hands an event to a lane and returns when the lane has taken it, with
// what it must keep on flash. Errors: ErrUnknownLane, ErrStopped, ctx's, the
// store's.
func (e *Engine) Lane(ctx context.Context, name string, body lane.Body) error {
	_, err := e.submit(ctx, &request{lane: name, body: body, reply: make(chan answer, 1)})
	return err
}

// do runs fn in the loop, between two commits.
func (e *Engine) do(ctx context.Context, fn func()) error {
	_, err := e.submit(ctx, &request{call: fn, reply: make(chan answer, 1)})
	return err
}

func (e *Engine) submit(ctx context.Context, r *request) (purchase.Verdict, error) {
	reply := r.reply
	select {
	case e.in <- r:
	case <-e.stopped:
		return purchase.Refuse, ErrStopped
	case <-ctx.Done():
		return purchase.Refuse, ctx.Err()
	}
	select {
	case a := <-reply:
		return a.verdict, a.err
	case <-e.stopped:
		select {
		case a := <-reply:
			return a.verdict, a.err
		default:
			return purchase.Refuse, ErrStopped
		}
	case <-ctx.Done():
		return purchase.Refuse, ctx.Err()
	}
}

// Run is the loop. It works until ctx ends, then takes what still waits, waits
// for the OpenDoor calls under way and returns.
//
// The duties of each turn, in this order (etcd-io/raft states the contract):
//
//  1. take what waits, what the cores asked for first;
//  2. step every order on a copy;
//  3. commit states, journal, outbox, tasks and keys in one transaction;
//  4. take over the copies and arm what waits for an acknowledgement;
//  5. answer the posters;
//  6. tell the lanes, keep what they must keep, start the effects.
//
// After 3 failed, nothing of 4 and 6 happens: the copies are dropped, the posters
// get the error, and no lane sells until a commit has worked again.
func (e *Engine) Run(ctx context.Context) error {
	e.timer = time.NewTimer(0)
	defer e.timer.Stop()
	for {
		batch, ok := e.take(ctx)
		if !ok {
			break
		}
		e.turn(batch)
	}
	e.drain()
	return nil
}

// take blocks until there is something to do; false: ctx has ended.
func (e *Engine) take(ctx context.Context) ([]*request, bool) {
	if len(e.follow) > 0 {
		batch := e.follow
		e.follow = nil
		return batch, true
	}
	e.timer.Reset(e.sleep())
	select {
	case r := <-e.in:
		return e.more([]*request{r}), true
	case err := <-e.recover:
		e.onRecovered(err)
		return nil, true
	case <-e.timer.C:
		return e.onTimer(), true
	case <-ctx.Done():
		return nil, false
	}
}

// more adds what waits already, without waiting for it.
func (e *Engine) more(batch []*request) []*request {
	for len(batch) < maxBatch {
		select {
		case r := <-e.in:
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

// turn does one batch. Its order of steps is the contract above Run.
func (e *Engine) turn(batch []*request) {
	if e.o.Progress != nil {
		e.o.Progress()
	}
	b := e.newBatch()
	for _, r := range batch {
		b.take(r)
	}
	err := b.commit()
	if err != nil {
		e.refused = b.now.Mono
	}
	b.finish(err)
	e.runLanes(b)
	e.publish()
}

// drain ends the loop: nobody can post any more, those who wait are served.
func (e *Engine) drain() {
	close(e.quit)
	e.waitOpening()
	for {
		batch := append(e.follow, e.more(nil)...)
		e.follow = nil
		if len(batch) == 0 {
			break
		}
		e.turn(batch)
	}
	close(e.stopped)
	for _, r := range e.more(nil) {
		r.answer(purchase.Refuse, ErrStopped)
	}
}

// waitOpening serves the loop until the calls under way have posted their answers,
// and those that the answers have asked for.
func (e *Engine) waitOpening() {
	for {
		idle, busy := e.beside.none()
		if !busy {
			return
		}
		select {
		case r := <-e.in:
			e.turn(e.more([]*request{r}))
		case <-e.recover:
		case <-idle:
		}
	}
}
