package purchase

import (
	"time"

	"edged/internal/money"
)

// Terms are the settings an order was opened with. They are stored with it: a
// later change of the configuration, or a lane that is gone from it, does not
// change how an open order ends.
type Terms struct {
	Lane      string         `json:"lane"`
	MachineID string         `json:"mid"`
	Door      int            `json:"door"`
	Limit     money.Minor    `json:"limit"` // the hold that is asked for
	MinHold   money.Minor    `json:"min"`   // smallest granted hold that opens a door
	Currency  money.Currency `json:"cur"`
	Terminal  string         `json:"tid,omitempty"`   // the terminal's id, empty if it told none
	After     string         `json:"after,omitempty"` // newest receipt of the terminal when it was armed
	Account   string         `json:"acct"`            // base_url and app_id the order belongs to (M4)

	OpenDeadline     time.Duration `json:"open"`
	ResolveWindow    time.Duration `json:"resolve"`
	DetectWait       time.Duration `json:"detect"` // door closed, nothing recognised: ask and alarm after
	DecisionDeadline time.Duration `json:"decide"`
	DoorRemind       time.Duration `json:"remind"`
	DoorAlarm        time.Duration `json:"alarm"`
	HoldTTL          time.Duration `json:"ttl"`
	RetryBase        time.Duration `json:"rbase"` // between tries of a capture or release
	RetryCap         time.Duration `json:"rcap"`
	SessionLimit     time.Duration `json:"session,omitempty"` // MDB; zero: the hold outlives the command
	OnDeadline       OnDeadline    `json:"ondl"`
	OverLimit        OverLimit     `json:"over"`
	ReverseByReceipt bool          `json:"rev,omitempty"`
}

// OnDeadline says what happens when nobody decided in time.
type OnDeadline string

// The choices: give the hold back and report unpaid, or keep asking until the
// hold expires.
const (
	ReleaseOnDeadline OnDeadline = "release"
	KeepOnDeadline    OnDeadline = "keep"
)

// OverLimit says how a total above the hold is reported.
type OverLimit string

// The choices.
const (
	ReportPaid   OverLimit = "report_paid"
	ReportFailed OverLimit = "report_failed"
)

// State is everything known of one order. Its fields are facts: written once,
// or appended to, never taken back; the phase is computed from them, so the
// order of arrival does not matter.
type State struct {
	Order   OrderID `json:"id"`
	Terms   Terms   `json:"terms"`
	ArmedAt int64   `json:"armed"` // wall milliseconds, for people

	Hold     *HoldFact    `json:"hold,omitempty"`
	Unused   *Unused      `json:"unused,omitempty"`  // ended without a hold
	ArmDoubt bool         `json:"armdbt,omitempty"`  // the arm command's end is not known
	SaaSNo   string       `json:"no,omitempty"`      // the SaaS's order number
	TransID  string       `json:"trans,omitempty"`   // the SaaS's key for queries
	Opens    []OpenTry    `json:"opens,omitempty"`   // OpenDoor requests, each an intent first
	Door     DoorFacts    `json:"door,omitzero"`     //
	Review   *Review      `json:"review,omitempty"`  // recognition left to a person
	Decision *Decision    `json:"dec,omitempty"`     // the first one wins
	Conflict []Conflict   `json:"confl,omitempty"`   // later, different ones
	Ops      []Op         `json:"ops,omitempty"`     // commands that settle the hold, the newest of each kind
	Fails    int          `json:"fails,omitempty"`   // commands that failed, for the pause before the next
	Outcome  *Result      `json:"out,omitempty"`     //
	Reports  []Report     `json:"reps,omitempty"`    //
	Refunds  []RefundFact `json:"refunds,omitempty"` //
	Adjusts  []Adjusted   `json:"adj,omitempty"`     //
	Due      []Deadline   `json:"due,omitempty"`     // running deadlines
}

// HoldFact is the granted hold and what is known of its life.
type HoldFact struct {
	Hold
	At      int64   `json:"at"`
	End     Outcome `json:"end,omitempty"`    // how the arm command ended: done, not_done (reversed), in_doubt
	Acked   bool    `json:"ack,omitempty"`    // the terminal surely took our acknowledgement
	NoAsk   bool    `json:"noask,omitempty"`  // the terminal cannot tell which holds are open
	Gone    string  `json:"gone,omitempty"`   // why the hold is no longer there although we did not settle it
	Settled string  `json:"fin,omitempty"`    // HoldCaptured, HoldReleased or HoldExpired
	Unsure  bool    `json:"unsure,omitempty"` // captured as far as we can know
}

// How a hold was settled.
const (
	HoldCaptured = "captured"
	HoldReleased = "released"
	HoldExpired  = "expired"
)

// Unused is the end of an order that never got a hold.
type Unused struct {
	Why    Reason `json:"why"`
	Code   string `json:"code,omitempty"`
	Text   string `json:"text,omitempty"`
	ByCard bool   `json:"card,omitempty"` // a card was presented: declined; else abandoned
	At     int64  `json:"at"`
}

// OpenTry is one OpenDoor request. Without an answer after a restart it is in
// doubt: there is no "sent" flag.
type OpenTry struct {
	Answer OpenAnswer `json:"a,omitempty"`
	Msg    string     `json:"m,omitempty"`
	At     int64      `json:"at,omitempty"`
}

// DoorFacts are the wall times (milliseconds) of the signs; zero is never.
type DoorFacts struct {
	PreOpen int64 `json:"pre,omitempty"`
	Opened  int64 `json:"opened,omitempty"`
	Closed  int64 `json:"closed,omitempty"`
	Cancel  int64 `json:"cancel,omitempty"`
	Other   int64 `json:"other,omitempty"` // a callback that says nothing about the door
}

// Review says that a person at the SaaS has to decide.
type Review struct {
	Why string `json:"why"`
	At  int64  `json:"at"`
}

// Decision is what is to become of the hold.
type Decision struct {
	Source Source      `json:"src"`
	Charge bool        `json:"chg,omitempty"`   // false: give the hold back
	Total  money.Minor `json:"total,omitempty"` // recognised
	Lines  []Line      `json:"lines,omitempty"`
	Empty  bool        `json:"empty,omitempty"` // recognised, and nothing was taken
	Why    string      `json:"why,omitempty"`   // for a person
	At     int64       `json:"at"`
}

// Conflict is a decision that came too late and differs.
type Conflict struct {
	Source Source      `json:"src"`
	Charge bool        `json:"chg,omitempty"`
	Total  money.Minor `json:"total,omitempty"`
	At     int64       `json:"at"`
}

// Op is one terminal command that settles or asks about this order's money.
// Without End after a restart it is in doubt. A newer command of its kind takes
// its place: however often a terminal fails, the state does not grow.
type Op struct {
	Kind    CommandKind `json:"k"`
	N       int         `json:"n"` // ordinal within its kind, from 1
	Amount  money.Minor `json:"amt,omitempty"`
	Refund  string      `json:"ref,omitempty"`  // reverse: for this refund
	Result  bool        `json:"res,omitempty"`  // the terminal reported success, before our acknowledgement
	Refused bool        `json:"nack,omitempty"` // and we refused it
	Doubt   bool        `json:"dbt,omitempty"`  // an earlier one of its kind is still in doubt
	Receipt string      `json:"rcpt,omitempty"` // its own receipt
	Trace   string      `json:"trc,omitempty"`
	End     Outcome     `json:"end,omitempty"`
	Why     Reason      `json:"why,omitempty"`
	Code    string      `json:"code,omitempty"`
	At      int64       `json:"at"`
}

// Result is how the purchase ended.
type Result struct {
	Kind     ResultKind  `json:"k"`
	Captured money.Minor `json:"cap,omitempty"`
	Cause    string      `json:"why,omitempty"`
	Flag     string      `json:"flag,omitempty"` // "unconfirmed": paid as far as we can know
	At       int64       `json:"at"`
	Powered  int64       `json:"pow,omitempty"` // on the powered-on clock, to compare with an end of day
}

// ResultKind names an outcome of DESIGN §2; the last two never held money.
type ResultKind string

// The outcomes.
const (
	Paid         ResultKind = "paid"
	PaidShort    ResultKind = "paid_short"
	NothingTaken ResultKind = "nothing_taken"
	Cancelled    ResultKind = "cancelled"
	Unpaid       ResultKind = "unpaid"
	Expired      ResultKind = "expired"
	Declined     ResultKind = "declined"
	Abandoned    ResultKind = "abandoned"
)

// PayType is the SaaS's kind of payment report.
type PayType int

// The pay types (vendor document §10).
const (
	PayNormal    PayType = 0
	PayDeduction PayType = 1
	PayRefund    PayType = 2
)

// Report is one payment report, in the order it must be sent.
type Report struct {
	N       int         `json:"n"` // from 1
	Type    PayType     `json:"t"`
	OrderID string      `json:"oid"`          // ours: the order id, or the refund's
	OrderNo string      `json:"no,omitempty"` // theirs; empty: not known yet, it waits
	OK      bool        `json:"ok,omitempty"` // PayStatus 1
	Message string      `json:"msg,omitempty"`
	State   ReportState `json:"s"`
}

// ReportState says where a report is.
type ReportState string

// The states.
const (
	ReportWaits   ReportState = "waits"   // for the SaaS's order number
	ReportQueued  ReportState = "queued"  // in the outbox
	ReportAcked   ReportState = "acked"   //
	ReportDead    ReportState = "dead"    // refused; a person decides
	ReportDropped ReportState = "dropped" // a person closed it, with a reason
)

// RefundFact is one refund the merchant asked for.
type RefundFact struct {
	Number string      `json:"num"`
	N      int         `json:"n"` // our ordinal
	Amount money.Minor `json:"amt,omitempty"`
	Bad    string      `json:"bad,omitempty"`
	State  RefundState `json:"s"`
}

// RefundState says where a refund is.
type RefundState string

// The states.
const (
	RefundWaits     RefundState = "waits"     // for the purchase itself to end
	RefundReversing RefundState = "reversing" // the terminal undoes the capture
	RefundTask      RefundState = "task"      // a person has to
	RefundDone      RefundState = "done"
	RefundFailed    RefundState = "failed"
)

// Adjusted is one deduction the merchant asked for.
type Adjusted struct {
	Number string      `json:"num"`
	Amount money.Minor `json:"amt,omitempty"`
	Bad    string      `json:"bad,omitempty"`
	Told   bool        `json:"told,omitempty"` // its report is made, once the purchase has ended
}

// HoldOpen says whether the issuer still holds money for this order, as far as
// is known.
func (s State) HoldOpen() bool {
	return s.Hold != nil && s.Hold.Settled == "" && s.Hold.Gone == ""
}

// Money sums what moved.
func (s State) Money() (held, captured, refunded money.Minor) {
	if s.Hold != nil {
		held = s.Hold.Amount
	}
	if s.Outcome != nil {
		captured = s.Outcome.Captured
	}
	for _, r := range s.Refunds {
		if r.State == RefundDone {
			refunded += r.Amount
		}
	}
	return held, captured, refunded
}
