package app

import (
	"context"
	"sync"

	"edged/internal/engine"
	"edged/internal/purchase"
)

// deviceWhy keeps why the terminals that do not answer do not, in their drivers'
// words, for whoever looks at the status.
type deviceWhy struct {
	mu  sync.Mutex
	why map[string]purchase.Detached // by lane
}

// hearing passes a terminal's events on and keeps what they say of its line.
func (d *deviceWhy) hearing(lane string, post engine.Post) engine.Post {
	return func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error) {
		switch b := ev.Body.(type) {
		case purchase.Attached:
			d.set(lane, purchase.Detached{})
		case purchase.Detached:
			d.set(lane, b)
		}
		return post(ctx, ev)
	}
}

func (d *deviceWhy) set(lane string, why purchase.Detached) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.why == nil {
		d.why = map[string]purchase.Detached{}
	}
	d.why[lane] = why
}

// of is why the lane's terminal does not answer; nothing if it does or was not tried yet.
func (d *deviceWhy) of(lane string) purchase.Detached {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.why[lane]
}
