package engine

import (
	"fmt"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// maxStrays bounds the callbacks that are kept for orders nobody knows. Each has a mac
// that fits, so that they come from a restored backup or another gateway's name, and a
// person has to look long before; what is beyond is told to come later (M9).
const maxStrays = 1024

// strayKey tells a repeat from another callback: as for an order, by meaning.
type strayKey struct {
	order purchase.OrderID
	key   string
}

// stray is a callback of an order nobody knows, on its way to its dead letter.
type stray struct {
	strayKey
	body []byte
	n    queue.N
}

// stray keeps a callback of an unknown order, a repeat once; other events are answered
// with an error. Errors: ErrUnknownOrder, ErrTooManyEvents.
func (b *batch) stray(ev purchase.Event) error {
	if ev.Key == "" {
		return fmt.Errorf("order %s: %w", ev.Order, ErrUnknownOrder)
	}
	key := strayKey{ev.Order, ev.Key}
	if _, kept := b.e.strays[key]; kept || b.hasStray(key) {
		return nil
	}
	if len(b.e.strays)+len(b.strays) >= maxStrays {
		return fmt.Errorf("order %s: %w", ev.Order, ErrTooManyEvents)
	}
	enc, err := purchase.EncodeEvent(ev)
	if err != nil {
		return err
	}
	b.strays = append(b.strays, stray{strayKey: key, body: enc})
	return nil
}

func (b *batch) hasStray(key strayKey) bool {
	for _, s := range b.strays {
		if s.strayKey == key {
			return true
		}
	}
	return false
}

// putStrays writes them as dead letters.
func (b *batch) putStrays(tx *queue.Tx) (err error) {
	for i, s := range b.strays {
		if b.strays[i].n, err = tx.PutDead(queue.Dead{Class: classCallback, Reason: "unknown order", Body: s.body}); err != nil {
			return err
		}
	}
	return nil
}

// adoptStrays remembers those that were committed.
func (b *batch) adoptStrays() {
	for _, s := range b.strays {
		b.e.strays[s.strayKey] = s.n
	}
	b.e.metrics.dead.WithLabelValues(classCallback).Add(float64(len(b.strays)))
}

// loadStrays finds those that an earlier run has kept.
func (e *Engine) loadStrays(snap *queue.Snapshot) {
	e.strays = map[strayKey]queue.N{}
	for _, d := range snap.Dead {
		if d.Class != classCallback {
			continue
		}
		ev, err := purchase.DecodeEvent(d.Body)
		if err != nil {
			e.log.Error("callback of an unknown order is unreadable", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PayUnreadable))
			continue
		}
		e.strays[strayKey{ev.Order, ev.Key}] = d.N
	}
}

// forgetStray lets the same callback be kept again: a person has thrown its letter away.
func (e *Engine) forgetStray(n queue.N) {
	for key, kept := range e.strays {
		if kept == n {
			delete(e.strays, key)
		}
	}
}
