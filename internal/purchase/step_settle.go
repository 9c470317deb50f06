package purchase

import (
	"strconv"
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
	case h.Settled != "" || h.Gone != "":
		w.conclude()
	case w.running(DueMoneyRetry):
	case h.End == "" && !w.session():
		// the dialogue that granted the hold is not over
	case w.mustAsk():
		w.command(CmdAsk, 0)
	case w.wantsCapture():
		w.command(CmdCapture, min(w.Decision.Total, h.Amount))
	default:
		w.command(CmdRelease, 0)
	}
}

// mustAsk: money is moved without a question only on a hold that was granted and
// never touched, or that the terminal itself has just called open. Where it cannot
// be asked, a repeat for the same receipt is harmless: a hold is resolved once only
// (zvt.md §11.3).
func (w *work) mustAsk() bool {
	if w.session() || w.Hold.NoAsk {
		return false
	}
	last := w.lastSettling()
	if last == nil {
		return w.Hold.End != Done
	}
	return last.Kind != CmdAsk || last.End != Done
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
func (s *State) wantsCapture() bool {
	if s.Decision == nil || !s.Decision.Charge {
		return false
	}
	op := s.lastOp(CmdCapture)
	if op == nil {
		return true
	}
	return !op.Refused && (op.End != NotDone || (op.Why.later() && !s.session()))
}

// later says whether the same command may succeed at another time.
func (r Reason) later() bool {
	switch r {
	case ReasonHostOffline, ReasonBusy, ReasonLine, ReasonAborted, ReasonTimeout, ReasonReversed, ReasonConfig:
		return true
	}
	return false
}

// command writes the intent and asks for the command. It takes the place of the
// one before of its kind.
func (w *work) command(kind CommandKind, amount money.Minor) {
	op := Op{Kind: kind, N: 1, Amount: amount, At: w.wall()}
	if old := w.lastOp(kind); old != nil {
		op.N, op.Doubt = old.N+1, old.inDoubt()
		w.forget(kind)
	}
	w.Ops = append(w.Ops, op)
	w.emit(Command{TerminalCommand{
		ID: CommandFor(w.Order, kind, op.N), Kind: kind, Order: w.Order,
		Amount: amount, Currency: w.Terms.Currency, Hold: w.Hold.Hold,
	}})
}

func (w *work) forget(kind CommandKind) {
	kept := w.Ops[:0]
	for _, op := range w.Ops {
		if op.Kind != kind {
			kept = append(kept, op)
		}
	}
	w.Ops = kept
}

// inDoubt says whether the command, or one before it, may have settled the hold.
func (o *Op) inDoubt() bool { return o != nil && (o.End == InDoubt || o.Doubt) }

// op finds the command by its id. A nil Op with true is one that a newer one has
// replaced; false: it was never asked for.
func (w *work) op(id CommandID) (*Op, bool) {
	rest, ok := strings.CutPrefix(string(id), string(w.Order)+"/")
	kind, ordinal, cutOK := strings.Cut(rest, "/")
	n, err := strconv.Atoi(ordinal)
	op := w.lastOp(CommandKind(kind))
	if !ok || !cutOK || err != nil || op == nil || n < 1 || n > op.N {
		return nil, false
	}
	if n < op.N {
		return nil, true
	}
	return op, true
}

// retryLater waits before the terminal is asked again: base, doubled with each
// failed command, at most the cap.
func (w *work) retryLater() {
	w.Fails++
	wait := w.Terms.RetryBase
	for i := 1; i < w.Fails && wait < w.Terms.RetryCap; i++ {
		wait *= 2
	}
	w.set(DueMoneyRetry, OnMono, max(min(wait, w.Terms.RetryCap), time.Second))
}

// askUnacked asks about a hold whose acknowledgement may never have been taken,
// while nothing is heard of its door: if the hold is gone, OpenDoor never left.
func (w *work) askUnacked() {
	h := w.Hold
	if w.Decision == nil && h.End == InDoubt && !h.Acked && !h.NoAsk && w.HoldOpen() &&
		!w.session() && !w.heardOfOpen() && w.opInFlight() == nil {
		w.command(CmdAsk, 0)
	}
}
