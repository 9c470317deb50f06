package zvtterm

import (
	"slices"

	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// askHolds lists the open holds: 06 23 with receipt FFFF (section 9.5). A terminal
// that sends no list tells one of them at a time; Ended then has that one, and says
// in its text that there may be others: settle it and ask again.
//
// The list has receipt numbers only. If the last transaction is one of them, its
// amount and references are filled in (06 20), so that the engine can tell whose it is.
// If the hold that is asked about is not open, the last transaction may tell whether
// it was charged.
func (s *session) askHolds(j *job) (purchase.Ended, error) {
	d, end, err := s.attempt(j, func() dialogue {
		return dialogue{request: zvt.PendingEnquiry{TLV: zvt.Wrap()}}
	}, always)
	if err != nil {
		return cutOff(d, err), err
	}
	e := purchase.Ended{Outcome: purchase.Done, Terminal: s.t.Caps().Terminal}
	pending, ok := pendingOf(end)
	if !ok {
		return s.failed(purchase.CmdAsk, j, end, end.code), nil
	}
	for _, receipt := range pending.Receipts {
		e.Open = append(e.Open, purchase.Hold{Terminal: s.t.Caps().Terminal, Receipt: receipt})
	}
	if pending.More {
		e.More, e.Text = true, "the terminal lists one open hold at a time"
	}
	missing := j.cmd.Hold.Receipt != "" && !pending.More && !slices.ContainsFunc(e.Open, j.cmd.Hold.Same)
	if len(e.Open) == 0 && !missing {
		return e, nil
	}
	last, err := s.lastBooked(j)
	if err != nil || last == nil {
		return e, err
	}
	fill(e.Open, *last)
	if missing {
		e.Last = last
	}
	return e, nil
}

func always() bool { return true }

// pendingOf reads the answer; the regular one is 06 1E B8.
func pendingOf(end ending) (zvt.Pending, bool) {
	m, err := zvt.Parse(end.frame)
	abort, ok := m.(zvt.AbortByPT)
	if err != nil || !ok {
		return zvt.Pending{}, false
	}
	return abort.Pending()
}

// lastBooked asks for the last transaction. Terminals may lack it or answer without a
// status (section 9.13), and one that did not go well books nothing: nil then. The
// error is that of the line.
func (s *session) lastBooked(j *job) (*purchase.Hold, error) {
	var last zvt.StatusInformation
	_, _, err := s.attempt(j, func() dialogue {
		return dialogue{
			request: zvt.RepeatReceipt{
				Password: s.t.opts.Password, Service: zvt.Some(zvt.ServiceSendStatus | zvt.ServiceDoNotPrint),
			},
			result: func(m zvt.StatusInformation) (bool, error) {
				last = m
				return true, nil
			},
		}
	}, always)
	if err != nil || !last.Approved() || !last.AmountMinor.Set {
		return nil, err
	}
	h, err := s.holdOf(j.cmd, last)
	if err != nil {
		return nil, nil // in another currency, or without a receipt: it says nothing of ours
	}
	return &h, nil
}

// fill completes the hold that was the last transaction.
func fill(holds []purchase.Hold, last purchase.Hold) {
	for i := range holds {
		if holds[i].Receipt == last.Receipt && holds[i].Terminal == last.Terminal {
			holds[i] = last
		}
	}
}

// failed is the end of a command that moves no money by a result code.
func (s *session) failed(kind purchase.CommandKind, j *job, end ending, code zvt.ResultCode) purchase.Ended {
	return purchase.Ended{
		Outcome: purchase.NotDone, Reason: reasonFor(kind, code, s.t.wished(j)),
		Code: codeText(code), Text: firstText(end.text, code.Text()),
	}
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
