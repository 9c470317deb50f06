package queue

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// spool fills the event spool: for each class as many entries as it says.
func spool(t *testing.T, s *Store, classes map[EventClass]int, size int) (first, last map[EventClass]N) {
	t.Helper()
	first, last = map[EventClass]N{}, map[EventClass]N{}
	commit(t, s, func(tx *Tx) error {
		for class, count := range classes {
			for i := range count {
				n, err := tx.AppendEvent(class, make([]byte, size))
				if err != nil {
					return err
				}
				if i == 0 {
					first[class] = n
				}
				last[class] = n
			}
		}
		return nil
	})
	return first, last
}

func TestM9_ThinningTakesTheLowestClassFirstAndKeepsItsEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit EventLimit
		left  map[EventClass]int
	}{
		{"within the limit nothing goes", EventLimit{300, 1 << 20}, map[EventClass]int{0: 100, 1: 100, 2: 100}},
		{"just above it only the lowest class is thinned", EventLimit{299, 1 << 20}, map[EventClass]int{0: 69, 1: 100, 2: 100}},
		{"the lowest class gives way down to its ends", EventLimit{200, 1 << 20}, map[EventClass]int{0: 2, 1: 78, 2: 100}},
		{"bytes count like entries", EventLimit{1 << 20, 10 * 299}, map[EventClass]int{0: 69, 1: 100, 2: 100}},
		{"every class keeps its first and last", EventLimit{0, 0}, map[EventClass]int{0: 2, 1: 2, 2: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openStore(t, t.TempDir())
			first, last := spool(t, s, map[EventClass]int{0: 100, 1: 100, 2: 100}, 10)
			var removed []N
			commit(t, s, func(tx *Tx) (err error) { removed, err = tx.ThinEvents(c.limit); return err })
			rows, err := s.ReadEvents(t.Context(), 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			left := map[EventClass]int{}
			kept := map[N]bool{}
			for _, r := range rows {
				left[r.Class]++
				kept[r.N] = true
			}
			if fmt.Sprint(left) != fmt.Sprint(c.left) {
				t.Errorf("left: got %v, want %v", left, c.left)
			}
			if len(rows)+len(removed) != 300 || !slices.IsSorted(removed) {
				t.Errorf("removed: got %d of 300 with %d left, sorted %t", len(removed), len(rows), slices.IsSorted(removed))
			}
			for class := range first {
				if !kept[first[class]] || !kept[last[class]] {
					t.Errorf("class %d: first kept %t, last kept %t", class, kept[first[class]], kept[last[class]])
				}
			}
			if n := s.currentCounts(); n.events != int64(len(rows)) || n.eventBytes != 10*int64(len(rows)) {
				t.Errorf("counted: %d events, %d bytes, want %d, %d", n.events, n.eventBytes, len(rows), 10*len(rows))
			}
		})
	}
}

func TestThinningSpreadsWhatItKeeps(t *testing.T) {
	s := openStore(t, t.TempDir())
	spool(t, s, map[EventClass]int{0: 1000}, 10)
	commit(t, s, func(tx *Tx) error { _, err := tx.ThinEvents(EventLimit{500, 1 << 20}); return err })
	rows, err := s.ReadEvents(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	widest := N(0)
	for i := 1; i < len(rows); i++ {
		widest = max(widest, rows[i].N-rows[i-1].N)
	}
	if widest > 4 {
		t.Errorf("widest gap: got %d entries, want at most 4", widest)
	}
}

func TestOldEventsAreDeletedByNumber(t *testing.T) {
	s := openStore(t, t.TempDir())
	_, last := spool(t, s, map[EventClass]int{0: 10}, 10)
	commit(t, s, func(tx *Tx) error { return tx.DeleteEventsBefore(last[0]) })
	rows, err := s.ReadEvents(t.Context(), 0, 10)
	if err != nil || len(rows) != 1 || rows[0].N != last[0] {
		t.Errorf("left: got %v, %v, want the last", rows, err)
	}
}

func TestTheArchiveListsPrunesAndGivesBack(t *testing.T) {
	s := openStore(t, t.TempDir())
	day := func(i int) time.Time { return time.Unix(int64(i)*86400, 0) }
	var seqs []Seq
	for i := range 10 {
		commit(t, s, func(tx *Tx) error {
			seq, err := tx.NewSeq()
			seqs = append(seqs, seq)
			return errors.Join(err, tx.Archive(Archived{Seq: seq, ID: idOf(seq), At: day(i), Blob: fmt.Append(nil, i)}))
		})
	}
	page, err := s.ListArchive(t.Context(), 0, 3)
	if err != nil || len(page) != 3 || page[0].Seq != seqs[9] || page[2].Seq != seqs[7] || !page[2].At.Equal(day(7)) {
		t.Errorf("newest three: got %v, %v", page, err)
	}
	page, err = s.ListArchive(t.Context(), seqs[2], 3)
	if err != nil || len(page) != 2 || page[1].ID != idOf(seqs[0]) {
		t.Errorf("oldest two: got %v, %v", page, err)
	}
	var pruned int
	commit(t, s, func(tx *Tx) (err error) { pruned, err = tx.PruneArchive(0, day(4), 100, nil); return err })
	if _, ok, err := s.ReadArchive(t.Context(), idOf(seqs[3])); pruned != 4 || ok || err != nil {
		t.Errorf("pruned %d, want 4; order 3 still there: %t, %v", pruned, ok, err)
	}
	var a Archived
	var ok, again bool
	commit(t, s, func(tx *Tx) (err error) {
		if a, ok, err = tx.Unarchive(idOf(seqs[5])); err != nil {
			return err
		}
		_, again, err = tx.Unarchive(idOf(seqs[5]))
		return err
	})
	if !ok || again || a.Seq != seqs[5] || string(a.Blob) != "5" || !a.At.Equal(day(5)) {
		t.Errorf("Unarchive: got %v, %t, again %t", a, ok, again)
	}
	page, err = s.ListArchive(t.Context(), 0, 100)
	if err != nil || len(page) != 5 {
		t.Errorf("left: got %d, %v, want 5", len(page), err)
	}
}

func TestReadingReportsGoesOnFromACursor(t *testing.T) {
	for _, exclusive := range []bool{false, true} {
		t.Run(fmt.Sprintf("exclusive %t", exclusive), func(t *testing.T) {
			s, err := Open(t.Context(), Options{Dir: t.TempDir(), Exclusive: exclusive})
			if err != nil {
				t.Fatal(err)
			}
			defer closeStore(t, s)
			commit(t, s, func(tx *Tx) error {
				for i := range 10 {
					if _, err := tx.AddReport(Seq(i+1), fmt.Append(nil, i)); err != nil {
						return err
					}
				}
				return nil
			})
			var got string
			for after := N(0); ; {
				rows, err := s.ReadReports(t.Context(), after, 3)
				if err != nil {
					t.Fatal(err)
				}
				if len(rows) == 0 {
					break
				}
				for _, r := range rows {
					got += string(r.Body)
					after = r.N
				}
			}
			if got != "0123456789" {
				t.Errorf("read: got %q", got)
			}
		})
	}
}

func TestReadingAJournalReturnsTheRowsOfOneOrder(t *testing.T) {
	s := openStore(t, t.TempDir())
	var first N
	var all []N
	commit(t, s, func(tx *Tx) error {
		for i := range 6 {
			n, err := tx.AppendJournal(Seq(i%2+1), fmt.Append(nil, i))
			if err != nil {
				return err
			}
			if all = append(all, n); i == 2 {
				first = n
			}
		}
		return nil
	})
	rows, err := s.ReadJournal(t.Context(), 1, first)
	if err != nil || len(rows) != 2 || string(rows[0].Event) != "2" || string(rows[1].Event) != "4" {
		t.Errorf("journal: got %v, %v", rows, err)
	}
	rows, err = s.ReadJournalRows(t.Context(), 1, []N{all[4], all[1], all[0], 99999})
	if err != nil || len(rows) != 2 || string(rows[0].Event) != "4" || string(rows[1].Event) != "0" {
		t.Errorf("rows by number: got %v, %v, want the two of order 1 as asked for", rows, err)
	}
}

func TestStatsAndMetricsAgree(t *testing.T) {
	dir := t.TempDir()
	reg := prometheus.NewRegistry()
	s, err := Open(t.Context(), Options{Dir: dir, Registerer: reg, ReserveBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var first N
	commit(t, s, func(tx *Tx) error {
		n, err := tx.AddReport(1, make([]byte, 100))
		first = n
		_, err2 := tx.AddReport(1, make([]byte, 50))
		_, err3 := tx.AppendEvent(1, make([]byte, 30))
		_, err4 := tx.PutDead(Dead{Class: "report", Body: []byte("x")})
		return errors.Join(err, err2, err3, err4)
	})
	st, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if st.Reports != (ClassStats{2, 150, first}) || st.Events.Entries != 1 || st.Events.Bytes != 30 || st.Dead != 1 {
		t.Errorf("stats: got %+v", st)
	}
	if st.Broken != nil || !st.ReserveIntact || st.DiskFree <= 0 || st.DatabaseBytes < 10*pageSize || st.WrittenBytes == 0 || st.Syncs == 0 {
		t.Errorf("stats: got %+v", st)
	}
	for _, c := range []struct {
		name, label string
		want        float64
	}{
		{"edged_queue_entries", ClassReport, 2},
		{"edged_queue_bytes", ClassReport, 150},
		{"edged_queue_entries", ClassEvent, 1},
		{"edged_queue_bytes", ClassEvent, 30},
		{"edged_commit_duration_seconds", "", 1},
		{"edged_store_written_bytes_total", "", float64(st.WrittenBytes)},
	} {
		if got := counterValue(t, reg, c.name, c.label); got != c.want {
			t.Errorf("%s{%s}: got %v, want %v", c.name, c.label, got, c.want)
		}
	}
	if got := counterValue(t, reg, "edged_disk_free_bytes", ""); got <= 0 {
		t.Errorf("edged_disk_free_bytes: got %v", got)
	}
	closeStore(t, s)
	if families, err := reg.Gather(); err != nil || len(families) != 0 {
		t.Errorf("metrics left after Close: %d, %v", len(families), err)
	}
	s, err = Open(t.Context(), Options{Dir: dir, Registerer: reg})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if got := counterValue(t, reg, "edged_queue_bytes", ClassReport); got != 150 {
		t.Errorf("edged_queue_bytes after reopening: got %v, want 150", got)
	}
}

// A clock that was decades off while an order was archived, or is now, does not make it
// old (M10).
func TestM10_PruningGoesByPoweredOnTime(t *testing.T) {
	s := openStore(t, t.TempDir())
	const day = 24 * time.Hour
	for i, a := range []Archived{
		{On: 10 * day, At: time.Unix(0, 0)},
		{On: 20 * day, At: time.Date(2046, 1, 1, 0, 0, 0, 0, time.UTC)},
		{On: 30 * day, At: time.Unix(0, 0)},
	} {
		a.Seq, a.ID, a.Blob = Seq(i+1), idOf(Seq(i+1)), []byte("x")
		commit(t, s, func(tx *Tx) error { return tx.Archive(a) })
	}
	for _, c := range []struct {
		on   time.Duration
		want int
	}{{-300 * day, 0}, {10 * day, 0}, {25 * day, 2}, {31 * day, 1}} {
		var pruned int
		commit(t, s, func(tx *Tx) (err error) {
			pruned, err = tx.PruneArchive(c.on, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 100, nil)
			return err
		})
		if pruned != c.want {
			t.Errorf("before day %d: pruned %d, want %d", c.on/day, pruned, c.want)
		}
	}
}
