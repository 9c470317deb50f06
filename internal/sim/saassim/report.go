package saassim

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// reportRequest is ReportPaymentResult (V2 §10) and its V2.1.2 form with products.
type reportRequest struct {
	OrderID      string
	OrderNo      string
	PayType      int
	PayStatus    *int
	ErrorMessage string
	Products     []json.RawMessage
}

// report acknowledges a payment report, or refuses it. The same report again is
// acknowledged again; a different one for the same thing is refused.
func (s *Sim) report(call string, body []byte) answer {
	var q reportRequest
	if err := read(body, &q); err != nil {
		return failure(http.StatusBadRequest, err.Error())
	}
	if q.PayStatus == nil || q.OrderID == "" || q.OrderNo == "" {
		return failure(http.StatusBadRequest, "OrderId, OrderNo and PayStatus are required")
	}
	if call == CallReportV2 && *q.PayStatus == 1 && q.PayType != 2 && len(q.Products) == 0 {
		return failure(http.StatusBadRequest, "Products are required")
	}
	why := ""
	s.book.Edit(func(led *Ledger, add func(Event)) { why = s.take(led, add, q, body) })
	return s.acknowledge(q, why)
}

// take files the report. why: it is refused.
func (s *Sim) take(led *Ledger, add func(Event), q reportRequest, body []byte) string {
	e := Event{
		Kind: ReportRefused, OrderID: q.OrderID, OrderNo: q.OrderNo, PayType: q.PayType, PayStatus: *q.PayStatus, Body: body,
	}
	o, why := reported(led, q)
	if o == nil {
		e.Note = why
		add(e)
		return why
	}
	e.OrderID = o.OrderID // a refund is reported under the gateway's refund number
	switch before := o.accepted(q.PayType, q.OrderNo); {
	case before == nil:
		e.Kind = ReportAccepted
		add(e)
		s.afterPayment(led, o, add, q)
		return ""
	case before.PayStatus == *q.PayStatus:
		e.Kind = ReportRepeated
		add(e)
		return ""
	default:
		e.Note = fmt.Sprintf("reported before with PayStatus %d", before.PayStatus)
		add(e)
		return e.Note
	}
}

// reported finds the order a report is about by both of its numbers.
func reported(led *Ledger, q reportRequest) (*Order, string) {
	if q.PayType == 2 {
		o := led.Orders[led.claims[claim{ActionRefund, q.OrderNo}]]
		if o == nil {
			return nil, "refund order does not exist"
		}
		return o, ""
	}
	o := led.Orders[q.OrderID]
	switch {
	case o == nil:
		return nil, "order does not exist"
	case q.PayType == 1 && led.claims[claim{ActionAdjust, q.OrderNo}] != q.OrderID:
		return nil, "deduction order does not exist"
	case q.PayType == 0 && q.OrderNo != o.OrderNo:
		return nil, "OrderNo does not belong to the order"
	}
	return o, ""
}

// afterPayment queues the merchant's scripted wishes: they need a paid order.
func (s *Sim) afterPayment(led *Ledger, o *Order, add func(Event), q reportRequest) {
	if q.PayType != 0 || *q.PayStatus != 1 {
		return
	}
	if c := o.Script.Adjust; c != nil {
		s.queueClaim(led, o, add, ActionAdjust, *c)
	}
	if c := o.Script.Refund; c != nil {
		s.queueClaim(led, o, add, ActionRefund, *c)
	}
}

func (s *Sim) acknowledge(q reportRequest, why string) answer {
	if s.opt.Report == ReportUnwrapped {
		msg := "Order processed successfully"
		if why != "" {
			msg = why
		}
		return answer{status: http.StatusOK, unwrapped: true, data: object{
			{"OrderId", q.OrderID},
			{"Status", why == ""},
			{"Message", msg},
		}}
	}
	if why != "" {
		return answer{status: http.StatusOK, data: false, err: why}
	}
	return ok(true)
}
