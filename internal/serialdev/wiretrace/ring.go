package wiretrace

import (
	"encoding/binary"
	"time"
)

// stored is a record as the ring has it.
type stored struct {
	at     int64 // microseconds since the recorder began
	form   byte  // index in forms
	device bool  // from the device
	pauses []Pause
	bytes  []byte // or the text of an event
	number int64  // of TooLong, clockSet: its count
}

// ring keeps encoded records in a buffer of fixed size; the oldest give way. A record is
//
//	size of the rest, form and side, microseconds since the record before, number,
//	number of pauses, each pause (bytes before it, microseconds), bytes
//
// all numbers as varints. Times count from base, which is the time of the newest record
// that has given way, or of the beginning.
type ring struct {
	buf  []byte
	head int // of the oldest record
	size int

	base, last  int64 // µs: before the oldest record, and of the newest
	skew        int64 // ms by which the wall clock was off the beginning's, before the oldest
	first, next int64 // sequence numbers: of the oldest record, of the next

	scratch []byte
}

// maxHeader is more than the numbers of a record take.
const maxHeader = 16 + maxPauses*8

// encode writes a record without its size.
func (r *ring) encode(dst []byte, s stored) []byte {
	flags := s.form << 1
	if s.device {
		flags |= 1
	}
	dst = append(dst, flags)
	dst = binary.AppendUvarint(dst, uint64(s.at-r.last))
	dst = binary.AppendVarint(dst, s.number)
	dst = append(dst, byte(len(s.pauses)))
	for _, p := range s.pauses {
		dst = binary.AppendUvarint(dst, uint64(p.After))
		dst = binary.AppendUvarint(dst, uint64(p.For.Microseconds()))
	}
	return append(dst, s.bytes...)
}

// push adds a record whose time is not before the last one's. One that is larger than the
// whole ring is left out.
func (r *ring) push(s stored) {
	body := r.encode(r.scratch[:0], s)
	r.scratch = body
	var size [binary.MaxVarintLen32]byte
	n := binary.PutUvarint(size[:], uint64(len(body)))
	if n+len(body) > len(r.buf) {
		return
	}
	for r.size+n+len(body) > len(r.buf) {
		r.evict()
	}
	r.write(size[:n])
	r.write(body)
	r.last = s.at
	r.next++
}

func (r *ring) write(b []byte) {
	at := (r.head + r.size) % len(r.buf)
	n := copy(r.buf[at:], b)
	copy(r.buf, b[n:])
	r.size += len(b)
}

// evict drops the oldest record, and keeps what those behind it need of it.
func (r *ring) evict() {
	b := r.peek()
	n, used := binary.Uvarint(b)
	s, _ := decodeStored(r.base, b[used:])
	if forms[s.form] == clockSet {
		r.skew = s.number
	}
	drop := used + int(n)
	r.base, r.head, r.size = s.at, (r.head+drop)%len(r.buf), r.size-drop
	r.first++
}

// peek returns enough of the oldest record to read its numbers.
func (r *ring) peek() []byte {
	b := make([]byte, 0, maxHeader)
	end := min(r.head+min(maxHeader, r.size), len(r.buf))
	b = append(b, r.buf[r.head:end]...)
	return append(b, r.buf[:min(maxHeader, r.size)-len(b)]...)
}

// bytes returns a copy of all encoded records, oldest first.
func (r *ring) bytes() []byte {
	b := make([]byte, 0, r.size)
	end := min(r.head+r.size, len(r.buf))
	b = append(b, r.buf[r.head:end]...)
	return append(b, r.buf[:r.size-len(b)]...)
}

// decodeStored reads a record without its size; ok: its numbers are whole. Its bytes are
// a part of b.
func decodeStored(base int64, b []byte) (s stored, ok bool) {
	if len(b) == 0 {
		return s, false
	}
	s.device, s.form = b[0]&1 == 1, b[0]>>1
	b = b[1:]
	delta, n := binary.Uvarint(b)
	if n <= 0 || int(s.form) >= len(forms) {
		return s, false
	}
	s.at, b = base+int64(delta), b[n:]
	if s.number, n = binary.Varint(b); n <= 0 || len(b) == n {
		return s, false
	}
	pauses := b[n]
	b = b[n+1:]
	for range pauses {
		after, n := binary.Uvarint(b)
		took, m := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || m <= 0 {
			return s, false
		}
		s.pauses = append(s.pauses, Pause{After: int(after), For: time.Duration(took) * time.Microsecond})
		b = b[n+m:]
	}
	s.bytes = b
	return s, true
}

// span is a copy of encoded records with what is needed to read them.
type span struct {
	encoded    []byte
	base, skew int64
	last       int64 // time of the newest record
	first      int64 // sequence number
}

func (r *ring) span() span {
	return span{encoded: r.bytes(), base: r.base, skew: r.skew, last: r.last, first: r.first}
}

// records decodes the records of a span with sequence numbers from from to before to. wall
// turns time and skew into the wall clock's time.
func (p span) records(from, to int64, wall func(at, skew int64) time.Time) (out []Record) {
	base, skew := p.base, p.skew
	for seq, b := p.first, p.encoded; len(b) > 0 && seq < to; seq++ {
		n, used := binary.Uvarint(b)
		s, _ := decodeStored(base, b[used:used+int(n)])
		b, base = b[used+int(n):], s.at
		if forms[s.form] == clockSet {
			skew = s.number
		} else if seq >= from {
			out = append(out, s.record(wall(s.at, skew)))
		}
	}
	return out
}

// appendSized appends a record behind its size.
func appendSized(dst, body []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(body))), body...)
}

func (s stored) record(at time.Time) Record {
	r := Record{T: time.Duration(s.at) * time.Microsecond, At: at, Form: forms[s.form], Pauses: s.pauses, Count: s.number}
	if !r.Form.HasBytes() && r.Form != TooLong {
		r.Text = string(s.bytes)
		return r
	}
	if r.From = Host; s.device {
		r.From = Device
	}
	if r.Form.HasBytes() {
		r.Bytes = s.bytes
	}
	return r
}
