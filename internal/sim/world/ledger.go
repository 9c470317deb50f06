package world

import (
	"maps"
	"slices"
	"time"

	"edged/internal/sim/journal"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// Kind names what a ledger line says.
type Kind string

// The kinds of ledger lines. KillDone, StruckDone and NoteDone are for who plays with
// the world.
const (
	Began      Kind = "began"       // a scenario starts
	Tapped     Kind = "tapped"      // with what the terminal told the customer
	DoorOpened Kind = "door_opened" // for an order
	Took       Kind = "took"
	PutBack    Kind = "put_back"
	DoorClosed Kind = "door_closed" // with what was really taken
	Left       Kind = "left"        // the customer went without the door having opened
	Happened   Kind = "happened"
	KillDone   Kind = "kill"   // the gateway was killed; Note says at which point
	StruckDone Kind = "struck" // a terminal, the SaaS or the network died for a moment
	NoteDone   Kind = "note"
)

// Event is one line of the ledger.
type Event struct {
	Seq       int64                `json:"seq"`
	At        time.Time            `json:"at"`
	Kind      Kind                 `json:"kind"`
	Visit     string               `json:"visit,omitempty"` // Scenario.ID
	Lane      string               `json:"lane,omitempty"`
	MachineID string               `json:"machine_id,omitempty"`
	Door      int                  `json:"door,omitempty"`
	OrderID   string               `json:"order_id,omitempty"`
	Scenario  *Scenario            `json:"scenario,omitempty"`
	Tap       *readersim.TapResult `json:"tap,omitempty"`
	Lines     []saassim.Line       `json:"lines,omitempty"`
	Total     int64                `json:"total_minor,omitempty"`
	Note      string               `json:"note,omitempty"`
}

// Opening is one time a door was open.
type Opening struct {
	OrderID   string
	Visit     string // "" if nobody was there
	MachineID string
	Door      int
	OpenedAt  time.Time
	ClosedAt  time.Time
	Taken     []saassim.Line // what was really taken
	Total     int64          // its price
	inHand    []saassim.Line // while the door is open
}

// Visit is one customer.
type Visit struct {
	Scenario Scenario
	At       time.Time
	Tap      *readersim.TapResult // nil: never tapped
	TappedAt time.Time
	OrderIDs []string // of the openings that were for this customer
	LeftAt   time.Time
	Happened []string
	Kills    []string // points at which the gateway was killed during the visit
	Struck   []string // what else died during the visit
}

// Ledger is what really happened, folded from its events.
type Ledger struct {
	Events   []Event
	Visits   map[string]*Visit   // by Scenario.ID
	Openings map[string]*Opening // by order id
	Kills    []Event
	Strikes  []Event           // what else died
	current  map[string]string // by lane: the visit that began last
}

// fold makes a ledger of its lines.
func fold() journal.Fold[Event, Ledger] {
	return journal.Fold[Event, Ledger]{
		New: func() *Ledger {
			return &Ledger{Visits: map[string]*Visit{}, Openings: map[string]*Opening{}, current: map[string]string{}}
		},
		Apply:  (*Ledger).apply,
		Events: func(l *Ledger) []Event { return l.Events },
		Number: func(e *Event, seq int64, at time.Time) { e.Seq, e.At = seq, at },
		Binds:  func(Event) bool { return true }, // what was taken is on disk before anybody is told
	}
}

// book is the ledger while it is being written.
type book = journal.Book[Event, Ledger]

// LoadLedger reads the ledger at path. A torn last line is ignored.
func LoadLedger(path string) (*Ledger, error) { return fold().Load(path) }

// VisitList returns the visits in the order they began.
func (l *Ledger) VisitList() []*Visit {
	return slices.SortedFunc(maps.Values(l.Visits), func(a, b *Visit) int { return a.At.Compare(b.At) })
}

func (l *Ledger) apply(e Event) {
	l.Events = append(l.Events, e)
	switch e.Kind {
	case Began:
		l.Visits[e.Visit] = &Visit{Scenario: *e.Scenario, At: e.At}
		l.current[e.Lane] = e.Visit
	case DoorOpened:
		l.opened(e)
	case Took, PutBack, DoorClosed:
		l.atDoor(e)
	case KillDone:
		l.Kills = append(l.Kills, e)
		l.felt(e)
	case StruckDone:
		l.Strikes = append(l.Strikes, e)
		l.felt(e)
	case Tapped, Left, Happened:
		l.visitor(e, e.Visit)
	}
}

func (l *Ledger) opened(e Event) {
	l.Openings[e.OrderID] = &Opening{
		OrderID: e.OrderID, Visit: e.Visit, MachineID: e.MachineID, Door: e.Door, OpenedAt: e.At,
	}
	if v := l.Visits[e.Visit]; v != nil {
		v.OrderIDs = append(v.OrderIDs, e.OrderID)
	}
}

func (l *Ledger) atDoor(e Event) {
	o := l.Openings[e.OrderID]
	switch {
	case o == nil:
	case e.Kind == Took:
		o.inHand = append(o.inHand, e.Lines...)
	case e.Kind == PutBack:
		o.inHand = without(o.inHand, e.Lines)
	default:
		o.ClosedAt, o.Taken, o.Total = e.At, e.Lines, e.Total
	}
}

// felt writes down at every lane it may have been felt at what has died.
func (l *Ledger) felt(e Event) {
	for lane, id := range l.current {
		if e.Lane == "" || e.Lane == lane {
			l.visitor(e, id)
		}
	}
}

func (l *Ledger) visitor(e Event, id string) {
	v := l.Visits[id]
	switch {
	case v == nil:
	case e.Kind == Tapped:
		v.Tap, v.TappedAt = e.Tap, e.At
	case e.Kind == Left:
		v.LeftAt = e.At
	case e.Kind == Happened:
		v.Happened = append(v.Happened, e.Note)
	case e.Kind == KillDone:
		v.Kills = append(v.Kills, e.Note)
	case e.Kind == StruckDone:
		v.Struck = append(v.Struck, e.Note)
	}
}
