package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edged/internal/admin"
	"edged/internal/engine"
	"edged/internal/purchase"
	"edged/internal/supervise"
)

// adminView is the engine as the local API shows it. It satisfies admin.Backend;
// Status is in adminstatus.go,
// the queue in admindesk.go.
type adminView struct {
	a       *App
	started time.Time
}

// adminServices is the local API, if a socket is configured.
func (a *App) adminServices() []supervise.Service {
	if a.o.Config.AdminSocket == "" {
		return nil
	}
	return []supervise.Service{{Name: "admin", Run: func(ctx context.Context) error {
		s, err := admin.New(admin.Options{
			Path: a.o.Config.AdminSocket, Logger: a.log,
			Backend: &adminView{a: a, started: a.o.Clock.Read().Wall.UTC()},
		})
		if err != nil {
			return err
		}
		if a.o.Listen == nil {
			return s.Run(ctx)
		}
		l, err := a.o.Listen("unix", a.o.Config.AdminSocket)
		if err != nil {
			return err
		}
		return s.Serve(ctx, l)
	}}}
}

// Orders implements admin.Backend.
func (v *adminView) Orders(ctx context.Context, limit int, all bool) ([]admin.Order, error) {
	views, err := v.a.engine.Orders(ctx, limit, all)
	if err != nil {
		return nil, v.told(err)
	}
	tasks, err := v.tasksByOrder(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]admin.Order, len(views))
	for i, o := range views {
		out[i] = orderOf(o, tasks)
	}
	return out, nil
}

// Order implements admin.Backend.
func (v *adminView) Order(ctx context.Context, orderID string) (admin.OrderDetail, error) {
	o, err := v.a.engine.Order(ctx, purchase.OrderID(orderID))
	if err != nil {
		return admin.OrderDetail{}, v.told(err)
	}
	tasks, err := v.tasksByOrder(ctx)
	if err != nil {
		return admin.OrderDetail{}, err
	}
	return admin.OrderDetail{Order: orderOf(o, tasks), Journal: admin.JournalOf(o.Journal, o.State.Terms.Currency)}, nil
}

func orderOf(o engine.OrderView, tasks map[string][]admin.Task) admin.Order {
	out := admin.OrderOf(o.State)
	out.Phase, out.Parked, out.Archived = string(o.Phase), o.Parked, o.Archived
	if t := tasks[out.OrderID]; t != nil {
		out.Tasks = t
	}
	return out
}

// Tasks implements admin.Backend.
func (v *adminView) Tasks(ctx context.Context) ([]admin.Task, error) {
	tasks, err := v.a.engine.Tasks(ctx)
	out := make([]admin.Task, len(tasks))
	for i, t := range tasks {
		out[i] = admin.Task{
			N: t.N, Kind: string(t.Kind), ErrorCode: t.Kind.ErrCode(), OrderID: string(t.Order), Lane: t.Lane, Subject: t.Subject,
			AmountMinor: int64(t.Amount), Currency: string(t.Currency), Text: t.Text, OpenedAt: time.UnixMilli(t.OpenedAt).UTC(),
		}
	}
	return out, v.told(err)
}

func (v *adminView) tasksByOrder(ctx context.Context) (map[string][]admin.Task, error) {
	tasks, err := v.Tasks(ctx)
	out := map[string][]admin.Task{}
	for _, t := range tasks {
		out[t.OrderID] = append(out[t.OrderID], t)
	}
	return out, err
}

// told says in the API's terms what kind of failure it was.
func (v *adminView) told(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, admin.ErrNotFound), errors.Is(err, admin.ErrRequest), errors.Is(err, admin.ErrConflict), errors.Is(err, admin.ErrUnavailable):
		return err // said already
	case errors.Is(err, engine.ErrUnknownOrder), errors.Is(err, engine.ErrUnknownLane), errors.Is(err, engine.ErrUnknownTask), errors.Is(err, purchase.ErrOrderID):
		return fmt.Errorf("%w: %w", admin.ErrNotFound, err)
	case errors.Is(err, purchase.ErrPerson), errors.Is(err, engine.ErrParked), errors.Is(err, engine.ErrNotParked):
		return fmt.Errorf("%w: %w", admin.ErrConflict, err)
	case errors.Is(err, engine.ErrStopped), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", admin.ErrUnavailable, err)
	}
	return err
}

var _ admin.Backend = (*adminView)(nil)
