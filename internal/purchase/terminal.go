package purchase

import (
	"time"

	"edged/internal/money"
)

// CommandKind is what a terminal can be told to do.
type CommandKind string

// The commands. The words are STYLE §4's.
const (
	CmdArm      CommandKind = "arm"        // wait for a card and place a hold
	CmdCapture  CommandKind = "capture"    // take part or all of a hold
	CmdRelease  CommandKind = "release"    // give a whole hold back
	CmdReverse  CommandKind = "reverse"    // undo a capture before settlement
	CmdAsk      CommandKind = "ask"        // which holds are open
	CmdEndOfDay CommandKind = "end_of_day" // the acquirer's settlement
	CmdMaintain CommandKind = "maintain"   // whatever the terminal asks for to stay usable
)

// Hold is an amount that an issuer set aside, with everything the terminal
// needs to find it again. Card is masked to first 6 and last 4 digits already
// in the codec (M8).
type Hold struct {
	Terminal string         `json:"tid,omitempty"`  // terminal that granted it (ZVT BMP 29)
	Receipt  string         `json:"rcpt,omitempty"` // reference for capture and release (ZVT BMP 87)
	Trace    string         `json:"trc,omitempty"`
	Auth     string         `json:"auth,omitempty"` // approval code, verbatim (hex)
	Date     string         `json:"date,omitempty"` // as the terminal says it, MMDD
	Time     string         `json:"time,omitempty"` // HHMMSS
	Amount   money.Minor    `json:"amt"`            // granted, minor units
	Currency money.Currency `json:"cur,omitempty"`
	Card     string         `json:"card,omitempty"` // masked
	Brand    string         `json:"brand,omitempty"`
}

// Same says whether two references mean the same hold of one terminal.
func (h Hold) Same(o Hold) bool {
	return h.Receipt == o.Receipt && (h.Terminal == "" || o.Terminal == "" || h.Terminal == o.Terminal)
}

// TerminalCommand is one order to a terminal. For CmdAsk an empty Hold asks for
// every open hold.
type TerminalCommand struct {
	ID       CommandID
	Kind     CommandKind
	Order    OrderID        // empty: the lane's own
	Amount   money.Minor    // arm: the limit; capture, reverse: what to take or undo
	Currency money.Currency // of Amount
	Hold     Hold           // capture, release, ask
	Receipt  string         // reverse: the capture's own receipt
}

// TerminalCaps is what the attached terminal and its configuration allow.
type TerminalCaps struct {
	Terminal          string        // its id; empty until registered
	MaxHolds          int           // open holds at a time, at least 1
	CaptureBelowHold  bool          // may take less than the hold
	NeedsEndOfDay     bool          // wants a daily settlement
	HoldsOverEndOfDay bool          // holds survive that settlement
	ReverseByReceipt  bool          // a capture can be undone without the card
	Session           bool          // hold and capture are one session (MDB): it cannot be asked about later
	SessionLimit      time.Duration // of Session
	Wants             CommandKind   // what it asks for before it takes cards: CmdEndOfDay, CmdMaintain or nothing
}

// Outcome of a command or call: the only three there are (STYLE §7).
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	NotDone Outcome = "not_done" // surely
	InDoubt Outcome = "in_doubt" // asked, and not known whether it happened
)

// Reason says why a command was not done. Drivers map their codes to it.
type Reason string

// The reasons.
const (
	ReasonNone        Reason = ""
	ReasonDeclined    Reason = "declined"     // the issuer or the terminal said no
	ReasonTimeout     Reason = "timeout"      // nobody came
	ReasonAborted     Reason = "aborted"      // we, or the customer, stopped it
	ReasonCardError   Reason = "card_error"   // unreadable, removed too early
	ReasonHostOffline Reason = "host_offline" // the terminal cannot reach its host: later
	ReasonNotOpen     Reason = "not_open"     // the hold is not open (any more)
	ReasonReversed    Reason = "reversed"     // the terminal took it back by itself
	ReasonUnsupported Reason = "unsupported"  // the terminal cannot do this at all
	ReasonBusy        Reason = "busy"
	ReasonConfig      Reason = "config" // wrong password, currency, not registered
	ReasonLine        Reason = "line"   // the line or the terminal went away
	ReasonRefused     Reason = "refused"
	ReasonOther       Reason = "other"
)

// Verdict is the answer to a terminal result that waits for our word, and to a callback.
type Verdict string

// The verdicts.
const (
	Accept Verdict = "accept"
	Refuse Verdict = "refuse"
	// Repeated is for callbacks only: the same meaning is on flash already.
	Repeated Verdict = "repeated"
)
