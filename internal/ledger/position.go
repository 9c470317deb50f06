package ledger

import (
	"edged/internal/money"
	"edged/internal/purchase"
)

// Position is where the money of an order is, by its facts. What is only asked for
// and has no answer yet has moved nothing.
func Position(s purchase.State) (a Amounts) {
	h := s.Hold
	if h == nil {
		return a
	}
	a.move(Issuer, Held, h.Amount)
	switch {
	case h.Settled == purchase.HoldCaptured:
		a.capture(s)
	case h.Gone != "": // before a release that ended with the session
		a.move(Held, TakenBack, h.Amount)
	case h.Settled == purchase.HoldReleased:
		a.move(Held, Released, h.Amount)
	case h.Settled == purchase.HoldExpired:
		a.move(Held, Expired, h.Amount)
	default:
		a.move(Held, InDoubt, captureInDoubt(s))
	}
	return a
}

// capture books the end of a captured hold: the amount is taken, the rest goes back,
// and refunds are given of what was taken. A reversal in doubt moves nothing until a
// person has found out (task refund).
func (a *Amounts) capture(s purchase.State) {
	where, amount := Captured, captured(s)
	if s.Hold.Unsure {
		where = Unconfirmed
	}
	a.move(Held, where, amount)
	a.move(Held, Released, s.Hold.Amount-amount)
	reverse := newest(s, purchase.CmdReverse)
	for _, r := range s.Refunds {
		switch {
		case r.State != purchase.RefundDone:
		case reverse != nil && reverse.Refund == r.Number && reverse.End == purchase.Done:
			a.move(where, Refunded, r.Amount)
		default:
			a.move(where, ByHand, r.Amount)
		}
	}
}

// captured is what the capture took.
func captured(s purchase.State) money.Minor {
	if s.Outcome != nil {
		return s.Outcome.Captured
	}
	if op := newest(s, purchase.CmdCapture); op != nil {
		return op.Amount
	}
	return 0
}

// captureInDoubt is what a capture of the open hold may have taken.
func captureInDoubt(s purchase.State) money.Minor {
	op := newest(s, purchase.CmdCapture)
	if op == nil || (op.End != purchase.InDoubt && !op.Doubt) {
		return 0
	}
	return op.Amount
}

func newest(s purchase.State, kind purchase.CommandKind) *purchase.Op {
	for i := len(s.Ops) - 1; i >= 0; i-- {
		if s.Ops[i].Kind == kind {
			return &s.Ops[i]
		}
	}
	return nil
}
