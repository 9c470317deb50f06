package audit

import (
	"net/http"
	"slices"
	"time"

	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
)

// callbacks is M6: what was answered 200 is in the order.
func (a *auditor) callbacks(s *sale) {
	if s.saas == nil {
		return
	}
	for _, c := range s.saas.Callbacks {
		a.refused(s, c)
		if c.Noise || c.TakenAt.IsZero() {
			continue
		}
		if s.order == nil {
			a.find("M6", s, "%s was answered 200 and edged has no such order", c.Action)
			return
		}
		a.kept(s, c)
	}
}

// refused: what was not made with the order's secret, or is larger than any callback,
// is not taken. That it changed nothing is seen by facts.
func (a *auditor) refused(s *sale, c *saassim.Callback) {
	switch {
	case c.LastHTTP != http.StatusOK:
	case c.URL != "":
		a.find("M6", s, "a forged %s was answered 200", c.Action)
	case c.Pad > 0:
		a.find("M6", s, "%s with %d bytes behind it was answered 200", c.Action, c.Pad)
	}
}

// kept says so if a callback that was taken has left no trace, or a later one.
func (a *auditor) kept(s *sale, c *saassim.Callback) {
	o := s.order
	switch c.Action {
	case saassim.ActionPreOpen:
		a.noted(s, c, o.PreOpenAt)
	case saassim.ActionOpened:
		a.noted(s, c, o.DoorOpenedAt)
	case saassim.ActionClosed:
		a.noted(s, c, o.DoorClosedAt)
	case saassim.ActionCancel:
		a.noted(s, c, o.CancelledAt)
	case saassim.ActionDetected, saassim.ActionSettled:
		a.decided(s, c)
	case saassim.ActionRefund:
		if !slices.ContainsFunc(o.Refunds, func(r Refund) bool { return r.Number == c.ClaimNo }) {
			a.find("M6", s, "refund %s was answered 200 and edged does not have it", c.ClaimNo)
		}
	case saassim.ActionAdjust:
		if !slices.ContainsFunc(o.Reports, func(r Report) bool { return r.Type == 1 && r.OrderNo == c.ClaimNo }) {
			a.find("M6", s, "deduction %s was answered 200 and edged does not have it", c.ClaimNo)
		}
	}
}

func (a *auditor) noted(s *sale, c *saassim.Callback, at time.Time) {
	switch {
	case at.IsZero():
		a.find("M6", s, "%s was answered 200 and edged does not have it", c.Action)
	case at.Sub(c.TakenAt) > slack:
		a.find("M6", s, "%s was answered 200 %v before edged had it", c.Action, at.Sub(c.TakenAt).Round(time.Millisecond))
	}
}

// decided: a verdict that was taken is the decision, or kept as a conflict.
func (a *auditor) decided(s *sale, c *saassim.Callback) {
	if !readable(c) {
		if s.order.ReviewedAt.IsZero() && s.order.Decision == nil {
			a.find("M6", s, "%s (no decision) was answered 200 and edged does not have it", c.Action)
		}
		return
	}
	charge, total := says(c)
	same := func(d Decision) bool { return d.Charge == charge && d.TotalMinor == total }
	d := s.order.Decision
	switch {
	case d == nil:
		a.find("M6", s, "%s was answered 200 and edged has no decision", c.Action)
	case !same(*d) && !slices.ContainsFunc(s.order.Conflicts, same):
		a.find("M6", s, "%s (%s) was answered 200 and edged does not have it", c.Action, minor(total))
	case same(*d) && (d.Source == fromDetection || d.Source == fromSettlement) && d.At.Sub(c.TakenAt) > slack && firstOf(s, c):
		a.find("M6", s, "%s was answered 200 %v before edged had it", c.Action, d.At.Sub(c.TakenAt).Round(time.Millisecond))
	}
}

// firstOf says whether c is the first of the verdicts with its meaning to be taken.
func firstOf(s *sale, c *saassim.Callback) bool {
	for _, x := range s.decisions() {
		if !x.TakenAt.IsZero() && x.TakenAt.Before(c.TakenAt) {
			return false
		}
	}
	return true
}

// LaneIn is the world's note that a technician brought the lane back: the person has
// seen the door closed, whatever its callbacks say.
const LaneIn = "lane in"

// byHand says whether a technician did it at about that time.
func (a *auditor) byHand(at time.Time) bool {
	return slices.ContainsFunc(a.World.Events, func(e world.Event) bool {
		return e.Kind == world.NoteDone && e.Note == LaneIn && at.Sub(e.At).Abs() < 5*time.Second
	})
}

// facts is M6 the other way round: what edged has, the SaaS has said. A forged
// callback, or one for another order, leaves no trace.
func (a *auditor) facts(s *sale) {
	o := s.order
	if o == nil {
		return
	}
	said := func(actions ...string) bool {
		return s.saas != nil && slices.ContainsFunc(s.saas.Callbacks, func(c *saassim.Callback) bool {
			return !c.Noise && slices.Contains(actions, c.Action)
		})
	}
	verdicts := []string{saassim.ActionDetected, saassim.ActionSettled}
	if !o.DoorOpenedAt.IsZero() && !said(append(verdicts, saassim.ActionOpened, saassim.ActionClosed)...) && !s.told(openedAt, o.DoorOpenedAt) {
		a.find("M6", s, "edged has an open door and the SaaS never said so")
	}
	if !o.DoorClosedAt.IsZero() && !said(append(verdicts, saassim.ActionClosed)...) && !s.told(closedAt, o.DoorClosedAt) && !a.byHand(o.DoorClosedAt) {
		a.find("M6", s, "edged has a closed door and the SaaS never said so")
	}
	if !o.CancelledAt.IsZero() && !said(saassim.ActionCancel) {
		a.find("M6", s, "edged has a cancellation and the SaaS never said so")
	}
	for _, d := range append([]Decision{deref(o.Decision)}, o.Conflicts...) {
		bySaaS := d.Source == fromDetection || d.Source == fromSettlement
		if bySaaS && !slices.ContainsFunc(s.decisions(), func(c *saassim.Callback) bool {
			charge, total := says(c)
			return charge == d.Charge && total == d.TotalMinor
		}) {
			a.find("M6", s, "edged has a decision of %s and the SaaS never said so", minor(d.TotalMinor))
		}
	}
}

// told says whether the SaaS, asked about the order, has answered that something was
// so, before edged had it.
func (s *sale) told(when func(*saassim.Order) time.Time, had time.Time) bool {
	if s.saas == nil || when(s.saas).IsZero() {
		return false
	}
	return slices.ContainsFunc(s.saas.Told, func(at time.Time) bool {
		return !at.Before(when(s.saas)) && !at.After(had.Add(slack))
	})
}

func openedAt(o *saassim.Order) time.Time { return o.OpenedAt }
func closedAt(o *saassim.Order) time.Time { return o.ClosedAt }

func deref(d *Decision) Decision {
	if d == nil {
		return Decision{}
	}
	return *d
}
