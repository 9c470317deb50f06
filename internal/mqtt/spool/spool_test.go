package spool

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/queue"
	"edged/internal/testutil"
)

const (
	events    Track = 1
	telemetry Track = 2
)

func roomy() Limit { return Limit{Entries: 1000, Bytes: 1 << 20, Memory: 1 << 20} }

func openStore(t testing.TB, dir string) *queue.Store {
	t.Helper()
	s, err := queue.Open(context.Background(), queue.Options{Dir: dir, Logger: testutil.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newSpool(t testing.TB, store Store, l Limit) *Spool {
	t.Helper()
	s, err := New(Options{Store: store, Limit: l, Logger: testutil.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// running is a spool whose Run runs, in a bubble.
type running struct {
	*Spool
	stop func()
}

func start(t testing.TB, store Store, l Limit) running {
	t.Helper()
	s := newSpool(t, store, l)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	synctest.Wait()
	return running{s, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}}
}

// inBubble runs a test on a real store, opened and closed in the bubble.
func inBubble(t *testing.T, run func(t *testing.T, store *queue.Store)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, dir)
		defer func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		run(t, store)
	})
}

func body(i int) []byte { return fmt.Appendf(nil, `{"i":%d}`, i) }

// drain takes and acknowledges everything and says what it was.
func (r running) drain(t *testing.T) (said []string) {
	t.Helper()
	for {
		it, ok, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return said
		}
		said = append(said, words(it))
		r.Ack()
	}
}

func words(it Item) string {
	if it.Seq == 0 {
		return fmt.Sprintf("%d: gap %d-%d", it.Track, it.From, it.To)
	}
	return fmt.Sprintf("%d: %d %s", it.Track, it.Seq, it.Body)
}

func rows(t *testing.T, store *queue.Store) int {
	t.Helper()
	list, err := store.ReadEvents(t.Context(), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestWhatIsAcknowledgedInTimeIsNeverWritten(t *testing.T) {
	inBubble(t, func(t *testing.T, store *queue.Store) {
		s := start(t, store, roomy())
		defer s.stop()
		for i := range 100 {
			s.Add(events, Order, body(i))
			synctest.Wait()
			if said := s.drain(t); len(said) != 1 {
				t.Fatalf("entry %d: said %q", i, said)
			}
			time.Sleep(time.Minute)
			if n := rows(t, store); n != 0 {
				t.Fatalf("%d rows after entry %d, want none", n, i)
			}
		}
	})
}

func TestWhatNobodyTakesIsWrittenAtMostOncePerFiveMinutes(t *testing.T) {
	inBubble(t, func(t *testing.T, store *queue.Store) {
		s := start(t, store, roomy())
		defer s.stop()
		var commits, had int
		for i := range 60 * 6 {
			s.Add(events, Order, body(i))
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if n := rows(t, store); n != had {
				commits, had = commits+1, n
			}
		}
		if commits < 10 || commits > 12 {
			t.Errorf("%d commits in an hour without a broker, want 10 to 12", commits)
		}
		if s.Waiting() != 360 {
			t.Errorf("%d entries wait, want 360", s.Waiting())
		}
	})
}

func TestACleanEndLosesAndAnnouncesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, store *queue.Store) {
		s := start(t, store, roomy())
		for i := range 3 {
			s.Add(events, Order, body(i))
		}
		s.Add(telemetry, Telemetry, body(3))
		synctest.Wait()
		s.stop()
		again := start(t, store, roomy())
		again.Add(events, Order, body(4))
		synctest.Wait()
		same(t, "after the restart", again.drain(t), []string{`1: 1 {"i":0}`, `1: 2 {"i":1}`, `1: 3 {"i":2}`, `2: 1 {"i":3}`, `1: 4 {"i":4}`})
		if again.Stream() != s.Stream() {
			t.Errorf("stream %s, want %s", again.Stream(), s.Stream())
		}
		again.stop()
		if n := rows(t, store); n != 0 {
			t.Errorf("%d rows are left of what was acknowledged", n)
		}
	})
}

func TestWhatAPowerCutTookIsAnnounced(t *testing.T) {
	inBubble(t, func(t *testing.T, store *queue.Store) {
		s := newSpool(t, store, roomy())
		if err := s.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.Add(events, Order, body(0))
		time.Sleep(saveEvery)
		if err := s.save(t.Context(), reserve); err != nil {
			t.Fatal(err)
		}
		s.Add(events, Order, body(1)) // in memory only, and the power goes

		again := start(t, store, roomy())
		defer again.stop()
		again.Add(events, Order, body(2))
		synctest.Wait()
		same(t, "after the cut", again.drain(t), []string{`1: 1 {"i":0}`, `1: gap 2-513`, `1: 514 {"i":2}`})
	})
}

func TestAnEntryInFlightComesAgainAfterRewind(t *testing.T) {
	inBubble(t, func(t *testing.T, store *queue.Store) {
		s := start(t, store, roomy())
		defer s.stop()
		for i := range 3 {
			s.Add(events, Order, body(i))
		}
		synctest.Wait()
		for range 3 {
			if _, ok, err := s.Next(t.Context()); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		s.Ack()
		s.Rewind()
		same(t, "again", s.drain(t), []string{`1: 2 {"i":1}`, `1: 3 {"i":2}`})
	})
}

func TestTheLowestClassGivesWayFirstAndIsAnnounced(t *testing.T) {
	inBubble(t, func(t *testing.T, store *queue.Store) {
		s := start(t, store, Limit{Entries: 20, Bytes: 1 << 20, Memory: 1 << 20})
		defer s.stop()
		for i := range 10 {
			s.Add(events, Order, body(i))
			s.Add(telemetry, Telemetry, body(i))
		}
		s.Add(events, Alarm, body(10))
		synctest.Wait()
		var orders, others, gaps int
		for _, said := range s.drain(t) {
			switch {
			case said[:2] == "1:":
				orders++
			case len(said) > 6 && said[3:6] == "gap":
				gaps++
			default:
				others++
			}
		}
		if orders != 11 || others != 7 || gaps == 0 {
			t.Errorf("%d order events and alarms, %d telemetry, %d gaps, want 11, 7 and some", orders, others, gaps)
		}
	})
}

func TestTheMemoryIsBoundedWhileTheDiskTakesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, store *queue.Store) {
		s := start(t, refusing{store}, Limit{Entries: 1 << 20, Bytes: 1 << 30, Memory: 4096})
		defer s.stop()
		for i := range 10_000 {
			s.Add(events, Order, body(i))
		}
		time.Sleep(time.Hour)
		if s.memory > 4096 {
			t.Errorf("%d bytes in memory, want at most 4096", s.memory)
		}
		if _, ok, err := s.Next(t.Context()); ok || err != nil {
			t.Errorf("Next = %t, %v: a number was told that no commit has reserved", ok, err)
		}
	})
}

// refusing is a store whose disk is full.
type refusing struct{ *queue.Store }

func (refusing) Commit(context.Context, func(*queue.Tx) error) error { return queue.ErrDiskFull }

func TestOldEntriesGoOnlyByClocksThatWereRight(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	list := []entry{
		{wall: now.Add(-48 * time.Hour), synced: true}, {wall: time.Unix(0, 0), synced: false}, {wall: now, synced: true},
	}
	if gone := aged(list, now, 24*time.Hour); len(gone) != 1 || !gone[0] {
		t.Errorf("gone: %v, want the first", gone)
	}
}

func TestALostNumberingBeginsANewStream(t *testing.T) {
	inBubble(t, func(t *testing.T, store *queue.Store) {
		s := start(t, store, roomy())
		for i := range 5 {
			s.Add(events, Order, body(i))
		}
		synctest.Wait()
		s.drain(t)
		s.Add(events, Order, body(5))
		synctest.Wait()
		s.stop()
		if err := store.Commit(t.Context(), func(tx *queue.Tx) error { return tx.PutMeta(metaKey, []byte("{")) }); err != nil {
			t.Fatal(err)
		}
		again := start(t, store, roomy())
		defer again.stop()
		same(t, "what is left", again.drain(t), []string{`1: 6 {"i":5}`})
		if again.Stream() == s.Stream() || again.Stream() == "" {
			t.Errorf("stream %q after %q, want another", again.Stream(), s.Stream())
		}
	})
}

// slow is a store whose commits let something happen before they return.
type slow struct {
	*queue.Store
	meanwhile func()
}

func (s slow) Commit(ctx context.Context, fn func(*queue.Tx) error) error {
	err := s.Store.Commit(ctx, fn)
	s.meanwhile()
	return err
}

func TestWhatIsAcknowledgedWhileItIsWrittenLeavesNoRow(t *testing.T) {
	inBubble(t, func(t *testing.T, store *queue.Store) {
		meanwhile := func() {}
		s := newSpool(t, slow{store, func() { meanwhile() }}, roomy())
		if err := s.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			s.Add(events, Order, body(i))
		}
		if err := s.save(t.Context(), reserve); err != nil {
			t.Fatal(err)
		}
		time.Sleep(saveEvery)
		meanwhile = func() {
			for range 2 {
				if _, ok, err := s.Next(t.Context()); !ok || err != nil {
					t.Fatal(ok, err)
				}
				s.Ack()
			}
			meanwhile = func() {}
		}
		if err := s.save(t.Context(), reserve); err != nil {
			t.Fatal(err)
		}
		if n := rows(t, store); n != 5 {
			t.Fatalf("%d rows, want 5", n)
		}
		if err := s.save(t.Context(), reserve); err != nil {
			t.Fatal(err)
		}
		if n := rows(t, store); n != 3 || s.Waiting() != 3 || s.memory != 0 {
			t.Errorf("%d rows for %d entries with %d bytes in memory, want 3 for 3 with none", n, s.Waiting(), s.memory)
		}
	})
}
