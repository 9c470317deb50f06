package engine

import (
	"context"
	"errors"
	"fmt"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/purchase"
)

// park sets an order aside whose step failed: a fault of ours. Its state and the
// event stay in the store, a person is asked, and nothing is done for it any more
// until that person has decided. The rest of the gateway goes on.
func (b *batch) park(c *change, ev purchase.Event, cause error) {
	b.e.log.Error("order is parked", logkey.OrderID, string(ev.Order), logkey.Event, string(ev.Body.Kind()), logkey.Err, cause, logkey.Code, errcode.PayParked)
	if c.state.Order == "" {
		return // it never came to be
	}
	if err := b.keep(c, ev); err != nil {
		b.e.log.Error("event of a parked order is not kept", logkey.OrderID, string(ev.Order), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	}
	c.parked, c.missed, c.dirty = cause.Error(), 1, true
	text := "edged itself failed on this order: " + cause.Error()
	c.effects = append(c.effects,
		purchase.OpenTask{Task: purchase.TaskParked, Text: text},
		purchase.Alarm{Alarm: alarmParked, Text: text})
}

// maxMissed bounds what is kept of a parked order beside its callbacks, which are
// bounded themselves: what repeats a report until it is taken repeats it for long.
const maxMissed = 64

// miss keeps an event of a parked order for the time when it goes on.
func (b *batch) miss(c *change, ev purchase.Event) error {
	err := fmt.Errorf("order %s: %w: %s", ev.Order, ErrParked, c.parked)
	if ev.Key == "" && c.missed >= maxMissed {
		return err
	}
	c.missed++
	return errors.Join(b.keep(c, ev), err)
}

// unpark lets an order go on, from the state before the event it failed on. Whatever
// was asked for it is in doubt, as after a restart; then it learns what the SaaS has
// told meanwhile, all in one commit. What fails again parks it again.
func (b *batch) unpark(c *change, ev purchase.Event) (purchase.Verdict, error) {
	if c.parked == "" {
		return purchase.Refuse, fmt.Errorf("order %s: %w", c.state.Order, ErrNotParked)
	}
	missed, err := b.missedCallbacks(c)
	if err != nil {
		return purchase.Refuse, err
	}
	why, n := c.parked, c.missed
	c.parked, c.missed = "", 0
	if v, err := b.stepOn(c, ev); err != nil {
		c.parked, c.missed = why, n
		return v, err
	}
	var again error
	for _, ev := range append([]purchase.Event{{Order: ev.Order, Body: purchase.Restarted{}}}, missed...) {
		ev.At = b.now
		if again != nil {
			c.missed++
			again = errors.Join(again, b.keep(c, ev))
			continue
		}
		_, again = b.stepOn(c, ev)
	}
	return purchase.Accept, again
}

// missedCallbacks are what the SaaS has told of a parked order, without the keys
// that are known by now. What a terminal or a person wanted then is past.
func (b *batch) missedCallbacks(c *change) (out []purchase.Event, err error) {
	fresh := c.events[max(0, len(c.events)-c.missed):]
	rows, err := b.e.o.Store.ReadJournalRows(context.Background(), c.seq, c.journal[max(0, len(c.journal)-c.missed+len(fresh)):])
	if err != nil {
		return nil, err
	}
	var stored [][]byte
	for _, row := range rows {
		stored = append(stored, row.Event)
	}
	for _, enc := range append(stored, fresh...) {
		ev, err := purchase.DecodeEvent(enc)
		if err != nil {
			b.e.log.Error("event of a parked order is unreadable", logkey.OrderID, string(c.state.Order), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PayUnreadable))
			continue
		}
		if isCallback(ev.Body) {
			out = append(out, purchase.Event{Order: c.state.Order, Body: ev.Body})
		}
	}
	return out, nil
}
