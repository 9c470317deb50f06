package engine

import (
	"context"

	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
)

// Post hands an event to the engine. It returns when ev is on flash (nil) or
// surely not applied (error). It blocks for the commit, at most until ctx ends;
// after that the engine may still apply the event.
type Post = func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error)

// Terminal is a card terminal. One goroutine (Run) owns its line; the other
// methods never block.
type Terminal interface {
	// Run works until ctx ends and returns when all it started has stopped. It
	// posts what happens, and calls acked when the device has taken our answer to
	// the result of a command.
	Run(ctx context.Context, post Post, acked func(purchase.CommandID)) error
	Caps() purchase.TerminalCaps
	// Start gives the terminal a command. nil: exactly one Ended for it will be
	// posted; an error: the command was not taken.
	Start(cmd purchase.TerminalCommand) error
	// Abort is a wish: the command still ends by its own Ended.
	Abort(id purchase.CommandID)
}

// OpenRequest asks the SaaS for a door.
type OpenRequest struct {
	Order     purchase.OrderID
	MachineID string
	Door      int
	Restock   bool
	Expired   func() bool // the deadline is over: not a byte may be written any more (M5)
}

// SaaS is what the engine asks of the vendor's API.
type SaaS interface {
	// OpenDoor blocks until the answer, at most for its own time-out. It asks
	// Expired last before it writes the first byte. It never retries by itself.
	OpenDoor(ctx context.Context, r OpenRequest) purchase.OpenAnswered
}

// LaneOptions are one lane of the configuration.
type LaneOptions struct {
	Settings lane.Settings
	Terms    purchase.Terms // template of its orders; the limit, the door and what the terminal says are filled in
	Limit    money.Minor    // fixed by the configuration; zero: SetLimit tells it
	Currency money.Currency
	Terminal Terminal
	Stored   []byte // the lane's configuration, kept with its state to drain it when it is gone
}

// LaneView is what a display shows of a lane.
type LaneView struct {
	Name     string
	Why      []lane.Reason // against selling; empty: it sells
	Armed    bool          // the terminal waits for a card
	CardSeen bool          // a card is being processed
	Limit    money.Minor
	Currency money.Currency
	Restock  *lane.Restock
	Order    *purchase.State // the last customer's, nil if none since the start
	Reminded bool            // the customer was reminded of the open door
	Terminal TerminalView
	Refusal  *RestockRefusal // the last restock that could not start; nil: none since the start
}

// TerminalView is what is known of a lane's terminal.
type TerminalView struct {
	Up       bool
	ID       string               // as it told when it registered
	Doing    purchase.CommandKind // "": nothing
	Wants    purchase.CommandKind // what its status asks for; "": nothing
	Waiting  int                  // commands of orders that wait for it
	Holds    int                  // open, as far as is known
	MaxHolds int                  // it has room for
	Strange  []string             // receipts of open holds that no order here knows
	EndOfDay string               // local date of the last one; "asked": one is to run
}

// RestockRefusal is a restock that could not start.
type RestockRefusal struct {
	ID  purchase.OrderID
	Why string
	At  int64 // wall milliseconds
}

// Alarm is something the operator must know now.
type Alarm struct {
	Kind  string
	Order purchase.OrderID
	Lane  string
	Text  string
	Code  errcode.Code // "": none
}
