package queue

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
)

// TestAMillionWaitingReportsCostNoMoreThanNone fills the outbox with 20,000 reports, in
// the long form with a million. What an enqueue writes and what open, list, metrics and
// memory take does not grow with them; the drained space is given back, and a commit
// that comes meanwhile does not wait for it. Times depend on the machine and are told,
// not judged.
func TestAMillionWaitingReportsCostNoMoreThanNone(t *testing.T) {
	waiting := 20_000
	if os.Getenv("EDGED_TORTURE") == "1" {
		waiting = 1_000_000
	}
	dir := t.TempDir()
	s := openStore(t, dir)
	none := enqueueCost(t, s)
	start := time.Now()
	fillReports(t, s, waiting)
	t.Logf("%d enqueued in %s, %d bytes", waiting, since(start), fileSize(t, dir))
	if many := enqueueCost(t, s); many.bytes > none.bytes*6/5 || many.syncs > none.syncs {
		t.Errorf("an enqueue with %d waiting: %+v, with none %+v", waiting, many, none)
	} else {
		t.Logf("an enqueue with %d waiting: %+v, with none %+v", waiting, many, none)
	}
	closeStore(t, s)

	before := heap()
	start = time.Now()
	s = openStore(t, dir)
	opened, grown := since(start), heap()-before
	start = time.Now()
	rows, err := s.ReadReports(t.Context(), N(waiting/2), laterCount)
	listed := since(start)
	if err != nil || len(rows) != laterCount {
		t.Fatalf("ReadReports: %d, %v", len(rows), err)
	}
	start = time.Now()
	st, err := s.Stats(t.Context())
	if err != nil || st.Reports.Entries != int64(waiting)+2*costOf || st.Reports.Bytes < 400*int64(waiting) {
		t.Errorf("Stats: %+v, %v", st.Reports, err)
	}
	t.Logf("opened in %s, %d KiB of heap; a page listed in %s, counted in %s", opened, grown>>10, listed, since(start))
	if grown > 4<<20 {
		t.Errorf("opening %d waiting reports takes %d bytes of heap, want what none takes", waiting, grown)
	}
	start = time.Now()
	drainAll(t, s)
	if grown = heap() - before; grown > 4<<20 {
		t.Errorf("draining %d reports leaves %d bytes of heap", waiting, grown)
	}
	t.Logf("drained in %s, %d KiB of heap", since(start), grown>>10)
	spaceBack(t, s, dir)
}

const costOf = 20 // enqueues that are measured

type cost struct{ bytes, syncs int64 }

func enqueueCost(t *testing.T, s *Store) cost {
	t.Helper()
	checkpoint(t, s)
	written, syncs := s.meter.written.Load(), s.meter.syncs.Load()
	for range costOf {
		commit(t, s, func(tx *Tx) error { _, err := tx.AddReport(1, make([]byte, 400)); return err })
	}
	return cost{(s.meter.written.Load() - written) / costOf, (s.meter.syncs.Load() - syncs) / costOf}
}

func drainAll(t *testing.T, s *Store) {
	t.Helper()
	for {
		rows, err := s.ReadReports(t.Context(), 0, laterCount)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			return
		}
		commit(t, s, func(tx *Tx) error {
			for _, r := range rows {
				if err := tx.DeleteReport(r.N); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// spaceBack gives the space back while commits come in, and says how long the slowest
// of them took.
func spaceBack(t *testing.T, s *Store, dir string) {
	t.Helper()
	before := fileSize(t, dir)
	var waits []time.Duration
	start, steps := time.Now(), 0
	for done := false; !done; steps++ {
		var err error
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if done, err = s.MaybeVacuum(t.Context()); err != nil && !errors.Is(err, ErrWorkWaiting) {
				t.Errorf("MaybeVacuum: %v", err)
			}
		}()
		if steps < 20 { // then customers stay away
			at := time.Now()
			commit(t, s, putLane("sale"))
			waits = append(waits, time.Since(at))
		}
		<-ended
		if steps > 30 {
			t.Fatalf("no space is given back: %t, %v", done, err)
		}
	}
	after := fileSize(t, dir)
	slices.Sort(waits)
	t.Logf("%d bytes before, %d after, in %s and %d steps; of %d commits that came meanwhile the slowest took %s", before, after, since(start), steps, len(waits), waits[len(waits)-1])
	if after > 256<<10 {
		t.Errorf("database: %d bytes before, %d after", before, after)
	}
}

func since(start time.Time) time.Duration { return time.Since(start).Round(time.Millisecond / 10) }

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
