package purchase

import "time"

// expiryGrace is how long a command that was under way when the hold expired is
// waited for.
const expiryGrace = 10 * time.Minute

// onHoldExpired: the issuer has dropped the hold; nothing can be taken or given
// back any more.
func (w *work) onHoldExpired(last bool) {
	op := w.opInFlight()
	switch {
	case w.Hold == nil:
		if w.ArmDoubt {
			w.unused(Unused{Why: ReasonLine, Text: "the terminal never told whether it held money; the issuer has dropped it"})
		}
		return
	case !w.HoldOpen() || w.Outcome != nil:
		return
	case op != nil && !last:
		w.set(DueHoldGrace, OnPowered, expiryGrace)
		return
	case op != nil:
		op.End, op.Why = InDoubt, ReasonLine
	}
	if w.Decision == nil {
		w.undecided(FromDeadline, "the hold expired before anybody decided")
	}
	w.alarm(AlarmExpired, "the hold expired")
	w.drop(DueMoneyRetry)
	if capture := w.lastOp(CmdCapture); capture.inDoubt() && capture.Result {
		w.Hold.Settled, w.Hold.Unsure = HoldCaptured, true
		return
	}
	w.Hold.Settled = HoldExpired
}

// conclude writes the outcome and its report.
func (w *work) conclude() {
	r := Result{At: w.wall(), Powered: w.now.Powered}
	d, h := w.Decision, w.Hold
	late := w.lateCharge()
	switch {
	case d.Charge && h.Settled == HoldCaptured:
		w.concludePaid(&r)
	case d.Charge:
		r.Kind, r.Cause = Unpaid, w.unpaidCause()
	case late != nil:
		r.Kind, r.Cause = Unpaid, w.lateCause(late.Total)
	case d.Source == FromDeadline || d.Source == FromSession:
		r.Kind, r.Cause = Unpaid, d.Why
	case h.Settled == HoldExpired:
		r.Kind, r.Cause = Expired, "the hold could not be given back before it expired"
	case d.Source == FromShortGrant:
		r.Kind, r.Cause = Declined, d.Why
	case d.Empty:
		r.Kind = NothingTaken
	default:
		r.Kind, r.Cause = Cancelled, d.Why
	}
	w.Outcome = &r
	w.drop(DueHoldTTL, DueHoldGrace, DueHoldAlarm, DueMoneyRetry)
	w.reportOutcome()
}

func (w *work) concludePaid(r *Result) {
	r.Kind, r.Captured = Paid, w.lastOp(CmdCapture).Amount
	if r.Captured < w.Decision.Total {
		r.Kind = PaidShort
		r.Cause = "captured " + w.amount(r.Captured) + " of " + w.amount(w.Decision.Total)
	}
	if w.Hold.Unsure {
		r.Flag = "unconfirmed"
		w.emit(OpenTask{Task: TaskUnconfirmed, Subject: "capture", Amount: r.Captured, Text: "The terminal was asked to take " + w.amount(r.Captured) + " and never confirmed it; the order is reported as paid."})
	}
}

// unpaidCause names what stood between a recognised total and its capture (M13).
func (w *work) unpaidCause() string {
	h, op := w.Hold, w.lastOp(CmdCapture)
	var why string
	switch {
	case op == nil:
	case op.Refused:
		why = "the terminal took another amount than asked; "
	case op.End == NotDone:
		why = because("the terminal did not capture", string(op.Why)+" "+op.Code) + "; "
	case op.inDoubt():
		why = "it is not known whether the terminal captured; "
	}
	switch {
	case h.Gone != "":
		return why + h.Gone
	case h.Settled == HoldExpired:
		return why + "the hold expired before it could be captured"
	}
	return why + "the hold was given back"
}
