// Package reach watches whether the SaaS can be reached: by the last real call,
// else by a handshake now and then that costs no API call (DESIGN §2).
//
// It promises to tell every change once, and the first finding at all; one lost
// call is no outage: a failure is confirmed by a handshake before it is told.
package reach

import (
	"context"
	"sync"
	"time"
)

// Options of New. All are required but the durations.
type Options struct {
	Probe func(ctx context.Context) error // a handshake; must end with ctx
	Tell  func(ctx context.Context, up bool)

	Every   time.Duration // between handshakes while no call says anything; 0 = 30 s
	Confirm time.Duration // between handshakes at least, and while it is down; 0 = 5 s
	Timeout time.Duration // of a handshake; 0 = 10 s
}

// Watch watches. Heard may be called from any goroutine; Run is one.
type Watch struct {
	o    Options
	kick chan struct{}

	probed time.Time // Run's own: the end of the last handshake

	mu    sync.Mutex
	heard time.Time // of the last call that worked
	doubt bool      // a call has failed since
}

// New prepares a watch.
func New(o Options) *Watch {
	if o.Every <= 0 {
		o.Every = 30 * time.Second
	}
	if o.Confirm <= 0 {
		o.Confirm = 5 * time.Second
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	return &Watch{o: o, kick: make(chan struct{}, 1)}
}

// Heard takes the end of a real call: ok says that the SaaS answered, whatever it
// said. It never blocks.
func (w *Watch) Heard(ok bool) {
	w.mu.Lock()
	if ok {
		w.heard, w.doubt = time.Now(), false
	} else {
		w.doubt = true
	}
	w.mu.Unlock()
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// Run tells until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	up, known := false, false
	for {
		now := w.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if !known || now != up {
			w.o.Tell(ctx, now)
		}
		up, known = now, true
		w.wait(ctx, up)
	}
}

// look believes a recent call, and asks otherwise.
func (w *Watch) look(ctx context.Context) (up bool) {
	if w.fresh() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, w.o.Timeout)
	defer cancel()
	err := w.o.Probe(ctx)
	w.probed = time.Now()
	if err != nil {
		return false
	}
	w.mu.Lock()
	w.heard, w.doubt = time.Now(), false
	w.mu.Unlock()
	return true
}

func (w *Watch) fresh() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.doubt && !w.heard.IsZero() && time.Since(w.heard) < w.o.Every
}

func (w *Watch) doubted() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.doubt
}

// wait for the next look. A failed call is looked at once, a call that works ends
// an outage at once; but handshakes are never closer together than Confirm, however
// many calls fail.
func (w *Watch) wait(ctx context.Context, up bool) {
	every := w.o.Every
	if !up {
		every = w.o.Confirm
	}
	t := time.NewTimer(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			return
		case <-w.kick:
			switch doubt := w.doubted(); {
			case !up && !doubt:
				return
			case up && doubt:
				t.Reset(max(0, w.o.Confirm-time.Since(w.probed)))
			}
		}
	}
}
