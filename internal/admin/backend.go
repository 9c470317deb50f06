package admin

import (
	"context"
	"io"
	"time"
)

// Backend is what the handlers ask. Its errors wrap ErrNotFound, ErrRequest,
// ErrConflict or ErrUnavailable where one of them says what happened. who names the
// caller for the journal and the log. Every method may be called from many
// goroutines and ends with ctx.
type Backend interface {
	// Status is everything at a glance; Problems need not be filled in.
	Status(ctx context.Context) (Status, error)
	// Orders lists the newest orders, at most limit; all includes those that no card
	// was ever used for.
	Orders(ctx context.Context, limit int, all bool) ([]Order, error)
	// Order is one order with its journal.
	Order(ctx context.Context, orderID string) (OrderDetail, error)
	Tasks(ctx context.Context) ([]Task, error)

	// Queue lists what waits to be told to the SaaS and the dead letters, oldest
	// first, at most limit.
	Queue(ctx context.Context, limit int) ([]QueueEntry, error)
	QueueEntry(ctx context.Context, n int64) (QueueDetail, error)
	// Retry sends an entry now. It blocks for the SaaS's answer if the entry is a
	// dead letter, and says what came of it.
	Retry(ctx context.Context, n int64, who string) (string, error)
	// Drop closes an entry for good. A report is dropped only if order is its own.
	Drop(ctx context.Context, n int64, d Drop, who string) error

	// TaskDone closes a task that asks for nothing of edged.
	TaskDone(ctx context.Context, n int64, d TaskDone, who string) error
	// RefundEnded says how a refund ended that a person had to do; it is reported.
	RefundEnded(ctx context.Context, orderID, number string, r RefundEnded, who string) error
	// Resume goes on with an order that edged itself failed on.
	Resume(ctx context.Context, orderID, who string) error

	// EndOfDay has a lane's terminal run it, as soon as it may.
	EndOfDay(ctx context.Context, lane, who string) error
	// Audit lists the newest manual actions, at most limit, oldest first.
	Audit(ctx context.Context, limit int) ([]Deed, error)

	// Ledger is the money of each terminal: the newest limit rows, or with a day
	// (YYYY-MM-DD, "today", "yesterday") those of that day.
	Ledger(ctx context.Context, day string, limit int) (Ledger, error)

	// Traces lists the flight recorders of the lines; Trace is what one of them has, as of
	// now, already redacted.
	Traces(ctx context.Context) ([]Trace, error)
	Trace(ctx context.Context, lane, device string) (io.WriterTo, error)

	LaneOut(ctx context.Context, lane, why, who string) error
	LaneIn(ctx context.Context, lane, who string) error
}

// Drop is the request to close an entry of the queue.
type Drop struct {
	Order  string `json:"order"` // the entry's order; empty only for one that has none
	Reason string `json:"reason"`
}

// TaskDone is the request to close a task.
type TaskDone struct {
	Outcome string `json:"outcome"` // in a word
	Note    string `json:"note"`
}

// RefundEnded is the request to end a refund. AmountMinor is what was given back; zero
// is what was asked for.
type RefundEnded struct {
	Done        bool   `json:"-"` // else it failed
	AmountMinor int64  `json:"amount_minor,omitempty"`
	Note        string `json:"note"`
}

// Deed is one manual action. Result is "done", why not, or "" if edged stopped before
// it was known.
type Deed struct {
	N           int64     `json:"n"`
	At          time.Time `json:"at"`
	ClockSynced bool      `json:"clock_synced"`
	Who         string    `json:"who"`
	Act         string    `json:"act"`
	Object      string    `json:"object"` // order, lane, task or entry
	Note        string    `json:"note"`
	Result      string    `json:"result"`
}

// Out is the request to take a lane out of service.
type Out struct {
	Why string `json:"why"`
}

// Done is the answer to a request that changed something.
type Done struct {
	Message string `json:"message"`
}
