package world

import (
	"slices"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// Outcome is how the gateway may end an order, by its own names.
type Outcome string

// The outcomes. NoOrder: the gateway never got as far as an OpenDoor, so that it
// may have no order, or one that was declined, abandoned or cancelled.
const (
	Paid         Outcome = "paid"
	PaidShort    Outcome = "paid_short"
	NothingTaken Outcome = "nothing_taken"
	Cancelled    Outcome = "cancelled"
	Unpaid       Outcome = "unpaid"
	Expired      Outcome = "expired"
	Declined     Outcome = "declined"
	Abandoned    Outcome = "abandoned"
)

// noSale are the ends of a visit in which no door opened.
func noSale() []Outcome { return []Outcome{Declined, Abandoned, Cancelled} }

// Expect is what may come of a scenario, and why.
type Expect struct {
	// Outcomes are those the gateway may report when nobody kills it.
	Outcomes []Outcome `yaml:"outcomes" json:"outcomes"`
	// Because is the scripted fault that explains an outcome other than the plain
	// one. It is empty exactly if none is needed.
	Because string `yaml:"because,omitempty" json:"because,omitempty"`
	// CaptureMinor is what must be captured if the outcome is Paid or PaidShort.
	CaptureMinor int64 `yaml:"capture_minor,omitempty" json:"capture_minor,omitempty"`
	// Claims are PayTypes besides 0 that must be reported too.
	Claims []int `yaml:"claims,omitempty" json:"claims,omitempty"`
	// HoldLost: the terminal takes the hold back by itself, whatever the gateway does.
	HoldLost bool `yaml:"hold_lost,omitempty" json:"hold_lost,omitempty"`
}

// Allows says whether the outcome may come of it. A killed gateway may also end an
// order whose door never opened, without a sale.
func (e Expect) Allows(o Outcome, killed, opened bool) bool {
	return slices.Contains(e.Outcomes, o) || killed && !opened && slices.Contains(noSale(), o)
}

// Pick is some of one kind of goods.
type Pick struct {
	Goods string `yaml:"goods" json:"goods"` // id
	Count string `yaml:"count" json:"count"` // decimal
}

// Shopping is what a customer does at the open door.
type Shopping struct {
	Take    []Pick `yaml:"take,omitempty" json:"take,omitempty"`
	PutBack []Pick `yaml:"put_back,omitempty" json:"put_back,omitempty"` // of what was taken
	// OpenFor is how long the door stays open.
	OpenFor time.Duration `yaml:"open_for,omitempty" json:"open_for,omitempty"`
	// Patience is how long the customer waits for the door after the tap.
	Patience time.Duration `yaml:"patience,omitempty" json:"patience,omitempty"`
	// Stays: waits for the door although the terminal said no.
	Stays bool `yaml:"stays,omitempty" json:"stays,omitempty"`
}

// Moment is when something happens that is not part of a simulator's script.
type Moment string

// The moments.
const (
	AtTap     Moment = "tap"     // the terminal has decided
	AtTaken   Moment = "taken"   // the card was taken: the issuer is being asked
	AtOpened  Moment = "opened"  // the door is open
	AtClosed  Moment = "closed"  // the door is closed
	AtStarted Moment = "started" // before the tap
)

// Happening is one thing that goes wrong around the simulators.
type Happening struct {
	At   Moment        `yaml:"at" json:"at"`
	What What          `yaml:"what" json:"what"`
	For  time.Duration `yaml:"for,omitempty" json:"for,omitempty"`
}

// What names a happening.
type What string

// What can happen.
const (
	NetworkCut     What = "network_cut"     // the SaaS cannot be reached, nor reach us
	TokensRevoked  What = "tokens_revoked"  // the next call gets 401
	TerminalUnplug What = "terminal_unplug" // its serial cable
	TerminalPower  What = "terminal_power"  // its power
	DisplayUnplug  What = "display_unplug"  // its serial cable
	DisplayPower   What = "display_power"   // its power
	HoldExpires    What = "hold_expires"    // the issuer drops the customer's hold
)

// Scenario is one customer's visit and all that is scripted around it.
type Scenario struct {
	ID   string `yaml:"id" json:"id"`
	Kind string `yaml:"kind" json:"kind"` // reads as a sentence
	Lane string `yaml:"lane,omitempty" json:"lane,omitempty"`
	Door int    `yaml:"door,omitempty" json:"door,omitempty"` // index into the lane's doors

	Card     readersim.Card      `yaml:"card,omitempty" json:"card,omitzero"`
	Shop     Shopping            `yaml:"shop,omitempty" json:"shop,omitzero"`
	SaaS     saassim.Script      `yaml:"saas,omitempty" json:"saas,omitzero"`
	Calls    []saassim.CallFault `yaml:"calls,omitempty" json:"calls,omitempty"`       // of any order
	Terminal []readersim.Fault   `yaml:"terminal,omitempty" json:"terminal,omitempty"` // armed once the hold stands
	Happens  []Happening         `yaml:"happens,omitempty" json:"happens,omitempty"`
	Expect   Expect              `yaml:"expect" json:"expect"`
}
