package zvtterm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"edged/internal/serialdev/zvt"
)

const (
	transmissions = 3  // a frame is repeated at most twice (section 2.6)
	maxBroken     = 10 // broken frames in a row before the line is given up
)

// serialLink is the transport of section 2: frames with a checksum, each answered
// by one byte.
type serialLink struct {
	wire   *wire
	timers Timers
	log    *slog.Logger

	deframer zvt.Deframer
	pending  []byte    // read, not yet looked at
	last     time.Time // when pending came
	skipping bool      // the rest of a broken frame may follow
	broken   int       // broken frames in a row
	queue    [][]byte  // commands that came where an ACK was due

	framed bool // a whole frame has come
	noise  bool // a byte has come that is neither of one nor an ACK or NAK
}

func (s *serialLink) nonsense() bool { return s.noise && !s.framed }

// errBroken is what event returns for a frame that is to be answered by NAK.
var errBroken = errors.New("broken frame")

// event waits for the next thing on the line. Errors: errBroken, and wire.next's.
func (s *serialLink) event(ctx context.Context, until time.Time, wake <-chan struct{}) (zvt.Event, error) {
	for {
		if ev, ok := s.push(); ok {
			if ev.Kind == zvt.EventBadCRC {
				return ev, errBroken
			}
			return ev, nil
		}
		midway := s.deframer.InFrame() || s.skipping
		limit, w := until, wake
		if midway { // T1 decides, and nothing may be sent in between
			limit, w = s.last.Add(s.timers.T1), nil
		}
		b, err := s.wire.next(ctx, limit, w)
		switch {
		case err == nil:
			s.pending, s.last = b, time.Now()
		case midway && errors.Is(err, errTimeout):
			s.deframer.Reset()
			s.skipping = false
			return zvt.Event{}, errBroken
		default:
			return zvt.Event{}, err
		}
	}
}

// push feeds pending bytes to the deframer until one of them completes something.
// What is broken within a frame is answered when the line has gone silent: its
// rest would drown the NAK.
func (s *serialLink) push() (zvt.Event, bool) {
	for len(s.pending) > 0 {
		ev := s.deframer.Push(s.pending[0])
		s.pending = s.pending[1:]
		switch ev.Kind {
		case zvt.EventNone:
			s.noise = true // or within a frame: its end tells
		case zvt.EventBadFrame:
			s.skipping, s.noise = true, true
		case zvt.EventStart:
			s.skipping = false
		default:
			s.framed = s.framed || ev.Kind == zvt.EventFrame
			s.noise = s.noise || ev.Kind == zvt.EventBadCRC
			return ev, true
		}
	}
	return zvt.Event{}, false
}

func (s *serialLink) recv(ctx context.Context, until time.Time, wake <-chan struct{}) ([]byte, error) {
	if len(s.queue) > 0 {
		a := s.queue[0]
		s.queue = s.queue[1:]
		return a, nil
	}
	for {
		ev, err := s.event(ctx, until, wake)
		if err == nil && ev.Kind != zvt.EventFrame {
			continue // an ACK or NAK that nobody waits for
		}
		a, err := s.accept(ev, err)
		if a != nil || err != nil {
			return a, err
		}
	}
}

// accept acknowledges a frame, or asks for a broken one again; it returns nil then.
func (s *serialLink) accept(ev zvt.Event, err error) ([]byte, error) {
	switch {
	case errors.Is(err, errBroken):
		s.broken++
		if s.broken > maxBroken {
			return nil, errGarbage
		}
		return nil, s.control(zvt.NAK)
	case err != nil:
		return nil, err
	}
	s.broken = 0
	a := bytes.Clone(ev.APDU)
	logFrame(s.log, "rx", a)
	return a, s.control(zvt.ACK)
}

func (s *serialLink) control(b byte) error {
	_, err := s.wire.write([]byte{b}, s.timers.T2)
	return err
}

func (s *serialLink) send(ctx context.Context, apdu []byte) (sent, error) {
	logFrame(s.log, "tx", apdu)
	var st sent
	frame := zvt.AppendFrame(nil, apdu)
	for range transmissions {
		n, err := s.wire.write(frame, s.timers.T2)
		st.began = st.began || n > 0
		if err != nil {
			return st, fmt.Errorf("write: %w", err)
		}
		again, err := s.awaitACK(ctx, &st)
		if !again || err != nil {
			return st, err
		}
	}
	return st, errNotTaken
}

// awaitACK waits for the answer to a frame just written, and says whether it has
// to be sent again. A command that comes instead is taken and kept for recv.
func (s *serialLink) awaitACK(ctx context.Context, st *sent) (again bool, err error) {
	until := time.Now().Add(s.timers.T2)
	for {
		ev, err := s.event(ctx, until, nil)
		switch {
		case errors.Is(err, errTimeout):
			st.silent = true
			return true, nil
		case err == nil && ev.Kind == zvt.EventACK:
			st.taken = !st.silent
			return false, nil
		case err == nil && ev.Kind == zvt.EventNAK:
			return true, nil
		}
		a, err := s.accept(ev, err)
		if err != nil {
			return false, err
		}
		if a != nil {
			s.queue = append(s.queue, a)
			return false, nil
		}
	}
}
