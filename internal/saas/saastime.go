package saas

import (
	"net/http"
	"sync"
	"time"
)

// saasTime follows the SaaS's clock by its Date header: what timeSp must agree with
// is their clock, while ours may be decades off or step (DESIGN M10). Between
// headers the monotonic reading of now counts on.
type saasTime struct {
	now func() time.Time

	mu     sync.Mutex
	theirs time.Time
	ours   time.Time
}

// learn takes a Date header; one that cannot be read is ignored.
func (s *saasTime) learn(date string) {
	t, err := http.ParseTime(date)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.theirs, s.ours = t, s.now()
}

func (s *saasTime) known() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.theirs.IsZero()
}

func (s *saasTime) read() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.theirs.IsZero() {
		return now
	}
	return s.theirs.Add(now.Sub(s.ours))
}
