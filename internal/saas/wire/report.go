package wire

import (
	"strings"

	"github.com/govalues/decimal"
)

// PayType is what a report is about (V2 §10).
type PayType int

// The kinds of payment.
const (
	PayNormal    PayType = 0
	PayDeduction PayType = 1
	PayRefund    PayType = 2
)

// PayStatus is how it ended (V2 §10).
type PayStatus int

// The two ends of a payment.
const (
	PaySucceeded PayStatus = 1
	PayFailed    PayStatus = 2
)

// ReportRequest tells the SaaS how a payment ended (V2 §10).
type ReportRequest struct {
	OrderID      string // for PayRefund: our refund number
	OrderNo      string // the SaaS's order, deduction or refund number
	PayType      PayType
	PayStatus    PayStatus
	ErrorMessage string
	// Products belongs to Order/V2/ReportPaymentResult of V2.1.2 only, which
	// wants it for a success that is no refund. With nil the name is not sent.
	Products []PaidProduct
}

// PaidProduct is one line of a V2.1.2 report.
type PaidProduct struct {
	CommodityID    string
	CommodityPrice decimal.Decimal // major units
	PayAmount      decimal.Decimal // major units
}

// Append writes the request. The same request always gives the same bytes.
func (r ReportRequest) Append(dst []byte) ([]byte, error) {
	err := need("ReportPaymentResult",
		present("OrderId", r.OrderID),
		present("OrderNo", r.OrderNo),
		check{"PayType must be 0, 1 or 2", r.PayType >= PayNormal && r.PayType <= PayRefund},
		check{"PayStatus must be 1 or 2", r.PayStatus == PaySucceeded || r.PayStatus == PayFailed})
	if err != nil {
		return dst, err
	}
	t := tree{
		{"orderId", r.OrderID},
		{"orderNo", r.OrderNo},
		{"payType", int(r.PayType)},
		{"payStatus", int(r.PayStatus)},
		{"errorMessage", r.ErrorMessage},
	}
	if r.Products != nil {
		t = append(t, branch{"products", paidProducts(r.Products)})
	}
	return appendTree(dst, t, Pascal), nil
}

func paidProducts(list []PaidProduct) []tree {
	out := make([]tree, 0, len(list))
	for _, p := range list {
		out = append(out, tree{
			{"commodityId", p.CommodityID},
			{"commodityPrice", p.CommodityPrice},
			{"payAmount", p.PayAmount},
		})
	}
	return out
}

// DecodeReportRequest reads the request, for the simulator.
func DecodeReportRequest(b []byte) (ReportRequest, error) {
	f, err := openRequest(b)
	if err != nil {
		return ReportRequest{}, err
	}
	r := ReportRequest{
		OrderID:      f.requiredID("orderId"),
		OrderNo:      f.requiredID("orderNo"),
		PayType:      PayType(f.small("payType")),
		PayStatus:    PayStatus(f.small("payStatus")),
		ErrorMessage: f.text("errorMessage"),
	}
	f.require("payStatus")
	list, ok := f.get("products")
	if !ok || f.err != nil {
		return r, f.err
	}
	r.Products, err = decodePaidProducts(list)
	return r, err
}

func decodePaidProducts(v value) ([]PaidProduct, error) {
	entries, err := v.elements(maxEntries)
	if err != nil {
		return nil, err
	}
	out := make([]PaidProduct, 0, len(entries))
	for _, entry := range entries {
		f, err := entry.fields()
		if err != nil {
			return nil, err
		}
		out = append(out, PaidProduct{
			CommodityID:    f.requiredID("commodityId"),
			CommodityPrice: f.decimal("commodityPrice"),
			PayAmount:      f.decimal("payAmount"),
		})
		if f.err != nil {
			return nil, f.err
		}
	}
	return out, nil
}

// ReportAnswer is what ReportPaymentResult returns. V2 §10 has two forms: data as
// a boolean, and {OrderId, Status, Message}; Detailed chooses which is written.
type ReportAnswer struct {
	OrderID  string
	Status   bool
	Message  string
	Detailed bool
}

// DecodeReport reads the answer to ReportPaymentResult. A false is a *Refusal;
// a null is neither yes nor no, a *FormatError.
func DecodeReport(b []byte) (ReportAnswer, error) {
	e, err := openFrame(b)
	if err != nil {
		return ReportAnswer{}, err
	}
	if !e.hasData {
		return ReportAnswer{}, &FormatError{0, "data", "missing", ErrShape}
	}
	a, err := decodeReportData(e.data)
	if err == nil && !a.Status {
		return a, &Refusal{Msg: a.Message}
	}
	return a, err
}

func decodeReportData(v value) (ReportAnswer, error) {
	if b, err := v.boolean(); err == nil {
		return ReportAnswer{Status: b}, nil
	}
	v, err := v.inner(MaxAnswer)
	if err != nil {
		return ReportAnswer{}, err
	}
	f, err := v.fields()
	if err != nil {
		return ReportAnswer{}, err
	}
	status, known := f.boolean("status")
	a := ReportAnswer{f.id("orderId"), status, f.text("message"), true}
	if !known {
		f.fail(&FormatError{f.at.off, join(f.at.path, "status"), "missing", ErrShape})
	}
	return a, f.err
}

func (a ReportAnswer) answer() any {
	if !a.Detailed {
		return a.Status
	}
	return tree{{"orderId", a.OrderID}, {"status", a.Status}, {"message", a.Message}}
}

// AlreadyReported tells whether the words of a refusal say that this report was
// taken before, which on a repeat is an acknowledgement (DESIGN M4). No document
// gives the words: these are assumed, and a new wording shows up as a dead letter.
func AlreadyReported(words string) bool {
	words = strings.ToLower(strings.ReplaceAll(words, "already been ", "already "))
	for _, done := range []string{
		"already processed", "already reported", "already paid", "already completed",
		"已处理", "已上报", "已支付", "已完成", "重复上报",
	} {
		if strings.Contains(words, done) {
			return true
		}
	}
	return false
}

// SaysTooMany tells whether the words of a refusal ask us to slow down, which the
// sister API does in a body (README of the API notes); the words are assumed.
func SaysTooMany(words string) bool {
	words = strings.ToLower(words)
	for _, phrase := range []string{"too many requests", "rate limit", "too frequent", "频繁"} {
		if strings.Contains(words, phrase) {
			return true
		}
	}
	return false
}
