package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestConcurrentCommitsShareSyncs(t *testing.T) {
	const callers, each = 16, 25
	s := openStore(t, t.TempDir())
	before := s.meter.syncs.Load()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range each {
				if err := s.Commit(t.Context(), func(tx *Tx) error {
					seq, err := tx.NewSeq()
					return errors.Join(err, tx.PutOrder(seq, idOf(seq), []byte("state")))
				}); err != nil {
					t.Errorf("Commit: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if got := len(load(t, s).Orders); got != callers*each {
		t.Errorf("orders: got %d, want %d", got, callers*each)
	}
	if syncs := s.meter.syncs.Load() - before; syncs > callers*each/2 {
		t.Errorf("syncs: got %d for %d commits", syncs, callers*each)
	}
}

func TestALoneCommitCostsOneSync(t *testing.T) {
	s := openStore(t, t.TempDir())
	commit(t, s, putLane("first")) // the WAL's header and directory entry
	before := s.meter.syncs.Load()
	for i := range 20 {
		commit(t, s, putLane(fmt.Sprint(i)))
	}
	if got := s.meter.syncs.Load() - before; got != 20 {
		t.Errorf("syncs for 20 commits: got %d", got)
	}
}

// held makes the writer busy until release is called, so that what is submitted
// meanwhile forms one batch. For use in a bubble.
func held(t *testing.T, s *Store) (release func()) {
	t.Helper()
	entered, leave, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.do(context.Background(), func() error { close(entered); <-leave; return nil })
	}()
	<-entered
	return func() {
		close(leave)
		if err := <-done; err != nil {
			t.Errorf("do: %v", err)
		}
	}
}

func TestAFailingFunctionIsUndoneAloneInItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, t.TempDir())
		release := held(t, s)
		errRefused := errors.New("refused")
		var wg sync.WaitGroup
		results := make([]error, 6)
		for i := range results {
			wg.Go(func() {
				results[i] = s.Commit(context.Background(), func(tx *Tx) error {
					_, err := tx.AddReport(Seq(i), []byte("r"))
					if err := errors.Join(err, tx.PutLane(fmt.Sprint(i), []byte("x"))); err != nil {
						return err
					}
					if i%2 == 1 {
						return errRefused
					}
					return nil
				})
			})
		}
		synctest.Wait()
		before := s.meter.syncs.Load()
		release()
		wg.Wait()
		for i, err := range results {
			if want := map[bool]error{true: errRefused}[i%2 == 1]; !errors.Is(err, want) || errors.Is(err, ErrNotDurable) {
				t.Errorf("commit %d: got %v, want %v", i, err, want)
			}
		}
		if n := s.meter.syncs.Load() - before; n > 3 {
			t.Errorf("syncs: got %d for one batch", n)
		}
		snap := load(t, s)
		rows, err := s.ReadReports(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(snap.Lanes) != 3 || len(rows) != 3 || s.currentCounts().reports != 3 {
			t.Errorf("kept: %d lanes, %d reports, counted %d, want 3 each", len(snap.Lanes), len(rows), s.currentCounts().reports)
		}
		closeStore(t, s)
	})
}

func TestALoneFailingFunctionWritesNothing(t *testing.T) {
	s := openStore(t, t.TempDir())
	commit(t, s, putLane("kept"))
	written := s.meter.written.Load()
	var given Seq
	err := s.Commit(t.Context(), func(tx *Tx) (err error) {
		given, err = tx.NewSeq()
		return errors.Join(err, tx.PutLane("front", []byte("gone")), errUndo)
	})
	if !errors.Is(err, errUndo) {
		t.Errorf("Commit: got %v, want errUndo", err)
	}
	if got := s.meter.written.Load() - written; got != 0 {
		t.Errorf("bytes written: got %d, want 0", got)
	}
	var next Seq
	commit(t, s, func(tx *Tx) (err error) { next, err = tx.NewSeq(); return err })
	if next <= given {
		t.Errorf("number after an undone one: got %d, want above %d", next, given)
	}
	if got := lane(t, s); got != "kept" {
		t.Errorf("lane: got %q, want %q", got, "kept")
	}
}

func TestSavepointsNest(t *testing.T) {
	s := openStore(t, t.TempDir())
	commit(t, s, func(tx *Tx) error {
		return tx.Savepoint(func() error {
			err := tx.Savepoint(func() error {
				return errors.Join(tx.PutLane("inner", []byte("x")), errUndo)
			})
			if !errors.Is(err, errUndo) {
				return fmt.Errorf("inner: %w", err)
			}
			return tx.PutLane("outer", []byte("x"))
		})
	})
	snap := load(t, s)
	if len(snap.Lanes) != 1 || snap.Lanes["outer"] == nil {
		t.Errorf("lanes: got %v, want only outer", snap.Lanes)
	}
}

func TestAPanicReachesItsCallerAndNobodyElse(t *testing.T) {
	s := openStore(t, t.TempDir())
	for _, beside := range []bool{false, true} {
		if beside {
			s.Later(func(tx *Tx) error { return tx.PutLane("beside", []byte("x")) })
		}
		func() {
			defer func() {
				if v := recover(); v != "boom" {
					t.Errorf("recovered %v, want boom", v)
				}
			}()
			_ = s.Commit(t.Context(), func(tx *Tx) error {
				if err := tx.PutLane("front", []byte("x")); err != nil {
					return err
				}
				return tx.Savepoint(func() error { panic("boom") })
			})
		}()
	}
	commit(t, s, func(*Tx) error { return nil })
	if snap := load(t, s); len(snap.Lanes) != 1 || snap.Lanes["beside"] == nil {
		t.Errorf("lanes: got %v, want beside alone", snap.Lanes)
	}
}

func TestACallerWhoGivesUpInLineIsNotCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, t.TempDir())
		release := held(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Commit(ctx, putLane("too late")) }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Commit: got %v, want context.Canceled", err)
		}
		release()
		commit(t, s, func(*Tx) error { return nil })
		if got := lane(t, s); got != "" {
			t.Errorf("lane: got %q, want nothing", got)
		}
		closeStore(t, s)
	})
}

func TestReservedMetaKeysAreRefused(t *testing.T) {
	s := openStore(t, t.TempDir())
	if err := s.Commit(t.Context(), func(tx *Tx) error { return tx.PutMeta(metaHighWater, nil) }); err == nil {
		t.Errorf("PutMeta of %s: got nil", metaHighWater)
	}
}

func TestNumbersRiseAcrossManyBlocksAndReopening(t *testing.T) {
	dir := t.TempDir()
	last := Seq(0)
	for range 3 {
		s := openStore(t, dir)
		for range 5 {
			commit(t, s, func(tx *Tx) error {
				for range idBlockSize / 2 {
					seq, err := tx.NewSeq()
					if err != nil {
						return err
					}
					if seq <= last {
						return fmt.Errorf("number %d after %d", seq, last)
					}
					last = seq
				}
				return nil
			})
		}
		closeStore(t, s)
	}
}

func TestLaterRidesWithTheNextCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, t.TempDir())
		commit(t, s, func(*Tx) error { return nil })
		before := s.meter.syncs.Load()
		s.Later(func(tx *Tx) error { return tx.PutLane("later", []byte("x")) })
		commit(t, s, putLane("x"))
		if got := s.meter.syncs.Load() - before; got > 2 { // one, and the new WAL's directory
			t.Errorf("syncs: got %d", got)
		}
		if n := len(load(t, s).Lanes); n != 2 {
			t.Errorf("lanes: got %d, want 2", n)
		}
		closeStore(t, s)
	})
}

func TestLaterIsCommittedAlone(t *testing.T) {
	for _, c := range []struct {
		name  string
		count int
		wait  time.Duration
	}{
		{"after 200 ms", 1, laterAfter},
		{"at once with 256 others", laterCount, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openStore(t, t.TempDir())
				load(t, s)
				for i := range c.count {
					s.Later(func(tx *Tx) error { return tx.PutLane(fmt.Sprint(i), []byte("x")) })
				}
				if c.wait > 0 {
					time.Sleep(c.wait - time.Millisecond)
					synctest.Wait()
					if n := len(load(t, s).Lanes); n != 0 {
						t.Errorf("lanes before the time is up: got %d, want 0", n)
					}
					time.Sleep(time.Millisecond)
				}
				synctest.Wait()
				if n := len(load(t, s).Lanes); n != c.count {
					t.Errorf("lanes: got %d, want %d", n, c.count)
				}
				closeStore(t, s)
			})
		})
	}
}

func TestAStreamOfLatersIsNotPutOffForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, t.TempDir())
		load(t, s)
		for i := range 5 {
			s.Later(func(tx *Tx) error { return tx.PutLane(fmt.Sprint(i), []byte("x")) })
			time.Sleep(laterAfter / 2)
		}
		synctest.Wait()
		if n := len(load(t, s).Lanes); n < 3 {
			t.Errorf("lanes after %s: got %d, want at least 3", 5*laterAfter/2, n)
		}
		closeStore(t, s)
	})
}

func TestAFailingLaterIsUndoneAlone(t *testing.T) {
	s := openStore(t, t.TempDir())
	s.Later(func(tx *Tx) error { return errors.Join(tx.PutLane("bad", []byte("x")), errUndo) })
	s.Later(func(tx *Tx) error { return tx.PutLane("good", []byte("x")) })
	s.Later(func(*Tx) error { panic("boom") })
	commit(t, s, putLane("x"))
	snap := load(t, s)
	if len(snap.Lanes) != 2 || snap.Lanes["bad"] != nil {
		t.Errorf("lanes: got %v, want good and front", snap.Lanes)
	}
}

func TestCloseCommitsWhatLaterHasQueued(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	s.Later(putLane("x"))
	closeStore(t, s)
	if got := lane(t, openStore(t, dir)); got != "x" {
		t.Errorf("lane: got %q, want x", got)
	}
	if err := s.Commit(t.Context(), putLane("y")); !errors.Is(err, ErrClosed) {
		t.Errorf("Commit after Close: got %v, want ErrClosed", err)
	}
	if _, err := s.ReadReports(t.Context(), 0, 1); !errors.Is(err, ErrClosed) {
		t.Errorf("ReadReports after Close: got %v, want ErrClosed", err)
	}
}

func TestAnIdleStoreWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, t.TempDir())
		commit(t, s, putLane("x"))
		s.Later(putLane("y"))
		time.Sleep(time.Second)
		synctest.Wait()
		written, syncs := s.meter.written.Load(), s.meter.syncs.Load()
		time.Sleep(72 * time.Hour)
		synctest.Wait()
		if _, err := s.MaybeVacuum(t.Context()); err != nil {
			t.Errorf("MaybeVacuum: %v", err)
		}
		if w, y := s.meter.written.Load()-written, s.meter.syncs.Load()-syncs; w != 0 || y != 0 {
			t.Errorf("in 72 h: %d bytes written, %d syncs, want none", w, y)
		}
		closeStore(t, s)
	})
}

// TestStartAndStopUnderLoad closes the store while callers commit and read: each
// call ends, with its own result or ErrClosed, and what was acknowledged is there.
func TestStartAndStopUnderLoad(t *testing.T) {
	dir := t.TempDir()
	sure := make([]int, 4)
	for round := range 10 {
		s, err := Open(t.Context(), Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range sure {
			wg.Go(func() {
				for v := sure[i] + 1; ; v++ {
					err := s.Commit(context.Background(), func(tx *Tx) error { return tx.PutLane(fmt.Sprint(i), fmt.Append(nil, v)) })
					if errors.Is(err, ErrClosed) {
						return
					}
					if err != nil {
						t.Errorf("Commit: %v", err)
					}
					sure[i] = v
					if _, err := s.ReadReports(context.Background(), 0, 1); err != nil && !errors.Is(err, ErrClosed) {
						t.Errorf("ReadReports: %v", err)
					}
				}
			})
		}
		commit(t, s, func(*Tx) error { return nil })
		for range round {
			commit(t, s, putLane("x"))
		}
		closeStore(t, s)
		wg.Wait()
		s = openStore(t, dir)
		for i, want := range sure {
			if got := string(load(t, s).Lanes[fmt.Sprint(i)]); got != fmt.Sprint(want) && want > 0 {
				t.Errorf("round %d, lane %d: got %q, want %d", round, i, got, want)
			}
		}
		closeStore(t, s)
	}
}
