package audit

import (
	"slices"

	"edged/internal/sim/readersim"
	"edged/internal/sim/world"
)

// outcome is M13: goods that are gone are paid, or a scripted fault explains why
// not; and no sale ends early without one.
func (a *auditor) outcome(s *sale) {
	o := s.order
	if o == nil || s.hold == nil && s.opening == nil {
		return
	}
	switch o.Outcome {
	case "":
		a.unfinished(s)
	case outPaid, outPaidShort:
		a.paid(s)
	case outNothing:
		a.nothing(s)
	case outUnpaid:
		if o.Cause == "" {
			a.find("M13", s, "the order is unpaid and no cause is named")
		}
		a.explained(s)
	default:
		a.explained(s)
	}
}

// unfinished: an order whose hold has ended has an outcome.
func (a *auditor) unfinished(s *sale) {
	if h := s.hold; h != nil && h.State != readersim.Open && h.State != readersim.Pending {
		a.find("M13", s, "the hold is %s and the order has not ended (%s)", h.State, s.order.Phase)
	}
}

// paid: exactly what is gone, as far as the hold goes.
func (a *auditor) paid(s *sale) {
	if s.hold == nil {
		return // captures has it
	}
	due := min(s.taken(), s.hold.Amount)
	if s.hold.CapturedMinor < due {
		a.find("M13", s, "goods of %s are gone and %s were taken", minor(s.taken()), minor(s.hold.CapturedMinor))
	}
	if s.order.Outcome == outPaid && s.taken() > s.hold.Amount {
		a.find("M13", s, "the order is paid although the goods (%s) cost more than the hold (%s)", minor(s.taken()), minor(s.hold.Amount))
	}
}

func (a *auditor) nothing(s *sale) {
	if s.taken() > 0 {
		a.find("M13", s, "goods of %s are gone and edged says nothing was taken", minor(s.taken()))
	}
}

// explained: every other end needs a script that allows it.
func (a *auditor) explained(s *sale) {
	if s.visit == nil {
		if s.taken() > 0 {
			a.find("M13", s, "goods of %s are gone, the order is %s and no customer is known", minor(s.taken()), s.order.Outcome)
		}
		return
	}
	e, out := s.expect(), world.Outcome(s.order.Outcome)
	if e.Allows(out, s.killed(), s.opening != nil) || a.takenBack(s) {
		return
	}
	if s.visit.Tap == nil && s.taken() == 0 {
		return // whoever it was went away before the terminal had a word
	}
	// Nobody was there, or nobody took anything: no money is missing, if the
	// gateway was killed or cut off.
	if s.order.Outcome == outCancelled && s.taken() == 0 && (s.killed() || e.Because != "") {
		return
	}
	a.find("M13", s, "the order is %s (%s) and %q does not explain it: %s%s", s.order.Outcome, s.order.Cause, s.visit.Scenario.Kind, allowed(e), gone(s))
}

// takenBack says whether the terminal itself took the hold back because it lost its
// power: then there is nothing to capture, whatever the gateway does.
func (a *auditor) takenBack(s *sale) bool {
	return s.hold != nil && s.hold.State == readersim.Reversed && len(s.visit.Struck) > 0 &&
		(s.order.Outcome == outUnpaid || s.order.Outcome == outCancelled)
}

func allowed(e world.Expect) string {
	text := "expected"
	for _, o := range e.Outcomes {
		text += " " + string(o)
	}
	return text
}

func gone(s *sale) string {
	if s.taken() == 0 {
		return ""
	}
	return ", goods of " + minor(s.taken()) + " are gone"
}

// visits is M13 of customers: whoever had a card approved and was to buy has an
// order.
func (a *auditor) visits() {
	for _, v := range a.World.VisitList() {
		id := v.Scenario.ID
		known := slices.ContainsFunc(a.sales, func(s *sale) bool { return s.order != nil && s.visit == v })
		ends := func(o world.Outcome) bool { return v.Scenario.Expect.Allows(o, a.disturbed(v), len(v.OrderIDs) > 0) }
		if v.Tap == nil || known || slices.ContainsFunc([]world.Outcome{world.Declined, world.Abandoned, world.Cancelled}, ends) {
			continue
		}
		a.found = append(a.found, Finding{Rule: "M13", Visit: id, Text: "the customer tapped and edged has no order (" + v.Scenario.Kind + ")"})
	}
}
