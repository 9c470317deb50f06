package app

import (
	"sync"

	"edged/internal/purchase"
)

// maxRepeats bounds the callbacks that are known without asking the engine.
const maxRepeats = 1024

// repeats remembers which callbacks the engine has called repeated, the newest
// maxRepeats of them. Their meaning is on flash and stays there, so that whoever
// replays one again is answered without the engine's loop: for an order that is closed
// it would read the archive each time, in the way of a sale.
type repeats struct {
	mu    sync.Mutex
	known map[repeat]struct{}
	ring  []repeat // in order of their coming; next is the oldest
	next  int
}

type repeat struct {
	order purchase.OrderID
	key   string
}

func newRepeats() *repeats { return &repeats{known: map[repeat]struct{}{}} }

func (r *repeats) has(x repeat) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.known[x]
	return ok
}

func (r *repeats) add(x repeat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.known[x]; ok {
		return
	}
	r.known[x] = struct{}{}
	if len(r.ring) < maxRepeats {
		r.ring = append(r.ring, x)
		return
	}
	delete(r.known, r.ring[r.next])
	r.ring[r.next] = x
	r.next = (r.next + 1) % maxRepeats
}
