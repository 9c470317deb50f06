package purchase

import (
	"fmt"

	"edged/internal/money"
)

// onAdjustment: no terminal can charge more without the card, so the deduction
// is reported as failed; what a person may still collect is never more than the
// shortfall of a paid_short order.
func (w *work) onAdjustment(b Adjustment) {
	w.orderNo(b.SaaSOrderNo)
	no := b.Number
	if no == "" {
		no = b.SaaSOrderNo // assumed: the envelope's, if Data has none
	}
	for _, a := range w.Adjusts {
		if a.Number == no {
			return
		}
	}
	total, err := w.total(b.Lines)
	if err != nil || b.Unreadable != "" {
		total = 0
	}
	w.Adjusts = append(w.Adjusts, Adjusted{Number: no, Amount: total})
	w.report(PayDeduction, string(w.Order), no, false, "an additional charge needs the card")
	may := min(total, w.shortfall())
	w.emit(OpenTask{Task: TaskAdjustment, Subject: no, Amount: may, Text: "The merchant asks for " + w.amount(total) + " more; at most " + w.amount(may) + " is owed."})
}

func (s *State) shortfall() money.Minor {
	if s.Outcome == nil || s.Outcome.Kind != PaidShort {
		return 0
	}
	return s.Decision.Total - s.Outcome.Captured
}

// onRefund keeps the wish; advanceRefunds acts on it when the purchase itself
// has ended.
func (w *work) onRefund(b Refund) {
	w.orderNo(b.SaaSOrderNo)
	for _, r := range w.Refunds {
		if r.Number == b.Number {
			return
		}
	}
	f := RefundFact{Number: b.Number, N: len(w.Refunds) + 1, State: RefundWaits, Bad: b.Unreadable}
	if f.Bad == "" {
		total, err := w.total(b.Lines)
		if err != nil {
			f.Bad = err.Error()
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
		if r.State != RefundWaits || w.opInFlight() != nil {
			continue
		}
		if w.canReverse(*r) {
			r.State = RefundReversing
			w.reverse(r.Number)
			continue
		}
		w.refundTask(r)
	}
}

// canReverse: only a whole, unsettled capture, on a terminal proven to do it.
func (w *work) canReverse(r RefundFact) bool {
	_, captured, refunded := w.Money()
	return w.Terms.ReverseByReceipt && r.Bad == "" && r.Amount == captured && refunded == 0 &&
		captured > 0 && w.countOps(CmdReverse) == 0
}

func (w *work) reverse(number string) {
	capture := w.lastOp(CmdCapture)
	w.Ops = append(w.Ops, Op{Kind: CmdReverse, N: 1, Amount: capture.Amount, Refund: number, At: w.now.Wall})
	w.emit(Command{TerminalCommand{
		ID: CommandFor(w.Order, CmdReverse, 1), Kind: CmdReverse, Order: w.Order,
		Amount: capture.Amount, Currency: w.Terms.Currency, Hold: w.Hold.Hold, Receipt: capture.Receipt,
	}})
}

// onReverseEnded: a reversal in doubt is left to a person; it is never repeated.
func (w *work) onReverseEnded(op *Op) {
	r := w.refund(op.Refund)
	if r == nil || r.State != RefundReversing {
		return
	}
	switch {
	case op.End == Done && op.Result:
		w.refundEnded(r, true, "")
	case op.End == NotDone && !op.Result:
		w.refundTask(r)
	default:
		op.End = InDoubt
		r.Bad = "the terminal was asked to reverse the capture and it is not known whether it did"
		w.refundTask(r)
	}
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
	text := "The merchant asks to give back " + w.amount(r.Amount) + " (refund " + r.Number + ")."
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

// onPerson does what somebody asked for by hand.
func (w *work) onPerson(b Person) error {
	switch b.Act {
	case ActRefundDone, ActRefundFailed:
		return w.onRefundByHand(b)
	case ActDropReport:
		return w.onDropReport(b)
	}
	return fmt.Errorf("%w: unknown act %q", ErrPerson, b.Act)
}

func (w *work) onRefundByHand(b Person) error {
	r := w.refund(b.Number)
	switch {
	case r == nil:
		return fmt.Errorf("%w: no refund %q", ErrPerson, b.Number)
	case r.State == RefundDone || r.State == RefundFailed:
		return fmt.Errorf("%w: refund %s is %s already", ErrPerson, b.Number, r.State)
	case r.State == RefundReversing:
		return fmt.Errorf("%w: the terminal is working on refund %s", ErrPerson, b.Number)
	}
	ok := b.Act == ActRefundDone
	if ok && b.Amount > 0 {
		r.Amount = b.Amount
	}
	if _, captured, refunded := w.Money(); ok && refunded+r.Amount > captured {
		return fmt.Errorf("%w: %s of %s are refunded already, %s more is too much",
			ErrPerson, w.amount(refunded), w.amount(captured), w.amount(r.Amount))
	}
	w.refundEnded(r, ok, b.Note)
	w.emit(CloseTask{Task: TaskRefund, Subject: b.Number, Outcome: string(r.State)})
	return nil
}

func (w *work) onDropReport(b Person) error {
	if b.Report < 1 || b.Report > len(w.Reports) {
		return fmt.Errorf("%w: no report %d", ErrPerson, b.Report)
	}
	r := &w.Reports[b.Report-1]
	switch {
	case b.Note == "":
		return fmt.Errorf("%w: a report is dropped only with a reason", ErrPerson)
	case r.State == ReportAcked || r.State == ReportDropped:
		return fmt.Errorf("%w: report %d is %s already", ErrPerson, b.Report, r.State)
	}
	r.State = ReportDropped
	w.emit(CloseTask{Task: TaskDeadReport, Subject: fmt.Sprint(b.Report), Outcome: "dropped: " + b.Note})
	return nil
}
