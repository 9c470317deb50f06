package remotewrite

import (
	"context"
	"slices"
	"sync"
	"time"
)

// scrape is what was gathered at one moment. Nothing of it changes any more.
type scrape struct {
	flat
	at    int64     // milliseconds since 1970, as the receiver gets it
	taken time.Time // for its age, whatever the wall clock does
}

func (s *scrape) samples() int { return len(s.values) + len(s.native) }

// weight is how many samples of 8 bytes it is worth: a native histogram is many.
func (s *scrape) weight() int {
	w := len(s.values)
	for _, n := range s.native {
		w += 4 + len(n)/8
	}
	return w
}

// dropped counts the samples that gave way, by why.
type dropped struct{ full, old int }

// buffer holds what waits, the oldest first. It is bounded by weight and age. What is
// in flight is never taken out by others.
type buffer struct {
	maxWeight int
	maxAge    time.Duration
	filled    chan struct{} // has room for one word that something waits

	mu       sync.Mutex // guards the rest
	waiting  []*scrape
	inFlight int // of waiting, from its front
	weight   int
	samples  int
}

func newBuffer(maxWeight int, maxAge time.Duration) *buffer {
	return &buffer{maxWeight: maxWeight, maxAge: maxAge, filled: make(chan struct{}, 1)}
}

// add puts s behind what waits, and tells what gave way for it. The newest always
// finds room.
func (b *buffer) add(s *scrape) (d dropped) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(b.waiting, s)
	b.weight += s.weight()
	b.samples += s.samples()
	for b.inFlight < len(b.waiting)-1 {
		oldest := b.waiting[b.inFlight]
		switch {
		case s.taken.Sub(oldest.taken) > b.maxAge:
			d.old += oldest.samples()
		case b.weight > b.maxWeight:
			d.full += oldest.samples()
		default:
			b.word()
			return d
		}
		b.remove(b.inFlight, b.inFlight+1)
	}
	b.word()
	return d
}

// word says that something waits.
func (b *buffer) word() {
	select {
	case b.filled <- struct{}{}:
	default:
	}
}

// remove needs mu.
func (b *buffer) remove(from, to int) {
	for _, s := range b.waiting[from:to] {
		b.weight -= s.weight()
		b.samples -= s.samples()
	}
	b.waiting = slices.Delete(b.waiting, from, to)
}

// take marks the oldest as in flight: one, or several with the same series and no more
// than most samples together. Nothing waits: nil.
func (b *buffer) take(most int) []*scrape {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, samples := 0, 0
	for _, s := range b.waiting {
		if n > 0 && (s.layout != b.waiting[0].layout || samples+s.samples() > most) {
			break
		}
		n, samples = n+1, samples+s.samples()
	}
	b.inFlight = n
	return slices.Clone(b.waiting[:n])
}

// landed ends the flight of what take has given: it waits again, or is done with.
func (b *buffer) landed(done bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if done {
		b.remove(0, b.inFlight)
	}
	b.inFlight = 0
}

// wait blocks until something waits; false if ctx ended first.
func (b *buffer) wait(ctx context.Context) bool {
	for !b.any() {
		select {
		case <-b.filled:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

func (b *buffer) any() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting) > 0
}

// state is how many samples wait, and how long the oldest has waited.
func (b *buffer) state() (samples int, age time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) > 0 {
		age = time.Since(b.waiting[0].taken)
	}
	return b.samples, age
}
