package admin

import (
	"encoding/json"
	"time"

	"edged/internal/errcode"
)

// Order is one purchase as an auditor needs it. Amounts are minor units of
// Currency; times are UTC by the gateway's clock and for people: nothing was
// decided by them. Lists are never null.
type Order struct {
	OrderID   string `json:"order_id"`
	Lane      string `json:"lane"`
	MachineID string `json:"machine_id"`
	Door      int    `json:"door"`

	Phase       string `json:"phase"`
	Outcome     string `json:"outcome"` // "": not known yet
	Cause       string `json:"cause"`
	Unconfirmed bool   `json:"unconfirmed"` // paid as far as can be known
	Parked      string `json:"parked"`      // why edged itself failed on it; "": it did not
	Archived    bool   `json:"archived"`

	Currency      string `json:"currency"`
	LimitMinor    int64  `json:"limit_minor"` // asked for
	HeldMinor     int64  `json:"held_minor"`  // granted
	TotalMinor    int64  `json:"total_minor"` // recognised
	CapturedMinor int64  `json:"captured_minor"`
	RefundedMinor int64  `json:"refunded_minor"`

	SaaSOrderNo string `json:"saas_order_no"`
	TransID     string `json:"trans_id"`
	Terminal    string `json:"terminal"`
	Receipt     string `json:"receipt"` // of the hold
	Card        string `json:"card"`    // first 6 and last 4 digits
	HoldState   string `json:"hold_state"`
	HoldGone    string `json:"hold_gone"` // why, if hold_state is "gone"

	Opens     []OpenTry  `json:"opens"`
	Commands  []Command  `json:"commands"`
	Decision  *Decision  `json:"decision,omitempty"`
	Conflicts []Decision `json:"conflicts"`
	Items     []Item     `json:"items"`
	Reports   []Report   `json:"reports"`
	Refunds   []Refund   `json:"refunds"`
	Tasks     []Task     `json:"tasks"`

	ArmedAt      time.Time `json:"armed_at,omitzero"`
	HeldAt       time.Time `json:"held_at,omitzero"`
	PreOpenAt    time.Time `json:"pre_open_at,omitzero"`
	DoorOpenedAt time.Time `json:"door_opened_at,omitzero"`
	DoorClosedAt time.Time `json:"door_closed_at,omitzero"`
	CancelledAt  time.Time `json:"cancelled_at,omitzero"` // by the SaaS
	ReviewedAt   time.Time `json:"review_since,omitzero"` // left to a person
	EndedAt      time.Time `json:"ended_at,omitzero"`     // the outcome was known
}

// States of a hold.
const (
	HoldNone     = ""
	HoldOpen     = "open"
	HoldCaptured = "captured"
	HoldReleased = "released"
	HoldExpired  = "expired"
	HoldGone     = "gone" // it is no longer there although edged did not settle it
)

// OpenTry is one OpenDoor request: accepted, refused, not_sent, in_doubt, or "" while
// the answer is out.
type OpenTry struct {
	Answer  string    `json:"answer"`
	Message string    `json:"message"`
	At      time.Time `json:"at,omitzero"`
}

// Command is the newest terminal command of its kind that concerned the order's
// money.
type Command struct {
	Kind        string `json:"kind"`
	N           int    `json:"n"` // how many of the kind there were
	AmountMinor int64  `json:"amount_minor"`
	Receipt     string `json:"receipt"`
	Outcome     string `json:"outcome"` // done, not_done, in_doubt; "": under way
	Reason      string `json:"reason"`
	Code        string `json:"code"` // as the device says it
	// ErrorCode is that of Reason.
	ErrorCode errcode.Code `json:"error_code,omitempty"`
	At        time.Time    `json:"at,omitzero"`
}

// Decision says what was to become of the hold. In Conflicts it came too late and
// moved nothing.
type Decision struct {
	Source     string    `json:"source"`
	Charge     bool      `json:"charge"`
	TotalMinor int64     `json:"total_minor"`
	Why        string    `json:"why"`
	At         time.Time `json:"at,omitzero"`
}

// Item is one recognised product; count and price are exact decimals.
type Item struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Count string `json:"count"`
	Price string `json:"price"` // major units
}

// Report is one payment report. Type is the SaaS's PayType: 0 payment, 1 deduction,
// 2 refund. State is waits (for the SaaS's order number), queued, acked, dead or
// dropped.
type Report struct {
	N       int    `json:"n"`
	Type    int    `json:"type"`
	OrderID string `json:"order_id"` // as reported: the order's, or the refund's
	OrderNo string `json:"order_no"`
	OK      bool   `json:"ok"`
	State   string `json:"state"`
	Message string `json:"message"`
}

// Refund is one refund the merchant asked for.
type Refund struct {
	Number      string `json:"number"` // the SaaS's
	N           int    `json:"n"`
	AmountMinor int64  `json:"amount_minor"`
	State       string `json:"state"`   // waits, reversing, task, done, failed
	Problem     string `json:"problem"` // why it cannot be done, if so
}

// Task is something a person has to do.
type Task struct {
	N    int64  `json:"n"`
	Kind string `json:"kind"`
	// ErrorCode is that of Kind.
	ErrorCode   errcode.Code `json:"error_code"`
	OrderID     string       `json:"order_id"`
	Lane        string       `json:"lane"`
	Subject     string       `json:"subject"`
	AmountMinor int64        `json:"amount_minor"`
	Currency    string       `json:"currency"`
	Text        string       `json:"text"`
	OpenedAt    time.Time    `json:"opened_at,omitzero"`
}

// OrderDetail is an order with everything that ever happened to it.
type OrderDetail struct {
	Order
	Journal []JournalEntry `json:"journal"`
}

// JournalEntry is one event. Text is one line for people and may change; Event is
// the event as it is stored.
type JournalEntry struct {
	At          time.Time       `json:"at"`
	ClockSynced bool            `json:"clock_synced"`
	Kind        string          `json:"kind"`
	Text        string          `json:"text"`
	Event       json.RawMessage `json:"event"`
	// Slip is the customer's receipt of the terminal's command that ended, line by line.
	Slip []string `json:"slip,omitempty"`
}

// QueueEntry is one thing that waits to be told, or a dead letter.
type QueueEntry struct {
	N         int64  `json:"n"`     // names it; 0: nothing is queued yet (state waits)
	Class     string `json:"class"` // report, callback (of an order nobody knows), order (parked)
	State     string `json:"state"` // waits, queued, dead
	OrderID   string `json:"order_id"`
	Report    Report `json:"report"` // of class report
	Attempts  int64  `json:"attempts"`
	Reason    string `json:"reason"` // why it is dead, or waits
	AccountOK bool   `json:"account_ok"`
	// ErrorCode is that of Reason.
	ErrorCode errcode.Code `json:"error_code,omitempty"`
}

// Code is the code of why the entry is dead or waits; "" while it is only its turn.
func (e QueueEntry) Code() errcode.Code {
	switch {
	case !e.AccountOK:
		return errcode.SaaSOtherAccount
	case e.Class == ClassCallback:
		return errcode.CallbackStray
	case e.State == StateDead && e.Class == ClassReport:
		return errcode.SaaSDeadReport
	case e.State == StateDead:
		return errcode.PayParked
	case e.State == StateWaits:
		return errcode.CallbackMissing
	}
	return ""
}

// QueueDetail is an entry with the bytes that are sent.
type QueueDetail struct {
	QueueEntry
	Account string          `json:"account"` // whom it may go to only
	Body    json.RawMessage `json:"body"`
}

// Classes and states of a queue entry.
const (
	ClassReport   = "report"
	ClassCallback = "callback"

	StateWaits  = "waits"
	StateQueued = "queued"
	StateDead   = "dead"
)
