package queue

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
)

const maxBatch = 64 // commits that share one sync

// run is the writer goroutine. It is the only one that uses s.w and s.ids.
//
//	take the first request, then what else waits, at most 64
//	BEGIN IMMEDIATE
//	what Later queued, each in a savepoint
//	each request in a savepoint
//	COMMIT: one sync
//	answer everyone
//
// No timer gathers a batch: it is what arrived during the sync before, so a lone
// commit waits for nothing.
func (s *Store) run() {
	defer close(s.stopped)
	due := time.NewTimer(laterAfter)
	due.Stop()
	armed := false
	for {
		select {
		case r := <-s.requests:
			s.serve(r)
		case <-due.C:
			armed = false
			s.commitBatch(nil)
		case <-s.laterKick:
			if s.laterLen() >= laterCount {
				s.commitBatch(nil)
			}
		case <-s.stopping:
			due.Stop()
			s.drain()
			return
		}
		switch waits := s.laterLen() > 0; {
		case waits && s.laterAgain:
			armed = true
			due.Reset(laterRetry)
		case waits && !armed:
			armed = true
			due.Reset(laterAfter)
		case !waits:
			armed = false
			due.Stop()
		}
		s.laterAgain = false
	}
}

// drain serves what callers have already handed over and what Later queued.
func (s *Store) drain() {
	for {
		select {
		case r := <-s.requests:
			s.serve(r)
		default:
			s.commitBatch(nil)
			return
		}
	}
}

// serve commits r with all that waits behind it, or runs it alone. Order is kept.
func (s *Store) serve(r *request) {
	var batch []*request
	for r != nil {
		if r.alone != nil {
			break
		}
		batch = append(batch, r)
		r = s.nextWaiting(len(batch))
	}
	if len(batch) > 0 {
		s.commitBatch(batch)
	}
	if r != nil && r.taken.CompareAndSwap(false, true) {
		r.done <- protect(r.alone)
	}
}

func (s *Store) nextWaiting(have int) *request {
	if have >= maxBatch {
		return nil
	}
	select {
	case r := <-s.requests:
		return r
	default:
	}
	// Callers answered by the last commit are runnable, but may not have run yet:
	// let them join this one instead of waiting for a whole sync.
	runtime.Gosched()
	select {
	case r := <-s.requests:
		return r
	default:
		return nil
	}
}

// commitBatch runs one transaction and answers everyone in it.
func (s *Store) commitBatch(batch []*request) {
	later := s.takeLater()
	batch = takeAll(batch)
	if len(later)+len(batch) == 0 {
		return
	}
	var errs []error
	err := s.usable()
	if err == nil {
		errs, err = s.transact(later, batch)
		s.noteFailure(err)
	}
	s.afterLater(later, err)
	for i, r := range batch {
		if err != nil {
			r.done <- notDurable(err)
		} else {
			r.done <- errs[i]
		}
	}
	s.checkpointWhenIdle()
}

func (s *Store) noteFailure(err error) {
	if err == nil {
		s.failed.Store(nil)
		return
	}
	s.failed.Store(&err)
}

func (s *Store) lastFailure() error {
	if err := s.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// afterLater keeps what a full disk did not take and logs the first failure in a
// row: nobody else hears of it.
func (s *Store) afterLater(later []func(*Tx) error, err error) {
	if err == nil {
		s.laterFailed = false
		return
	}
	if errors.Is(err, ErrDiskFull) && s.usable() == nil {
		s.putBackLater(later)
		s.laterAgain = true
	}
	if len(later) > 0 && !s.laterFailed {
		s.laterFailed = true
		s.log.Warn("deferred writes not committed", logkey.Count, len(later), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	}
}

func takeAll(batch []*request) []*request {
	taken := batch[:0]
	for _, r := range batch {
		if r.taken.CompareAndSwap(false, true) {
			taken = append(taken, r)
		}
	}
	return taken
}

// transact returns one error per request, or one for all when the transaction as
// a whole did not become durable.
func (s *Store) transact(later []func(*Tx) error, batch []*request) ([]error, error) {
	start := time.Now()
	if err := s.w.exec("BEGIN IMMEDIATE"); err != nil {
		return nil, s.afterFailure(classify("begin", err), s.meter.syncs.Load())
	}
	tx := &Tx{c: s.w, ids: &s.ids, buf: s.txBuf}
	reserved := s.ids.reserved
	errs, applied, err := s.apply(tx, later, batch)
	syncs := s.meter.syncs.Load()
	if err == nil && applied > 0 {
		err = classify("commit", s.w.exec("COMMIT"))
	}
	if err != nil || applied == 0 {
		s.ids.reserved = reserved
		if undo := s.rollback(); err == nil {
			err = undo
		}
		if err == nil {
			return errs, nil
		}
		return nil, s.afterFailure(err, syncs)
	}
	s.metrics.commit.Observe(time.Since(start).Seconds())
	s.witnessed(tx.mark)
	s.txBuf = tx.buf
	s.addCounts(tx.delta)
	s.takeSnapshot()   // if nobody has taken it, it is stale now
	s.noteFailedSync() // of a checkpoint behind the commit, which itself is durable
	return errs, nil
}

// apply runs the functions; applied counts those whose writes are to be kept.
func (s *Store) apply(tx *Tx, later []func(*Tx) error, batch []*request) (errs []error, applied int, err error) {
	for _, fn := range later {
		if err := tx.Savepoint(func() error { return protect(func() error { return fn(tx) }) }); err == nil {
			applied++
		} else if tx.fatal == nil {
			s.log.Error("deferred write failed", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
		}
		if tx.fatal != nil {
			return nil, 0, tx.fatal
		}
	}
	errs = make([]error, len(batch))
	alone := len(later) == 0 && len(batch) == 1 // then ROLLBACK is its savepoint
	for i, r := range batch {
		fn := func() error { return protect(func() error { return r.inTx(tx) }) }
		if alone {
			errs[i] = fn()
		} else {
			errs[i] = tx.Savepoint(fn)
		}
		if tx.fatal != nil {
			return nil, 0, tx.fatal
		}
		if errs[i] == nil {
			applied++
		}
	}
	return errs, applied, nil
}

func protect(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked{v}
		}
	}()
	return fn()
}

func (s *Store) rollback() error {
	if s.w.db.GetAutocommit() {
		return nil // the engine has rolled back by itself
	}
	return classify("rollback", s.w.exec("ROLLBACK"))
}

// afterFailure decides whether the connection may go on. A transaction that
// failed before anything was synced, on a full disk for example, is simply undone:
// the next one overwrites what it left in the WAL. A failed sync, or a failure
// after one, leaves a commit whose fate is unknown: the store is broken.
func (s *Store) afterFailure(err error, syncsBefore int64) error {
	if cause := s.meter.failedSync(); cause != nil {
		err = classify("sync", errors.Join(err, cause))
	} else if s.meter.syncs.Load() == syncsBefore && !errors.Is(err, ErrIO) && !errors.Is(err, ErrCorrupt) {
		return err
	}
	s.setBroken(err)
	return err
}

func (s *Store) noteFailedSync() {
	if cause := s.meter.failedSync(); cause != nil {
		s.setBroken(classify("sync", cause))
	}
}

func (s *Store) setBroken(cause error) {
	if s.broken.CompareAndSwap(nil, &cause) {
		s.log.Error("store is broken until it has been rewritten", logkey.Err, cause, logkey.Code, errcode.Or(cause, errcode.StoreBroken))
	}
}

// usable returns nil, or why no commit is tried.
func (s *Store) usable() error {
	if cause := s.broken.Load(); cause != nil {
		return fmt.Errorf("%w: %w", ErrBroken, *cause)
	}
	return nil
}

// checkpointWhenIdle moves the WAL into the database when it is nearly long
// enough for SQLite to do it inside a commit, where a customer would wait for it. On
// a disk that takes neither commits nor this it is not tried again before a commit has
// worked.
func (s *Store) checkpointWhenIdle() {
	const pages = checkpointAt * 9 / 10
	if s.broken.Load() != nil || s.failed.Load() != nil && s.checkpointBad || s.meter.walEnd.Load() < pages*(pageSize+24) || len(s.requests) > 0 {
		return
	}
	err := s.w.exec("PRAGMA wal_checkpoint(PASSIVE)")
	s.checkpointBad = err != nil
	if err != nil {
		s.log.Warn("checkpoint failed", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	} else {
		s.meter.walEnd.Store(0) // the next write begins the WAL again, or says where it is
	}
	s.noteFailedSync()
}
