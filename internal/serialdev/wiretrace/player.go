package wiretrace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"edged/internal/serialdev/zvt"
)

// PlayerOptions make a Player. Trace is required.
type PlayerOptions struct {
	Trace *Trace
	// Speed is how many times faster than recorded the device is; 0 is at once.
	Speed float64
	// Patience is how long the host may take for what the trace has next; 0 is for ever.
	Patience time.Duration
	// Exact takes every status enquiry as recorded. Without it a host that asks an idle
	// terminal more or less often than the recorded one is no difference.
	Exact bool
	// Awaiting, if not nil, is called with each of the host's records before it is waited
	// for, and how long it took when it was recorded. It must not block.
	Awaiting func(r Record, after time.Duration)
}

// Player plays the device's side of a trace. Not safe for concurrent use.
type Player struct {
	o       PlayerOptions
	records []Record
	next    int // index of the record to play next
	poll    [2]int
}

// NewPlayer returns a Player at the beginning of the trace. ErrTrace: nothing of it can be
// played.
func NewPlayer(o PlayerOptions) (*Player, error) {
	switch {
	case o.Trace == nil || o.Speed < 0:
		return nil, fmt.Errorf("%w: a trace and a speed of 0 or more are needed", ErrOptions)
	case o.Trace.Header.Kind == Display:
		return nil, fmt.Errorf("%w: a display says nothing that could be played", ErrTrace)
	}
	p := &Player{o: o, records: o.Trace.Records}
	for p.next < len(p.records) && p.records[p.next].Form != Opened {
		p.next++
	}
	if p.Over() {
		return nil, fmt.Errorf("%w: the line is never opened in it", ErrTrace)
	}
	return p, nil
}

// Over says whether the whole trace has been played.
func (p *Player) Over() bool { return p.next == len(p.records) }

// Records is how many records of the trace have been played or passed over.
func (p *Player) Records() int { return p.next }

// Difference is where host and trace part.
type Difference struct {
	Record    Record // what the trace has
	Number    int    // of the record, from 1
	Got, Want string
}

func (d *Difference) Error() string {
	place := fmt.Sprintf("record %d", d.Number)
	if d.Record.Line > 0 {
		place += fmt.Sprintf(" (line %d)", d.Record.Line)
	}
	return fmt.Sprintf("%v at %s, %s after the beginning:\n  got  %s\n  want %s", ErrDiffers, place, d.Record.T, d.Got, d.Want)
}

// Unwrap is ErrDiffers.
func (d *Difference) Unwrap() error { return ErrDiffers }

// Play plays one life of the line on rw, from the opening to its end, and closes rw. It
// blocks until then. Errors: a *Difference, ctx's.
func (p *Player) Play(ctx context.Context, rw io.ReadWriteCloser) error {
	for p.next < len(p.records) && p.records[p.next].Form != Opened {
		p.next++
	}
	if p.Over() {
		return errors.Join(io.EOF, rw.Close())
	}
	start := p.next
	p.next++
	l := &playedLine{Player: p, rw: rw, in: make(chan []byte), quit: make(chan struct{}), last: p.records[start].T}
	l.split = newSplitter(p.o.Trace.Header.Kind, Host, 200*time.Millisecond)
	done := make(chan struct{})
	go func() { defer close(done); l.read() }()
	defer func() { close(l.quit); rw.Close(); <-done }()
	if err := l.play(ctx, len(p.records)); err != nil {
		return err
	}
	if end := p.records[p.next-1].Form; p.Over() && end != Closed && end != Lost {
		return l.rest(ctx)
	}
	return nil
}

// restTime is how long the line stays open behind a trace that ends before the line did.
const restTime = time.Second

// rest lets the host take what was said last.
func (l *playedLine) rest(ctx context.Context) error {
	timer := time.NewTimer(restTime)
	defer timer.Stop()
	for !l.gone {
		select {
		case _, ok := <-l.in:
			l.gone = !ok
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// playedLine is one life of the line.
type playedLine struct {
	*Player
	rw    io.ReadWriteCloser
	in    chan []byte // closed when the host is gone
	quit  chan struct{}
	split splitter
	heard []piece
	gone  bool
	last  time.Duration // of the record played last
}

func (l *playedLine) read() {
	defer close(l.in)
	buf := make([]byte, 1024)
	for {
		n, err := l.rw.Read(buf)
		if n > 0 {
			select {
			case l.in <- bytes.Clone(buf[:n]):
			case <-l.quit:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// play plays the records up to index to, or to the end of the line's life.
func (l *playedLine) play(ctx context.Context, to int) error {
	for l.next < to {
		r := l.records[l.next]
		var err error
		switch {
		case r.Form == Opened: // the end of the life before is missing
			return nil
		case r.Form == Closed:
			err = l.hungUp(ctx, r)
		case r.Form == Lost:
			err = l.pause(ctx, r.T-l.last)
		case r.Form == Forgotten:
			l.skipTo(l.dialogueFrom(l.next))
			continue
		case r.From == Device:
			err = l.say(ctx, r)
		case r.From == Host && r.Form != TooLong && !l.unsent():
			err = l.hear(ctx, r)
		}
		if err != nil {
			return err
		}
		l.last = r.T
		l.next++
		if r.Form == Closed || r.Form == Lost {
			return nil
		}
	}
	return nil
}

// unsent: the next record says that this one did not go out as a whole.
func (l *playedLine) unsent() bool {
	return l.next+1 < len(l.records) && l.records[l.next+1].Form == Unsent
}

// skipTo goes on at index i.
func (l *playedLine) skipTo(i int) {
	l.next = i
	if i < len(l.records) {
		l.last = l.records[i].T
	}
}

// say sends what the device sent, when it did.
func (l *playedLine) say(ctx context.Context, r Record) error {
	if r.Form == TooLong {
		return fmt.Errorf("%w: %d bytes of the device were not kept (record %d): it cannot be played further", ErrTrace, r.Count, l.next+1)
	}
	wait := r.T - l.last
	for _, p := range r.Pauses {
		wait -= p.For
	}
	b, sent := r.Bytes, 0
	for _, p := range append(r.Pauses, Pause{After: len(b)}) {
		if err := l.pause(ctx, wait); err != nil {
			return err
		}
		upTo := max(sent, min(p.After, len(b)))
		if _, err := l.rw.Write(b[sent:upTo]); err != nil {
			return l.differs(r, "the line is closed", "the host takes "+r.shown(l.o.Trace.Header.Kind))
		}
		sent, wait = upTo, p.For
	}
	return nil
}

func (l *playedLine) pause(ctx context.Context, d time.Duration) error {
	if l.o.Speed == 0 || d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Duration(float64(d) / l.o.Speed))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hear waits for what the host sent.
func (l *playedLine) hear(ctx context.Context, r Record) error {
	if l.o.Awaiting != nil {
		l.o.Awaiting(r, r.T-l.last)
	}
	for {
		got, err := l.await(ctx)
		switch {
		case err != nil:
			return err
		case got == nil && l.gone:
			return l.differs(r, "the host closes the line", r.shown(l.o.Trace.Header.Kind))
		case got == nil:
			return l.differs(r, "nothing for "+l.o.Patience.String(), r.shown(l.o.Trace.Header.Kind))
		case got.Form == r.Form && bytes.Equal(got.Bytes, r.Bytes):
			l.notePoll()
			return nil
		}
		if again, err := l.polls(ctx, *got); err != nil || !again {
			if err == nil && bytes.Equal(got.Bytes, l.records[l.next].Bytes) {
				return nil
			}
			if err == nil {
				err = l.differs(r, got.shown(l.o.Trace.Header.Kind), r.shown(l.o.Trace.Header.Kind))
			}
			return err
		}
	}
}

// hungUp waits until the host closes the line, as it did.
func (l *playedLine) hungUp(ctx context.Context, r Record) error {
	got, err := l.await(ctx)
	switch {
	case err != nil:
		return err
	case got != nil:
		return l.differs(r, got.shown(l.o.Trace.Header.Kind), "the host closes the line")
	case !l.gone:
		return l.differs(r, "nothing for "+l.o.Patience.String(), "the host closes the line")
	}
	return nil
}

// await returns what the host sends next; nil: it has closed the line, or has sent nothing
// for as long as Patience.
func (l *playedLine) await(ctx context.Context) (*Record, error) {
	var late <-chan time.Time
	if l.o.Patience > 0 {
		late = time.After(l.o.Patience)
	}
	const look = 200 * time.Millisecond // a command cut short is over then
	for len(l.heard) == 0 {
		if l.gone {
			return nil, nil
		}
		select {
		case b, ok := <-l.in:
			if ok {
				l.split.push(b, time.Now(), l.take)
				break
			}
			l.gone = true
			l.split.end(l.take)
		case <-time.After(look):
			l.split.silence(time.Now(), l.take)
		case <-late:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	p := l.heard[0]
	l.heard = l.heard[1:]
	return &Record{From: Host, Form: p.form, Bytes: p.bytes, Count: p.count}, nil
}

func (l *playedLine) take(p piece) {
	p.bytes = bytes.Clone(p.bytes)
	l.heard = append(l.heard, p)
}

func (l *playedLine) differs(r Record, got, want string) error {
	return &Difference{Record: r, Number: l.next + 1, Got: got, Want: want}
}

// shown is a record for people.
func (r Record) shown(k Kind) string {
	s := string(r.Form)
	if name := r.what(k); name != "" {
		s += " (" + name + ")"
	}
	if r.Form == TooLong {
		return fmt.Sprintf("%s: %d bytes", s, r.Count)
	}
	return s + ": " + spaced(r.Bytes)
}

// commandOf is the command of a host's frame that begins a dialogue; 0: it does not.
func (l *playedLine) commandOf(r Record) zvt.Command {
	head := r.Bytes
	if l.o.Trace.Header.Kind == ZVTSerial {
		head = head[min(opening, len(head)):]
	}
	if r.From != Host || r.Form != Frame || len(head) < headSize || head[0] == 0x80 || head[0] == 0x84 {
		return 0
	}
	if c := zvt.Command(head[0])<<8 | zvt.Command(head[1]); c != zvt.CmdAbortByECR {
		return c
	}
	return 0
}

// dialogueFrom returns the index of the first dialogue, or end of a life, at or behind i.
func (l *playedLine) dialogueFrom(i int) int {
	for ; i < len(l.records); i++ {
		switch r := l.records[i]; {
		case l.commandOf(r) != 0, r.Form == Closed, r.Form == Lost, r.Form == Opened:
			return i
		}
	}
	return i
}

// notePoll remembers where the last status enquiry lies that was as recorded.
func (l *playedLine) notePoll() {
	if l.commandOf(l.records[l.next]) == zvt.CmdStatusEnquiry {
		l.poll = [2]int{l.next, l.dialogueFrom(l.next + 1)}
	}
}

// polls makes status enquiries no difference. again: got was one that the trace does not
// have here, and has been answered as the last one was. Not again, and next has moved on
// to got: the trace has more of them.
func (l *playedLine) polls(ctx context.Context, got Record) (again bool, err error) {
	if l.o.Exact || l.commandOf(got) == 0 || l.commandOf(l.records[l.next]) == 0 {
		return false, nil
	}
	if p := l.poll; p[1] > 0 && bytes.Equal(l.records[p[0]].Bytes, got.Bytes) {
		next, last := l.next, l.last
		l.next, l.last = p[0]+1, l.records[p[0]].T
		err := l.play(ctx, p[1])
		l.next, l.last = next, last
		return err == nil, err
	}
	i := l.next
	for i < len(l.records) && l.commandOf(l.records[i]) == zvt.CmdStatusEnquiry {
		i = l.dialogueFrom(i + 1)
	}
	if i < len(l.records) && bytes.Equal(l.records[i].Bytes, got.Bytes) {
		l.skipTo(i)
	}
	return false, nil
}
