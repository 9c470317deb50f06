package purchase

import (
	"edged/internal/money"
)

// onAdjustment keeps the merchant's wish for an additional charge, once per
// number; it is answered when the purchase itself has ended.
func (w *work) onAdjustment(b Adjustment) {
	w.orderNo(b.SaaSOrderNo)
	if w.Hold == nil {
		w.alarm(AlarmIncident, "adjustment of an order without a hold")
		return
	}
	first(&w.Door.Other, w.wall())
	w.heard()
	no := b.Number
	if no == "" {
		no = b.SaaSOrderNo // assumed: the envelope's, if Data has none
	}
	for _, a := range w.Adjusts {
		if a.Number == no {
			return
		}
	}
	a := Adjusted{Number: no, Bad: cut(b.Unreadable)}
	if a.Bad == "" {
		total, err := w.total(b.Lines)
		if err != nil {
			a.Bad = cut(err.Error())
		}
		a.Amount = total
	}
	w.Adjusts = append(w.Adjusts, a)
}

// advanceAdjustments: no terminal can charge more without the card, so the
// deduction is reported as failed; what a person may still collect is never more
// than the shortfall of a paid_short order.
func (w *work) advanceAdjustments() {
	for i := range w.Adjusts {
		a := &w.Adjusts[i]
		if a.Told {
			continue
		}
		a.Told = true
		w.report(PayDeduction, string(w.Order), a.Number, false, "an additional charge needs the card")
		may := min(a.Amount, w.shortfall())
		text := "The merchant asks for " + w.amount(a.Amount) + " more; at most " + w.amount(may) + " is owed."
		if a.Bad != "" {
			text = "The merchant asks for more, unreadably: " + a.Bad + "; at most " + w.amount(w.shortfall()) + " is owed."
		}
		w.emit(OpenTask{Task: TaskAdjustment, Subject: a.Number, Amount: may, Text: text})
	}
}

func (s *State) shortfall() money.Minor {
	if s.Outcome == nil || s.Outcome.Kind != PaidShort {
		return 0
	}
	return s.Decision.Total - s.Outcome.Captured
}

// onRefund keeps the merchant's wish to give money back, once per number;
// advanceRefunds acts on it when the purchase itself has ended.
func (w *work) onRefund(b Refund) {
	w.orderNo(b.SaaSOrderNo)
	if w.Hold == nil {
		w.alarm(AlarmIncident, "refund of an order without a hold")
		return
	}
	first(&w.Door.Other, w.wall())
	w.heard()
	no := b.Number
	if no == "" {
		no = b.SaaSOrderNo // assumed, as for a deduction
	}
	if w.refund(no) != nil {
		return
	}
	f := RefundFact{Number: no, N: len(w.Refunds) + 1, State: RefundWaits, Bad: cut(b.Unreadable)}
	if f.Bad == "" {
		total, err := w.total(b.Lines)
		if err != nil {
			f.Bad = cut(err.Error())
		}
		f.Amount = total
	}
	if b.AfterEndOfDay && f.Bad == "" {
		f.Bad = "the terminal has settled since"
	}
	w.Refunds = append(w.Refunds, f)
}

func (w *work) advanceRefunds() {
	for i := range w.Refunds {
		r := &w.Refunds[i]
		switch {
		case r.State != RefundWaits || w.opInFlight() != nil:
		case w.canReverse(*r):
			r.State = RefundReversing
			w.reverse(r.Number)
		default:
			w.refundTask(r)
		}
	}
}

// canReverse: only a whole, unsettled capture whose receipt is known, on a
// terminal proven to do it, and only once.
func (w *work) canReverse(r RefundFact) bool {
	_, captured, refunded := w.Money()
	return w.Terms.ReverseByReceipt && r.Bad == "" && captured > 0 && r.Amount == captured && refunded == 0 &&
		w.lastOp(CmdCapture).Receipt != "" && w.lastOp(CmdReverse) == nil
}

func (w *work) reverse(number string) {
	capture := *w.lastOp(CmdCapture)
	w.Ops = append(w.Ops, Op{Kind: CmdReverse, N: 1, Amount: capture.Amount, Refund: number, At: w.wall()})
	w.emit(Command{TerminalCommand{
		ID: CommandFor(w.Order, CmdReverse, 1), Kind: CmdReverse, Order: w.Order,
		Amount: capture.Amount, Currency: w.Terms.Currency, Hold: w.Hold.Hold, Receipt: capture.Receipt,
	}})
}

// onReverseEnded: a reversal in doubt is left to a person; it is never repeated.
func (w *work) onReverseEnded(op *Op) {
	r := w.refund(op.Refund)
	switch {
	case op.success():
		w.refundEnded(r, true, "")
		return
	case op.End == NotDone && !op.Result:
		r.Bad = because("the terminal does not reverse it", string(op.Why)+" "+op.Code)
	default:
		op.End = InDoubt
		r.Bad = "the terminal was asked to reverse the capture and it is not known whether it did"
	}
	w.refundTask(r)
}

func (w *work) refund(number string) *RefundFact {
	for i := range w.Refunds {
		if w.Refunds[i].Number == number {
			return &w.Refunds[i]
		}
	}
	return nil
}

func (w *work) refundTask(r *RefundFact) {
	r.State = RefundTask
	_, captured, _ := w.Money()
	text := "The merchant asks to give back " + w.amount(r.Amount) + " of " + w.amount(captured) + " captured (refund " + r.Number + ")."
	if r.Bad != "" {
		text += " Note: " + r.Bad + "."
	}
	w.emit(OpenTask{Task: TaskRefund, Subject: r.Number, Amount: r.Amount, Text: text})
}

func (w *work) refundEnded(r *RefundFact, ok bool, msg string) {
	r.State = RefundFailed
	if ok {
		r.State = RefundDone
	}
	w.report(PayRefund, w.Order.RefundID(r.N), r.Number, ok, msg)
}
