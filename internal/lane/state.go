package lane

import (
	"slices"

	"edged/internal/money"
	"edged/internal/purchase"
)

// Door is one door of a cabinet.
type Door struct {
	MachineID string
	Number    int
}

// Settings are a lane's configuration.
type Settings struct {
	Name              string
	Doors             []Door
	MaxHolds          int    // at least 1; the terminal may allow fewer
	EndOfDay          string // "HH:MM" local time; "": not by edged
	HoldsOverEndOfDay bool
	Gone              bool // no longer configured: it drains and sells nothing
}

// Reason says why a lane does not sell. Reasons are shown, exported as a metric
// label and therefore few.
type Reason string

// The reasons. The first group is told by the engine (Condition), the second is
// the lane's own.
const (
	Starting        Reason = "starting"
	SaaSUnreachable Reason = "saas_unreachable"
	MachineLocked   Reason = "machine_locked"
	DiskReserve     Reason = "disk_reserve"
	StoreBroken     Reason = "store_broken"
	NoConfig        Reason = "no_valid_config"
	LimitUnknown    Reason = "limit_unknown" // neither configured nor told by the SaaS
	Operator        Reason = "operator"      // taken out by a person

	TerminalDown Reason = "terminal_down"
	TerminalWork Reason = "terminal_maintenance"
	NoRoom       Reason = "no_room_for_a_hold"
	DoorOpen     Reason = "door_not_closed"
	Restocking   Reason = "restock"
	UnknownHolds Reason = "unknown_holds" // not asked yet, or an order's arming is unclear
	Draining     Reason = "not_configured"
)

// Reasons lists every reason, for metrics that start at zero.
func Reasons() []Reason {
	return []Reason{
		Starting, SaaSUnreachable, MachineLocked, DiskReserve, StoreBroken, NoConfig, LimitUnknown, Operator,
		TerminalDown, TerminalWork, NoRoom, DoorOpen, Restocking, UnknownHolds, Draining,
	}
}

// Order is what the lane knows of one of its orders.
type Order struct {
	ID       purchase.OrderID
	Phase    purchase.Phase
	Door     Door
	DoorBusy bool // door open, or about to be
	HoldOpen bool
	Receipt  string // of its hold, "" if none
	After    string // newest receipt when it was armed
	Limit    money.Minor
}

// State is one lane. Durable is stored by the engine whenever it changes; the
// rest is learned anew after a start.
type State struct {
	Settings Settings
	Durable  Durable

	Limit    money.Minor // what is held per purchase; zero: unknown
	Currency money.Currency
	// OrderedIn is the currency of the order that was asked for last.
	OrderedIn money.Currency

	Told     []Reason // reasons the engine told, sorted
	Caps     purchase.TerminalCaps
	Up       bool // the terminal answers and is registered
	Asked    bool // it has listed its open holds since it was attached
	Receipt  string
	Strange  []string // receipts of open holds nobody here knows of
	Busy     *purchase.TerminalCommand
	CardSeen bool // in the armed command
	Aborting bool
	Used     purchase.OrderID // the last order that got a card, or whose arming is in doubt
	Serial   int              // numbers the lane's own commands and the arm commands

	Orders   []Order // open orders, oldest first
	Pending  []purchase.TerminalCommand
	Creating bool  // an order id has been asked for
	PauseTo  int64 // Mono ms: nothing is started before
	WorkFrom int64 // Mono ms: nothing the terminal asks for is started before
	ListedAt int64 // Mono ms of the last list of open holds
	Listed   int   // how many it named
	Partial  bool  // and there are more
	Now      purchase.Stamp
	Day      string // local date of the last tick, "2006-01-02"; "" while the clock is not synced
	Clock    string // local "15:04" of the last tick
}

// Durable is the part of a lane that survives a restart.
type Durable struct {
	Out        string   `json:"out,omitempty"`     // why a person took the lane out; "" = in
	EndOfDay   string   `json:"eod,omitempty"`     // local date of the last end of day
	EndOfDayAt int64    `json:"eod_pow,omitempty"` // powered-on milliseconds then
	Restock    *Restock `json:"restock,omitempty"`
	Strangers  []string `json:"strangers,omitempty"` // receipts a task has been opened for
}

// New is a lane that has learned nothing yet. A restock whose door was not asked
// for before the restart is dropped: nobody stands there any more (M5).
func New(settings Settings, durable Durable) State {
	if durable.Restock != nil && !durable.Restock.Sent {
		durable.Restock = nil
	}
	return State{Settings: settings, Durable: durable, Told: []Reason{Starting}}
}

// Why lists every reason against selling, sorted; empty means the lane sells.
func (s State) Why() []Reason {
	why := slices.Clone(s.Told)
	add := func(on bool, r Reason) {
		if on {
			why = append(why, r)
		}
	}
	add(s.Durable.Out != "", Operator)
	add(s.Settings.Gone, Draining)
	add(!s.Up, TerminalDown)
	add(s.Up && s.working(), TerminalWork)
	add(s.Up && !s.working() && (!s.Asked || s.unclear()), UnknownHolds)
	add(s.Limit <= 0, LimitUnknown)
	add(s.OpenHolds() >= s.MaxHolds(), NoRoom)
	add(s.freeDoor() == nil, DoorOpen)
	add(s.Durable.Restock != nil, Restocking)
	slices.Sort(why)
	return slices.Compact(why)
}

// Has says whether the engine told that the reason stands.
func (s State) Has(r Reason) bool { return slices.Contains(s.Told, r) }

// Selling says whether a card would be taken now.
func (s State) Selling() bool { return len(s.Why()) == 0 }

// working: the end of day is due, or the terminal asks for something first.
func (s State) working() bool {
	return s.Caps.Wants != "" || s.endOfDayDue() || (s.Busy != nil && (s.Busy.Kind == purchase.CmdEndOfDay || s.Busy.Kind == purchase.CmdMaintain))
}

// MaxHolds is how many holds the lane may have open at once.
func (s State) MaxHolds() int {
	n := max(s.Settings.MaxHolds, 1)
	if s.Caps.MaxHolds > 0 {
		n = min(n, s.Caps.MaxHolds)
	}
	return n
}

// OpenHolds is how many are, those included that no order knows.
func (s State) OpenHolds() int {
	n := len(s.Strange)
	for _, o := range s.Orders {
		if o.HoldOpen {
			n++
		}
	}
	if s.unnamed() {
		n++
	}
	return n
}

// unclear: the end of an armed order is not known.
func (s State) unclear() bool {
	return slices.ContainsFunc(s.Orders, func(o Order) bool { return o.Phase == purchase.PhaseUnclear })
}

func (s State) freeDoor() *Door {
	for i, d := range s.Settings.Doors {
		if s.doorFree(d) {
			return &s.Settings.Doors[i]
		}
	}
	return nil
}

func (s State) doorFree(d Door) bool {
	return !slices.ContainsFunc(s.Orders, func(o Order) bool { return o.DoorBusy && o.Door == d })
}

// armed is the order that waits for a card, if any.
func (s State) armed() *Order {
	for i := range s.Orders {
		if s.Orders[i].Phase == purchase.PhaseArmed {
			return &s.Orders[i]
		}
	}
	return nil
}

func (s State) find(id purchase.OrderID) int {
	return slices.IndexFunc(s.Orders, func(o Order) bool { return o.ID == id })
}

func (s State) clone() State {
	s.Told = slices.Clone(s.Told)
	s.Strange = slices.Clone(s.Strange)
	s.Orders = slices.Clone(s.Orders)
	s.Pending = slices.Clone(s.Pending)
	s.Durable.Strangers = slices.Clone(s.Durable.Strangers)
	if s.Busy != nil {
		b := *s.Busy
		s.Busy = &b
	}
	if s.Durable.Restock != nil {
		r := *s.Durable.Restock
		s.Durable.Restock = &r
	}
	return s
}
