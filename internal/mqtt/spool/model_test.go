package spool

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"edged/internal/queue"
)

// world is a spool, its reader, and what the reader must have seen in the end.
type world struct {
	t       *testing.T
	rt      *rapid.T
	store   *queue.Store
	s       *Spool
	added   map[Track][]string        // by number - 1; "": taken by a power cut, or never given
	seen    map[Track]map[uint64]bool // arrived
	gaps    map[Track]map[uint64]bool // announced
	crashed bool
	n       int
}

func (w *world) open() {
	w.s = newSpool(w.t, w.store, Limit{Entries: 12, Bytes: 1 << 20, Memory: 1 << 20})
	if err := w.s.load(w.t.Context()); err != nil {
		w.rt.Fatal(err)
	}
	w.keep(reserve)
}

func (w *world) keep(ahead uint64) {
	if err := w.s.save(w.t.Context(), ahead); err != nil {
		w.rt.Fatal(err)
	}
}

// fiveMinutesLater makes what is in memory due, without a bubble: rapid runs in none.
func (w *world) fiveMinutesLater() {
	w.s.saved = time.Time{}
	for i := range w.s.list {
		w.s.list[i].made = w.s.list[i].made.Add(-saveEvery)
	}
}

func (w *world) add(t Track, c Class) {
	w.n++
	b := string(body(w.n))
	seq := w.s.track(t).next
	for uint64(len(w.added[t])) < seq {
		w.added[t] = append(w.added[t], "")
	}
	w.added[t][seq-1] = b
	w.s.Add(t, c, []byte(b))
}

// take gives the reader one item.
func (w *world) take() bool {
	if !w.next() {
		return false
	}
	w.s.Ack()
	return true
}

// lose gives the reader a few items whose acknowledgements do not come back.
func (w *world) lose(n int) {
	for n > 0 && w.next() {
		n--
	}
	w.s.Rewind()
}

func (w *world) next() bool {
	it, ok, err := w.s.Next(w.t.Context())
	if err != nil {
		w.rt.Fatal(err)
	}
	if ok {
		w.see(it)
	}
	return ok
}

func (w *world) see(it Item) {
	if it.Seq == 0 {
		if it.From > it.To {
			w.rt.Fatalf("gap from %d to %d", it.From, it.To)
		}
		for q := it.From; q <= it.To; q++ {
			w.gaps[it.Track][q] = true
		}
		return
	}
	if want := w.added[it.Track][it.Seq-1]; string(it.Body) != want {
		w.rt.Fatalf("number %d of track %d has %s, want %s", it.Seq, it.Track, it.Body, want)
	}
	w.seen[it.Track][it.Seq] = true
}

// check: every number has arrived or was announced, and without a power cut only one.
func (w *world) check() {
	for t, tr := range w.s.tracks {
		for q := uint64(1); q <= tr.told; q++ {
			seen, gap := w.seen[t][q], w.gaps[t][q]
			if !seen && !gap {
				w.rt.Fatalf("number %d of track %d neither came nor was announced", q, t)
			}
			if seen && gap && !w.crashed {
				w.rt.Fatalf("number %d of track %d came and was announced as a gap", q, t)
			}
		}
		if tr.told != tr.next-1 {
			w.rt.Fatalf("track %d was told up to %d, want %d", t, tr.told, tr.next-1)
		}
	}
}

func TestEveryNumberComesOrIsAnnounced(t *testing.T) {
	store := openStore(t, t.TempDir())
	defer store.Close()
	var runs, cuts int
	rapid.Check(t, func(rt *rapid.T) {
		if err := store.Commit(t.Context(), func(tx *queue.Tx) error {
			if err := tx.DeleteEventsBefore(1 << 62); err != nil {
				return err
			}
			return tx.PutMeta(metaKey, nil)
		}); err != nil {
			rt.Fatal(err)
		}
		runs++
		w := &world{
			t: t, rt: rt, store: store, added: map[Track][]string{},
			seen: map[Track]map[uint64]bool{events: {}, telemetry: {}}, gaps: map[Track]map[uint64]bool{events: {}, telemetry: {}},
		}
		w.open()
		last := 9 // without an end of the process the promise is exact
		if rapid.Bool().Draw(rt, "ends") {
			last = 11
		}
		for _, op := range rapid.SliceOfN(rapid.IntRange(0, last), 1, 60).Draw(rt, "ops") {
			switch op {
			case 0, 1:
				w.add(events, Order)
			case 2:
				w.add(events, Alarm)
			case 3, 4, 5:
				w.add(telemetry, Telemetry)
			case 6, 7:
				w.take()
			case 8:
				w.lose(4)
			case 9:
				w.fiveMinutesLater()
				w.keep(reserve)
			case 10: // a clean end
				w.keep(0)
				w.open()
			case 11: // a power cut
				w.crashed = true
				cuts++
				w.open()
			}
		}
		w.add(events, Order) // behind every gap
		w.add(telemetry, Telemetry)
		w.keep(reserve)
		for w.take() {
		}
		w.check()
	})
	t.Logf("%d runs with %d power cuts", runs, cuts)
}

func TestThinningKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var total amount
		classes := map[Class][]int{}
		list := make([]entry, rapid.IntRange(0, 200).Draw(rt, "entries"))
		for i := range list {
			list[i] = entry{class: Class(rapid.IntRange(1, 3).Draw(rt, "class")), size: int64(rapid.IntRange(0, 50).Draw(rt, "size"))}
			total.entries++
			total.bytes += list[i].size
			classes[list[i].class] = append(classes[list[i].class], i)
		}
		limit := amount{int64(rapid.IntRange(1, 250).Draw(rt, "limit")), int64(rapid.IntRange(1, 6000).Draw(rt, "bytes"))}
		gone := thin(list, total, limit)
		if !total.exceeds(limit) && len(gone) > 0 {
			rt.Fatalf("%d went within the limit", len(gone))
		}
		left := total
		for i := range gone {
			left.entries--
			left.bytes -= list[i].size
		}
		full := func(c Class) bool { // nothing more can go of it
			kept := 0
			for _, i := range classes[c] {
				if !gone[i] {
					kept++
				}
			}
			return kept <= 2
		}
		for c, at := range classes {
			if gone[at[0]] || gone[at[len(at)-1]] {
				rt.Fatalf("class %d has lost its first or last", c)
			}
			for lower := Telemetry; lower < c; lower++ {
				if kept := len(at); !full(lower) && gone[at[kept/2]] {
					rt.Fatalf("class %d gave way before class %d", c, lower)
				}
			}
		}
		if left.exceeds(limit) && !(full(Telemetry) && full(Alarm) && full(Order)) {
			rt.Fatalf("%+v is left above %+v", left, limit)
		}
	})
}
