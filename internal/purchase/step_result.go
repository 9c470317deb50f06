package purchase

import (
	"fmt"

	"edged/internal/money"
)

// A terminal result waits for our word: accepted, it stands; refused, the
// terminal takes it back. What comes after the end of its command was undone by
// the terminal, or is not known to us any more: it is refused.

// onCaptured: the terminal says that it took the amount. More than was asked is
// refused.
func (w *work) onCaptured(b Captured) error {
	op, err := w.result(CmdCapture, b.Command)
	switch {
	case err != nil:
		return err
	case op == nil || (op.End != "" && !(op.Result && w.Hold.Settled == HoldCaptured)):
		w.emit(Refused{Why: "the command is over"})
	case op.Result:
		// once more: our acknowledgement was lost
	case op.Refused:
		w.emit(Refused{Why: "it was refused before"})
	case b.Amount > op.Amount || b.Amount <= 0:
		op.Refused = true
		w.refuse(b.Command, b.Amount, "asked to take "+w.amount(op.Amount)+", the terminal took "+w.amount(b.Amount))
	default:
		op.Result, op.Receipt, op.Trace, op.Amount = true, b.Receipt, b.Trace, b.Amount
	}
	return nil
}

// onReleased never refuses: a hold is released only when nothing is to be taken
// of it any more.
func (w *work) onReleased(b Released) error {
	op, err := w.result(CmdRelease, b.Command)
	if err != nil || op == nil || op.Result {
		return err
	}
	op.Result, op.Receipt, op.Trace = true, b.Receipt, b.Trace
	return nil
}

// onReversed: some terminals reverse their last transaction, whatever receipt was
// named (zvt.md §9.8); the amount gives them away.
func (w *work) onReversed(b Reversed) error {
	op, err := w.result(CmdReverse, b.Command)
	switch {
	case err != nil:
		return err
	case op == nil || (op.End != "" && !(op.Result && op.End == Done)):
		w.emit(Refused{Why: "the command is over"})
	case op.Result:
	case op.Refused:
		w.emit(Refused{Why: "it was refused before"})
	case b.Amount != 0 && b.Amount != op.Amount:
		op.Refused = true
		w.refuse(b.Command, b.Amount, "asked to reverse "+w.amount(op.Amount)+", the terminal reversed "+w.amount(b.Amount))
	default:
		op.Result, op.Receipt, op.Trace = true, b.Receipt, b.Trace
	}
	return nil
}

// result finds the command a result belongs to.
func (w *work) result(kind CommandKind, id CommandID) (*Op, error) {
	op, known := w.op(id)
	if !known || (op != nil && op.Kind != kind) {
		return nil, fmt.Errorf("%w: result of %s, which was never asked for", ErrBug, id)
	}
	return op, nil
}

// refuse does not let a wrong result stand. It is an incident all the same (M2).
func (w *work) refuse(id CommandID, amount money.Minor, why string) {
	w.emit(Refused{Why: why})
	w.incident(id, amount, why)
}

func (w *work) incident(id CommandID, amount money.Minor, text string) {
	w.alarm(AlarmIncident, text)
	w.emit(OpenTask{Task: TaskIncident, Subject: string(id), Amount: amount, Text: text + "."})
}

func (w *work) onEnded(b Ended) error {
	if b.What == CmdArm {
		w.onArmEnded(b)
		return nil
	}
	op, known := w.op(b.Command)
	switch {
	case !known:
		return fmt.Errorf("%w: end of %s, which was never asked for", ErrBug, b.Command)
	case op == nil || op.End != "":
		return nil
	}
	op.End, op.Why, op.Code = b.Outcome, b.Reason, b.Code
	w.opEnded(op, b)
	return nil
}

func (w *work) opEnded(op *Op, b Ended) {
	switch {
	case op.Kind == CmdAsk:
		w.onAskEnded(op, b)
	case op.Kind == CmdReverse:
		w.onReverseEnded(op)
	case w.session():
		w.onSessionEnded(op)
	case op.Kind == CmdCapture:
		w.onCaptureEnded(op)
	case op.Kind == CmdRelease:
		w.onReleaseEnded(op)
	}
}

// success: a completion without a result proves nothing, nor does one after a
// result that we refused (zvt.md §8).
func (o *Op) success() bool {
	if o.End == Done && (!o.Result || o.Refused) {
		o.End = InDoubt
	}
	return o.End == Done
}

func (w *work) onCaptureEnded(op *Op) {
	switch {
	case op.success():
		w.Hold.Settled = HoldCaptured
	default:
		w.unsettled(op, op.End == NotDone && op.Why.later())
	}
}

func (w *work) onReleaseEnded(op *Op) {
	switch {
	case op.success():
		w.Hold.Settled = HoldReleased
	default:
		w.unsettled(op, op.End == NotDone && op.Why != ReasonNotOpen)
	}
}

// unsettled: the hold is asked about next, at once the first time, unless the
// terminal needs a pause.
func (w *work) unsettled(op *Op, pause bool) {
	switch {
	case w.Hold.NoAsk && op.End == NotDone && op.Why == ReasonNotOpen:
		w.onHoldNotOpen(nil) // it cannot be asked, but this is an answer
	case pause, op.End == InDoubt && (op.N > 1 || w.Hold.NoAsk), op.Kind == CmdRelease && op.N > 1:
		w.retryLater()
	}
}

// onSessionEnded: a session (MDB) cannot be asked about, and nothing in it can be
// repeated. Approved but unconfirmed counts as taken (DESIGN §2).
func (w *work) onSessionEnded(op *Op) {
	switch {
	case op.Kind == CmdRelease:
		w.Hold.Settled = HoldReleased // the session is over, one way or the other
	case op.success():
		w.Hold.Settled = HoldCaptured
	case op.End == InDoubt && op.Result:
		w.Hold.Settled, w.Hold.Unsure = HoldCaptured, true
	case op.End == InDoubt:
		w.Hold.Gone = "the reader was asked to take " + w.amount(op.Amount) + " and the session ended without an answer"
	}
}

func (w *work) onAskEnded(op *Op, b Ended) {
	h := w.Hold
	if b.Terminal != "" && h.Terminal != "" && b.Terminal != h.Terminal && op.End == Done {
		op.End, op.Why = NotDone, ReasonConfig // another terminal than the one that holds
	}
	switch {
	case op.End == NotDone && op.Why == ReasonUnsupported:
		h.NoAsk = true
	case op.End != Done:
		w.retryLater()
	case listed(b.Open, h.Hold):
		h.End = Done
		w.proveUndone()
	case b.More:
		h.NoAsk = true // it names another first, and says nothing of this one
	default:
		w.onHoldNotOpen(b.Last)
	}
}

func listed(open []Hold, h Hold) bool {
	for _, o := range open {
		if o.Same(h) {
			return true
		}
	}
	return false
}

// proveUndone: the hold is open, so no command in doubt has settled it.
func (w *work) proveUndone() {
	for i := range w.Ops {
		op := &w.Ops[i]
		if op.Kind != CmdCapture && op.Kind != CmdRelease {
			continue
		}
		op.Doubt = false
		if op.End == InDoubt {
			op.End, op.Why = NotDone, ReasonReversed
		}
	}
}

// onHoldNotOpen: the terminal no longer lists the hold. What is in doubt has
// then been done, unless the terminal booked nothing after the hold; if nothing is
// in doubt, the terminal took the hold back.
func (w *work) onHoldNotOpen(last *Hold) {
	h, capture := w.Hold, w.lastOp(CmdCapture)
	switch {
	case capture.inDoubt() && h.isLast(last):
		capture.End, capture.Why, capture.Doubt = NotDone, ReasonNotOpen, false
		h.Gone = "the terminal no longer has the hold and booked nothing after it"
	case capture.inDoubt():
		_, alive := w.due(DueHoldTTL) // an expired hold is not open either
		doubtful := !capture.Result || capture.Refused || (w.Terms.HoldTTL > 0 && !alive)
		h.Settled, h.Unsure = HoldCaptured, doubtful && !capture.isLast(last, h.Hold)
	case w.lastOp(CmdRelease).inDoubt():
		h.Settled = HoldReleased
	case capture != nil && capture.Result && !capture.Refused:
		// It reported the capture, then something else; had it taken the capture back,
		// the hold would be open again. A person has to look.
		h.Settled, h.Unsure = HoldCaptured, true
	default:
		h.Gone = "the terminal no longer has the hold"
	}
	if w.Decision == nil && !h.Acked && !w.heardOfOpen() {
		w.decide(Decision{Source: FromTerminal, Why: "the terminal took the hold back before the door was asked for"})
	}
}

// isLast: the terminal's last booking is the hold itself, so no capture came after
// it. A trace that differs is another booking's, whatever the receipt says.
func (h *HoldFact) isLast(last *Hold) bool {
	return last != nil && last.Same(h.Hold) && (last.Trace == "" || h.Trace == "" || last.Trace == h.Trace)
}

// isLast: the terminal's last booking is a charge of what the capture asked for,
// and not the hold. Nothing is booked on a terminal between a command in doubt and
// the question what became of it.
func (o *Op) isLast(last *Hold, h Hold) bool {
	return last != nil && !last.Same(h) && last.Amount == o.Amount &&
		(last.Terminal == "" || h.Terminal == "" || last.Terminal == h.Terminal)
}
