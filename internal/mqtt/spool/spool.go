package spool

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"edged/internal/queue"
)

// Store is what a spool asks of [queue.Store].
type Store interface {
	Commit(ctx context.Context, fn func(*queue.Tx) error) error
	ReadEvents(ctx context.Context, after queue.N, limit int) ([]queue.EventRow, error)
	ReadMeta(ctx context.Context, key string) (value []byte, ok bool, err error)
}

// Options of New. Store and Limit are required.
type Options struct {
	Store  Store
	Limit  Limit
	Logger *slog.Logger
	// Thinned is told how many entries were thinned. It must not block; nil: nobody asks.
	Thinned func(n int)
	// Wall is the wall clock and whether it was set from a time server; nil: the
	// operating system's, never believed.
	Wall func() (time.Time, bool)
}

// Spool is open from New on; Run does what needs the disk. Its methods may be called
// from many goroutines, except that Next, Ack and Rewind belong to one reader: Ack may
// be called beside Next.
type Spool struct {
	o    Options
	wake chan struct{} // there may be something to tell
	kick chan struct{} // there may be something to write

	failing bool // the last try failed, and that is logged; Run's

	mu     sync.Mutex
	loaded bool
	stream string
	tracks map[Track]*track
	list   []entry // in order of arrival
	flight []Item  // given to the reader, not acknowledged; entries are the front of list
	sent   int     // how many entries of the list are in flight
	tried  int     // how many of them were once: they may have arrived, and are not thinned
	total  amount
	memory int64     // bytes of bodies without a row
	acked  queue.N   // rows up to it were acknowledged and are still there
	drop   []queue.N // rows that were thinned and are still there
	dirty  bool      // the numbering differs from what meta says
	saved  time.Time // the last commit of entries
	tidied time.Time // the last commit of acknowledgements
	failed time.Time // the last commit that failed; zero: it did not
}

// track is a row of numbers.
type track struct {
	next    uint64 // the number of the next entry
	told    uint64 // up to it everything was given to the reader
	settled uint64 // up to it everything was acknowledged
	mark    uint64 // numbers below it may be told: meta says so
}

// New makes a spool that takes entries at once; they have no number before Run has
// read what is there.
func New(o Options) (*Spool, error) {
	if o.Store == nil || o.Limit.Entries < 1 || o.Limit.Bytes < 1 || o.Limit.Memory < 1 {
		return nil, fmt.Errorf("%w: a store and limits are needed", ErrOptions)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Thinned == nil {
		o.Thinned = func(int) {}
	}
	if o.Wall == nil {
		o.Wall = func() (time.Time, bool) { return time.Now(), false }
	}
	return &Spool{o: o, wake: make(chan struct{}, 1), kick: make(chan struct{}, 1), tracks: map[Track]*track{}}, nil
}

// Add takes an entry; it keeps body. It never blocks. What exceeds the limits is
// thinned at once.
func (s *Spool) Add(t Track, class Class, body []byte) {
	wall, synced := s.o.Wall()
	s.mu.Lock()
	tr := s.track(t)
	e := entry{track: t, class: class, seq: tr.next, size: int64(len(body)), body: body, made: time.Now(), wall: wall, synced: synced}
	tr.next++
	s.dirty = true
	s.list = append(s.list, e)
	s.count(e, +1)
	n := s.thin()
	s.mu.Unlock()
	if n > 0 {
		s.o.Thinned(n)
	}
	signal(s.wake)
	signal(s.kick)
}

func (s *Spool) track(t Track) *track {
	tr := s.tracks[t]
	if tr == nil {
		tr = &track{next: 1, mark: 1}
		s.tracks[t] = tr
	}
	return tr
}

func (s *Spool) count(e entry, sign int64) {
	s.total.entries += sign
	s.total.bytes += sign * e.size
	if e.row == 0 {
		s.memory += sign * e.size
	}
}

// thin brings the spool down to its limits and returns how many entries went.
func (s *Spool) thin() int {
	n := s.remove(s.tried, thin(s.list[s.tried:], s.total, amount{s.o.Limit.Entries, s.o.Limit.Bytes}))
	if s.memory <= s.o.Limit.Memory {
		return n
	}
	first := max(s.tried, s.firstUnsaved())
	const anyNumber = 1 << 62
	return n + s.remove(first, thin(s.list[first:], amount{bytes: s.memory}, amount{anyNumber, s.o.Limit.Memory}))
}

// remove takes entries out of the list, by their index behind from.
func (s *Spool) remove(from int, gone map[int]bool) int {
	if len(gone) == 0 {
		return 0
	}
	left := s.list[:from]
	for i, e := range s.list[from:] {
		if !gone[i] {
			left = append(left, e)
			continue
		}
		s.count(e, -1)
		if e.row != 0 {
			s.drop = append(s.drop, e.row)
		}
	}
	clear(s.list[len(left):])
	s.list = left
	return len(gone)
}

// Wake gets a value when there may be something new for Next.
func (s *Spool) Wake() <-chan struct{} { return s.wake }

// Stream names the numbering: another one begins at 1 when the store has lost it. It
// is "" before Run has read what is there.
func (s *Spool) Stream() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stream
}

// Waiting is how many entries are not acknowledged.
func (s *Spool) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.list)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func newStream() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
