package zvtterm

import (
	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// endOfDay closes the day with the acquirer: 06 50 (section 9.10). It settles what
// was captured before; its own result is not a hold or capture of ours, and is
// acknowledged without being posted.
func (s *session) endOfDay(j *job) (purchase.Ended, error) {
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
	case failed != zvt.ResultOK:
		return s.failed(j, end, failed), nil
	case end.kind != zvt.CmdCompletion:
		return s.stillOpen(j, end), nil
	}
	s.t.served()
	return doneText("total %d", total.Value), nil // E0, FC: an update follows, the terminal is silent for a while
}

// stillOpen: some terminals refuse the end of day with the receipt of an open hold
// (section 15, 2).
func (s *session) stillOpen(j *job, end ending) purchase.Ended {
	e := s.failed(j, end, end.code)
	if pending, ok := pendingOf(end); ok && end.code == zvt.ResultPreAuth {
		for _, receipt := range pending.Receipts {
			e.Open = append(e.Open, purchase.Hold{Terminal: s.t.Caps().Terminal, Receipt: receipt})
		}
	}
	return e
}

// maintain does what the terminal's status asks for (sections 9.11, 13): an
// initialisation, else a diagnosis. Both may take minutes. Afterwards the status is
// asked for again.
func (s *session) maintain(j *job) (purchase.Ended, error) {
	var request zvt.Message = zvt.Diagnosis{}
	if s.status.Remedy() == zvt.RemedyInitialisation {
		request = zvt.Initialisation{Password: s.t.opts.Password}
	}
	d, end, err := s.attempt(j, func() dialogue { return dialogue{request: request} }, always)
	switch {
	case err != nil:
		return cutOff(d, err), err
	case end.kind != zvt.CmdCompletion:
		return s.failed(j, end, end.code), nil
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
