package engine

import (
	"encoding/json"
	"time"

	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// stamp reads every clock.
func (e *Engine) stamp() purchase.Stamp {
	r := e.o.Clock.Read()
	e.powered = e.powered.At(r)
	e.lastGood.Store(e.powered.Anchor.UnixMilli)
	return purchase.Stamp{
		Boot: r.Boot, Mono: r.SinceBoot.Milliseconds(), Powered: e.powered.On.Milliseconds(),
		Reach: e.powered.Reachable.Milliseconds(), Wall: r.Wall.UnixMilli(), Synced: r.Synced,
	}
}

// LastGood is the last wall time that was synchronised, now or before a restart;
// zero: never. It does not block.
func (e *Engine) LastGood() time.Time {
	if ms := e.lastGood.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// saveDue: powered-on time rides in other commits; only while a long deadline
// runs does it get one of its own.
func (e *Engine) saveDue() bool {
	if e.powered.On-e.saved < saveIdle {
		return false
	}
	for id := range e.timed {
		for _, d := range e.orders[id].state.Due {
			if d.Clock != purchase.OnMono {
				return true
			}
		}
	}
	return false
}

func (e *Engine) savePowered(tx *queue.Tx) error {
	if e.powered.On-e.saved < saveEvery && e.saved != 0 {
		return nil
	}
	body, err := json.Marshal(e.powered)
	if err != nil {
		return err
	}
	if err := tx.PutMeta(metaPowered, body); err != nil {
		return err
	}
	e.saved = e.powered.On
	return nil
}

// track keeps the orders that wait for a deadline.
func (e *Engine) track(id purchase.OrderID, o *order) {
	if len(o.state.Due) > 0 && o.parked == "" {
		e.timed[id] = struct{}{}
	} else {
		delete(e.timed, id)
	}
}

// sleep is the time until something is due. It is counted from now, not from the
// last turn: a loop that is kept busy must not put off what is due.
func (e *Engine) sleep() time.Duration {
	now := e.stamp()
	d := tickEvery - since(now, e.ticked)
	pause := time.Duration(0) // what is due is tried again like what is held
	if e.refused != 0 {
		pause = heldEvery - since(now, e.refused)
	}
	for id := range e.timed {
		for _, due := range e.orders[id].state.Due {
			d = min(d, max(due.Left(now), pause))
		}
	}
	for _, l := range e.lanes {
		if wake := l.state.Wake(); wake > 0 {
			d = min(d, wake-since(now, l.state.Now.Mono))
		}
	}
	if len(e.held) > 0 {
		d = min(d, heldEvery-since(now, e.heldAt))
	}
	return max(d, 0)
}

// since is the time from a moment on the monotonic clock of this boot.
func since(now purchase.Stamp, mono int64) time.Duration {
	return time.Duration(now.Mono-mono) * time.Millisecond
}

// onTimer collects what is due.
func (e *Engine) onTimer() []*request {
	now := e.stamp()
	e.ticked = now.Mono
	var out []*request
	for id := range e.timed {
		for _, due := range e.orders[id].state.Due {
			if due.Over(now) {
				out = append(out, &request{ev: purchase.Event{Order: id, Body: purchase.Due{Name: due.Name}}})
			}
		}
	}
	tick := lane.Tick{}
	if r := e.o.Clock.Read(); r.Synced {
		local := r.Wall.Local()
		tick.Day, tick.Clock = local.Format(time.DateOnly), local.Format("15:04")
	}
	for name := range e.lanes {
		out = append(out, &request{lane: name, body: tick})
	}
	out = append(out, e.held...)
	e.held = nil
	e.measure(now)
	e.care(now)
	return out
}
