// Package reach watches whether the SaaS can be reached: by the last real call,
// else by a handshake now and then that costs no API call (DESIGN §2).
//
// It promises to tell every change once, and the first finding at all; one lost
// call is no outage: a failure is confirmed before it is told. A handshake confirms
// that nobody could be reached. It says nothing of a SaaS that is reached and whose
// answers are useless (a captive portal, a broken proxy, no answer in time): that is
// confirmed, and its end found, by a call without effect. A lane that went on selling
// there would hold a customer's money for a door that cannot open.
package reach

import (
	"context"
	"sync"
	"time"
)

// Sign is what the end of a call says about the SaaS.
type Sign string

// The signs.
const (
	Answered Sign = "answered" // it spoke, whatever it said
	Lost     Sign = "lost"     // it was not reached
	Useless  Sign = "useless"  // it was reached, and what came is no answer of the SaaS
)

// Options of New. All are required but the durations.
type Options struct {
	Probe func(ctx context.Context) error // a handshake; must end with ctx
	Ask   func(ctx context.Context) error // a call without effect; must end with ctx
	Tell  func(ctx context.Context, up bool)

	Every   time.Duration // between handshakes while no call says anything, and between calls of Ask; 0 = 30 s
	Confirm time.Duration // between handshakes at least, and while it is down; 0 = 5 s
	Timeout time.Duration // of a handshake; 0 = 10 s
}

// Watch watches. Heard may be called from any goroutine; Run is one.
type Watch struct {
	o    Options
	kick chan struct{}

	probed, asked time.Time // Run's own: the end of the last handshake and of the last call of Ask

	mu    sync.Mutex
	heard time.Time // of the last call that worked
	doubt Sign      // of a call that has failed since; "": none
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

// Heard takes the end of a real call. It never blocks.
func (w *Watch) Heard(s Sign) {
	w.mu.Lock()
	if s == Answered {
		w.heard, w.doubt = time.Now(), ""
	} else if w.doubt != Useless { // a line that is lost on top does not mend the answers
		w.doubt = s
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

// look believes a recent call, and asks otherwise: with a call if a handshake could
// not tell.
func (w *Watch) look(ctx context.Context) (up bool) {
	if w.fresh() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, w.o.Timeout)
	defer cancel()
	doubt, question, at := w.doubted(), w.o.Probe, &w.probed
	if doubt == Useless {
		question, at = w.o.Ask, &w.asked
	}
	err := question(ctx)
	*at = time.Now()
	if err != nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.doubt == Useless && doubt != Useless {
		return false // said while the hands were shaken
	}
	w.heard, w.doubt = time.Now(), ""
	return true
}

func (w *Watch) fresh() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.doubt == "" && !w.heard.IsZero() && time.Since(w.heard) < w.o.Every
}

func (w *Watch) doubted() Sign {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.doubt
}

// pause is how long the next question has to wait: handshakes are never closer
// together than Confirm, calls, which cost more, never closer than Every.
func (w *Watch) pause() time.Duration {
	if w.doubted() == Useless {
		return max(0, w.o.Every-time.Since(w.asked))
	}
	return max(0, w.o.Confirm-time.Since(w.probed))
}

// wait for the next look. A failed call is looked at once, a call that works ends
// an outage at once; but there is a pause between questions, however many calls fail.
func (w *Watch) wait(ctx context.Context, up bool) {
	every := w.o.Every
	if !up {
		every = w.pause()
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
			case !up && doubt == "":
				return
			case up && doubt != "":
				t.Reset(w.pause())
			}
		}
	}
}
