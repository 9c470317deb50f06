package wiretrace

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Sizes of what is kept for a line.
const (
	// DefaultBytes is the size of a terminal's ring: some 80 purchases, or a day of an idle
	// terminal.
	DefaultBytes = 256 << 10
	// DisplayBytes is that of a display, which is painted every few seconds.
	DisplayBytes = 64 << 10

	minBytes = 4 * maxPiece
	// openingBytes is kept of what came behind the last opening: the attachment of a terminal
	// has some 200 bytes.
	openingBytes = 4 << 10

	clockStep = time.Second // a wall clock that is off by more has stepped
	maxText   = 200         // bytes of an error
)

// Options make a Recorder. Header.Kind is required; Header.Begun is filled in.
type Options struct {
	Header Header
	Bytes  int // of the ring; DefaultBytes, or DisplayBytes of a display, if zero
	// Gap is the silence after which a command that is not complete has been cut short: the
	// driver's T1 on a serial line, T3 on TCP. Their defaults if zero.
	Gap time.Duration
}

// Recorder keeps what went over one line lately. Its methods may be called from any
// goroutine and never block for longer than it takes to copy a ring.
type Recorder struct {
	header Header
	begun  time.Time // with its monotonic part

	mu       sync.Mutex
	host     splitter
	device   splitter
	ring     ring
	skew     int64  // ms, as last noted
	failed   string // why it could not be opened, as last noted
	open     bool
	starting lifeStart
}

// lifeStart is what came first since the line was opened last.
type lifeStart struct {
	span
	next int64 // sequence number behind it
	full bool
}

// New returns a Recorder that has recorded nothing.
func New(o Options) (*Recorder, error) {
	size, gap := DefaultBytes, 200*time.Millisecond
	switch o.Header.Kind {
	case ZVTSerial:
	case ZVTTCP:
		gap = 5 * time.Second
	case Display:
		size = DisplayBytes
	default:
		return nil, fmt.Errorf("%w: kind %q", ErrOptions, o.Header.Kind)
	}
	size, gap = cmp.Or(o.Bytes, size), cmp.Or(o.Gap, gap)
	if size < minBytes || gap < 0 {
		return nil, fmt.Errorf("%w: %d bytes, gap %s; at least %d bytes are needed", ErrOptions, size, gap, minBytes)
	}
	r := &Recorder{header: o.Header, begun: time.Now(), ring: ring{buf: make([]byte, size)}}
	r.header.Begun = r.begun.Round(0).UTC()
	r.host, r.device = newSplitter(o.Header.Kind, Host, gap), newSplitter(o.Header.Kind, Device, gap)
	return r, nil
}

// Header is that of the recorder's traces.
func (r *Recorder) Header() Header { return r.header }

// Bytes notes bytes that went over the line just now. It keeps none of them.
func (r *Recorder) Bytes(from Side, b []byte) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if from == Host {
		r.device.silence(now, r.fromDevice)
		r.host.push(b, now, r.fromHost)
	} else {
		r.host.silence(now, r.fromHost)
		r.device.push(b, now, r.fromDevice)
	}
}

// Opened notes that the line was opened, and how.
func (r *Recorder) Opened(how string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flush()
	r.failed, r.open = "", true
	r.event(Opened, how)
}

// Failed notes why the line could not be opened, once for the same reason in a row.
func (r *Recorder) Failed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if text := err.Error(); text != r.failed {
		r.failed = text
		r.event(Failed, text)
	}
}

// Closed notes that the host closed the line, Lost that it ended otherwise. Only the first
// of them counts.
func (r *Recorder) Closed() { r.ended(Closed, "") }

// Lost notes why the line ended.
func (r *Recorder) Lost(err error) { r.ended(Lost, err.Error()) }

// Unsent notes that the last n bytes given to Bytes did not leave the host.
func (r *Recorder) Unsent(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.host.end(r.fromHost)
	r.push(stored{form: number(Unsent), number: int64(n)}, time.Now())
}

func (r *Recorder) ended(f Form, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.open {
		return
	}
	r.open = false
	r.flush()
	r.event(f, why)
}

func (r *Recorder) flush() {
	r.host.end(r.fromHost)
	r.device.end(r.fromDevice)
}

func (r *Recorder) fromHost(p piece)   { r.keep(p, false) }
func (r *Recorder) fromDevice(p piece) { r.keep(p, true) }

func (r *Recorder) keep(p piece, device bool) {
	r.push(stored{form: number(p.form), device: device, pauses: p.pauses, bytes: p.bytes, number: p.count}, p.last)
}

// event notes what happened to the line. An error names a path; should it ever quote
// what came over the line, numbers are hidden.
func (r *Recorder) event(f Form, text string) {
	b := []byte(text[:min(len(text), maxText)])
	hideNumbers(b)
	r.push(stored{form: number(f), bytes: b}, time.Now())
}

func number(f Form) byte { return byte(slices.Index(forms[:], f)) }

// push keeps a record of time at, never before the record that came last.
func (r *Recorder) push(s stored, at time.Time) {
	s.at = max(at.Sub(r.begun).Microseconds(), r.ring.last)
	wall := at.Round(0).Sub(r.begun.Round(0)).Microseconds() - s.at
	if d := wall/1000 - r.skew; d > clockStep.Milliseconds() || d < -clockStep.Milliseconds() {
		r.skew = wall / 1000
		r.add(stored{at: s.at, form: number(clockSet), number: r.skew})
	}
	r.add(s)
}

// add puts a record into the ring and, while that is short, behind the last opening.
func (r *Recorder) add(s stored) {
	if forms[s.form] == Opened {
		r.starting = lifeStart{span: span{base: r.ring.last, skew: r.skew, first: r.ring.next, encoded: r.starting.encoded[:0]}, next: r.ring.next}
	}
	before := r.ring.next
	r.ring.push(s)
	o := &r.starting
	if o.full || r.ring.next == before || before != o.next {
		return
	}
	o.keep(r.ring.scratch)
}

// keep appends a record without its size, while there is room.
func (o *lifeStart) keep(body []byte) {
	if len(o.encoded)+len(body)+maxHeader > openingBytes {
		o.full = true
		return
	}
	o.encoded = appendSized(o.encoded, body)
	o.next++
}

// Trace returns what is kept. It blocks for as long as a ring is copied.
func (r *Recorder) Trace() *Trace {
	t := &Trace{Header: r.header}
	t.Records, _ = r.since(0, true)
	return t
}

// since returns the records from sequence number from on, and the number that comes next.
// Of what has been forgotten the beginning of the line's present life is still there; the
// rest is a record of form Forgotten. With begin that beginning comes first in any case.
func (r *Recorder) since(from int64, begin bool) ([]Record, int64) {
	r.mu.Lock()
	now := time.Now()
	r.host.silence(now, r.fromHost)
	r.device.silence(now, r.fromDevice)
	if from == r.ring.next && !begin {
		r.mu.Unlock()
		return nil, from
	}
	tail, start, next := r.ring.span(), r.starting, r.ring.next
	start.encoded = slices.Clone(start.encoded)
	r.mu.Unlock()

	var out []Record
	miss := func(to int64, then []Record) { // a piece is missing in front of then
		if from >= to {
			return
		}
		gap := Record{Form: Forgotten, Count: to - from, T: time.Duration(tail.last) * time.Microsecond, At: r.wall(tail.last, tail.skew)}
		if len(then) > 0 {
			gap.T, gap.At = then[0].T, then[0].At
		}
		out = append(out, gap)
	}
	there := max(from, tail.first)
	if start.first < min(start.next, there) && (begin || start.first >= from) {
		end := min(start.next, there)
		opening := start.records(start.first, end, r.wall)
		miss(start.first, opening)
		from = end
		out = append(out, opening...)
	}
	rest := tail.records(there, next, r.wall)
	miss(there, rest)
	return append(out, rest...), next
}

// wall is the wall clock's time of a record.
func (r *Recorder) wall(at, skew int64) time.Time {
	return r.header.Begun.Add(time.Duration(at)*time.Microsecond + time.Duration(skew)*time.Millisecond)
}

// Kept says how much is kept.
type Kept struct {
	Records   int64
	Bytes     int64 // of the ring that are used
	Forgotten int64 // records that have given way
}

// Kept returns it as of now.
func (r *Recorder) Kept() Kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Kept{Records: r.ring.next - r.ring.first, Bytes: int64(r.ring.size), Forgotten: r.ring.first}
}
