package audit

import (
	"bytes"
	"slices"
	"time"

	"edged/internal/sim/saassim"
)

// Pay statuses of a report (V2 §10).
const (
	payOK     = 1
	payFailed = 2
)

// reports is M4.
func (a *auditor) reports(s *sale) {
	if s.saas == nil || s.order == nil {
		return
	}
	for _, r := range s.saas.Reports {
		a.told(s, r)
	}
	a.sequence(s)
	a.sameBytes(s)
	a.outcomeTold(s)
	for _, r := range s.order.Reports {
		if r.State != reportWaits && accepted(s, r) == nil {
			a.find("M4", s, "report %d (PayType %d, %s) is %s at edged and the SaaS has not got it", r.N, r.Type, status(r.OK), r.State)
		}
		if r.State == reportWaits && r.OrderNo == "" && numberKnown(s) {
			a.find("M4", s, "report %d waits although the SaaS told its order number", r.N)
		}
	}
}

// told looks at one report that reached the SaaS.
func (a *auditor) told(s *sale, r *saassim.Report) {
	said := slices.ContainsFunc(s.order.Reports, func(x Report) bool {
		return x.Type == r.PayType && x.OrderNo == r.OrderNo && x.OK == (r.PayStatus == payOK)
	})
	switch {
	case !said:
		a.find("M4", s, "the SaaS got a report (PayType %d, PayStatus %d) that edged never made", r.PayType, r.PayStatus)
	case !r.Accepted:
		a.find("M4", s, "the SaaS refused a report (PayType %d, PayStatus %d): %s", r.PayType, r.PayStatus, r.Note)
	}
}

// accepted finds the acknowledged report that edged means.
func accepted(s *sale, r Report) *saassim.Report {
	for _, x := range s.saas.Reports {
		if x.Accepted && x.PayType == r.Type && x.OrderNo == r.OrderNo {
			return x
		}
	}
	return nil
}

// outcomeTold: what §2 reports is reported with the right status.
func (a *auditor) outcomeTold(s *sale) {
	want := 0
	switch s.order.Outcome {
	case outPaid, outNothing:
		want = payOK
	case outUnpaid, outExpired:
		want = payFailed
	case outPaidShort: // either, by configuration
	default:
		return
	}
	if !numberKnown(s) {
		return // it waits for the number
	}
	for _, r := range s.saas.Reports {
		if r.Accepted && r.PayType == 0 {
			if want != 0 && r.PayStatus != want {
				a.find("M4", s, "the order is %s and the SaaS was told PayStatus %d", s.order.Outcome, r.PayStatus)
			}
			return
		}
	}
	a.find("M4", s, "the order is %s and the SaaS was never told", s.order.Outcome)
}

// numberKnown says whether a callback that edged took carried the order's number.
func numberKnown(s *sale) bool {
	return slices.ContainsFunc(s.saas.Callbacks, func(c *saassim.Callback) bool { return !c.Noise && !c.TakenAt.IsZero() })
}

// sequence: the reports of an order arrive in the order they were made.
func (a *auditor) sequence(s *sale) {
	var last time.Time
	n := 0
	for _, r := range s.order.Reports {
		got := accepted(s, r)
		if got == nil {
			continue
		}
		if got.At.Before(last) {
			a.find("M4", s, "report %d was acknowledged before report %d", r.N, n)
		}
		last, n = got.At, r.N
	}
}

// sameBytes: a repeat has the bytes of the first time; there are no more different
// ones than reports.
func (a *auditor) sameBytes(s *sale) {
	type key struct {
		payType int
		orderNo string
	}
	bodies := map[key][][]byte{}
	for _, e := range a.SaaS.Events {
		if (e.Kind != saassim.ReportAccepted && e.Kind != saassim.ReportRepeated) || e.OrderID != s.order.OrderID {
			continue
		}
		k := key{e.PayType, e.OrderNo}
		if !slices.ContainsFunc(bodies[k], func(b []byte) bool { return bytes.Equal(b, e.Body) }) {
			bodies[k] = append(bodies[k], e.Body)
		}
	}
	for k, different := range bodies {
		made := 0
		for _, r := range s.order.Reports {
			if r.Type == k.payType && r.OrderNo == k.orderNo {
				made++
			}
		}
		if len(different) > max(made, 1) {
			a.find("M4", s, "%d different reports (PayType %d) for %d made", len(different), k.payType, made)
		}
	}
}

func status(ok bool) string {
	if ok {
		return "ok"
	}
	return "failed"
}
