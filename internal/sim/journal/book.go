package journal

import (
	"errors"
	"sync"
	"time"
)

// Fold says how the lines of a journal, of type E, become a ledger of type L.
type Fold[E, L any] struct {
	New    func() *L                           // an empty ledger
	Apply  func(led *L, e E)                   // folds the next line into it
	Events func(led *L) []E                    // all lines that were folded, in order
	Number func(e *E, seq int64, at time.Time) // writes a line's number, from 1, and its time
	Binds  func(e E) bool                      // whether a line must outlive a power cut
}

// Load reads the ledger at path. A torn last line is ignored. Errors: those of Read.
func (f Fold[E, L]) Load(path string) (*L, error) {
	events, err := Read[E](path)
	if err != nil {
		return nil, err
	}
	return f.of(events), nil
}

func (f Fold[E, L]) of(events []E) *L {
	led := f.New()
	for _, e := range events {
		f.Apply(led, e)
	}
	return led
}

// Book is a ledger while it is being written. A failed write is remembered (Err), and who
// keeps the book must stop then: a ledger with holes proves nothing. Its methods may be
// called from any goroutine.
type Book[E, L any] struct {
	fold    Fold[E, L]
	mu      sync.Mutex
	log     *Log
	led     *L
	err     error
	changed chan struct{} // closed at the next line
}

// OpenBook goes on with the ledger at path; "" keeps it in memory. Errors: those of Open
// and Read.
func OpenBook[E, L any](path string, fold Fold[E, L]) (*Book[E, L], error) {
	log, err := Open(path)
	if err != nil {
		return nil, err
	}
	led, err := fold.Load(path)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &Book[E, L]{fold: fold, log: log, led: led, changed: make(chan struct{})}, nil
}

// Add numbers lines, writes them and folds them, as one step; what binds is on the disk
// when it returns.
func (b *Book[E, L]) Add(events ...E) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range events {
		b.addLocked(e)
	}
}

func (b *Book[E, L]) addLocked(e E) {
	b.fold.Number(&e, int64(len(b.fold.Events(b.led)))+1, time.Now())
	if err := b.log.Append(e, b.fold.Binds(e)); err != nil && b.err == nil {
		b.err = err
	}
	b.fold.Apply(b.led, e)
	close(b.changed)
	b.changed = make(chan struct{})
}

// Edit runs f with the ledger and a function to add to it, as one step. f must not keep
// the ledger, nor call the book.
func (b *Book[E, L]) Edit(f func(led *L, add func(E))) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b.led, b.addLocked)
}

// View is Edit for those who only look.
func (b *Book[E, L]) View(f func(led *L)) {
	b.Edit(func(led *L, _ func(E)) { f(led) })
}

// Copy returns a ledger that later lines do not touch.
func (b *Book[E, L]) Copy() *L {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fold.of(b.fold.Events(b.led))
}

// Next is closed when the next line has been folded.
func (b *Book[E, L]) Next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// Err is the first write that failed, or nil.
func (b *Book[E, L]) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// Close closes the file. What is added afterwards is not kept.
func (b *Book[E, L]) Close() error { return b.log.Close() }
