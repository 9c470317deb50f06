package app

import (
	"context"
	"fmt"
	"time"

	"edged/internal/admin"
	"edged/internal/engine"
	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/logkey"
	"edged/internal/money"
	"edged/internal/purchase"
)

// act does what a person asks for, between two lines of the audit journal: the first
// must be on flash before anything happens.
func (v *adminView) act(ctx context.Context, d engine.Deed, do func() error) error {
	n, err := v.a.engine.Begin(ctx, d)
	if err != nil {
		return v.told(err)
	}
	err = v.told(do())
	result := "done"
	if err != nil {
		result = err.Error()
	}
	if failed := v.a.engine.End(context.WithoutCancel(ctx), n, result); failed != nil {
		v.a.log.Error("result of a manual action is not written down", logkey.Command, d.Act, logkey.Caller, d.Who, logkey.Err, failed, logkey.Code, errcode.Or(failed, errcode.StoreNotKept))
	}
	return err
}

// Audit implements admin.Backend.
func (v *adminView) Audit(ctx context.Context, limit int) ([]admin.Deed, error) {
	deeds, err := v.a.engine.Deeds(ctx)
	if err != nil {
		return nil, v.told(err)
	}
	deeds = deeds[max(0, len(deeds)-limit):]
	out := make([]admin.Deed, len(deeds))
	for i, d := range deeds {
		out[i] = admin.Deed{
			N: d.N, At: time.UnixMilli(d.At).UTC(), ClockSynced: d.Synced, Who: d.Who,
			Act: d.Act, Object: d.Object, Note: d.Note, Result: d.Result,
		}
	}
	return out, nil
}

// LaneOut implements admin.Backend.
func (v *adminView) LaneOut(ctx context.Context, name, why, who string) error {
	return v.act(ctx, engine.Deed{Who: who, Act: "lane out", Object: name, Note: why}, func() error {
		return v.a.engine.Lane(ctx, name, lane.Out{Why: why + " (" + who + ")"})
	})
}

// LaneIn implements admin.Backend.
func (v *adminView) LaneIn(ctx context.Context, name, who string) error {
	return v.act(ctx, engine.Deed{Who: who, Act: "lane in", Object: name}, func() error {
		return v.a.engine.Lane(ctx, name, lane.In{Who: who})
	})
}

// EndOfDay implements admin.Backend.
func (v *adminView) EndOfDay(ctx context.Context, name, who string) error {
	return v.act(ctx, engine.Deed{Who: who, Act: "terminal end-of-day", Object: name}, func() error {
		return v.a.engine.Lane(ctx, name, lane.EndOfDayNow{})
	})
}

// TaskDone implements admin.Backend.
func (v *adminView) TaskDone(ctx context.Context, n int64, d admin.TaskDone, who string) error {
	deed := engine.Deed{Who: who, Act: "task done", Object: fmt.Sprintf("task %d", n), Note: d.Outcome + ": " + d.Note}
	return v.act(ctx, deed, func() error { return v.a.engine.TaskDone(ctx, n, d.Outcome, d.Note, who) })
}

// RefundEnded implements admin.Backend.
func (v *adminView) RefundEnded(ctx context.Context, orderID, number string, r admin.RefundEnded, who string) error {
	p := purchase.Person{Act: purchase.ActRefundFailed, Number: number, Note: r.Note, Who: who}
	deed := engine.Deed{Who: who, Act: "order refund-failed", Object: orderID, Note: number + ": " + r.Note}
	if r.Done {
		p.Act, p.Amount, deed.Act = purchase.ActRefundDone, money.Minor(r.AmountMinor), "order refund-done"
	}
	return v.act(ctx, deed, func() error {
		_, err := v.a.engine.Post(ctx, purchase.Event{Order: purchase.OrderID(orderID), Body: p})
		return err
	})
}

// Resume implements admin.Backend.
func (v *adminView) Resume(ctx context.Context, orderID, who string) error {
	return v.act(ctx, engine.Deed{Who: who, Act: "order resume", Object: orderID}, func() error {
		return v.a.engine.Unpark(ctx, purchase.OrderID(orderID), who)
	})
}
