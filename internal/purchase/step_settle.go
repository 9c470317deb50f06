package purchase

import (
	"fmt"
	"strings"
	"time"

	"edged/internal/money"
)

// settle brings the hold of a decided order to its end: one command at a time,
// and a question before anything is repeated.
func (w *work) settle() {
	h := w.Hold
	switch {
	case w.opInFlight() != nil:
		return
	case h.Settled != "" || h.Gone != "":
		w.conclude()
		return
	case w.running(DueMoneyRetry):
		return
	case h.End == "" && w.Terms.SessionLimit == 0:
		return // the dialogue that granted the hold is not over
	}
	if w.mustAsk() {
		w.command(CmdAsk, 0)
		return
	}
	if w.wantsCapture() {
		w.command(CmdCapture, min(w.Decision.Total, h.Amount))
		return
	}
	w.command(CmdRelease, 0)
}

// mustAsk: money is moved without a question only if the terminal itself has
// just said that the hold is open.
func (w *work) mustAsk() bool {
	if w.Terms.SessionLimit > 0 {
		return false // a session cannot be asked about
	}
	last := w.lastSettling()
	switch {
	case last == nil:
		return w.Hold.End != Done && !w.Hold.Asked
	case last.Kind == CmdAsk:
		return last.End != Done
	}
	return true
}

func (w *work) lastSettling() *Op {
	for i := len(w.Ops) - 1; i >= 0; i-- {
		if w.Ops[i].Kind != CmdReverse {
			return &w.Ops[i]
		}
	}
	return nil
}

// wantsCapture: the total is to be taken, and the terminal has not refused it
// for good (a host that is offline is no refusal).
func (w *work) wantsCapture() bool {
	if !w.Decision.Charge {
		return false
	}
	for _, op := range w.Ops {
		if op.Kind == CmdCapture && op.End == NotDone && (!op.Why.later() || w.Terms.SessionLimit > 0) {
			return false
		}
	}
	return true
}

// later says whether the same command may succeed at another time.
func (r Reason) later() bool {
	switch r {
	case ReasonHostOffline, ReasonBusy, ReasonLine, ReasonAborted, ReasonTimeout, ReasonReversed, ReasonConfig:
		return true
	}
	return false
}

// command writes the intent and asks for the command.
func (w *work) command(kind CommandKind, amount money.Minor) {
	n := w.countOps(kind) + 1
	w.Ops = append(w.Ops, Op{Kind: kind, N: n, Amount: amount, At: w.now.Wall})
	w.emit(Command{TerminalCommand{
		ID: CommandFor(w.Order, kind, n), Kind: kind, Order: w.Order,
		Amount: amount, Currency: w.Terms.Currency, Hold: w.Hold.Hold,
	}})
}

// op finds the command by its id.
func (w *work) op(id CommandID) *Op {
	for i := range w.Ops {
		if CommandFor(w.Order, w.Ops[i].Kind, w.Ops[i].N) == id {
			return &w.Ops[i]
		}
	}
	return nil
}

// onCaptured: the terminal says that it took the amount. More than was asked is
// refused, so that the terminal takes it back.
func (w *work) onCaptured(b Captured) error {
	op := w.op(b.Command)
	if op == nil || op.Kind != CmdCapture {
		return fmt.Errorf("%w: result of %s, which was never asked for", ErrBug, b.Command)
	}
	switch {
	case op.Result:
		return nil
	case op.End != "":
		w.emit(Refused{Why: "the command is over"})
	case b.Amount > op.Amount:
		text := fmt.Sprintf("asked to take %s, the terminal took %s", w.amount(op.Amount), w.amount(b.Amount))
		w.emit(Refused{Why: text})
		w.alarm(AlarmIncident, text)
		w.emit(OpenTask{Task: TaskIncident, Subject: string(b.Command), Amount: b.Amount, Text: text})
	default:
		op.Result, op.Receipt, op.Trace, op.Amount = true, b.Receipt, b.Trace, b.Amount
	}
	return nil
}

func (w *work) onSettledResult(kind CommandKind, id CommandID, receipt, trace string) error {
	op := w.op(id)
	if op == nil || op.Kind != kind {
		return fmt.Errorf("%w: result of %s, which was never asked for", ErrBug, id)
	}
	if op.End != "" && !op.Result {
		w.emit(Refused{Why: "the command is over"})
		return nil
	}
	op.Result, op.Receipt, op.Trace = true, receipt, trace
	return nil
}

func (w *work) onEnded(b Ended) error {
	if b.What == CmdArm {
		w.onArmEnded(b)
		return nil
	}
	op := w.op(b.Command)
	if op == nil {
		return fmt.Errorf("%w: end of %s, which was never asked for", ErrBug, b.Command)
	}
	if op.End != "" {
		return nil
	}
	op.End, op.Why, op.Code = b.Outcome, b.Reason, b.Code
	switch op.Kind {
	case CmdCapture:
		w.onCaptureEnded(op)
	case CmdRelease:
		w.onReleaseEnded(op)
	case CmdAsk:
		w.onAskEnded(op, b.Open)
	case CmdReverse:
		w.onReverseEnded(op)
	default:
		return fmt.Errorf("%w: end of %s", ErrBug, op.Kind)
	}
	return nil
}

func (w *work) onCaptureEnded(op *Op) {
	switch {
	case op.End == Done && op.Result:
		w.Hold.Settled = "captured"
	case op.End == Done:
		op.End = InDoubt // a completion without a result proves nothing (zvt.md §8)
	case op.End == NotDone && op.Why.later():
		w.retryLater()
	}
	if w.Terms.SessionLimit > 0 && w.Hold.Settled == "" {
		w.sessionCaptureFailed(op)
	}
}

// sessionCaptureFailed: a session (MDB) cannot be asked about afterwards.
func (w *work) sessionCaptureFailed(op *Op) {
	if op.End == InDoubt && op.Result {
		w.Hold.Settled = "captured"
		return
	}
	if op.End == InDoubt {
		w.Hold.Gone = "the session ended before the reader answered"
		w.emit(OpenTask{Task: TaskUnconfirmed, Subject: "capture", Amount: op.Amount, Text: "The reader was asked to take " + w.amount(op.Amount) + " and did not answer."})
	}
}

func (w *work) onReleaseEnded(op *Op) {
	switch {
	case op.End == Done && op.Result, w.Terms.SessionLimit > 0:
		w.Hold.Settled = "released"
	case op.End == Done:
		op.End = InDoubt
	case op.End == NotDone && op.Why != ReasonNotOpen:
		w.retryLater()
	}
}

func (w *work) onAskEnded(op *Op, open []Hold) {
	switch {
	case op.End == NotDone && op.Why == ReasonUnsupported:
		// The terminal cannot be asked. Repeating a capture or release of the same
		// receipt is safe: it can be resolved once only (zvt.md §11.3).
		op.End, op.Open = Done, true
	case op.End != Done:
		w.retryLater()
		return
	default:
		for _, h := range open {
			op.Open = op.Open || h.Same(w.Hold.Hold)
		}
	}
	if op.Open {
		w.Hold.Asked = true
		if w.Hold.End == InDoubt {
			w.Hold.End = Done
		}
		w.proveUndone()
		return
	}
	w.onHoldNotOpen()
}

// proveUndone: the hold is open, so no command in doubt has settled it.
func (w *work) proveUndone() {
	for i := range w.Ops {
		op := &w.Ops[i]
		if op.End == InDoubt && (op.Kind == CmdCapture || op.Kind == CmdRelease) {
			op.End, op.Why = NotDone, ReasonReversed
		}
	}
}

// onHoldNotOpen: the terminal no longer lists the hold. What is in doubt has
// then been done; if nothing is, the terminal took the hold back.
func (w *work) onHoldNotOpen() {
	w.Hold.Gone = "the terminal no longer has the hold"
	for _, op := range w.Ops {
		switch {
		case op.Kind == CmdCapture && op.End == InDoubt:
			w.Hold.Settled, w.Hold.Gone = "captured", ""
		case op.Kind == CmdRelease && op.End == InDoubt:
			w.Hold.Settled, w.Hold.Gone = "released", ""
		case op.Kind == CmdCapture && op.Result:
			w.Hold.Gone = "the terminal reversed the capture"
		}
	}
	if w.Decision == nil && !w.heardOfOpen() {
		// It was never acknowledged, so no OpenDoor was sent behind it.
		w.decide(Decision{Source: FromTerminal, Why: "the terminal took the hold back before the door was asked for"})
	}
}

// askUnacked asks again about a hold whose acknowledgement may never have been
// taken, while nothing is heard of its door.
func (w *work) askUnacked() {
	if w.Decision == nil && w.Hold.End == InDoubt && w.HoldOpen() && !w.heardOfOpen() && w.opInFlight() == nil {
		w.command(CmdAsk, 0)
	}
}

// retryLater waits before the terminal is asked again: base, doubled with each
// failed command, at most the cap.
func (w *work) retryLater() {
	wait := w.Terms.RetryBase
	for i := len(w.Ops) - 1; i >= 0 && wait < w.Terms.RetryCap; i-- {
		if w.Ops[i].End == NotDone || w.Ops[i].End == InDoubt {
			wait *= 2
		}
	}
	w.set(DueMoneyRetry, OnMono, min(wait, max(w.Terms.RetryCap, time.Second)))
}

// onHoldExpired: the issuer has dropped the hold; nothing can be taken or given
// back any more. A command under way is waited for.
func (w *work) onHoldExpired() {
	if !w.HoldOpen() || w.Outcome != nil {
		return
	}
	if w.opInFlight() != nil {
		w.set(DueHoldTTL, OnPowered, w.Terms.RetryCap)
		return
	}
	if w.Decision == nil {
		w.decide(Decision{Source: FromDeadline, Why: "the hold expired before anybody decided"})
	}
	w.Hold.Settled = "expired"
	w.drop(DueMoneyRetry)
	w.alarm(AlarmExpired, "the hold expired")
}

// conclude writes the outcome and its report.
func (w *work) conclude() {
	r := Result{At: w.now.Wall, Powered: w.now.Powered}
	d, h := w.Decision, w.Hold
	late := w.lateCharge()
	switch {
	case d.Charge && h.Settled == "captured":
		w.concludePaid(&r)
	case d.Charge:
		r.Kind, r.Cause = Unpaid, w.unpaidCause()
	case late != nil:
		r.Kind, r.Cause = Unpaid, string(d.Source)+": "+lateMessage(w, Decision{Total: late.Total})
	case d.Source == FromDeadline || d.Source == FromSession:
		r.Kind, r.Cause = Unpaid, d.Why
	case h.Settled == "expired":
		r.Kind, r.Cause = Expired, "the hold could not be given back before it expired"
	case d.Source == FromShortGrant:
		r.Kind, r.Cause = Declined, d.Why
	case d.Empty:
		r.Kind = NothingTaken
	default:
		r.Kind, r.Cause = Cancelled, d.Why
	}
	w.Outcome = &r
	w.drop(DueHoldTTL, DueHoldAlarm, DueMoneyRetry)
	w.reportOutcome()
}

func (w *work) concludePaid(r *Result) {
	op := w.lastOp(CmdCapture)
	r.Kind, r.Captured = Paid, op.Amount
	if r.Captured < w.Decision.Total {
		r.Kind = PaidShort
		r.Cause = "captured " + w.amount(r.Captured) + " of " + w.amount(w.Decision.Total)
	}
	if w.Terms.SessionLimit > 0 && op.End != Done {
		r.Flag = "unconfirmed"
		w.emit(OpenTask{Task: TaskUnconfirmed, Subject: "capture", Amount: op.Amount, Text: "The reader approved " + w.amount(op.Amount) + " and did not confirm the end of the session."})
	}
}

func (w *work) unpaidCause() string {
	h := w.Hold
	var why []string
	for _, op := range w.Ops {
		if op.Kind == CmdCapture && op.End == NotDone {
			why = append(why, "capture refused: "+string(op.Why)+" "+op.Code)
		}
	}
	switch {
	case h.Gone != "":
		why = append(why, h.Gone)
	case h.Settled == "expired":
		why = append(why, "the hold expired before it could be captured")
	}
	return strings.Join(why, "; ")
}
