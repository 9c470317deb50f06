package queue

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	laterAfter = 200 * time.Millisecond // the longest a Later waits for a commit to ride in
	laterRetry = 5 * time.Second        // and for the next try, when the disk was full
	laterCount = 256                    // as many are committed at once
	laterBound = 4096                   // beyond it, on a full disk, the newest are dropped
)

// request is one call waiting for the writer goroutine: a function for a
// transaction, or work on the connection outside of one.
type request struct {
	inTx  func(*Tx) error
	alone func() error
	taken atomic.Bool // by the writer, or by the caller who gives up
	done  chan error  // buffered: the writer never waits for a caller
}

// panicked carries a panic from a caller's function back to the caller.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("panic in transaction: %v", p.value) }

// Commit runs fn in a transaction and returns after the sync. Callers from many
// goroutines share one transaction and one sync; what fn of one wrote is undone
// alone when it returns an error, and that error is returned as it is.
//
// nil means durable. An error means not applied; when the whole commit failed it
// wraps [ErrNotDurable] and a cause. ctx counts only until the writer takes the
// request: after that Commit waits for the disk, because only the disk knows.
func (s *Store) Commit(ctx context.Context, fn func(*Tx) error) error {
	if err := s.usable(); err != nil {
		return notDurable(err)
	}
	return s.submit(ctx, &request{inTx: fn, done: make(chan error, 1)})
}

// do runs fn on the writer goroutine between two transactions.
func (s *Store) do(ctx context.Context, fn func() error) error {
	return s.submit(ctx, &request{alone: fn, done: make(chan error, 1)})
}

func (s *Store) submit(ctx context.Context, r *request) error {
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	s.interruptVacuum()
	select {
	case s.requests <- r:
	case <-s.stopping:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	return r.wait(ctx, s.stopped)
}

func (r *request) wait(ctx context.Context, stopped <-chan struct{}) error {
	select {
	case err := <-r.done:
		return rethrow(err)
	case <-stopped:
		select {
		case err := <-r.done:
			return rethrow(err)
		default:
			return ErrClosed
		}
	case <-ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return rethrow(<-r.done)
	}
}

func rethrow(err error) error {
	var p panicked
	if errors.As(err, &p) {
		panic(p.value)
	}
	return err
}

// Later queues fn for the next commit, whoever makes it; without one it is
// committed after 200 ms or with 256 others. It never blocks and promises nothing:
// a power cut or a failed commit may lose it, so it is for what may be repeated,
// such as the deletion of a report that the SaaS has acknowledged. An error of fn
// undoes fn alone and is logged. At most 4096 wait, on a full disk; more are
// dropped.
func (s *Store) Later(fn func(*Tx) error) {
	s.laterMu.Lock()
	if len(s.later) < laterBound {
		s.later = append(s.later, fn)
	}
	s.laterMu.Unlock()
	select {
	case s.laterKick <- struct{}{}:
	default: // the writer has not looked since the last one
	}
}

func (s *Store) takeLater() []func(*Tx) error {
	s.laterMu.Lock()
	defer s.laterMu.Unlock()
	list := s.later
	s.later = nil
	return list
}

// putBackLater keeps what a full disk did not take for the next commit.
func (s *Store) putBackLater(list []func(*Tx) error) {
	s.laterMu.Lock()
	defer s.laterMu.Unlock()
	s.later = append(list, s.later...)
	if len(s.later) > laterBound {
		s.later = s.later[:laterBound]
	}
}

func (s *Store) laterLen() int {
	s.laterMu.Lock()
	defer s.laterMu.Unlock()
	return len(s.later)
}
