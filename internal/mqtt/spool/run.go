package spool

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/pause"
	"edged/internal/queue"
)

const (
	saveEvery   = 5 * time.Minute // DESIGN §4: away, at most one commit per 5 min
	tidyEvery   = time.Second     // between commits of acknowledgements
	retryEvery  = 30 * time.Second
	reserve     = 512 // numbers at once
	reserveLeft = 128 // when the next ones are reserved
	loadPage    = 512
	stopFor     = 5 * time.Second
)

// metaKey is where the numbering lies.
const metaKey = "mqtt.spool"

// numbering is the value of metaKey.
type numbering struct {
	V      int                `json:"v"`
	Stream string             `json:"stream"`
	Tracks map[Track]position `json:"tracks"`
}

type position struct {
	Settled uint64 `json:"settled"`
	Mark    uint64 `json:"mark"`
}

// Run reads what is there and then writes what must be, until ctx ends; then it writes
// the rest. Errors of the store are logged once and tried again: it returns none.
func (s *Spool) Run(ctx context.Context) error {
	for {
		err := s.load(ctx)
		s.report(err)
		if err == nil {
			break
		}
		if !pause.For(ctx, retryEvery) {
			return nil
		}
	}
	for {
		wait := s.work(ctx)
		select {
		case <-ctx.Done():
			return s.finish(ctx)
		case <-s.kick:
		case <-wait:
		}
	}
}

// work writes what is due and returns what to wait for beside a kick.
func (s *Spool) work(ctx context.Context) <-chan time.Time {
	wait, any := s.due(time.Now())
	if !any {
		return nil
	}
	if wait > 0 {
		return time.After(wait)
	}
	s.report(s.save(ctx, reserve))
	wait, any = s.due(time.Now())
	if !any {
		return nil
	}
	return time.After(max(wait, time.Millisecond))
}

// due says how long the next commit may wait; any is false when there is nothing to
// write.
func (s *Spool) due(now time.Time) (wait time.Duration, any bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := func(t time.Time) {
		if d := t.Sub(now); !any || d < wait {
			wait, any = d, true
		}
	}
	for _, tr := range s.tracks {
		if tr.next+reserveLeft > tr.mark {
			at(now)
		}
	}
	if s.acked != 0 {
		at(s.tidied.Add(tidyEvery))
	}
	if i := s.firstUnsaved(); i < len(s.list) {
		at(later(s.list[i].made, s.saved).Add(saveEvery))
	}
	if any && !s.failed.IsZero() {
		wait = max(wait, s.failed.Add(retryEvery).Sub(now))
	}
	return wait, any
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// firstUnsaved is the index of the oldest entry that is in memory only: rows rise in
// the order of the list.
func (s *Spool) firstUnsaved() int {
	i, _ := slices.BinarySearchFunc(s.list, true, func(e entry, _ bool) int {
		if e.row == 0 {
			return 1
		}
		return -1
	})
	return i
}

// save commits acknowledgements, the numbering with so many numbers more, and, when
// they are due, the entries of the memory.
func (s *Spool) save(ctx context.Context, ahead uint64) error {
	w, err := s.plan(time.Now(), ahead)
	if err != nil {
		return err
	}
	if err := s.o.Store.Commit(ctx, w.write); err != nil {
		s.mu.Lock()
		s.failed = time.Now()
		s.mu.Unlock()
		return fmt.Errorf("keep events: %w", err)
	}
	s.adopt(w)
	return nil
}

// writing is one commit.
type writing struct {
	entries []entry
	rows    []queue.N // of the entries, when it is committed
	acked   queue.N
	drop    []queue.N
	numbers numbering
	meta    []byte
}

func (w *writing) write(tx *queue.Tx) error {
	w.rows = w.rows[:0]
	for i := range w.entries {
		n, err := tx.AppendEvent(queue.EventClass(w.entries[i].class), w.entries[i].encode())
		if err != nil {
			return err
		}
		w.rows = append(w.rows, n)
	}
	if w.acked != 0 {
		if err := tx.DeleteEventsBefore(w.acked + 1); err != nil {
			return err
		}
	}
	for _, n := range w.drop {
		if err := tx.DeleteEvent(n); err != nil {
			return err
		}
	}
	return tx.PutMeta(metaKey, w.meta)
}

// plan takes what one commit will write. The end of a process writes everything: then
// no number is reserved, and the next one goes on without a gap.
func (s *Spool) plan(now time.Time, ahead uint64) (*writing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.Limit.Age > 0 {
		if wall, synced := s.o.Wall(); synced {
			s.o.Thinned(s.remove(s.tried, aged(s.list[s.tried:], wall, s.o.Limit.Age)))
		}
	}
	w := &writing{acked: s.acked, drop: slices.Clone(s.drop)}
	first := s.firstUnsaved()
	if first < len(s.list) && (ahead == 0 || !later(s.list[first].made, s.saved).Add(saveEvery).After(now)) {
		w.entries = slices.Clone(s.list[first:])
	}
	w.numbers = numbering{V: recordVersion, Stream: s.stream, Tracks: map[Track]position{}}
	for t, tr := range s.tracks {
		mark := tr.mark
		if ahead == 0 || tr.next+reserveLeft > tr.mark {
			mark = tr.next + ahead
		}
		w.numbers.Tracks[t] = position{tr.settled, mark}
	}
	meta, err := json.Marshal(w.numbers)
	w.meta = meta
	return w, err
}

// adopt takes over what was committed: bodies with a row leave the memory, and what
// was acknowledged or thinned meanwhile is removed by the next commit.
func (s *Spool) adopt(w *writing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.failed = time.Time{}
	s.tidied = now
	if s.acked == w.acked {
		s.acked = 0
	}
	s.drop = s.drop[len(w.drop):]
	for t, p := range w.numbers.Tracks {
		s.tracks[t].mark = p.Mark
	}
	if len(w.entries) > 0 {
		s.saved = now
		s.settle(w)
	}
	signal(s.wake)
}

// settle gives entries their rows. What was written and what is still unsaved have the
// same order; what is missing was acknowledged or thinned meanwhile.
func (s *Spool) settle(w *writing) {
	i := s.firstUnsaved()
	for k, e := range w.entries {
		if i == len(s.list) || s.list[i].track != e.track || s.list[i].seq != e.seq {
			s.drop = append(s.drop, w.rows[k])
			continue
		}
		held := &s.list[i]
		s.memory -= held.size
		held.row = w.rows[k]
		if i >= s.sent {
			held.body = nil
		}
		i++
	}
}

// finish writes everything: nothing of a clean end is lost or announced.
func (s *Spool) finish(ctx context.Context) error {
	s.mu.Lock()
	clean := !s.dirty && s.firstUnsaved() == len(s.list) && s.acked == 0 && len(s.drop) == 0
	s.mu.Unlock()
	if clean {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopFor)
	defer cancel()
	s.report(s.save(ctx, 0))
	return nil
}

// report logs a failure of the store, once until it works again. It is Run's.
func (s *Spool) report(err error) {
	again := s.failing
	s.failing = err != nil
	if err == nil || again {
		return
	}
	s.o.Logger.Warn("events are not kept", logkey.Err, err, logkey.Wait, retryEvery, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
}

// load reads what earlier processes have left, without its bodies, and gives numbers to
// what was added meanwhile.
func (s *Spool) load(ctx context.Context) error {
	numbers, err := s.readNumbering(ctx)
	if err != nil {
		return err
	}
	var list []entry
	for after := queue.N(0); ; {
		rows, err := s.o.Store.ReadEvents(ctx, after, loadPage)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			after = row.N
			if e, err := decodeEntry(row); err == nil {
				e.body = nil
				list = append(list, e)
			}
		}
	}
	s.begin(numbers, list)
	return nil
}

// readNumbering reads where the last process was; a numbering that is lost or
// unreadable begins anew under another name.
func (s *Spool) readNumbering(ctx context.Context) (n numbering, err error) {
	b, ok, err := s.o.Store.ReadMeta(ctx, metaKey)
	if ok {
		if err := json.Unmarshal(b, &n); err == nil && n.V == recordVersion && n.Stream != "" {
			return n, nil
		}
	}
	return numbering{Stream: newStream()}, err
}

// begin joins what was read with what was added since New.
func (s *Spool) begin(n numbering, old []entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stream = n.Stream
	fresh := s.tracks
	s.tracks = map[Track]*track{}
	for t, p := range n.Tracks {
		s.tracks[t] = &track{next: p.Mark, told: p.Settled, settled: p.Settled, mark: p.Mark}
	}
	for _, e := range old {
		tr := s.tracks[e.track]
		if tr == nil { // the numbering is lost: the new stream begins with what is left
			tr = &track{told: e.seq - 1, settled: e.seq - 1}
			s.tracks[e.track] = tr
		}
		tr.next = max(tr.next, e.seq+1)
		tr.mark = max(tr.mark, tr.next)
		s.count(e, +1)
	}
	base := map[Track]uint64{}
	for _, t := range slices.Sorted(maps.Keys(fresh)) {
		tr := s.track(t)
		base[t] = tr.next - 1
		tr.next += fresh[t].next - 1
	}
	for i := range s.list {
		s.list[i].seq += base[s.list[i].track]
	}
	s.list = append(old, s.list...)
	s.loaded, s.dirty = true, true
	signal(s.wake)
}
