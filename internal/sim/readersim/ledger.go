package readersim

import (
	"maps"
	"slices"
	"time"

	"edged/internal/sim/journal"
)

const (
	maxReceipt = 9999
	maxTrace   = 999999
)

// Kind names what a ledger line says.
type Kind string

// The kinds of ledger lines. Those above the gap are money and synced.
const (
	Authorised   Kind = "authorised"   // the acquirer agreed; the gateway does not know yet
	Booked       Kind = "booked"       // the terminal stands by it (its commit point)
	Autoreversed Kind = "autoreversed" // taken back by the terminal itself
	Expired      Kind = "expired"      // the issuer dropped the hold
	EndOfDay     Kind = "end_of_day"   // settled

	Answered   Kind = "answered" // the gateway's answer to a Status Information
	Refused    Kind = "refused"  // a command that came to nothing, with its result code
	Wire       Kind = "wire"     // one message on the wire
	PowerOn    Kind = "power_on"
	PowerOff   Kind = "power_off"
	Registered Kind = "registered"
	FaultDone  Kind = "fault" // a scripted fault took effect
)

func (k Kind) money() bool {
	switch k {
	case Authorised, Booked, Autoreversed, Expired, EndOfDay:
		return true
	default:
		return false
	}
}

// Event is one line of the ledger. Amounts are in minor units.
type Event struct {
	Seq        int64     `json:"seq"`
	At         time.Time `json:"at"`
	Kind       Kind      `json:"kind"`
	Tx         int64     `json:"tx,omitempty"`      // number of the transaction, from 1
	Hold       int64     `json:"hold,omitempty"`    // Tx of the reservation it resolves
	Command    string    `json:"command,omitempty"` // "06 22"
	TerminalID string    `json:"terminal_id,omitempty"`
	Receipt    int       `json:"receipt,omitempty"`
	Trace      int       `json:"trace,omitempty"`
	Requested  int64     `json:"requested_minor,omitempty"`
	Amount     int64     `json:"amount_minor"`
	Currency   string    `json:"currency,omitempty"` // ISO 4217 number
	Card       string    `json:"card,omitempty"`     // masked
	Dir        string    `json:"dir,omitempty"`      // wire: tx = sent by the terminal, rx = received
	Code       int       `json:"code"`               // result code, or 84 code of an answer
	Note       string    `json:"note,omitempty"`
}

// State is what has become of a hold.
type State string

// The states of a hold.
const (
	Pending     State = "pending" // authorised, not acknowledged yet
	Open        State = "open"
	Captured    State = "captured"
	Released    State = "released"
	ExpiredHold State = "expired"
	Reversed    State = "autoreversed" // by the terminal itself
	Undone      State = "reversed"     // captured, then reversed by 06 30
)

// Tx is one transaction: what the acquirer agreed to and what came of it.
type Tx struct {
	ID           int64
	Hold         int64 // 0 if it is itself a reservation
	Command      string
	TerminalID   string
	Receipt      int
	Trace        int
	Requested    int64
	Amount       int64
	Currency     string
	Card         string
	AuthorisedAt time.Time
	SentAt       []time.Time // each time its Status Information went out
	AnsweredAt   time.Time
	AnswerCode   int // 0 positive, -1 no answer yet
	BookedAt     time.Time
	ReversedAt   time.Time
	Note         string
}

// booked says whether the transaction stands.
func (t *Tx) booked() bool { return !t.BookedAt.IsZero() && t.ReversedAt.IsZero() }

// Hold is a reservation and its end.
type Hold struct {
	Tx
	State         State
	CapturedMinor int64
	Captures      int       // booked captures; more than one is a violation of somebody
	AckedAt       time.Time // when the gateway took it: the terminal's commit point
	EndedAt       time.Time
	EndedBy       string // command that ended it, or a reason
	SettledAt     time.Time
	Stranded      bool // open over an end of day that leaves it to the issuer to drop it
}

// Ledger is the whole truth of a terminal, folded from its events.
type Ledger struct {
	Events []Event
	Holds  map[int64]*Hold // by Tx.ID
	Txs    map[int64]*Tx   // captures, releases, reversals and the reservations
	last   int64           // highest Tx.ID
	keyed  int64           // booked by hand since the last end of day
	booked int64           // the last transaction that stands, for 06 20
}

// fold makes a ledger of its lines.
func fold() journal.Fold[Event, Ledger] {
	return journal.Fold[Event, Ledger]{
		New: func() *Ledger {
			return &Ledger{Holds: map[int64]*Hold{}, Txs: map[int64]*Tx{}}
		},
		Apply:  (*Ledger).apply,
		Events: func(l *Ledger) []Event { return l.Events },
		Number: func(e *Event, seq int64, at time.Time) { e.Seq, e.At = seq, at },
		Binds:  func(e Event) bool { return e.Kind.money() },
	}
}

// book is the ledger while it is being written.
type book = journal.Book[Event, Ledger]

// LoadLedger reads the ledger at path. A torn last line is ignored.
func LoadLedger(path string) (*Ledger, error) { return fold().Load(path) }

// HoldList returns the holds in the order they were made.
func (l *Ledger) HoldList() []*Hold {
	return slices.SortedFunc(maps.Values(l.Holds), func(a, b *Hold) int { return int(a.ID - b.ID) })
}

// open returns the holds that can be resolved, oldest first.
func (l *Ledger) open() []*Hold {
	return slices.DeleteFunc(l.HoldList(), func(h *Hold) bool { return h.State != Open })
}

func (l *Ledger) apply(e Event) {
	l.Events = append(l.Events, e)
	tx := l.Txs[e.Tx]
	switch {
	case e.Kind == Authorised:
		l.authorise(e)
	case e.Kind == EndOfDay:
		l.settle(e)
	case tx == nil:
	case e.Kind == Wire && e.Dir == "tx" && e.Command == headName(cmdStatusInfo):
		tx.SentAt = append(tx.SentAt, e.At)
	case e.Kind == Answered:
		tx.AnsweredAt, tx.AnswerCode = e.At, e.Code
	case e.Kind == Booked:
		l.book(tx, e)
	case e.Kind == Autoreversed:
		l.autoreverse(tx, e)
	case e.Kind == Expired:
		l.end(l.Holds[e.Tx], ExpiredHold, e, "expired")
	}
	l.sync(e.Tx)
}

// sync keeps the copy of the transaction inside its hold the same.
func (l *Ledger) sync(id int64) {
	if h := l.Holds[id]; h != nil {
		h.Tx = *l.Txs[id]
	}
}

func (l *Ledger) authorise(e Event) {
	tx := &Tx{
		ID: e.Tx, Hold: e.Hold, Command: e.Command, TerminalID: e.TerminalID,
		Receipt: e.Receipt, Trace: e.Trace, Requested: e.Requested, Amount: e.Amount,
		Currency: e.Currency, Card: e.Card, AuthorisedAt: e.At, AnswerCode: -1, Note: e.Note,
	}
	l.Txs[tx.ID] = tx
	l.last = max(l.last, tx.ID)
	if e.Command == headName(cmdReserve) && e.Hold == 0 {
		l.Holds[tx.ID] = &Hold{Tx: *tx, State: Pending}
	}
}

func (l *Ledger) book(tx *Tx, e Event) {
	tx.BookedAt, l.booked = e.At, tx.ID
	if e.Amount != tx.Amount {
		tx.Amount = e.Amount
	}
	if h := l.Holds[tx.ID]; h != nil {
		h.State, h.AckedAt = Open, e.At
		return
	}
	if tx.Command == byHand {
		l.keyed += tx.Amount
	}
	h := l.Holds[tx.Hold]
	switch {
	case h == nil:
	case tx.Command == headName(cmdReserve): // an extension
		l.Txs[h.ID].Amount = tx.Amount
		l.sync(h.ID)
	case tx.Command == headName(cmdRelease):
		l.end(h, Released, e, tx.Command)
	case tx.Command == headName(cmdReverse) && h.State == Captured:
		l.end(h, Undone, e, tx.Command)
	case tx.Command == headName(cmdReverse), tx.Amount == 0 && tx.Command == headName(cmdEndOfDay):
		l.end(h, Released, e, tx.Command)
	default:
		h.CapturedMinor += tx.Amount
		h.Captures++
		l.end(h, Captured, e, tx.Command)
	}
}

// autoreverse takes a transaction back. One that resolved a hold leaves the hold
// as it was: open.
func (l *Ledger) autoreverse(tx *Tx, e Event) {
	wasBooked := tx.booked()
	tx.ReversedAt, tx.Note = e.At, e.Note
	if l.booked == tx.ID {
		l.booked = l.lastStanding()
	}
	if h := l.Holds[tx.ID]; h != nil {
		l.end(h, Reversed, e, e.Note)
		return
	}
	if h := l.Holds[tx.Hold]; h != nil && wasBooked {
		l.reopen(h, tx)
	}
}

func (l *Ledger) reopen(h *Hold, tx *Tx) {
	if h.State == Captured {
		h.CapturedMinor -= tx.Amount
		h.Captures--
	}
	h.State, h.EndedAt, h.EndedBy = Open, time.Time{}, ""
}

func (l *Ledger) lastStanding() int64 {
	var last *Tx
	for _, tx := range l.Txs {
		if tx.booked() && (last == nil || tx.ID > last.ID) {
			last = tx
		}
	}
	if last == nil {
		return 0
	}
	return last.ID
}

func (l *Ledger) end(h *Hold, s State, e Event, by string) {
	if h != nil {
		h.State, h.EndedAt, h.EndedBy = s, e.At, by
	}
}

func (l *Ledger) settle(e Event) {
	l.keyed = 0
	for _, h := range l.Holds {
		if h.State == Captured && h.SettledAt.IsZero() {
			h.SettledAt = e.At
		}
		if h.State == Open {
			h.Stranded = true
		}
	}
}

// byReceipt finds the newest transaction with that receipt number; numbers come
// again after 9999.
func (l *Ledger) byReceipt(receipt int) *Tx {
	var found *Tx
	for _, tx := range l.Txs {
		if tx.Receipt == receipt && (found == nil || tx.ID > found.ID) {
			found = tx
		}
	}
	return found
}
