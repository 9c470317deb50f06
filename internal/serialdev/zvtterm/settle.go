package zvtterm

import (
	"encoding/hex"
	"fmt"

	"edged/internal/errcode"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// errHold is why a settling command must not go out.
var errHold = errcode.New(errcode.ZVTOtherHold, "hold cannot be settled here")

// capture takes part or all of a hold. BMP 04 is always sent: without it both
// commands take everything (sections 9.5, 9.6).
func (s *session) capture(j *job) (purchase.Ended, error) {
	request, err := s.captureRequest(j.cmd)
	if err != nil {
		return refuse(err.Error()), nil
	}
	return s.settleBy(j, request, func(m zvt.StatusInformation) (purchase.Body, error) {
		// BMP 04 of the answer is not compared: terminals put the final amount, the
		// part given back, or 0 there (section 10).
		return purchase.Captured{Command: j.cmd.ID, Amount: j.cmd.Amount, Receipt: m.Receipt, Trace: m.TraceNo(), Unread: unread(m)}, nil
	})
}

// captureRequest computes what the terminal's way of capturing wants in BMP 04. The
// two are opposite; a mix-up takes hold minus amount.
func (s *session) captureRequest(cmd purchase.TerminalCommand) (zvt.Message, error) {
	h := cmd.Hold
	if err := s.ours(h); err != nil {
		return nil, err
	}
	if cmd.Amount < 0 || cmd.Amount > h.Amount || h.Amount > zvt.MaxAmountMinor {
		return nil, fmt.Errorf("%w: capture of %d from a hold of %d", errHold, cmd.Amount, h.Amount)
	}
	auth, err := authOf(h)
	if err != nil {
		return nil, err
	}
	trace, tlv, err := traceOf(h)
	if err != nil {
		return nil, err
	}
	if s.t.opts.Capture == CaptureBookTotal {
		return zvt.BookTotal{
			Receipt: h.Receipt, TotalMinor: zvt.Minor(int64(cmd.Amount)), Currency: s.t.opts.currency(),
			Trace: trace, Time: h.Time, Date: h.Date, TerminalID: h.Terminal, Authorisation: auth, TLV: tlv,
		}, nil
	}
	return zvt.PartialReversal{
		Receipt: h.Receipt, UnusedMinor: zvt.Minor(int64(h.Amount - cmd.Amount)), Currency: s.t.opts.currency(),
		Trace: trace, Authorisation: auth, TLV: tlv,
	}, nil
}

// ours: a receipt number means something only at the terminal that gave it (M2).
func (s *session) ours(h purchase.Hold) error {
	switch id := s.t.Caps().Terminal; {
	case h.Terminal != id:
		return fmt.Errorf("%w: other terminal: the hold is %q's, this is %q", errHold, h.Terminal, id)
	case h.Receipt == "":
		return fmt.Errorf("%w: no receipt number", errHold)
	}
	return nil
}

// authOf brings the approval code back byte by byte (BMP 3B).
func authOf(h purchase.Hold) (zvt.AuthID, error) {
	var id zvt.AuthID
	b, err := hex.DecodeString(h.Auth)
	if err != nil || len(b) > len(id) {
		return id, fmt.Errorf("%w: approval code %q", errHold, h.Auth)
	}
	copy(id[:], b)
	return id, nil
}

const shortTrace = 6 // digits of BMP 0B; a longer one travels in tag 1F2B

func traceOf(h purchase.Hold) (string, zvt.TLV, error) {
	if len(h.Trace) <= shortTrace {
		return h.Trace, zvt.TLV{}, nil
	}
	b, err := hex.DecodeString(h.Trace)
	if err != nil {
		return "", zvt.TLV{}, fmt.Errorf("%w: trace %q", errHold, h.Trace)
	}
	return "", zvt.Wrap(zvt.Object{Tag: zvt.TagLongTrace, Value: b}), nil
}

// release gives a whole hold back: 06 25 (section 9.7).
func (s *session) release(j *job) (purchase.Ended, error) {
	if err := s.ours(j.cmd.Hold); err != nil {
		return refuse(err.Error()), nil
	}
	request := zvt.PreAuthReversal{Receipt: j.cmd.Hold.Receipt}
	if !s.t.profile.BareRelease {
		request.Currency = s.t.opts.currency()
	}
	return s.settleBy(j, request, func(m zvt.StatusInformation) (purchase.Body, error) {
		return purchase.Released{Command: j.cmd.ID, Receipt: m.Receipt, Trace: m.TraceNo(), Unread: unread(m)}, nil
	})
}

// reverse undoes a capture whole: 06 30 (section 9.8).
func (s *session) reverse(j *job) (purchase.Ended, error) {
	if err := s.ours(purchase.Hold{Terminal: j.cmd.Hold.Terminal, Receipt: j.cmd.Receipt}); err != nil {
		return refuse(err.Error()), nil
	}
	request := zvt.Reversal{
		Password: s.t.opts.Password, Receipt: j.cmd.Receipt,
		AmountMinor: zvt.Minor(int64(j.cmd.Amount)), Currency: s.t.opts.currency(),
	}
	return s.settleBy(j, request, func(m zvt.StatusInformation) (purchase.Body, error) {
		// One family of terminals undoes the last transaction, whatever the receipt
		// number says; its amount gives it away.
		if a := m.AmountMinor; a.Set && a.Value != 0 && money.Minor(a.Value) != j.cmd.Amount {
			return nil, fmt.Errorf("terminal reversed %d, asked for %d", a.Value, j.cmd.Amount)
		}
		return purchase.Reversed{Command: j.cmd.ID, Amount: j.cmd.Amount, Receipt: m.Receipt, Trace: m.TraceNo(), Unread: unread(m)}, nil
	})
}

// settleBy runs a command that needs no card. It is not aborted: nothing in it
// waits for a person.
func (s *session) settleBy(j *job, request zvt.Message, body func(zvt.StatusInformation) (purchase.Body, error)) (purchase.Ended, error) {
	x := &transaction{s: s, cmd: j.cmd, body: body}
	return s.transact(j, x, func() dialogue { return dialogue{request: request} })
}
