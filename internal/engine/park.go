package engine

import (
	"fmt"

	"edged/internal/logkey"
	"edged/internal/purchase"
)

// park sets an order aside whose step failed: a fault of ours. Its state and the
// event stay in the store, a person is asked, and nothing is done for it any more
// until that person has decided. The rest of the gateway goes on.
func (b *batch) park(c *change, ev purchase.Event, cause error) {
	b.e.log.Error("order is parked", logkey.OrderID, string(ev.Order), logkey.Event, string(ev.Body.Kind()), logkey.Err, cause)
	if c.state.Order == "" {
		return // it never came to be
	}
	if err := b.keep(c, ev); err != nil {
		b.e.log.Error("event of a parked order is not kept", logkey.OrderID, string(ev.Order), logkey.Err, err)
	}
	c.parked, c.dirty = cause.Error(), true
	text := "edged itself failed on this order: " + cause.Error()
	c.effects = append(c.effects,
		purchase.OpenTask{Task: purchase.TaskParked, Text: text},
		purchase.Alarm{Alarm: alarmParked, Text: text})
}

// unpark lets an order go on, from the state before the event it failed on. Whatever
// was asked for it is in doubt, as after a restart; what fails again parks it again.
func (b *batch) unpark(c *change) error {
	if c.parked == "" {
		return fmt.Errorf("order %s: %w", c.state.Order, ErrNotParked)
	}
	c.parked = ""
	b.e.follow = append(b.e.follow, &request{ev: purchase.Event{Order: c.state.Order, Body: purchase.Restarted{}}})
	return nil
}
