package sender

import (
	"fmt"
	"time"
)

// Limits are what can change while the sender works.
type Limits struct {
	PerSecond float64
	RetryBase time.Duration
	RetryCap  time.Duration
}

func (l Limits) check() error {
	if l.PerSecond <= 0 || l.RetryBase <= 0 || l.RetryCap < l.RetryBase {
		return fmt.Errorf("sender: rate %v, back-off %v to %v: must be positive and rising", l.PerSecond, l.RetryBase, l.RetryCap)
	}
	return nil
}

// SetLimits changes the pace from the next request on, and the back-off from the
// next failure on: a wait that has begun is not cut. It never blocks.
func (s *Sender) SetLimits(l Limits) error {
	if err := l.check(); err != nil {
		return err
	}
	s.limits.Store(&l)
	s.Wake()
	return nil
}

// takeLimits takes over what SetLimits has left.
func (s *Sender) takeLimits() {
	if l := s.limits.Swap(nil); l != nil {
		s.o.PerSecond, s.o.RetryBase, s.o.RetryCap = l.PerSecond, l.RetryBase, l.RetryCap
		s.pace.top = l.PerSecond
	}
}
