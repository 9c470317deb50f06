package spool

import (
	"context"

	"edged/internal/queue"
)

// readAhead is how many bodies are read from flash at once.
const readAhead = 64

// Next gives what is to be told next and puts it in flight. ok is false when there is
// nothing now: Wake tells when to ask again. It blocks for the disk when the body lies
// there only.
func (s *Spool) Next(ctx context.Context) (it Item, ok bool, err error) {
	for {
		it, row, ok := s.next()
		if ok || row == 0 {
			return it, ok, nil
		}
		rows, err := s.o.Store.ReadEvents(ctx, row-1, readAhead)
		if err != nil {
			return Item{}, false, err
		}
		s.fill(row, rows)
	}
}

// next is Next without the disk: row is what has to be read first, 0 if nothing.
func (s *Spool) next() (it Item, row queue.N, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.loaded || s.sent == len(s.list) {
		return Item{}, 0, false
	}
	e := &s.list[s.sent]
	tr := s.tracks[e.track]
	switch {
	case e.seq >= tr.mark: // Run will have it reserved
		return Item{}, 0, false
	case e.seq > tr.told+1:
		it = Item{Track: e.track, From: tr.told + 1, To: e.seq - 1}
		tr.told = it.To
	case e.body == nil:
		return Item{}, e.row, false
	default:
		it = Item{Track: e.track, Seq: e.seq, Body: e.body, Made: e.made}
		tr.told = e.seq
		s.sent++
		s.tried = max(s.tried, s.sent)
	}
	s.flight = append(s.flight, it)
	return it, 0, true
}

// fill puts bodies from flash into the list. An entry whose row is not there any more
// (quarantined) becomes a gap.
func (s *Spool) fill(first queue.N, rows []queue.EventRow) {
	bodies := map[queue.N][]byte{}
	for _, row := range rows {
		if e, err := decodeEntry(row); err == nil {
			bodies[row.N] = e.body
		}
	}
	last := first
	if len(rows) > 0 {
		last = max(last, rows[len(rows)-1].N)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := map[int]bool{}
	for i := range s.list[s.sent:] {
		e := &s.list[s.sent+i]
		if e.row == 0 || e.row > last {
			break
		}
		if e.body != nil {
			continue
		}
		if body, ok := bodies[e.row]; ok {
			e.body = body
		} else if e.row >= first {
			gone[i] = true
		}
	}
	s.remove(s.sent, gone)
	s.tried = min(s.tried, len(s.list))
}

// Ack says that the oldest item in flight has arrived; it is forgotten.
func (s *Spool) Ack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.flight) == 0 {
		return
	}
	it := s.flight[0]
	s.flight = s.flight[1:]
	s.dirty = true
	tr := s.tracks[it.Track]
	if it.Seq == 0 {
		tr.settled = it.To
		return
	}
	e := s.list[0]
	tr.settled = e.seq
	s.count(e, -1)
	if e.row != 0 {
		s.acked = e.row
		signal(s.kick)
	}
	s.list[0] = entry{}
	s.list = s.list[1:]
	s.sent--
	s.tried--
}

// Rewind says that what is in flight will not be acknowledged: Next gives it again.
func (s *Spool) Rewind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight, s.sent = nil, 0
	for _, tr := range s.tracks {
		tr.told = tr.settled
	}
	signal(s.wake)
}
