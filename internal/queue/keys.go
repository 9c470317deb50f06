package queue

import "time"

// Seq identifies an order inside the store. It is assigned by [Tx.NewSeq] and
// never reused.
type Seq int64

// N identifies a row: of the journal, the reports, the dead letters, the tasks or
// the events. Numbers of all tables come from one rising counter and are never
// reused; they have gaps.
type N int64

// OrderID is the public identity of an order: 128 random bits.
type OrderID [16]byte

// Order is an order that is not yet closed and reported.
type Order struct {
	Seq   Seq
	ID    OrderID
	State []byte
}

// JournalRow is one event in the life of an order.
type JournalRow struct {
	N     N
	Seq   Seq
	Event []byte
}

// ReportHead is a waiting report without its body.
type ReportHead struct {
	N   N
	Seq Seq
}

// ReportRow is a waiting report. When the record is damaged, Err wraps
// [ErrBadRecord] and Body is nil. Such a row has been moved to quarantine and is
// removed with the next commit: the reader raises an alarm for Seq.
type ReportRow struct {
	N    N
	Seq  Seq
	Body []byte
	Err  error
}

// Dead is a dead letter: nobody but a person closes it.
type Dead struct {
	N        N
	Seq      Seq // 0: belongs to no order
	Class    string
	Reason   string
	Attempts int64
	Body     []byte
}

// Task is something a person has to do.
type Task struct {
	N     N
	Seq   Seq // 0: belongs to no order
	Kind  string
	State []byte
}

// Archived is an order that is closed and reported.
type Archived struct {
	Seq Seq
	ID  OrderID
	At  time.Time // when it was archived, whole seconds, by a wall clock that may be wrong
	// On is how long the gateway had been powered on then, whole seconds. PruneArchive
	// goes by it; zero: it is not known, and At counts.
	On   time.Duration
	Blob []byte
	// Brief is a few bytes that Store.ReadBriefs gives without the rest; empty: none.
	Brief []byte
}

// EventRow is an entry of the telemetry spool.
type EventRow struct {
	N     N
	Class EventClass
	Body  []byte
}

// EventClass ranks events of the spool: a lower class is thinned first.
type EventClass int64

// Snapshot is everything the engine keeps in memory. The caller owns it.
type Snapshot struct {
	Orders  []Order           // in Seq order
	Lanes   map[string][]byte // by lane name
	Meta    map[string][]byte // by key
	Journal []JournalRow      // in N order; of open orders
	Reports []ReportHead      // in N order; of open orders
	Dead    []Dead            // in N order
	Tasks   []Task            // in N order
}
