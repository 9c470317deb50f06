package purchase

import (
	"fmt"

	"edged/internal/money"
)

// onHoldGranted takes the approval. The engine commits it before the terminal
// is acknowledged; OpenDoor waits for that acknowledgement.
func (w *work) onHoldGranted(b HoldGranted) {
	if h := w.Hold; h != nil && h.Same(b.Hold) && h.Amount == b.Hold.Amount && w.HoldOpen() {
		return // the same approval again: its acknowledgement was lost
	}
	if why := w.refuseHold(b.Hold); why != "" {
		w.emit(Refused{Why: why})
		return
	}
	w.hold(b.Hold)
	if b.Hold.Amount > w.Terms.Limit {
		w.incident(b.Command, b.Hold.Amount,
			fmt.Sprintf("asked to hold %s, the terminal holds %s", w.amount(w.Terms.Limit), w.amount(b.Hold.Amount)))
	}
	if b.Hold.Amount < w.Terms.MinHold {
		w.decide(Decision{Source: FromShortGrant, Why: "granted " + w.amount(b.Hold.Amount) + ", at least " + w.amount(w.Terms.MinHold) + " is needed"})
		return
	}
	w.set(DueOpen, OnMono, w.Terms.OpenDeadline)
	w.set(DueDecision, OnReach, w.Terms.DecisionDeadline)
	if w.session() {
		w.set(DueSession, OnMono, w.Terms.SessionLimit)
	}
	w.openDoor(b.Command)
}

// refuseHold says why the approval may not stand; the terminal then takes it back.
func (w *work) refuseHold(h Hold) string {
	switch {
	case w.Hold != nil:
		return "the order has a hold already"
	case w.Unused != nil || w.Outcome != nil:
		return "the order is over"
	case w.ArmDoubt:
		return "the command that asked for it is over"
	case w.Terms.Terminal != "" && h.Terminal != "" && h.Terminal != w.Terms.Terminal:
		return "granted by terminal " + h.Terminal + ", armed on " + w.Terms.Terminal
	case h.Currency != "" && h.Currency != w.Terms.Currency:
		return "granted in " + string(h.Currency) + ", asked in " + string(w.Terms.Currency)
	case h.Amount <= 0:
		return "granted nothing"
	}
	return ""
}

func (w *work) hold(h Hold) {
	if h.Currency == "" {
		h.Currency = w.Terms.Currency
	}
	if h.Terminal == "" {
		h.Terminal = w.Terms.Terminal
	}
	w.Hold = &HoldFact{Hold: h, At: w.wall()}
	w.ArmDoubt = false
	if ttl := w.Terms.HoldTTL; ttl > 0 {
		w.set(DueHoldTTL, OnPowered, ttl)
		w.set(DueHoldAlarm, OnPowered, ttl/4*3)
	}
}

// session says that hold and capture are one session of the terminal (MDB),
// which cannot be asked about afterwards.
func (s *State) session() bool { return s.Terms.SessionLimit > 0 }

// onArmEnded takes the end of the armed command's dialogue.
func (w *work) onArmEnded(b Ended) {
	switch {
	case w.Hold != nil && w.Hold.End == "":
		w.onGrantEnded(b)
	case w.Hold != nil || w.Unused != nil || w.Outcome != nil:
	case b.Outcome == NotDone && b.CardSeen:
		w.unused(Unused{Why: b.Reason, Code: b.Code, Text: cut(b.Text), ByCard: true})
	case b.Outcome == NotDone:
		// nobody came: the order stays armed and may be used again
	default:
		w.armInDoubt()
	}
}

// armInDoubt: the terminal may hold money for this order. It is asked (by the
// lane); if it never answers, the issuer drops the hold in the end.
func (w *work) armInDoubt() {
	w.ArmDoubt = true
	if w.Terms.HoldTTL > 0 {
		w.setOnce(DueHoldTTL, OnPowered, w.Terms.HoldTTL)
	}
}

// onGrantEnded: the dialogue that granted the hold is over.
func (w *work) onGrantEnded(b Ended) {
	h := w.Hold
	h.End = b.Outcome
	h.Acked = h.Acked || b.Acked || b.Outcome == Done
	if b.Outcome == Done {
		return
	}
	if b.Outcome == NotDone && h.Settled == "" { // of an expired hold nothing is left to reverse
		h.Gone = "the terminal reversed the hold"
		if h.Acked {
			h.Gone += " after our acknowledgement"
			w.alarm(AlarmHoldReversed, h.Gone+codeText(b))
		}
	}
	if !h.Acked {
		w.openNeverLeft()
	}
	w.drop(DueOpenRetry)
	w.goneBeforeDoor("the terminal did not keep the hold" + codeText(b))
}

// openNeverLeft: OpenDoor waits for the acknowledgement, which was never taken.
func (w *work) openNeverLeft() {
	for i := range w.Opens {
		if w.Opens[i].Answer == "" {
			w.Opens[i] = OpenTry{Answer: OpenNotSent, Msg: "the terminal did not take the acknowledgement", At: w.wall()}
		}
	}
}

// goneBeforeDoor gives up an order whose hold is gone, or in doubt and to be
// given back, if no door can have been asked for.
func (w *work) goneBeforeDoor(why string) {
	if w.Decision == nil && !w.mayBeOpen() {
		w.decide(Decision{Source: FromTerminal, Why: why})
	}
}

// mayBeOpen says whether any OpenDoor could have reached the SaaS.
func (w *work) mayBeOpen() bool {
	return w.heardOfOpen() || w.opensInDoubt() > 0 || w.opensPending() > 0
}

func (w *work) unused(u Unused) {
	u.At = w.wall()
	w.Unused, w.ArmDoubt = &u, false
	kind := Abandoned
	if u.ByCard {
		kind = Declined
	}
	w.Outcome = &Result{Kind: kind, Cause: string(u.Why), At: w.wall(), Powered: w.now.Powered}
}

// onHoldFound: after a restart the terminal lists a hold that can only be this
// order's. No door was opened for it, so it goes back (M3).
func (w *work) onHoldFound(b HoldFound) {
	if w.Hold != nil || w.Unused != nil || w.Outcome != nil {
		return
	}
	h := b.Hold
	if h.Amount <= 0 {
		h.Amount = w.Terms.Limit // the enquiry gives references only
	}
	w.hold(h)
	w.Hold.End = Done
	w.decide(Decision{Source: FromRestart, Why: "the hold's approval never reached us; no door was opened for it"})
}

func (w *work) onHoldAbsent() {
	switch {
	case w.Hold == nil && w.Unused == nil && w.Outcome == nil:
		w.unused(Unused{Why: ReasonReversed, Text: "the terminal has no hold of this order"})
	case w.session() && w.HoldOpen() && w.opInFlight() == nil:
		w.sessionLost("the reader ended the session")
	}
}

// sessionLost: what was not taken in the session can never be taken.
func (w *work) sessionLost(why string) {
	w.Hold.Gone = why
	w.drop(DueSession)
	w.alarm(AlarmHoldReversed, why)
	w.goneBeforeDoor(why)
}

func (w *work) onAbandon(b Abandon) {
	if w.Hold == nil && w.Unused == nil && w.Outcome == nil && !w.ArmDoubt {
		w.unused(Unused{Why: ReasonAborted, Text: cut(b.Why)})
	}
}

func codeText(b Ended) string {
	if b.Code == "" {
		return ""
	}
	return " (" + b.Code + ")"
}

func (w *work) amount(m money.Minor) string { return money.Format(m, w.Terms.Currency) }
