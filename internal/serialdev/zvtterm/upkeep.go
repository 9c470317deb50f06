package zvtterm

import (
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// endOfDay closes the day with the acquirer: 06 50 (section 9.10), but not while the
// terminal lists an open hold that it may not keep: some charge the customer the
// whole of it then, some strand it (section 15, 2). A terminal that cannot list them
// is the caller's to know about.
func (s *session) endOfDay(j *job) (purchase.Ended, error) {
	if s.t.Caps().HoldsOverEndOfDay {
		return s.closeDay(j)
	}
	e, err := s.askHolds(j)
	switch {
	case err != nil: // the enquiry moves nothing, and the end of day did not go out
		e.Outcome = purchase.NotDone
		return e, err
	case e.Outcome == purchase.Done && len(e.Open) > 0:
		e.Outcome, e.Reason, e.Text = purchase.NotDone, purchase.ReasonRefused, "a hold is open: "+e.Open[0].Receipt
		return e, nil
	case e.Outcome == purchase.Done, e.Reason == purchase.ReasonUnsupported:
		return s.closeDay(j)
	}
	return e, nil
}

// closeDay settles what was captured before; its own result is not a hold or capture
// of ours, and is acknowledged without being posted.
func (s *session) closeDay(j *job) (purchase.Ended, error) {
	var failed zvt.ResultCode
	var total zvt.Opt[int64]
	d, end, err := s.attempt(j, func() dialogue {
		failed = zvt.ResultOK
		return dialogue{
			request: zvt.EndOfDay{Password: s.t.opts.Password},
			result: func(m zvt.StatusInformation) (bool, error) {
				failed, total = m.Result.Value, m.AmountMinor
				return true, nil
			},
		}
	}, always)
	switch {
	case err != nil:
		return cutOff(d, err), err
	case failed != zvt.ResultOK && !s.t.profile.dayDone(failed):
		return s.failed(j.cmd.Kind, j, end, failed), nil
	case end.kind != zvt.CmdCompletion && !s.t.profile.dayDone(end.code):
		return s.stillOpen(j, end), nil
	}
	s.t.served()
	e := purchase.Ended{Outcome: purchase.Done} // E0, FC: an update follows, the terminal is silent for a while
	if total.Set {
		e.Total = (*money.Minor)(&total.Value)
	}
	return e, nil
}

// stillOpen: some terminals refuse the end of day with the receipt of an open hold
// (section 15, 2).
func (s *session) stillOpen(j *job, end ending) purchase.Ended {
	e := s.failed(j.cmd.Kind, j, end, end.code)
	if pending, ok := pendingOf(end); ok && end.code == zvt.ResultPreAuth {
		for _, receipt := range pending.Receipts {
			e.Open = append(e.Open, purchase.Hold{Terminal: s.t.Caps().Terminal, Receipt: receipt})
		}
	}
	return e
}

// maintain does what the terminal's status asks for, in its profile's way (sections
// 9.11, 13). Each step may take minutes. Afterwards the status is asked for again.
func (s *session) maintain(j *job) (purchase.Ended, error) {
	for _, request := range s.t.profile.upkeep(s.status.Remedy(), s.t.opts.Password) {
		d, end, err := s.attempt(j, func() dialogue { return dialogue{request: request} }, always)
		switch {
		case err != nil:
			return cutOff(d, err), err
		case end.kind != zvt.CmdCompletion:
			return s.failed(j.cmd.Kind, j, end, end.code), nil
		}
	}
	s.t.served()
	return purchase.Ended{Outcome: purchase.Done}, s.enquire()
}

// served: the lane takes what it did to be what was wanted. If the next status still
// wants it, or something else, that is news and told again.
func (t *Terminal) served() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.caps.Wants = ""
}
