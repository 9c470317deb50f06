// Package admintest is a stand-in for the daemon behind the local API: it answers
// with what it was given and notes what it was asked to change. It is for tests of
// the API and of the commands.
package admintest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"edged/internal/admin"
)

// Backend satisfies admin.Backend. Fill the fields before it is used.
type Backend struct {
	StatusIs  admin.Status
	OrdersAre []admin.OrderDetail
	QueueIs   []admin.QueueDetail
	TasksAre  []admin.Task
	AuditIs   []admin.Deed
	LedgerIs  admin.Ledger
	TracesAre map[admin.Trace]string // with the text of each
	Err       error                  // every answer, if set

	mu    sync.Mutex
	calls []string
}

// Calls lists what was asked to be changed, and by whom.
func (b *Backend) Calls() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.calls...)
}

func (b *Backend) note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, fmt.Sprintf(format, args...))
}

// Status implements admin.Backend.
func (b *Backend) Status(context.Context) (admin.Status, error) { return b.StatusIs, b.Err }

// Orders implements admin.Backend; all is taken for true.
func (b *Backend) Orders(_ context.Context, limit int, _ bool) ([]admin.Order, error) {
	var out []admin.Order
	for _, o := range b.OrdersAre[:min(limit, len(b.OrdersAre))] {
		out = append(out, o.Order)
	}
	return out, b.Err
}

// Order implements admin.Backend.
func (b *Backend) Order(_ context.Context, orderID string) (admin.OrderDetail, error) {
	for _, o := range b.OrdersAre {
		if o.OrderID == orderID {
			return o, b.Err
		}
	}
	return admin.OrderDetail{}, fmt.Errorf("order %s: %w", orderID, admin.ErrNotFound)
}

// Tasks implements admin.Backend.
func (b *Backend) Tasks(context.Context) ([]admin.Task, error) { return b.TasksAre, b.Err }

// Queue implements admin.Backend.
func (b *Backend) Queue(_ context.Context, limit int) ([]admin.QueueEntry, error) {
	var out []admin.QueueEntry
	for _, e := range b.QueueIs[:min(limit, len(b.QueueIs))] {
		out = append(out, e.QueueEntry)
	}
	return out, b.Err
}

// QueueEntry implements admin.Backend.
func (b *Backend) QueueEntry(_ context.Context, n int64) (admin.QueueDetail, error) {
	for _, e := range b.QueueIs {
		if e.N == n {
			return e, b.Err
		}
	}
	return admin.QueueDetail{}, fmt.Errorf("entry %d: %w", n, admin.ErrNotFound)
}

// Retry implements admin.Backend.
func (b *Backend) Retry(_ context.Context, n int64, who string) (string, error) {
	b.note("retry %d by %s", n, who)
	return "the SaaS acknowledged the report", b.Err
}

// Drop implements admin.Backend.
func (b *Backend) Drop(ctx context.Context, n int64, d admin.Drop, who string) error {
	e, err := b.QueueEntry(ctx, n)
	if err != nil {
		return err
	}
	if e.OrderID != d.Order {
		return fmt.Errorf("%w: entry %d belongs to order %s, not to %q", admin.ErrConflict, n, e.OrderID, d.Order)
	}
	b.note("drop %d of %s: %s, by %s", n, d.Order, d.Reason, who)
	return b.Err
}

// LaneOut implements admin.Backend.
func (b *Backend) LaneOut(_ context.Context, lane, why, who string) error {
	b.note("lane %s out: %s, by %s", lane, why, who)
	return b.lane(lane)
}

// LaneIn implements admin.Backend.
func (b *Backend) LaneIn(_ context.Context, lane, who string) error {
	b.note("lane %s in, by %s", lane, who)
	return b.lane(lane)
}

func (b *Backend) lane(name string) error {
	for _, l := range b.StatusIs.Lanes {
		if l.Lane == name {
			return b.Err
		}
	}
	return fmt.Errorf("lane %q: %w", name, admin.ErrNotFound)
}

// TaskDone implements admin.Backend.
func (b *Backend) TaskDone(_ context.Context, n int64, d admin.TaskDone, who string) error {
	for _, t := range b.TasksAre {
		if t.N == n {
			b.note("task %d done: %s, %s, by %s", n, d.Outcome, d.Note, who)
			return b.Err
		}
	}
	return fmt.Errorf("task %d: %w", n, admin.ErrNotFound)
}

// RefundEnded implements admin.Backend.
func (b *Backend) RefundEnded(ctx context.Context, orderID, number string, r admin.RefundEnded, who string) error {
	o, err := b.Order(ctx, orderID)
	if err != nil {
		return err
	}
	for _, f := range o.Refunds {
		if f.Number == number {
			b.note("refund %s of %s, done %v, %d: %s, by %s", number, orderID, r.Done, r.AmountMinor, r.Note, who)
			return b.Err
		}
	}
	return fmt.Errorf("%w: no refund %q", admin.ErrConflict, number)
}

// Resume implements admin.Backend.
func (b *Backend) Resume(ctx context.Context, orderID, who string) error {
	if _, err := b.Order(ctx, orderID); err != nil {
		return err
	}
	b.note("resume %s, by %s", orderID, who)
	return b.Err
}

// EndOfDay implements admin.Backend.
func (b *Backend) EndOfDay(_ context.Context, lane, who string) error {
	b.note("end of day of %s, by %s", lane, who)
	return b.lane(lane)
}

// Ledger implements admin.Backend; a day is looked for among the rows.
func (b *Backend) Ledger(_ context.Context, day string, limit int) (admin.Ledger, error) {
	out := b.LedgerIs
	out.Day, out.Rows = day, nil
	for _, r := range b.LedgerIs.Rows {
		if (day == "" || r.Day == day) && len(out.Rows) < limit {
			out.Rows = append(out.Rows, r)
		}
	}
	return out, b.Err
}

// Traces implements admin.Backend.
func (b *Backend) Traces(context.Context) ([]admin.Trace, error) {
	return slices.SortedFunc(maps.Keys(b.TracesAre), func(x, y admin.Trace) int { return cmp.Compare(x.Lane+x.Device, y.Lane+y.Device) }), b.Err
}

// Trace implements admin.Backend.
func (b *Backend) Trace(_ context.Context, lane, device string) (io.WriterTo, error) {
	for t, text := range b.TracesAre {
		if t.Lane == lane && t.Device == device {
			return strings.NewReader(text), b.Err
		}
	}
	return nil, fmt.Errorf("trace of %s %s: %w", lane, device, admin.ErrNotFound)
}

// Audit implements admin.Backend.
func (b *Backend) Audit(_ context.Context, limit int) ([]admin.Deed, error) {
	return b.AuditIs[max(0, len(b.AuditIs)-limit):], b.Err
}
