package fakemdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"edged/internal/pause"
	"edged/internal/purchase"
)

func notDone(why purchase.Reason) purchase.Ended {
	return purchase.Ended{Outcome: purchase.NotDone, Reason: why}
}

// execute runs the command that Start left. The error is that of the line.
func (r *Reader) execute(run context.Context) error {
	r.mu.Lock()
	j := r.job
	r.mu.Unlock()
	if j == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(run))
	defer cancel()
	defer context.AfterFunc(run, func() {
		r.Abort(j.cmd.ID)
		time.AfterFunc(linger, cancel)
	})()
	e, err := r.perform(ctx, j)
	if err != nil { // everything but the wait for a card leaves its traces
		e.Outcome, e.Reason = purchase.InDoubt, purchase.ReasonLine
		r.setAttached(false)
	}
	e.Terminal = r.Caps().Terminal
	r.finish(run, j, e)
	return err
}

func (r *Reader) perform(ctx context.Context, j *job) (purchase.Ended, error) {
	switch j.cmd.Kind {
	case purchase.CmdArm:
		return r.arm(ctx, j)
	case purchase.CmdCapture:
		return r.capture(ctx, j)
	case purchase.CmdRelease:
		return r.release(ctx, j)
	case purchase.CmdAsk:
		e := purchase.Ended{Outcome: purchase.Done}
		if r.session.Receipt != "" {
			e.Open = []purchase.Hold{r.session}
		}
		return e, nil
	}
	return notDone(purchase.ReasonUnsupported), nil
}

// finish posts the one Ended; the next command may be started from then on.
func (r *Reader) finish(ctx context.Context, j *job, e purchase.Ended) {
	r.mu.Lock()
	r.job = nil
	r.mu.Unlock()
	e.Command, e.What = j.cmd.ID, j.cmd.Kind
	for {
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), postWithin)
		_, err := r.post(try, event(j, e))
		cancel()
		if err == nil || !pause.For(ctx, retryEvery) {
			return
		}
	}
}

func event(j *job, body purchase.Body) purchase.Event {
	return purchase.Event{Order: j.cmd.Order, Body: body}
}

// arm takes a card: BEGIN SESSION is the hold. Nothing acknowledges it; refused, the
// session is ended without a vend.
func (r *Reader) arm(ctx context.Context, j *job) (purchase.Ended, error) {
	if r.session.Receipt != "" {
		return notDone(purchase.ReasonBusy), nil
	}
	if err := r.say("D,READER,1"); err != nil {
		return notDone(""), err
	}
	funds, err := r.credit(ctx, j.abort)
	if err != nil || funds == "" {
		return notDone(purchase.ReasonAborted), err
	}
	r.sessions++
	held := purchase.Hold{
		Terminal: "mdb", Receipt: fmt.Sprintf("s%d", r.sessions), Currency: j.cmd.Currency,
		Amount: min(parseAmount(funds), j.cmd.Amount),
	}
	verdict, err := r.durable(ctx, event(j, purchase.HoldGranted{Command: j.cmd.ID, Hold: held}))
	e := purchase.Ended{Outcome: purchase.Done, CardSeen: true}
	switch {
	case err != nil:
		return e, err
	case verdict == purchase.Refuse:
		_, err := r.ask(ctx, "D,END")
		e.Outcome, e.Reason = purchase.NotDone, purchase.ReasonRefused
		return e, err
	case r.lost():
		return e, errLost
	}
	r.session, e.Acked = held, true
	r.acked(j.cmd.ID)
	return e, nil
}

// credit waits for a card and returns its funds; "": we wished to stop.
func (r *Reader) credit(ctx context.Context, abort <-chan struct{}) (string, error) {
	for {
		s, err := r.status(ctx, abort)
		switch {
		case errors.Is(err, errWished):
			abort = nil
			if err := r.say("D,READER,0"); err != nil {
				return "", err
			}
		case err != nil:
			return "", err
		case strings.HasPrefix(s, "CREDIT,"): // also one that crosses our wish
			return strings.Split(s, ",")[1], nil
		case strings.HasPrefix(s, "INIT") && abort == nil:
			return "", nil
		}
	}
}

// lost says whether the line has ended; what else it said is not needed any more.
func (r *Reader) lost() bool {
	for {
		select {
		case _, ok := <-r.lines:
			if !ok {
				return true
			}
		default:
			return false
		}
	}
}

// capture asks for the final amount once. D,END after the approval is what commits.
func (r *Reader) capture(ctx context.Context, j *job) (purchase.Ended, error) {
	if r.session.Receipt == "" || !r.session.Same(j.cmd.Hold) {
		return notDone(purchase.ReasonNotOpen), nil
	}
	s, err := r.ask(ctx, "D,REQ,"+amount(j.cmd.Amount)+",1")
	for err == nil && strings.HasPrefix(s, "VEND") {
		s, err = r.status(ctx, nil)
	}
	took, ok := strings.CutPrefix(s, "RESULT,1,")
	switch {
	case err != nil:
		return notDone(""), err
	case !ok:
		return r.closeSession(ctx, "D,END", notDone(purchase.ReasonDeclined))
	}
	captured := purchase.Captured{Command: j.cmd.ID, Amount: parseAmount(took)}
	verdict, err := r.durable(ctx, event(j, captured))
	if err != nil {
		return notDone(""), err
	}
	if verdict == purchase.Refuse {
		return r.closeSession(ctx, "D,END,-1", notDone(purchase.ReasonRefused))
	}
	r.approved = captured.Amount
	e, err := r.closeSession(ctx, "D,END", purchase.Ended{Outcome: purchase.Done, Acked: true})
	if err == nil {
		r.approved = 0
		r.acked(j.cmd.ID)
	}
	return e, err
}

func (r *Reader) closeSession(ctx context.Context, command string, e purchase.Ended) (purchase.Ended, error) {
	if _, err := r.ask(ctx, command); err != nil {
		return notDone(""), err
	}
	r.session = purchase.Hold{}
	return e, nil
}

// release ends the session without a vend.
func (r *Reader) release(ctx context.Context, j *job) (purchase.Ended, error) {
	if r.session.Receipt == "" || !r.session.Same(j.cmd.Hold) {
		return notDone(purchase.ReasonNotOpen), nil
	}
	e, err := r.closeSession(ctx, "D,END", purchase.Ended{Outcome: purchase.Done, Acked: true})
	if err != nil {
		return e, err
	}
	if _, err := r.durable(ctx, event(j, purchase.Released{Command: j.cmd.ID})); err != nil {
		return e, err
	}
	r.acked(j.cmd.ID)
	return e, nil
}
