package saassim

import (
	"encoding/json"
	"time"

	"edged/internal/sim/journal"
)

// Kind names what a ledger line says.
type Kind string

// The kinds of ledger lines.
const (
	RequestSeen    Kind = "request"          // a call arrived
	OpenAccepted   Kind = "open_accepted"    // the first OpenDoor of an order
	OpenRepeated   Kind = "open_repeated"    // another one of the same order
	OpenRefused    Kind = "open_refused"     // answered Status=false
	Opened         Kind = "opened"           // the door moved
	Closed         Kind = "closed"           // with what was taken
	Queued         Kind = "callback"         // a callback that must be taken
	NotPosted      Kind = "callback_dropped" // the script keeps it back
	Posted         Kind = "posted"           // one attempt and its answer
	Taken          Kind = "taken"            // answered 200
	ReportAccepted Kind = "report"           // answered with success for the first time
	ReportRepeated Kind = "report_repeated"  // the same again, acknowledged again
	ReportRefused  Kind = "report_refused"
	Told           Kind = "told" // a question about an order was answered
	RestockDone    Kind = "restock"
	FaultDone      Kind = "fault"
)

// Event is one line of the ledger. Amounts are in minor units.
type Event struct {
	Seq       int64           `json:"seq"`
	At        time.Time       `json:"at"`
	Kind      Kind            `json:"kind"`
	Call      string          `json:"call,omitempty"`
	OrderID   string          `json:"order_id,omitempty"` // the gateway's
	OrderNo   string          `json:"order_no,omitempty"` // the SaaS's
	TransID   int64           `json:"trans_id,omitempty"`
	MachineID string          `json:"machine_id,omitempty"`
	Door      int             `json:"door,omitempty"`
	Transe    int             `json:"transe_type,omitempty"`
	NotifyURL string          `json:"notify_url,omitempty"`
	Customer  string          `json:"customer_details,omitempty"`
	TimeSp    int64           `json:"time_sp,omitempty"`
	Script    *Script         `json:"script,omitempty"`
	Lines     []Line          `json:"lines,omitempty"`
	Total     int64           `json:"total_minor,omitempty"`
	Decision  *Decision       `json:"decision,omitempty"`
	Callback  int64           `json:"callback,omitempty"` // number of a callback, from 1
	Action    string          `json:"action,omitempty"`
	ClaimNo   string          `json:"claim_no,omitempty"` // of a deduction or a refund
	Due       time.Time       `json:"due,omitzero"`
	Came      time.Time       `json:"came,omitzero"`      // when a request arrived; it may have waited at a point since
	Detached  bool            `json:"detached,omitempty"` // others do not wait for it
	Noise     bool            `json:"noise,omitempty"`    // decides nothing; any answer ends it
	Pad       int             `json:"pad,omitempty"`      // bytes that are posted behind Body
	PayType   int             `json:"pay_type"`
	PayStatus int             `json:"pay_status,omitempty"`
	HTTP      int             `json:"http,omitempty"`
	Body      json.RawMessage `json:"body,omitempty"`
	Note      string          `json:"note,omitempty"`
}

// Report is one payment report and what it was told.
type Report struct {
	At        time.Time
	OrderID   string
	OrderNo   string
	PayType   int // 0 payment, 1 deduction, 2 refund
	PayStatus int // 1 ok, 2 failed
	Body      json.RawMessage
	Accepted  bool
	Repeats   int // acknowledged repeats with the same content
	Note      string
}

// Callback is one callback and how it fared.
type Callback struct {
	ID       int64
	OrderID  string // whose it is; the body may name another
	Action   string
	ClaimNo  string
	Body     json.RawMessage
	Due      time.Time
	Detached bool
	Noise    bool
	URL      string // "" is the order's own; another one is forged
	Pad      int    // bytes posted behind Body
	Decision *Decision
	Lines    []Line // of a decision or claim
	Total    int64
	Attempts int
	LastHTTP int // 0: no answer
	TakenAt  time.Time
}

// Order is what the SaaS knows of an order.
type Order struct {
	OrderID   string
	OrderNo   string
	TransID   int64
	MachineID string
	Door      int
	Transe    int
	NotifyURL string
	Customer  string
	Script    Script
	Opens     []Open // each OpenDoor that was received
	OpenedAt  time.Time
	ClosedAt  time.Time
	Taken     []Line // what the world says was taken
	Callbacks []*Callback
	Reports   []*Report // accepted and refused, in order
	Cancelled bool
	Told      []time.Time // when a question about it was answered with what was known then
}

// brief is the order without what goes on changing.
func (o *Order) brief() Order {
	c := *o
	c.Opens, c.Callbacks, c.Reports, c.Told = nil, nil, nil, nil
	return c
}

// Open is one OpenDoor received for an order.
type Open struct {
	At       time.Time
	TimeSp   int64
	Accepted bool
	Note     string
}

// Decided returns the first decision that was posted with readable data, mode 0 or
// 1, and whether there is one.
func (o *Order) Decided() (*Callback, bool) {
	for _, c := range o.Callbacks {
		if d := c.Decision; d != nil && !d.Failed && d.Mode != 2 && d.Data != AsNull {
			return c, true
		}
	}
	return nil, false
}

// Ledger is the SaaS's truth, folded from its events.
type Ledger struct {
	Events    []Event
	Orders    map[string]*Order
	Refused   []Open // OpenDoor calls of orders that never came to be
	callbacks map[int64]*Callback
	lastTrans int64
	lastCall  int64
	claims    map[claim]string // to order id
}

// claim is a deduction or a refund by its number.
type claim struct{ action, no string }

// fold makes a ledger of its lines.
func fold() journal.Fold[Event, Ledger] {
	return journal.Fold[Event, Ledger]{
		New: func() *Ledger {
			return &Ledger{Orders: map[string]*Order{}, callbacks: map[int64]*Callback{}, claims: map[claim]string{}}
		},
		Apply:  (*Ledger).apply,
		Events: func(l *Ledger) []Event { return l.Events },
		Number: func(e *Event, seq int64, at time.Time) { e.Seq, e.At = seq, at },
		Binds:  func(e Event) bool { return e.Kind.binding() },
	}
}

// book is the ledger while it is being written.
type book = journal.Book[Event, Ledger]

// LoadLedger reads the ledger at path. A torn last line is ignored.
func LoadLedger(path string) (*Ledger, error) { return fold().Load(path) }

func (l *Ledger) apply(e Event) {
	l.Events = append(l.Events, e)
	o := l.Orders[e.OrderID]
	switch {
	case e.Kind == OpenAccepted:
		l.open(e)
	case e.Kind == Posted || e.Kind == Taken:
		l.posted(e)
	case o == nil:
		l.stranger(e)
	case e.Kind == OpenRepeated || e.Kind == OpenRefused:
		o.Opens = append(o.Opens, Open{At: e.At, TimeSp: e.TimeSp, Accepted: e.Kind == OpenRepeated, Note: e.Note})
	case e.Kind == Opened:
		o.OpenedAt = e.At
	case e.Kind == Closed:
		o.ClosedAt, o.Taken = e.At, e.Lines
	case e.Kind == Queued:
		l.queue(o, e)
	case e.Kind == Told:
		o.Told = append(o.Told, e.At)
	case e.Kind == ReportAccepted || e.Kind == ReportRefused || e.Kind == ReportRepeated:
		o.report(e)
	}
}

// stranger is what concerns no known order.
func (l *Ledger) stranger(e Event) {
	if e.Kind == OpenRefused {
		l.Refused = append(l.Refused, Open{At: e.At, TimeSp: e.TimeSp, Note: e.Note})
	}
}

func (l *Ledger) open(e Event) {
	o := &Order{
		OrderID: e.OrderID, OrderNo: e.OrderNo, TransID: e.TransID, MachineID: e.MachineID, Door: e.Door,
		Transe: e.Transe, NotifyURL: e.NotifyURL, Customer: e.Customer,
		Opens: []Open{{At: e.At, TimeSp: e.TimeSp, Accepted: true}},
	}
	if e.Script != nil {
		o.Script = *e.Script
	}
	l.Orders[o.OrderID] = o
	l.lastTrans = max(l.lastTrans, e.TransID)
}

func (l *Ledger) queue(o *Order, e Event) {
	c := &Callback{
		ID: e.Callback, OrderID: e.OrderID, Action: e.Action, ClaimNo: e.ClaimNo, Body: e.Body, Due: e.Due,
		Detached: e.Detached, Noise: e.Noise, URL: e.NotifyURL, Pad: e.Pad, Decision: e.Decision, Lines: e.Lines, Total: e.Total,
	}
	o.Callbacks = append(o.Callbacks, c)
	o.Cancelled = o.Cancelled || e.Action == ActionCancel
	l.callbacks[c.ID] = c
	l.lastCall = max(l.lastCall, c.ID)
	if c.ClaimNo != "" {
		l.claims[claim{c.Action, c.ClaimNo}] = e.OrderID
	}
}

func (l *Ledger) posted(e Event) {
	c := l.callbacks[e.Callback]
	switch {
	case c == nil:
	case e.Kind == Taken:
		c.TakenAt = e.At
	default:
		c.Attempts++
		c.LastHTTP = e.HTTP
	}
}

func (o *Order) report(e Event) {
	if e.Kind == ReportRepeated {
		if r := o.accepted(e.PayType, e.OrderNo); r != nil {
			r.Repeats++
		}
		return
	}
	o.Reports = append(o.Reports, &Report{
		At: e.At, OrderID: e.OrderID, OrderNo: e.OrderNo, PayType: e.PayType, PayStatus: e.PayStatus,
		Body: e.Body, Accepted: e.Kind == ReportAccepted, Note: e.Note,
	})
}

// accepted finds the acknowledged report of that kind.
func (o *Order) accepted(payType int, orderNo string) *Report {
	for _, r := range o.Reports {
		if r.Accepted && r.PayType == payType && r.OrderNo == orderNo {
			return r
		}
	}
	return nil
}

// reported says whether everything of that kind has an acknowledged report.
func (o *Order) reported(payType int) bool {
	if payType == 0 {
		return o.accepted(0, o.OrderNo) != nil
	}
	action := map[int]string{1: ActionAdjust, 2: ActionRefund}[payType]
	for _, c := range o.Callbacks {
		if c.Action == action && c.ClaimNo != "" && o.accepted(payType, c.ClaimNo) == nil {
			return false
		}
	}
	return true
}

// binding says whether the SaaS must remember it after a power cut.
func (k Kind) binding() bool {
	switch k {
	case RequestSeen, Posted, FaultDone, NotPosted, Told:
		return false
	default:
		return true
	}
}
