package admin

import "context"

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

	LaneOut(ctx context.Context, lane, why, who string) error
	LaneIn(ctx context.Context, lane, who string) error
}

// Drop is the request to close an entry of the queue.
type Drop struct {
	Order  string `json:"order"` // the entry's order; empty only for one that has none
	Reason string `json:"reason"`
}

// Out is the request to take a lane out of service.
type Out struct {
	Why string `json:"why"`
}

// Done is the answer to a request that changed something.
type Done struct {
	Message string `json:"message"`
}
