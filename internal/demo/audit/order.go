package audit

import "time"

// Order is what edged says of one order (`edged order ls --json`), as far as it is
// compared. Amounts are in minor units.
type Order struct {
	OrderID string `json:"order_id"`
	Lane    string `json:"lane"`

	Phase       string `json:"phase"`
	Outcome     string `json:"outcome"` // "": not known yet
	Cause       string `json:"cause"`
	Unconfirmed bool   `json:"unconfirmed"`
	Parked      string `json:"parked"` // edged failed on it

	HeldMinor     int64 `json:"held_minor"`
	TotalMinor    int64 `json:"total_minor"` // recognised
	CapturedMinor int64 `json:"captured_minor"`
	RefundedMinor int64 `json:"refunded_minor"`

	SaaSOrderNo string `json:"saas_order_no"`
	Terminal    string `json:"terminal"`
	Receipt     string `json:"receipt"` // of the hold
	HoldState   string `json:"hold_state"`

	Decision  *Decision  `json:"decision"`
	Conflicts []Decision `json:"conflicts"`
	Reports   []Report   `json:"reports"`
	Refunds   []Refund   `json:"refunds"`
	Tasks     []Task     `json:"tasks"`

	HeldAt       time.Time `json:"held_at"`
	PreOpenAt    time.Time `json:"pre_open_at"`
	DoorOpenedAt time.Time `json:"door_opened_at"`
	DoorClosedAt time.Time `json:"door_closed_at"`
	CancelledAt  time.Time `json:"cancelled_at"`
	ReviewedAt   time.Time `json:"review_since"`
}

// Decision says what was to become of the hold. In Conflicts it moved nothing.
type Decision struct {
	Source     string    `json:"source"`
	Charge     bool      `json:"charge"`
	TotalMinor int64     `json:"total_minor"`
	At         time.Time `json:"at"`
}

// Report is one payment report: 0 payment, 1 deduction, 2 refund.
type Report struct {
	N       int    `json:"n"`
	Type    int    `json:"type"`
	OrderID string `json:"order_id"`
	OrderNo string `json:"order_no"`
	OK      bool   `json:"ok"`
	State   string `json:"state"`
	Message string `json:"message"`
}

// Refund is one refund the merchant asked for.
type Refund struct {
	Number      string `json:"number"`
	AmountMinor int64  `json:"amount_minor"`
	State       string `json:"state"`
}

// Task is something a person has to do.
type Task struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
}

// What edged calls the things the rules look at.
const (
	outPaid      = "paid"
	outPaidShort = "paid_short"
	outNothing   = "nothing_taken"
	outCancelled = "cancelled"
	outUnpaid    = "unpaid"
	outExpired   = "expired"

	holdCaptured = "captured"
	holdReleased = "released"

	fromDetection  = "detection"
	fromSettlement = "settlement"
	fromRestart    = "restart"

	reportWaits = "waits"
	refundDone  = "done"
)
