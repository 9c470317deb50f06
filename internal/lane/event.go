package lane

import (
	"edged/internal/money"
	"edged/internal/purchase"
)

// Event is something that happened to a lane.
type Event struct {
	At   purchase.Stamp
	Body Body
}

// Body is what happened.
type Body interface{ lane() }

// Attached: the terminal answers and is registered.
type Attached struct{ Caps purchase.TerminalCaps }

// Detached: it does not.
type Detached struct{ Why string }

// Ended: a command that was started is over.
type Ended struct{ purchase.Ended }

// NotStarted: the terminal did not take the command; it waits again.
type NotStarted struct{ ID purchase.CommandID }

// CardSeen: a card was presented for the armed command.
type CardSeen struct{}

// Wanted: an order wants something of the terminal.
type Wanted struct{ Command purchase.TerminalCommand }

// Changed: an order of this lane is new or has changed. Closed orders leave.
type Changed struct {
	Order  Order
	Closed bool
}

// NoOrder: the order that was asked for could not be made.
type NoOrder struct{}

// Condition says whether a reason of the engine stands.
type Condition struct {
	Reason Reason
	On     bool
}

// Limit is what is to be held per purchase.
type Limit struct {
	Amount   money.Minor
	Currency money.Currency
}

// Out takes the lane out of service by hand; In brings it back.
type Out struct{ Why string }

// In ends Out, a restock that was never closed, and the wait for doors that no
// callback closed.
type In struct{ Who string }

// Tick tells the time of day for the end of day. Day and Clock are local; Day is
// empty while the clock is not synchronised.
type Tick struct {
	Day   string // "2006-01-02"
	Clock string // "15:04"
}

// EndOfDayNow: a person asks for the end of day.
type EndOfDayNow struct{}

func (Attached) lane()    {}
func (Detached) lane()    {}
func (Ended) lane()       {}
func (NotStarted) lane()  {}
func (CardSeen) lane()    {}
func (Wanted) lane()      {}
func (Changed) lane()     {}
func (NoOrder) lane()     {}
func (Condition) lane()   {}
func (Limit) lane()       {}
func (Out) lane()         {}
func (In) lane()          {}
func (Tick) lane()        {}
func (EndOfDayNow) lane() {}

// Effect is something to do after the lane's new state is kept.
type Effect interface{ effect() }

// NewOrder asks for a new order id, committed as armed; the answer is Changed
// or NoOrder.
type NewOrder struct {
	Door     Door
	Limit    money.Minor
	Currency money.Currency
	After    string
	Caps     purchase.TerminalCaps
}

// Start gives a command to the terminal.
type Start struct{ Command purchase.TerminalCommand }

// Abort asks the terminal to end a command early.
type Abort struct{ ID purchase.CommandID }

// Tell posts an event to an order.
type Tell struct {
	Order purchase.OrderID
	Body  purchase.Body
}

// OpenTask asks for a person.
type OpenTask struct {
	Task    purchase.TaskKind
	Subject string
	Text    string
}

// Alarm tells the operator.
type Alarm struct{ Text string }

// OpenForRestock asks the SaaS to open the door for restocking.
type OpenForRestock struct {
	ID   purchase.OrderID
	Door Door
}

// Refused answers a restock that cannot start now.
type Refused struct {
	ID  purchase.OrderID
	Why string
}

func (NewOrder) effect()       {}
func (Start) effect()          {}
func (Abort) effect()          {}
func (Tell) effect()           {}
func (OpenTask) effect()       {}
func (Alarm) effect()          {}
func (OpenForRestock) effect() {}
func (Refused) effect()        {}
