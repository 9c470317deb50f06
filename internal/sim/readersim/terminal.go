package readersim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"edged/internal/logkey"
	"edged/internal/sim/journal"
)

// ErrOff is returned by Attach over TCP while the terminal has no power.
var ErrOff = errors.New("readersim: terminal is off")

// Terminal is one simulated terminal. Run is its life; the other methods may be
// called from any goroutine.
type Terminal struct {
	opt  Options
	book *book
	in   chan input
	taps chan *presentation
	cuts chan powerCut

	mu      sync.Mutex
	line    *attachment
	faults  []Fault
	status  byte
	baud    int
	off     bool
	plugged chan struct{} // closed while the cable is in
	lit     chan struct{} // closed while there is power
}

// New opens the ledger and returns a terminal that is off until Run.
func New(o Options) (*Terminal, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("readersim options: %w", err)
	}
	b, err := journal.OpenBook(o.LedgerPath, fold())
	if err != nil {
		return nil, err
	}
	plugged := make(chan struct{})
	close(plugged)
	return &Terminal{
		opt: o, book: b, off: true, plugged: plugged, lit: make(chan struct{}),
		in: make(chan input, 1024), taps: make(chan *presentation), cuts: make(chan powerCut, 1),
	}, nil
}

// Run is the terminal from power on until ctx ends; it returns nil then, or the
// error that kept it from writing its ledger.
func (t *Terminal) Run(ctx context.Context) error {
	defer t.book.Close()
	for {
		err := t.powerOn(ctx)
		if failed := t.book.Err(); failed != nil {
			return failed
		}
		cut, ok := errors.AsType[powerCut](err)
		if !ok {
			return nil // only the end of ctx is left
		}
		t.powerOff(cut)
		if t.drain(ctx, cut.off) != nil {
			return nil
		}
	}
}

func (t *Terminal) powerOn(ctx context.Context) error {
	if err := t.drain(ctx, t.opt.Timing.Boot); err != nil {
		return err
	}
	t.setOff(false)
	t.setBaud(firstBaud)
	t.opt.Logger.Debug("terminal is up", logkey.Device, t.opt.TerminalID)
	t.book.Add(Event{Kind: PowerOn, TerminalID: t.opt.TerminalID})
	l := &life{t: t, wire: &serialWire{}}
	l.resync()
	return l.run(ctx)
}

func (t *Terminal) powerOff(cut powerCut) {
	t.setOff(true)
	t.opt.Logger.Debug("terminal lost power", logkey.Device, t.opt.TerminalID, logkey.Wait, cut.off)
	t.book.Add(Event{Kind: PowerOff, TerminalID: t.opt.TerminalID})
	t.mu.Lock()
	line := t.line
	t.mu.Unlock()
	if line != nil && (t.opt.USB || line.transport == TCP) {
		line.pull()
	}
}

func (t *Terminal) setOff(off bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.off = off
	if off {
		t.lit = make(chan struct{})
	} else {
		close(t.lit)
	}
}

// drain is a terminal without power: it hears nothing for d.
func (t *Terminal) drain(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-t.in:
		case <-t.cuts: // it is off already
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// PowerCut takes the terminal's power for off; afterwards it boots. What is not
// acknowledged is reversed, the registration is lost.
func (t *Terminal) PowerCut(off time.Duration) {
	select {
	case t.cuts <- powerCut{off}:
	default: // one is under way
	}
}

// SetStatus sets the status byte of the status enquiry (§13); 00 is ready.
func (t *Terminal) SetStatus(s byte) {
	t.mu.Lock()
	t.status = s
	t.mu.Unlock()
}

// Ledger returns a copy of the ledger as it is now.
func (t *Terminal) Ledger() *Ledger { return t.book.Copy() }

// Changed returns a channel that is closed when the ledger next changes.
func (t *Terminal) Changed() <-chan struct{} { return t.book.Next() }

// Hold returns the hold with that number in the ledger, as it is now.
func (t *Terminal) Hold(tx int64) (Hold, bool) {
	var h Hold
	found := false
	t.book.View(func(l *Ledger) {
		if x := l.Holds[tx]; x != nil {
			h, found = *x, true
		}
	})
	return h, found
}

// ExpireHold lets the issuer drop the open hold with that receipt number. It says
// whether there was one.
func (t *Terminal) ExpireHold(receipt int) bool {
	id := int64(0)
	t.book.View(func(l *Ledger) {
		for _, h := range l.open() {
			if h.Receipt == receipt {
				id = h.ID
			}
		}
	})
	if id != 0 {
		t.book.Add(Event{Kind: Expired, Tx: id, Receipt: receipt})
	}
	return id != 0
}

// Transport is what carries the messages.
type Transport int

// The transports.
const (
	Serial Transport = iota // framed, with ACK and CRC (§2)
	TCP                     // bare (§3)
)

// input is what comes from a line: bytes, or its loss.
type input struct {
	from *attachment
	b    []byte
	lost bool
}

// attachment is the cable: it counts bytes so that it can be pulled at any of them.
type attachment struct {
	rw        io.ReadWriteCloser
	transport Transport

	mu     sync.Mutex
	pulled bool
}

// pull ends the line. Safe to call more than once.
func (a *attachment) pull() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.pulled {
		a.pulled = true
		a.rw.Close()
	}
}

// Attach plugs a line in and blocks until it is gone or ctx ends; it closes rw.
// A second line replaces the first. Errors: ErrOff, or that of the last read.
func (t *Terminal) Attach(ctx context.Context, rw io.ReadWriteCloser, tr Transport) error {
	a := &attachment{rw: rw, transport: tr}
	if t.opt.Tap != nil {
		a.rw = t.opt.Tap(rw, tr)
	}
	defer a.pull()
	if err := t.plug(a); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, a.pull)()
	err := t.listen(ctx, a)
	t.unhook(a)
	if tr == TCP {
		t.deliver(ctx, input{from: a, lost: true})
	}
	return err
}

func (t *Terminal) plug(a *attachment) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.off && a.transport == TCP {
		return ErrOff
	}
	if t.line != nil {
		t.line.pull()
	}
	t.line = a
	return nil
}

func (t *Terminal) unhook(a *attachment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.line == a {
		t.line = nil
	}
}

func (t *Terminal) listen(ctx context.Context, a *attachment) error {
	buf := make([]byte, 4096)
	for {
		n, err := a.rw.Read(buf)
		if n > 0 {
			t.deliver(ctx, input{from: a, b: t.overLine(a, append([]byte(nil), buf[:n]...))})
		}
		if err != nil {
			return err
		}
	}
}

func (t *Terminal) deliver(ctx context.Context, in input) {
	select {
	case t.in <- in:
	case <-ctx.Done():
	}
}

// write puts bytes on the line, if there is one. A terminal on a serial line does
// not notice that nobody is there, or somebody else; on TCP what one connection
// asked for never goes to the next.
func (t *Terminal) write(to *attachment, b []byte) {
	t.mu.Lock()
	a := t.line
	t.mu.Unlock()
	if a == nil || a.transport == TCP && a != to {
		return
	}
	if d, ok := a.rw.(interface{ SetWriteDeadline(time.Time) error }); ok {
		_ = d.SetWriteDeadline(time.Now().Add(t.opt.Timing.T2))
	}
	_, _ = a.rw.Write(t.overLine(a, b))
}

// Unplug pulls the cable now; the device is back after d.
func (t *Terminal) Unplug(d time.Duration) { t.unplug(d) }

func (t *Terminal) unplug(d time.Duration) {
	back := make(chan struct{})
	t.mu.Lock()
	line := t.line
	t.plugged = back
	t.mu.Unlock()
	time.AfterFunc(d, func() { close(back) })
	if line != nil {
		line.pull()
	}
}

// Plugged blocks while the cable is out, or while a USB terminal has no power.
// It returns ctx's error if that ends first.
func (t *Terminal) Plugged(ctx context.Context) error {
	t.mu.Lock()
	wait := []chan struct{}{t.plugged}
	if t.opt.USB {
		wait = append(wait, t.lit)
	}
	t.mu.Unlock()
	for _, c := range wait {
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
