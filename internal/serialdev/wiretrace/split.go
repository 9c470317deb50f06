package wiretrace

import (
	"time"

	"edged/internal/serialdev/zvt"
)

const (
	// maxPiece is the longest command that is kept. A receipt in one command has some 2 KB;
	// 64 KiB are possible and never seen.
	maxPiece = 8 << 10
	maxNoise = 256 // bytes; more of it is the next record

	opening = 2 // bytes that open a frame: DLE STX
	closing = 4 // bytes that close one: DLE ETX and the checksum

	pauseFrom = 50 * time.Millisecond // shorter ones come of the line's own speed
	maxPauses = 8
)

// piece is what a splitter has found.
type piece struct {
	form   Form
	bytes  []byte // redacted; the splitter's until the next push
	pauses []Pause
	count  int64
	last   time.Time // when its last byte came
}

// splitter tells the bytes of one direction apart. What is not complete yet is held here
// and nowhere else, as in the driver; it is never part of a trace. emit is called for
// each piece and must not keep its bytes.
type splitter interface {
	push(b []byte, now time.Time, emit func(piece))
	// silence tells that nothing came until now; end, that nothing more will.
	silence(now time.Time, emit func(piece))
	end(emit func(piece))
}

func newSplitter(k Kind, from Side, gap time.Duration) splitter {
	switch k {
	case ZVTSerial:
		return &frameSplitter{pending: pending{gap: gap}}
	case ZVTTCP:
		return &commandSplitter{pending: pending{gap: gap}}
	}
	return &chunkSplitter{from: from}
}

// pending are the bytes of a piece that is not complete.
type pending struct {
	gap    time.Duration // what is silent for so long is over
	raw    []byte
	over   int64 // bytes that found no room in raw
	last   time.Time
	pauses []Pause
	hider  hider
}

// arrive notes the time of the next bytes.
func (p *pending) arrive(now time.Time) {
	if d := now.Sub(p.last); len(p.raw) > 0 && d >= pauseFrom && len(p.pauses) < maxPauses {
		p.pauses = append(p.pauses, Pause{After: len(p.raw), For: d})
	}
	p.last = now
}

func (p *pending) add(b byte) {
	if len(p.raw) < maxPiece {
		p.raw = append(p.raw, b)
	} else {
		p.over++
	}
}

func (p *pending) silent(now time.Time) bool { return now.Sub(p.last) >= p.gap }

func (p *pending) piece(f Form, b []byte) piece {
	return piece{form: f, bytes: b, pauses: p.pauses, last: p.last}
}

// tooLong emits that a command of n bytes was not kept.
func (p *pending) tooLong(n int64, emit func(piece)) {
	p.hider.known()
	emit(piece{form: TooLong, count: n, last: p.last})
	p.clear()
}

// size is how many bytes have come of the piece.
func (p *pending) size() int64 { return int64(len(p.raw)) + p.over }

func (p *pending) clear() { p.raw, p.over, p.pauses = p.raw[:0], 0, p.pauses[:0] }

// frameSplitter is for frames on a serial line (section 2.2 of the notes on ZVT).
type frameSplitter struct {
	pending
	deframer zvt.Deframer
	out      []byte
}

func (s *frameSplitter) push(b []byte, now time.Time, emit func(piece)) {
	s.silence(now, emit)
	s.arrive(now)
	for _, x := range b {
		s.add(x)
		midway := s.deframer.InFrame()
		ev := s.deframer.Push(x)
		switch ev.Kind {
		case zvt.EventStart:
			s.before(opening, midway, emit)
			s.raw = append(s.raw, zvt.DLE, zvt.STX)
		case zvt.EventACK:
			s.control(ACK, x, emit)
		case zvt.EventNAK:
			s.control(NAK, x, emit)
		case zvt.EventFrame:
			s.frame(ev.APDU, emit)
		case zvt.EventBadCRC:
			s.broken(BadCRC, emit)
		case zvt.EventBadFrame:
			s.broken(BadFrame, emit)
		case zvt.EventNone:
			if !s.deframer.InFrame() && x != zvt.DLE && len(s.raw) >= maxNoise {
				s.before(0, false, emit)
			}
		}
	}
}

// before emits what stands before the last n bytes, and drops those.
func (s *frameSplitter) before(n int, midway bool, emit func(piece)) {
	if s.over == 0 {
		s.raw = s.raw[:len(s.raw)-min(n, len(s.raw))]
	}
	s.rest(midway, emit)
	s.clear()
}

// rest emits a cut frame or noise, if there is any.
func (s *frameSplitter) rest(midway bool, emit func(piece)) {
	switch {
	case len(s.raw) == 0:
	case s.over > 0:
		s.tooLong(s.size(), emit)
	case midway:
		s.hider.hide(s.raw[min(opening+headSize, len(s.raw)):])
		emit(s.piece(Cut, s.raw))
	default:
		s.hider.hide(s.raw)
		emit(s.piece(Noise, s.raw))
	}
}

// control emits an ACK or NAK. Amid noise it may be a part of that.
func (s *frameSplitter) control(f Form, x byte, emit func(piece)) {
	s.before(1, false, emit)
	s.hider.run++
	s.out = append(s.out[:0], x)
	emit(s.piece(f, s.out))
}

func (s *frameSplitter) frame(apdu []byte, emit func(piece)) {
	if s.over > 0 {
		s.forget(emit)
		return
	}
	s.hider.known()
	s.out = zvt.AppendFrame(s.out[:0], redactCommand(apdu))
	emit(s.piece(Frame, s.out))
	s.clear()
}

// forget emits that a frame was too long, and gives its memory back.
func (s *frameSplitter) forget(emit func(piece)) {
	s.tooLong(s.size(), emit)
	s.deframer = zvt.Deframer{}
}

// broken emits a frame that has to be asked for again. Its bytes may be anything.
func (s *frameSplitter) broken(f Form, emit func(piece)) {
	switch {
	case s.over > 0:
		s.forget(emit)
		return
	case f == BadCRC:
		apdu := undouble(s.raw[opening : len(s.raw)-closing])
		s.hider.hide(apdu[min(headSize, len(apdu)):])
		s.out = zvt.AppendFrame(s.out[:0], apdu)
		s.out[len(s.out)-1] ^= 0xFF
		emit(s.piece(f, s.out))
	default: // it ends with a DLE and the byte that must not follow one
		s.hider.hide(s.raw[min(opening+headSize, len(s.raw)-2) : len(s.raw)-2])
		emit(s.piece(f, s.raw))
	}
	s.clear()
}

// undouble takes the second of two DLEs out, in place.
func undouble(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		if out = append(out, b[i]); b[i] == zvt.DLE {
			i++
		}
	}
	return out
}

func (s *frameSplitter) silence(now time.Time, emit func(piece)) {
	if s.silent(now) {
		s.end(emit)
	}
}

func (s *frameSplitter) end(emit func(piece)) {
	over, cut := s.over > 0, s.deframer.Reset()
	if over {
		s.forget(emit)
		return
	}
	s.rest(cut, emit)
	s.clear()
}

// commandSplitter is for bare commands in a stream (section 3 of the notes on ZVT).
type commandSplitter struct {
	pending
	skip int64 // bytes of a command that is too long, still to come
}

func (s *commandSplitter) push(b []byte, now time.Time, emit func(piece)) {
	s.silence(now, emit)
	s.arrive(now)
	for len(b) > 0 {
		if s.skip > 0 {
			n := min(s.skip, int64(len(b)))
			b, s.skip, s.over = b[n:], s.skip-n, s.over+n
			if s.skip == 0 {
				s.tooLong(s.size(), emit)
			}
			continue
		}
		s.add(b[0])
		b = b[1:]
		s.look(emit)
	}
}

// look emits a command when its last byte is there.
func (s *commandSplitter) look(emit func(piece)) {
	size := commandSize(s.raw)
	switch {
	case size == 0 || size > len(s.raw) && size <= maxPiece:
	case size > maxPiece:
		s.skip = int64(size - len(s.raw))
	default:
		emit(s.piece(Frame, s.hider.redactStream(s.raw)))
		s.clear()
	}
}

// A command of 255 bytes and more has its length in two further bytes.
const (
	extendedMark = 0xFF
	extendedHead = 5
)

// commandSize is how many bytes the command that b begins has in all; 0: not known yet.
func commandSize(b []byte) int {
	switch {
	case len(b) < headSize:
		return 0
	case b[2] != extendedMark:
		return headSize + int(b[2])
	case len(b) < extendedHead:
		return 0
	}
	return extendedHead + int(b[3]) + int(b[4])<<8
}

func (s *commandSplitter) silence(now time.Time, emit func(piece)) {
	if s.silent(now) {
		s.end(emit)
	}
}

func (s *commandSplitter) end(emit func(piece)) {
	switch {
	case len(s.raw) == 0:
	case s.skip > 0:
		s.skip = 0
		s.tooLong(s.size(), emit)
	default:
		s.hider.hide(s.raw[min(headSize, len(s.raw)):])
		emit(s.piece(Cut, s.raw))
		s.clear()
	}
}

// chunkSplitter is for lines without frames: what a display is told are our own texts,
// what comes back should not be there.
type chunkSplitter struct {
	from  Side
	hider hider
}

func (s *chunkSplitter) push(b []byte, now time.Time, emit func(piece)) {
	for len(b) > 0 {
		part := append([]byte(nil), b[:min(len(b), maxPiece)]...)
		b = b[len(part):]
		if s.from == Host {
			hideNumbers(part)
		} else {
			s.hider.hide(part)
		}
		emit(piece{form: Chunk, bytes: part, last: now})
	}
}

func (*chunkSplitter) silence(time.Time, func(piece)) {}
func (*chunkSplitter) end(func(piece))                {}
