package readersim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// How a message can fail; none of them ends the terminal.
var (
	errLink     = errors.New("readersim: no acknowledgement after three transmissions") // §2.6
	errNoAnswer = errors.New("readersim: no application answer within T3")
	errLost     = errors.New("readersim: connection lost")
)

// soft says whether err ends only the dialogue.
func soft(err error) bool {
	return errors.Is(err, errLink) || errors.Is(err, errNoAnswer) || errors.Is(err, errLost)
}

const transmissions = 3 // §2.6: at most two repeats

type eventKind int

const (
	evItem eventKind = iota
	evTimeout
	evTap
)

// event is what the terminal wakes up for.
type event struct {
	kind eventKind
	item item
	tap  *presentation
}

// next waits for the next item from the wire, a card (if taps is given), or wait.
// Errors: errLost, a power cut, the end of ctx.
func (l *life) next(ctx context.Context, wait <-chan time.Time, taps <-chan *presentation) (event, error) {
	for len(l.items) == 0 {
		gap := l.gapTimer()
		select {
		case in := <-l.t.in:
			if err := l.take(in); err != nil {
				return event{}, err
			}
		case <-gap:
			l.wire.reset() // T1: what came is not a frame
			l.items = append(l.items, item{kind: itemBad})
		case <-wait:
			return event{kind: evTimeout}, nil
		case p := <-taps:
			return event{kind: evTap, tap: p}, nil
		case cut := <-l.t.cuts:
			return event{}, cut
		case <-ctx.Done():
			return event{}, ctx.Err()
		}
	}
	it := l.items[0]
	l.items = l.items[1:]
	return event{kind: evItem, item: it}, nil
}

func (l *life) gapTimer() <-chan time.Time {
	if !l.wire.midFrame() {
		return nil
	}
	return time.After(l.t.opt.Timing.T1)
}

// take feeds what came from a line to the wire of its transport.
func (l *life) take(in input) error {
	if in.lost {
		if in.from != l.from {
			return nil
		}
		l.from, l.items = nil, nil
		return errLost
	}
	if in.from != l.from {
		l.from, l.lastIn = in.from, nil
		l.wire = &serialWire{}
		if in.from.transport == TCP {
			l.wire = &tcpWire{}
		}
	}
	l.items = append(l.items, l.wire.feed(in.b)...)
	return nil
}

// await is next for whole messages: it acknowledges them and asks again for
// broken ones.
func (l *life) await(ctx context.Context, wait <-chan time.Time, taps <-chan *presentation) (*apdu, *presentation, error) {
	for {
		if len(l.early) > 0 {
			a := l.early[0]
			l.early = l.early[1:]
			return &a, nil, nil
		}
		ev, err := l.next(ctx, wait, taps)
		switch {
		case err != nil:
			return nil, nil, err
		case ev.kind == evTimeout:
			return nil, nil, nil
		case ev.kind == evTap:
			return nil, ev.tap, nil
		case ev.item.kind == itemBad:
			l.control(nak)
		case ev.item.kind == itemFrame:
			ok, err := l.accept(ctx, ev.item)
			if err != nil {
				return nil, nil, err
			}
			if ok {
				return &ev.item.apdu, nil, nil
			}
		}
	}
}

// accept is the transport's receipt of a frame; false: it did not get through.
func (l *life) accept(ctx context.Context, it item) (bool, error) {
	name := l.nameIn(it.apdu)
	fs, err := l.point(ctx, PointRx, name)
	if err != nil {
		return false, err
	}
	switch {
	case fs.has(Deaf):
		l.note("rx", it.apdu, "lost")
		return false, nil
	case fs.has(SendNAK):
		l.note("rx", it.apdu, "refused by NAK")
		l.control(nak)
		return false, nil
	case fs.has(DropACK):
		l.note("rx", it.apdu, "its ACK lost")
	default:
		l.note("rx", it.apdu, "")
		l.control(ack)
	}
	l.lastIn, l.armed = it.raw, fs
	_, err = l.point(ctx, PointAcked, name)
	return err == nil, err
}

// nameIn is the name of a received message at its points: an answer is named
// after what it answers.
func (l *life) nameIn(a apdu) string {
	if a.isAnswer() && l.asked != "" {
		return AnswerTo + l.asked
	}
	return a.name()
}

// control writes one byte of the serial transport.
func (l *life) control(b byte) {
	if l.wire.acks() {
		l.t.write(l.from, []byte{b})
	}
}

// send puts one message on the wire and waits until the transport has taken it.
func (l *life) send(ctx context.Context, a apdu) error {
	_, err := l.transmit(ctx, a)
	return err
}

// transmit is send; it says whether the message went out at all.
func (l *life) transmit(ctx context.Context, a apdu) (bool, error) {
	fs, err := l.point(ctx, PointTx, a.name())
	if err != nil {
		return false, err
	}
	if f, ok := fs.get(Insert); ok {
		if _, err := l.tell(ctx, decodeAPDU(f.bytes())); err != nil {
			return false, err
		}
	}
	if fs.has(Omit) {
		return false, nil
	}
	for try := 1; ; try++ {
		taken, err := l.once(ctx, fs, a, repeatNote(try))
		switch {
		case err != nil || taken:
			return taken, err
		case try == transmissions:
			return false, errLink
		}
		if fs, err = l.point(ctx, PointTx, a.name()); err != nil {
			return false, err
		}
	}
}

// once is one transmission; false: the ACK did not come.
func (l *life) once(ctx context.Context, fs faults, a apdu, note string) (bool, error) {
	if err := l.emit(ctx, fs, a); err != nil {
		return false, err
	}
	l.note("tx", a, note)
	if _, err := l.point(ctx, PointSent, a.name()); err != nil {
		return false, err
	}
	taken, err := l.awaitACK(ctx)
	if err != nil || !taken {
		return false, err
	}
	_, err = l.point(ctx, PointTaken, a.name())
	return err == nil, err
}

func repeatNote(try int) string {
	if try == 1 {
		return ""
	}
	return fmt.Sprintf("transmission %d", try)
}

// awaitACK waits for the ACK of the frame just written; false: send it again.
func (l *life) awaitACK(ctx context.Context) (bool, error) {
	if !l.wire.acks() {
		return true, nil
	}
	timer := time.NewTimer(l.t.opt.Timing.T2)
	defer timer.Stop()
	for {
		ev, err := l.next(ctx, timer.C, nil)
		switch {
		case err != nil:
			return false, err
		case ev.kind == evTimeout, ev.item.kind == itemNAK:
			return false, nil
		case ev.item.kind == itemACK:
			return true, nil
		case ev.item.kind == itemFrame:
			if err := l.crossed(ctx, ev.item); err != nil {
				return false, err
			}
		}
	}
}

// crossed handles a frame that comes where an ACK is due: a repeat of the last
// one, whose ACK was lost, or a collision, which both sides lose (§2.6).
func (l *life) crossed(ctx context.Context, it item) error {
	switch {
	case bytes.Equal(it.raw, l.lastIn):
		l.note("rx", it.apdu, "repeat")
		l.control(ack)
	case l.t.opt.TakeCollisions:
		ok, err := l.accept(ctx, it)
		if ok {
			l.early = append(l.early, it.apdu)
		}
		return err
	default:
		l.note("rx", it.apdu, "collision, lost")
	}
	return nil
}

// emit writes the frame as the faults want it.
func (l *life) emit(ctx context.Context, fs faults, a apdu) error {
	if f, ok := fs.get(Replace); ok {
		a = decodeAPDU(f.bytes())
	}
	if f, ok := fs.get(Extend); ok {
		a.data = append(a.data[:len(a.data):len(a.data)], f.bytes()...)
	}
	a.long = a.long || fs.has(LongForm)
	b := l.wire.encode(a)
	if fs.has(CorruptCRC) && l.wire.acks() {
		b[len(b)-1] ^= 0x5A
	}
	if f, ok := fs.get(Garbage); ok {
		b = append(f.bytes(), b...)
	}
	if fs.has(Duplicate) {
		b = append(b, b...)
	}
	return l.put(ctx, fs, b)
}

func (l *life) put(ctx context.Context, fs faults, b []byte) error {
	if f, ok := fs.get(Unplug); ok {
		l.t.write(l.from, b[:min(max(f.Bytes, 0), len(b))])
		l.t.unplug(f.For)
		return nil
	}
	f, ok := fs.get(Split)
	if !ok {
		l.t.write(l.from, b)
		return nil
	}
	for _, x := range b {
		l.t.write(l.from, []byte{x})
		if err := l.pause(ctx, f.For); err != nil {
			return err
		}
	}
	return nil
}

func decodeAPDU(b []byte) apdu {
	a, _, err := parseAPDU(b)
	if err != nil {
		return msg(cmdIntermediate, 0x17) // "please wait", harmless
	}
	return a
}

// note writes one message into the ledger. Requests are named, not kept: they
// carry the password.
func (l *life) note(dir string, a apdu, what string) {
	code := 0
	if a.isAnswer() {
		code = int(a.code())
	}
	l.t.book.Add(Event{Kind: Wire, Dir: dir, Command: a.name(), Tx: l.tx, Code: code, Note: what})
}

// pause lets time pass; what arrives meanwhile is heard afterwards.
func (l *life) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case cut := <-l.t.cuts:
		return cut
	case <-ctx.Done():
		return ctx.Err()
	}
}
