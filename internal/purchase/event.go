package purchase

import (
	"edged/internal/errcode"
	"edged/internal/money"
)

// Event is something that happened to an order or to a lane. Whoever posts it
// fills Order (or Lane) and Body, and Key where the same thing may be told more
// than once; the engine fills At.
type Event struct {
	Order OrderID
	Lane  string // of an event that belongs to no order
	Key   string // what makes a repeat recognisable; empty: cannot repeat
	At    Stamp
	Body  Body
}

// Kind names an event's body. It is on disk: never reuse or rename one.
type Kind string

// Body is what happened. The engine commits every body but those whose Kind is
// volatile (Volatile).
type Body interface{ Kind() Kind }

// The kinds. The first group concerns one order, the second a lane.
const (
	KindArm          Kind = "arm"
	KindCardSeen     Kind = "card_seen"
	KindHoldGranted  Kind = "hold_granted"
	KindCaptured     Kind = "captured"
	KindReleased     Kind = "released"
	KindReversed     Kind = "reversed"
	KindEnded        Kind = "ended"
	KindHoldFound    Kind = "hold_found"
	KindHoldAbsent   Kind = "hold_absent"
	KindOpenAnswered Kind = "open_answered"
	KindSign         Kind = "sign"
	KindDetected     Kind = "detected"
	KindAdjustment   Kind = "adjustment"
	KindRefund       Kind = "refund"
	KindReported     Kind = "reported"
	KindDue          Kind = "due"
	KindRestarted    Kind = "restarted"
	KindSettleNow    Kind = "settle_now"
	KindPerson       Kind = "person"
	KindAbandon      Kind = "abandon"

	KindAttached Kind = "attached"
	KindDetached Kind = "detached"
)

// Volatile says that an event of this kind is shown but not stored: losing it
// changes no money.
func (k Kind) Volatile() bool {
	return k == KindCardSeen || k == KindAttached || k == KindDetached
}

// Arm opens an order: the terminal is about to wait for a card for it.
type Arm struct {
	Terms Terms `json:"terms"`
}

// CardSeen: a card was presented for the armed order.
type CardSeen struct {
	Command CommandID `json:"cmd"`
}

// HoldGranted: the issuer set an amount aside. The terminal waits for our
// acknowledgement: Accept keeps the hold, Refuse makes the terminal reverse it.
type HoldGranted struct {
	Command CommandID `json:"cmd"`
	Hold    Hold      `json:"hold"`
	Unread  string    `json:"unread,omitempty"` // hex: see Captured
}

// Captured: the terminal took Amount of the hold; it waits for our
// acknowledgement. The order counts as paid only when the command has Ended: the
// terminal takes back what we never acknowledged.
type Captured struct {
	Command CommandID   `json:"cmd"`
	Amount  money.Minor `json:"amt"` // what was asked for, if the terminal does not say
	Receipt string      `json:"rcpt,omitempty"`
	Trace   string      `json:"trc,omitempty"`
	// Unread is the part of the terminal's result that the driver could not read, as
	// hex with card data masked (M8): kept, so that a person can. Nothing is decided by
	// it.
	Unread string `json:"unread,omitempty"`
}

// Released: the terminal gave the hold back; it waits for our acknowledgement.
type Released struct {
	Command CommandID `json:"cmd"`
	Receipt string    `json:"rcpt,omitempty"`
	Trace   string    `json:"trc,omitempty"`
	Unread  string    `json:"unread,omitempty"` // hex: see Captured
}

// Reversed: the terminal undid a capture; it waits for our acknowledgement.
type Reversed struct {
	Command CommandID   `json:"cmd"`
	Amount  money.Minor `json:"amt"` // zero, if the terminal does not say
	Receipt string      `json:"rcpt,omitempty"`
	Trace   string      `json:"trc,omitempty"`
	Unread  string      `json:"unread,omitempty"` // hex: see Captured
}

// Ended closes a terminal command: exactly one for every command that Start
// took. Outcome speaks of the command as the terminal ended it.
type Ended struct {
	Command  CommandID   `json:"cmd"`
	What     CommandKind `json:"what"`
	Outcome  Outcome     `json:"out"`
	Reason   Reason      `json:"why,omitempty"`
	Code     string      `json:"code,omitempty"` // as the device says it, e.g. "zvt 6C"
	Text     string      `json:"text,omitempty"`
	CardSeen bool        `json:"card,omitempty"`  // arm: a card was presented
	Acked    bool        `json:"acked,omitempty"` // the device took our acknowledgement of a result
	Open     []Hold      `json:"open,omitempty"`  // ask: the holds that are open
	More     bool        `json:"more,omitempty"`  // ask: the terminal tells not all of them at once
	// Last is what the terminal booked last, if it tells and the hold that was asked
	// about is not open (ask). Its amount says what the terminal says, which after a
	// capture may be the charge, the rest or nothing (zvt.md §10).
	Last *Hold `json:"last,omitempty"`
	// Total is what the terminal says that its end of day settles; nil: it does not say.
	Total *money.Minor `json:"total,omitempty"`
	// Slip is the customer's receipt, line by line, as the terminal printed it or as its
	// result says it. It has no full card number (M8). It is kept in the journal only.
	Slip []string `json:"slip,omitempty"`
	// Terminal that answered, if known. What another terminal than the hold's says
	// about it proves nothing (M2).
	Terminal string `json:"tid,omitempty"`
}

// HoldFound: the terminal lists an open hold that can only be the result of
// this order's armed command, which never reached us.
type HoldFound struct {
	Hold Hold `json:"hold"`
}

// HoldAbsent: the terminal has no open hold of this order. For an order with a
// hold it says that the terminal's session (MDB) is over; a hold that outlives its
// command is asked about by the order itself.
type HoldAbsent struct{}

// OpenAnswered is what became of one OpenDoor request.
type OpenAnswered struct {
	Attempt int        `json:"n"`
	Answer  OpenAnswer `json:"ans"`
	TransID string     `json:"trans,omitempty"` // the SaaS's key for its queries
	Msg     string     `json:"msg,omitempty"`
}

// OpenAnswer is what an OpenDoor request ended with.
type OpenAnswer string

// The answers.
const (
	OpenAccepted OpenAnswer = "accepted"
	OpenRefused  OpenAnswer = "refused"
	OpenNotSent  OpenAnswer = "not_sent" // surely not done: never left, or turned away unread (429)
	OpenInDoubt  OpenAnswer = "in_doubt"
)

// Sign is a callback that says where door and order stand.
type Sign struct {
	Sign        SignName `json:"sign"`
	SaaSOrderNo string   `json:"no,omitempty"`
	Msg         string   `json:"msg,omitempty"`
}

// SignName names a sign.
type SignName string

// The signs, weakest first.
const (
	SignPreOpen SignName = "pre_open"
	SignOpened  SignName = "opened"
	SignClosed  SignName = "closed"
	SignCancel  SignName = "cancel"
)

// Source says where a decision or a would-be decision came from.
type Source string

// The sources. The first two are callbacks, the rest are edged's own rules.
const (
	FromDetection  Source = "detection"
	FromSettlement Source = "settlement"
	FromCancel     Source = "cancel"      // the SaaS cancelled before the door opened
	FromRefusal    Source = "refusal"     // OpenDoor was refused
	FromSilence    Source = "silence"     // in doubt, and no sign within resolve_window
	FromNetwork    Source = "network"     // OpenDoor could not be sent in time
	FromTerminal   Source = "terminal"    // the terminal took the hold back before any door
	FromDeadline   Source = "deadline"    // nobody decided in time
	FromSession    Source = "session"     // the terminal's session ended first
	FromShortGrant Source = "short_grant" // granted less than min_hold
	FromRestart    Source = "restart"     // an armed order's hold, found after a restart
)

// Mode is the SaaS's TradeProcessMode.
type Mode int

// The modes (vendor document §11.4).
const (
	ModeNormal    Mode = 0
	ModeCancel    Mode = 1
	ModeInterrupt Mode = 2
)

// Line is one recognised product. Count and Price are exact decimals in text.
type Line struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name,omitempty"`
	Count string `json:"n"`
	Price string `json:"p"` // major units
}

// Detected is a recognition or a settlement. Unreadable, if set, says why its
// data cannot be a decision.
type Detected struct {
	Source      Source `json:"src"` // FromDetection or FromSettlement
	SaaSOrderNo string `json:"no,omitempty"`
	OK          bool   `json:"ok"` // the callback's Status
	Mode        Mode   `json:"mode"`
	Lines       []Line `json:"lines,omitempty"`
	Unreadable  string `json:"bad,omitempty"`
	Msg         string `json:"msg,omitempty"`
}

// Adjustment is the merchant's wish for an additional charge.
type Adjustment struct {
	SaaSOrderNo string `json:"no,omitempty"`
	Number      string `json:"ded"` // of the deduction; empty: the envelope's order number counts
	Lines       []Line `json:"lines,omitempty"`
	Unreadable  string `json:"bad,omitempty"`
}

// Refund is the merchant's wish to give money back.
type Refund struct {
	SaaSOrderNo string `json:"no,omitempty"`
	Number      string `json:"ref"` // the SaaS's refund number
	Lines       []Line `json:"lines,omitempty"`
	Unreadable  string `json:"bad,omitempty"`
	Remark      string `json:"rem,omitempty"`
	// AfterEndOfDay: the terminal has settled since the capture (or may have).
	AfterEndOfDay bool `json:"eod,omitempty"`
}

// Reported is the SaaS's answer to report number Report, or its final refusal.
type Reported struct {
	Report int    `json:"n"`
	OK     bool   `json:"ok"` // acknowledged; false: refused, it is a dead letter now
	Msg    string `json:"msg,omitempty"`
}

// Due: a deadline of the state has passed.
type Due struct {
	Name DeadlineName `json:"name"`
}

// Restarted is the first event of every order after the daemon started.
type Restarted struct{}

// SettleNow: the terminal's end of day is near and it wants no open hold. It
// concerns orders that wait for a person's decision; may be told again and again.
type SettleNow struct{}

// Abandon: the armed order will not be used (no card was ever presented).
type Abandon struct {
	Why string `json:"why,omitempty"`
}

// Person is what somebody did by hand.
type Person struct {
	Act    PersonAct   `json:"act"`
	Number string      `json:"num,omitempty"` // refund number, for refund_done and refund_failed
	Amount money.Minor `json:"amt,omitempty"` // refunded
	Report int         `json:"n,omitempty"`   // for drop_report
	// Task, its subject and how it was ended, for task_done.
	Task    TaskKind `json:"task,omitempty"`
	Subject string   `json:"subj,omitempty"`
	Outcome string   `json:"out,omitempty"`
	Note    string   `json:"note,omitempty"`
	Who     string   `json:"who,omitempty"` // caller, for the audit
}

// PersonAct names a manual act.
type PersonAct string

// The acts.
const (
	ActRefundDone   PersonAct = "refund_done"
	ActRefundFailed PersonAct = "refund_failed"
	ActDropReport   PersonAct = "drop_report"
	ActDoorClosed   PersonAct = "door_closed" // seen by a person; its callback never came
	ActTaskDone     PersonAct = "task_done"
	ActUnpark       PersonAct = "unpark" // edged failed on the order and is to go on with it
)

// Attached: the lane's terminal answers and is registered.
type Attached struct {
	Caps TerminalCaps `json:"caps"`
}

// Detached: the lane's terminal does not answer.
type Detached struct {
	Why  string       `json:"why,omitempty"`
	Code errcode.Code `json:"code,omitempty"` // of Why; "" if it has none
}

// Kind implements Body.
func (Arm) Kind() Kind { return KindArm }

// Kind implements Body.
func (CardSeen) Kind() Kind { return KindCardSeen }

// Kind implements Body.
func (HoldGranted) Kind() Kind { return KindHoldGranted }

// Kind implements Body.
func (Captured) Kind() Kind { return KindCaptured }

// Kind implements Body.
func (Released) Kind() Kind { return KindReleased }

// Kind implements Body.
func (Reversed) Kind() Kind { return KindReversed }

// Kind implements Body.
func (Ended) Kind() Kind { return KindEnded }

// Kind implements Body.
func (HoldFound) Kind() Kind { return KindHoldFound }

// Kind implements Body.
func (HoldAbsent) Kind() Kind { return KindHoldAbsent }

// Kind implements Body.
func (OpenAnswered) Kind() Kind { return KindOpenAnswered }

// Kind implements Body.
func (Sign) Kind() Kind { return KindSign }

// Kind implements Body.
func (Detected) Kind() Kind { return KindDetected }

// Kind implements Body.
func (Adjustment) Kind() Kind { return KindAdjustment }

// Kind implements Body.
func (Refund) Kind() Kind { return KindRefund }

// Kind implements Body.
func (Reported) Kind() Kind { return KindReported }

// Kind implements Body.
func (Due) Kind() Kind { return KindDue }

// Kind implements Body.
func (Restarted) Kind() Kind { return KindRestarted }

// Kind implements Body.
func (SettleNow) Kind() Kind { return KindSettleNow }

// Kind implements Body.
func (Abandon) Kind() Kind { return KindAbandon }

// Kind implements Body.
func (Person) Kind() Kind { return KindPerson }

// Kind implements Body.
func (Attached) Kind() Kind { return KindAttached }

// Kind implements Body.
func (Detached) Kind() Kind { return KindDetached }
