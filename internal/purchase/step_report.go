package purchase

import (
	"fmt"

	"edged/internal/money"
)

// reportOutcome makes the report that the outcome calls for (DESIGN §2), and the
// tasks that go with it.
func (w *work) reportOutcome() {
	o, d := w.Outcome, w.Decision
	id := string(w.Order)
	switch o.Kind {
	case Paid:
		w.report(PayNormal, id, w.SaaSNo, true, "")
	case PaidShort:
		w.report(PayNormal, id, w.SaaSNo, w.Terms.OverLimit != ReportFailed, o.Cause)
		w.emit(OpenTask{Task: TaskShort, Amount: d.Total - o.Captured, Text: "Not the whole total could be taken: " + o.Cause + "."})
	case NothingTaken:
		w.report(PayNormal, id, w.SaaSNo, true, "total 0")
	case Unpaid:
		w.report(PayNormal, id, w.SaaSNo, false, "unpaid: "+o.Cause)
		w.alarm(AlarmUnpaid, o.Cause)
		total := d.Total
		if late := w.lateCharge(); late != nil {
			total = late.Total
		}
		w.unpaidTask(total)
	case Expired:
		w.emit(OpenTask{Task: TaskHold, Amount: w.Hold.Amount, Text: "A hold of " + w.amount(w.Hold.Amount) + " could not be given back and has expired."})
		if w.SaaSNo != "" || w.heardOfOpen() {
			w.report(PayNormal, id, w.SaaSNo, false, "expired: "+o.Cause)
		}
	case Cancelled, Declined, Abandoned: // the SaaS ended it itself, or never knew of it
	}
}

func (w *work) unpaidTask(total money.Minor) {
	text := "Goods may be gone and no money was taken: "
	if total > 0 {
		text = "Goods for " + w.amount(total) + " are gone and no money was taken: "
	}
	w.emit(OpenTask{Task: TaskUnpaid, Amount: total, Text: text + w.Outcome.Cause + "."})
}

// report appends a report; queueReports sends it once its number is known.
func (w *work) report(t PayType, orderID, orderNo string, ok bool, msg string) {
	r := Report{N: len(w.Reports) + 1, Type: t, OrderID: orderID, OrderNo: orderNo, OK: ok, Message: msg, State: ReportWaits}
	if orderNo == "" {
		w.alarm(AlarmNoOrderNo, "a report waits: no callback has brought the SaaS's order number")
	}
	w.Reports = append(w.Reports, r)
}

// queueReports puts what can be sent into the outbox, in sequence.
func (w *work) queueReports() {
	for i := range w.Reports {
		r := &w.Reports[i]
		if r.State != ReportWaits {
			continue
		}
		if r.OrderNo == "" {
			r.OrderNo = w.SaaSNo
		}
		if r.OrderNo == "" {
			return
		}
		r.State = ReportQueued
		w.emit(SendReport{Report: *r})
	}
}

func (w *work) onReported(b Reported) error {
	if b.Report < 1 || b.Report > len(w.Reports) {
		return fmt.Errorf("%w: answer to report %d of %d", ErrBug, b.Report, len(w.Reports))
	}
	r := &w.Reports[b.Report-1]
	subject := fmt.Sprint(b.Report)
	switch {
	case r.State == ReportWaits:
		return fmt.Errorf("%w: answer to report %d, which was never sent", ErrBug, b.Report)
	case r.State == ReportAcked || r.State == ReportDropped:
	case b.OK && r.State == ReportDead:
		r.State = ReportAcked
		w.emit(CloseTask{Task: TaskDeadReport, Subject: subject, Outcome: "acknowledged after all"})
	case b.OK:
		r.State = ReportAcked
	case r.State != ReportDead:
		r.State = ReportDead
		w.alarm(AlarmDeadReport, cut(b.Msg))
		w.emit(OpenTask{Task: TaskDeadReport, Subject: subject, Text: "The SaaS refuses report " + subject + ": " + cut(b.Msg)})
	}
	return nil
}
