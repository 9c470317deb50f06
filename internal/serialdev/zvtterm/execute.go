package zvtterm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// execute runs the command that Start left, to its Ended. The error is that of the
// line. Once ctx has ended no byte of a command leaves: what Start took ends with the
// line.
func (s *session) execute(ctx context.Context) error {
	j := s.t.current()
	if j == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	defer context.AfterFunc(ctx, func() { s.t.Abort(j.cmd.ID) })()
	s.t.opts.Logger.Debug("terminal command", logkey.Command, j.cmd.ID, logkey.AmountMinor, int64(j.cmd.Amount))
	e, err := s.perform(j)
	if errors.Is(err, errBuild) { // our data, not the line
		e, err = refuse(err.Error()), nil
	}
	e.Terminal = s.t.Caps().Terminal
	if err != nil {
		s.t.unhook() // before Ended: what follows it should find nobody
		s.t.hangUp()
	}
	s.t.opts.Logger.Debug("terminal command ended", logkey.Command, j.cmd.ID, logkey.Outcome, e.Outcome, logkey.Reason, e.Reason, logkey.Err, err)
	s.t.finish(ctx, j, e)
	return err
}

func (s *session) perform(j *job) (purchase.Ended, error) {
	switch {
	case s.t.wished(j):
		return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonAborted}, nil
	case j.cmd.Currency != "" && j.cmd.Currency != s.t.opts.Currency:
		return refuse(fmt.Sprintf("terminal is set up for %s, not %s", s.t.opts.Currency, j.cmd.Currency)), nil
	}
	switch j.cmd.Kind {
	case purchase.CmdArm:
		return s.arm(j)
	case purchase.CmdCapture:
		return s.capture(j)
	case purchase.CmdRelease:
		return s.release(j)
	case purchase.CmdReverse:
		return s.reverse(j)
	case purchase.CmdAsk:
		return s.askHolds(j)
	case purchase.CmdEndOfDay:
		return s.endOfDay(j)
	case purchase.CmdMaintain:
		return s.maintain(j)
	}
	return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonUnsupported}, nil
}

// refuse ends a command that must not go out as it is.
func refuse(why string) purchase.Ended {
	return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonConfig, Text: why}
}

// transact runs a transaction's dialogue to the outcome of its command.
func (s *session) transact(j *job, x *transaction, build func() dialogue) (purchase.Ended, error) {
	d, end, err := s.attempt(j, func() dialogue {
		d := build()
		d.result, d.accepted, d.print = x.result, x.accepted, x.slip.print
		x.failed, x.failText, x.slip = zvt.ResultOK, "", slip{}
		return d
	}, func() bool { return !x.posted && x.refusal == "" })
	if err == nil {
		return x.conclude(end, s.t.wished(j)), nil
	}
	e := cutOff(d, err)
	e.Acked, e.CardSeen = x.acked, x.seen
	return e, err
}

// cutOff is the end of a command whose dialogue the line did not survive: once a
// byte of it has left nobody knows what the terminal did (STYLE §7).
func cutOff(d *dialogue, err error) purchase.Ended {
	e := purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: err.Error()}
	if !d.began {
		e.Outcome = purchase.NotDone
	}
	if errors.Is(err, errNotDurable) {
		e.Reason = purchase.ReasonOther
	}
	return e
}

// busyPause is the wait before a busy terminal is asked again (sections 4, 12).
const busyPause = 2 * time.Second

// attempt runs a dialogue, again while the terminal is busy (84 9C), and once more
// after a registration if that was missing (6B): in both cases the command was not
// begun. untouched says that no result of it was seen.
func (s *session) attempt(j *job, build func() dialogue, untouched func() bool) (*dialogue, ending, error) {
	giveUp := time.Now().Add(s.t.opts.BusyFor)
	registered, ejected := false, false
	for {
		d := build()
		d.s = s
		end, err := d.run()
		switch {
		case err != nil || !untouched():
			return &d, end, err
		case end.refused() && end.code == zvt.ResultWait && time.Now().Before(giveUp):
			ok, err := s.waitBusy(j)
			if err != nil {
				d.began = false // refused; nothing is under way
				return &d, end, err
			}
			if !ok {
				return &d, end, nil
			}
		case end.code.Class() == zvt.ClassCardInserted && !ejected:
			ejected = true
			if ok, err := s.eject(j); err != nil || !ok {
				d.began = false
				return &d, end, err
			}
		case end.code == zvt.ResultNotRegistered && !registered:
			registered = true
			if _, err := s.register(); err != nil {
				d.began = false
				return &d, end, err
			}
		default:
			return &d, end, nil
		}
	}
}

// eject asks for the card that is in the way to be given back (sections 12, 13: DC), and
// gives somebody the time to take it. false: the command is to end.
func (s *session) eject(j *job) (bool, error) {
	if err := s.stop(); err != nil {
		return false, err
	}
	return s.waitBusy(j)
}

// waitBusy waits before the next try; false: somebody wishes the command to end.
func (s *session) waitBusy(j *job) (bool, error) {
	until := time.Now().Add(busyPause)
	for {
		frame, err := s.link.recv(s.ctx, until, j.abort)
		switch {
		case errors.Is(err, errTimeout):
			return true, nil
		case errors.Is(err, errWake):
			return false, nil
		case err == nil:
			err = s.stray(frame)
		}
		if err != nil {
			return false, err
		}
	}
}
