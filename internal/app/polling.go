package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"edged/internal/config"
	"edged/internal/engine"
	"edged/internal/saas"
	"edged/internal/saas/wire"
)

// errForeignAnswer is returned for an answer about something that was not asked.
var errForeignAnswer = errors.New("not the order that was asked about")

// polledNote marks in the journal what the SaaS only said when it was asked.
const polledNote = "as the SaaS answers when asked"

// poll asks by TransId when a callback is late; nil if the configuration does not
// want it. The queries are V2.1.2: a service that does not know them gives no
// TransId either, and is then never asked.
func poll(c *config.Config, client *saas.Client) func(context.Context, engine.PollRequest) ([]engine.Polled, error) {
	if !c.Callbacks.Poll || c.SaaS.APIVersion == "v1" {
		return nil
	}
	return func(ctx context.Context, r engine.PollRequest) ([]engine.Polled, error) {
		q, err := client.QueryOpenDoor(ctx, r.TransID)
		if err != nil {
			return nil, err
		}
		if q.OrderID != string(r.Order) || (q.MachineID != "" && q.MachineID != r.MachineID) || q.TranseType != wire.Buy {
			return nil, fmt.Errorf("%w: TransId %s", errForeignAnswer, r.TransID)
		}
		return polled(q), nil
	}
}

// polled takes what can be read one way only (docs/decisions/010-polling.md): the
// door's times, a recognition of a completed order that a callback could have
// brought word for word, and a cancellation before the door opened. It carries no
// order number, so its key differs from the callback's, which may still bring it.
func polled(q wire.OrderQuery) []engine.Polled {
	var out []engine.Polled
	add := func(a wire.Action, change func(*wire.Callback)) {
		c := wire.Callback{OrderID: q.OrderID, Action: a, Status: true, Msg: polledNote}
		if change != nil {
			change(&c)
		}
		key := c.MeaningKey()
		out = append(out, engine.Polled{Key: hex.EncodeToString(key[:16]), Body: eventOf(c)})
	}
	opened, closed := !q.OpenDoorTime.IsZero(), !q.CloseDoorTime.IsZero()
	if opened {
		add(wire.OpenedDoor, nil)
	}
	if opened && closed {
		add(wire.CloseDoor, nil)
	}
	d := q.Detection
	switch {
	case q.State == wire.OrderCancelled && !opened && !closed && !q.HasDetection:
		add(wire.Cancel, nil)
	case q.State == wire.OrderCompleted && opened && closed && q.HasDetection && d.Unreadable == "" && d.Mode != wire.NoMode:
		add(wire.OrderDetected, func(c *wire.Callback) { c.Mode, c.Lines = d.Mode, d.Lines })
	}
	return out
}
