package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"edged/internal/purchase"
	"edged/internal/queue"
)

// OrderView is one order as a person or an auditor sees it.
type OrderView struct {
	State    purchase.State
	Phase    purchase.Phase
	Parked   string
	Archived bool
	Journal  []purchase.Event // empty in lists
}

// Order gives one order with its journal, open or archived. Errors:
// ErrUnknownOrder, the store's.
func (e *Engine) Order(ctx context.Context, id purchase.OrderID) (OrderView, error) {
	var o *order
	if err := e.do(ctx, func() { o = e.orders[id] }); err != nil {
		return OrderView{}, err
	}
	if o == nil {
		return e.archivedOrder(ctx, id)
	}
	rows, err := e.o.Store.ReadJournalRows(ctx, o.seq, o.journal)
	if err != nil {
		return OrderView{}, err
	}
	v := o.view()
	for _, row := range rows {
		v.addEvent(row.Event)
	}
	return v, nil
}

func (o *order) view() OrderView {
	return OrderView{State: o.state, Phase: o.state.Phase(), Parked: o.parked}
}

// addEvent leaves out what cannot be read: a journal is for people, and the rest
// of it is worth seeing.
func (v *OrderView) addEvent(b []byte) {
	if ev, err := purchase.DecodeEvent(b); err == nil {
		v.Journal = append(v.Journal, ev)
	}
}

func (e *Engine) archivedOrder(ctx context.Context, id purchase.OrderID) (OrderView, error) {
	bits, err := id.Bits()
	if err != nil {
		return OrderView{}, err
	}
	a, ok, err := e.o.Store.ReadArchive(ctx, bits)
	if err != nil {
		return OrderView{}, err
	}
	if !ok {
		return OrderView{}, fmt.Errorf("order %s: %w", id, ErrUnknownOrder)
	}
	return archivedView(a)
}

func archivedView(a queue.Archived) (OrderView, error) {
	o, journal, err := decodeArchived(a)
	if err != nil {
		return OrderView{}, err
	}
	v := o.view()
	v.Archived = true
	for _, ev := range journal {
		v.addEvent(ev)
	}
	return v, nil
}

// OpenOrders lists every order that is not closed, newest first.
func (e *Engine) OpenOrders(ctx context.Context) ([]OrderView, error) {
	open, err := e.open(ctx)
	out := make([]OrderView, len(open))
	for i, o := range open {
		out[i] = o.view()
	}
	return out, err
}

func (e *Engine) open(ctx context.Context) (open []*order, err error) {
	err = e.do(ctx, func() {
		for _, o := range e.orders {
			open = append(open, o)
		}
	})
	slices.SortFunc(open, func(a, b *order) int { return cmp.Compare(b.seq, a.seq) })
	return open, err
}

// Orders lists the open orders and the newest archived ones, newest first, at
// most limit in all. Orders that were never used are left out unless all is set.
func (e *Engine) Orders(ctx context.Context, limit int, all bool) ([]OrderView, error) {
	open, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	var out []OrderView
	for _, o := range open {
		out = appendView(out, o.view(), limit, all)
	}
	return e.archivedOrders(ctx, out, limit, all)
}

func appendView(out []OrderView, v OrderView, limit int, all bool) []OrderView {
	unused := v.State.Hold == nil && (v.State.Outcome == nil || v.State.Outcome.Kind == purchase.Abandoned)
	if len(out) < limit && (all || !unused) {
		out = append(out, v)
	}
	return out
}

func (e *Engine) archivedOrders(ctx context.Context, out []OrderView, limit int, all bool) ([]OrderView, error) {
	const page = 100
	for before := queue.Seq(0); len(out) < limit; {
		heads, err := e.o.Store.ListArchive(ctx, before, page)
		if err != nil || len(heads) == 0 {
			return out, err
		}
		for _, h := range heads {
			before = h.Seq
			a, ok, err := e.o.Store.ReadArchive(ctx, h.ID)
			if err != nil || !ok {
				continue // quarantined by the store, which counts it
			}
			if v, err := archivedView(a); err == nil {
				v.Journal = nil
				out = appendView(out, v, limit, all)
			}
		}
	}
	return out, nil
}

// Tasks lists what waits for a person, oldest first.
func (e *Engine) Tasks(ctx context.Context) ([]Task, error) {
	var out []Task
	err := e.do(ctx, func() {
		for _, t := range e.tasks {
			out = append(out, t.Task)
		}
	})
	slices.SortFunc(out, func(a, b Task) int { return cmp.Compare(a.N, b.N) })
	return out, err
}
