package queue

import (
	"context"
	"errors"

	"github.com/ncruces/go-sqlite3"
)

// A vacuum pays when many pages are free, and is short when few are in use.
const (
	vacuumFreeBytes = 4 << 20
	vacuumLiveBytes = 8 << 20
)

// MaybeVacuum gives the space of a drained backlog back to the file system when
// that pays, and tells whether it did. It steps back with [ErrWorkWaiting] when a
// commit waits or comes in meanwhile. The caller calls it when there is nothing
// else to do.
func (s *Store) MaybeVacuum(ctx context.Context) (bool, error) {
	if s.waiting.Load() > 0 || s.laterLen() > 0 {
		return false, ErrWorkWaiting
	}
	done := false
	err := s.do(ctx, func() error {
		if err := s.usable(); err != nil {
			return err
		}
		pays, err := s.w.vacuumPays()
		if err != nil || !pays && !s.untruncated {
			return err
		}
		err = s.vacuum(ctx, pays)
		done = err == nil
		return err
	})
	return done, classify("vacuum", err)
}

func (c *conn) vacuumPays() (bool, error) {
	free, err := c.number("PRAGMA freelist_count")
	if err != nil {
		return false, err
	}
	all, err := c.number("PRAGMA page_count")
	return free*pageSize >= vacuumFreeBytes && (all-free)*pageSize <= vacuumLiveBytes, err
}

// vacuum writes a small database into the log, unless that has been done, and then cuts
// the file: work may come between the two.
func (s *Store) vacuum(ctx context.Context, pays bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.setVacuum(cancel)
	defer s.setVacuum(nil)
	if s.waiting.Load() > 1 { // beside MaybeVacuum's own call
		return ErrWorkWaiting
	}
	err := interruptible(ctx, s.w, func(c *conn) error {
		if pays {
			if err := c.db.Exec("VACUUM"); err != nil {
				return err
			}
			s.untruncated = true
		}
		err := c.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		s.untruncated = s.untruncated && err != nil
		return err
	})
	s.noteFailedSync()
	if errors.Is(err, context.Canceled) || errors.Is(err, sqlite3.INTERRUPT) {
		return ErrWorkWaiting
	}
	return err
}

func (s *Store) setVacuum(cancel context.CancelFunc) {
	s.vacuumMu.Lock()
	defer s.vacuumMu.Unlock()
	s.cancelVacuum = cancel
}

// interruptVacuum makes way for work that has just arrived.
func (s *Store) interruptVacuum() {
	s.vacuumMu.Lock()
	defer s.vacuumMu.Unlock()
	if s.cancelVacuum != nil {
		s.cancelVacuum()
	}
}
