package sender

import (
	"maps"
	"sync"

	"edged/internal/queue"
)

// Tried is what became of a report's tries since the start.
type Tried struct {
	Attempts int    // its own; 0: none failed
	Why      string // of the last failure; "" if nothing failed
}

// trouble remembers failures for whoever asks why a report waits. Run writes, others
// read.
type trouble struct {
	mu      sync.Mutex
	byOrder map[queue.Seq]Tried // as many as blocked
	away    string              // why nothing is sent at all
}

// Trying tells why the reports of an order wait. Any goroutine may ask.
func (s *Sender) Trying(seq queue.Seq) Tried {
	s.trouble.mu.Lock()
	defer s.trouble.mu.Unlock()
	t := s.trouble.byOrder[seq]
	if t.Why == "" {
		t.Why = s.trouble.away
	}
	return t
}

func (t *trouble) failed(seq queue.Seq, attempts int, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byOrder == nil {
		t.byOrder = map[queue.Seq]Tried{}
	}
	t.byOrder[seq] = Tried{Attempts: attempts, Why: why}
	t.away = "" // it was reached
}

func (t *trouble) gone(why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.away = why
}

// over forgets an order, and that the SaaS was away: it has just answered.
func (t *trouble) over(seq queue.Seq) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byOrder, seq)
	t.away = ""
}

// keep forgets the orders that are not held back any more.
func (t *trouble) keep(blocked map[queue.Seq]block) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.byOrder, func(seq queue.Seq, _ Tried) bool {
		_, held := blocked[seq]
		return !held
	})
}
