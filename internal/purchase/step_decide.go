package purchase

import (
	"fmt"
	"strconv"

	"edged/internal/money"
)

// reviewPollFactor stretches the pause between questions to the SaaS once a
// person has to decide anyway.
const reviewPollFactor = 10

// onDetected takes a recognition or a settlement; both imply a closed door.
func (w *work) onDetected(b Detected) {
	w.orderNo(b.SaaSOrderNo)
	if w.Hold == nil {
		w.alarm(AlarmIncident, "recognition for an order without a hold")
		return
	}
	w.onClosed()
	w.heard()
	d, why := w.read(b)
	switch {
	case why != "" && w.Decision == nil:
		w.review(why)
	case why != "":
	case w.Decision == nil:
		w.decide(d)
	case w.Decision.Charge != d.Charge || w.Decision.Total != d.Total:
		w.conflict(d)
	}
}

// read turns the callback into a decision, or says why it is none.
func (w *work) read(b Detected) (Decision, string) {
	d := Decision{Source: b.Source, Lines: b.Lines}
	switch {
	case !b.OK:
		return d, because("recognition failed", cut(b.Msg))
	case b.Unreadable != "":
		return d, "unreadable: " + cut(b.Unreadable)
	case b.Mode == ModeInterrupt:
		return d, because("left to the merchant", cut(b.Msg))
	case b.Mode == ModeCancel:
		d.Why = because("cancelled by the SaaS", cut(b.Msg))
		return d, ""
	case b.Mode != ModeNormal:
		return d, "unknown mode " + strconv.Itoa(int(b.Mode))
	}
	total, err := w.total(b.Lines)
	if err != nil {
		return d, "unreadable: " + cut(err.Error())
	}
	d.Total, d.Charge, d.Empty = total, total > 0, total == 0
	return d, ""
}

func (w *work) total(lines []Line) (money.Minor, error) {
	sums := make([]money.Minor, 0, len(lines))
	for _, l := range lines {
		m, err := l.total(w.Terms.Currency)
		if err != nil {
			return 0, err
		}
		sums = append(sums, m)
	}
	return money.Sum(sums...)
}

// total is price times count, rounded once. Negative and missing numbers are no
// decision (DESIGN §2).
func (l Line) total(c money.Currency) (money.Minor, error) {
	price, err := money.ParseDecimal(l.Price)
	if err != nil {
		return 0, fmt.Errorf("price of %q: %w", cut(l.Name), err)
	}
	count, err := money.ParseDecimal(l.Count)
	if err != nil {
		return 0, fmt.Errorf("count of %q: %w", cut(l.Name), err)
	}
	m, err := money.LineTotal(price, count, c)
	if err != nil {
		return 0, fmt.Errorf("line %q: %w", cut(l.Name), err)
	}
	return m, nil
}

// decide writes the decision. It is called only while there is none.
func (w *work) decide(d Decision) {
	d.At = w.wall()
	w.Decision = &d
	w.drop(DueOpen, DueOpenRetry, DueResolve, DueDetect, DueDecision, DueSession, DueMoneyRetry)
}

// undecided ends the waiting for a decision. Nothing is unpaid of an order that the
// SaaS was never heard of.
func (w *work) undecided(from Source, why string) {
	if !w.heardOfOpen() {
		from = FromSilence
	}
	w.decide(Decision{Source: from, Why: why})
}

// review leaves the decision to a person at the SaaS: hold, poll, wait.
func (w *work) review(why string) {
	if w.Review == nil {
		w.Review = &Review{Why: why, At: w.wall()}
		w.alarm(AlarmReview, why)
		w.set(DueDetect, OnReach, w.Terms.DetectWait*reviewPollFactor)
	}
}

// conflict keeps a decision that came too late. It moves no money.
func (w *work) conflict(d Decision) {
	for _, c := range w.Conflict {
		if c.Charge == d.Charge && c.Total == d.Total {
			return
		}
	}
	late := w.lateCharge()
	w.Conflict = append(w.Conflict, Conflict{Source: d.Source, Charge: d.Charge, Total: d.Total, At: w.wall()})
	text := "decided " + w.Decision.text(w) + ", later " + d.text(w)
	w.alarm(AlarmConflict, text)
	w.emit(OpenTask{Task: TaskConflict, Subject: strconv.Itoa(len(w.Conflict)), Amount: d.Total, Text: "Two different decisions: " + text + ". No money was moved for the later one."})
	if late == nil && w.lateCharge() != nil && w.Outcome != nil {
		w.lateUnpaid(d.Total)
	}
}

// bySaaS says whether the SaaS itself decided, having recognised the goods.
func (d Decision) bySaaS() bool { return d.Source == FromDetection || d.Source == FromSettlement }

func (d Decision) text(w *work) string {
	if d.Charge {
		return "to charge " + w.amount(d.Total) + " (" + string(d.Source) + ")"
	}
	return "to charge nothing (" + string(d.Source) + ")"
}

// lateUnpaid: goods were recognised after the hold had been given back by a
// rule of ours. They are unpaid, and the SaaS is told once more.
func (w *work) lateUnpaid(total money.Minor) {
	o := w.Outcome
	was := o.Kind
	o.Kind, o.Cause = Unpaid, w.lateCause(total)
	w.report(PayNormal, string(w.Order), w.SaaSNo, false, "unpaid: "+o.Cause)
	w.alarm(AlarmUnpaid, o.Cause)
	if was != Unpaid {
		w.unpaidTask(total)
	}
}

func (w *work) lateCause(total money.Minor) string {
	return string(w.Decision.Source) + ": recognised " + w.amount(total) + " after the hold was given back"
}

// lateCharge is the first charge that was recognised after a rule of ours had
// decided to give the hold back.
func (s *State) lateCharge() *Conflict {
	if s.Decision == nil || s.Decision.Charge || s.Decision.bySaaS() {
		return nil
	}
	for i := range s.Conflict {
		if s.Conflict[i].Charge {
			return &s.Conflict[i]
		}
	}
	return nil
}

func (w *work) onDue(name DeadlineName) {
	d, ok := w.due(name)
	if !ok || !d.Over(w.now) {
		return // told too early, or of a deadline that no longer counts
	}
	w.drop(name)
	switch name {
	case DueOpen:
		w.onOpenOver("no connection")
	case DueOpenRetry:
		w.openDoor("")
	case DueResolve:
		w.decide(Decision{Source: FromSilence, Why: "no sign of the door after OpenDoor was in doubt"})
	case DueDetect:
		w.onDetectLate()
	case DueDecision:
		w.onNoDecision()
	case DueSession:
		w.undecided(FromSession, "no decision before the terminal's session ended")
	case DueDoorRemind, DueDoorAlarm:
		w.onDoorOpen(name)
	case DueHoldAlarm:
		if w.HoldOpen() {
			w.alarm(AlarmHoldAge, "three quarters of the hold's life are over")
		}
	case DueHoldTTL, DueHoldGrace:
		w.onHoldExpired(name == DueHoldGrace)
	case DueMoneyRetry:
		w.askUnacked() // a decided order goes on in advance
	}
}

// onDetectLate: the callback that should have come has not. It is asked about
// from now on, and a person may have to decide.
func (w *work) onDetectLate() {
	if w.Review == nil {
		why := "the door is closed and nothing was recognised"
		if w.Door.Opened == 0 {
			why = "the door was asked for and nothing is heard of it"
		}
		w.alarm(AlarmNoDetection, why)
		w.Review = &Review{Why: why, At: w.wall()}
	}
	w.poll()
	w.set(DueDetect, OnReach, w.Terms.DetectWait*reviewPollFactor)
}

// onNoDecision does what is configured for an order nobody decided in time. Only a
// hold that will expire is kept: the order must have an end.
func (w *work) onNoDecision() {
	w.alarm(AlarmNoDecision, "nobody decided in time")
	_, expires := w.due(DueHoldTTL)
	if w.Terms.OnDeadline == KeepOnDeadline && w.HoldOpen() && expires {
		w.set(DueDecision, OnReach, w.Terms.DecisionDeadline)
		return
	}
	w.undecided(FromDeadline, "nobody decided in time")
}

// onSettleNow: an order that waits for a person cannot be waited for by a terminal
// that needs no hold for its end of day.
func (w *work) onSettleNow() {
	if w.Phase() != PhaseReview || w.Terms.OnDeadline == KeepOnDeadline {
		return
	}
	w.alarm(AlarmNoDecision, "nobody decided before the terminal's end of day")
	w.decide(Decision{Source: FromDeadline, Why: "nobody decided before the terminal's end of day"})
}
