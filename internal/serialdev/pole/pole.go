package pole

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/pause"
	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/devmetrics"
)

// ErrOptions is returned by New when an option is missing or impossible.
var ErrOptions = errors.New("pole: bad option")

// Line is an open serial port. Close must end a blocked Read and Write; Read must end
// with an error when the device goes away.
type Line interface {
	io.ReadWriteCloser
	SetWriteDeadline(t time.Time) error
}

const (
	resetPause  = 200 * time.Millisecond // after 1B 40 (section 1.2)
	writeWithin = 2 * time.Second        // a repaint takes 52 ms at 9600 baud (section 0.3)
)

// How often the settings are sent again. A display that has lost its power cannot say so;
// "30-60 s while idle" is what section 0.7 advises: 30 s, which costs 70 bytes. The reset
// is left out then: it blanks for a quarter of a second, and a display that has just got
// its power back is where the reset would bring it. After an open it is sooner: a display
// powered by its adapter takes nothing while its banner stands, 2 to 5 s (section 1.11).
const (
	refreshAfter = 30 * time.Second
	refreshFirst = 3 * time.Second // after an open; doubled up to the others
)

// Options make a Display. Lane, Open and Dialect are required.
type Options struct {
	Lane string
	// Open opens the line. It is called again, with back-off, whenever the line was
	// lost; it must give up when ctx ends. The Display closes what it returns.
	Open func(ctx context.Context) (Line, error)

	Dialect   Dialect
	Refresh   time.Duration // between two times the settings are sent, whatever is painted; 30 s if zero
	RetryBase time.Duration // first wait before the line is opened again; 200 ms if zero
	RetryCap  time.Duration // longest wait; 30 s if zero

	Logger     *slog.Logger          // discards if nil
	Registerer prometheus.Registerer // nil: not scraped
}

// Display is one display. Run owns the line; Show may be called from any goroutine.
type Display struct {
	opts   Options
	device *devmetrics.Device
	wake   chan struct{} // wanted has changed

	mu     sync.Mutex
	wanted [cells.Rows]string
	why    error // it is down; nil: it is up, or was not tried yet

	// Run's goroutine only.
	down   string // why, as last logged
	wasUp  bool
	failed bool // since it was up last
}

// New returns a Display that shows nothing until Run.
func New(o Options) (*Display, error) {
	if o.Open == nil || o.Lane == "" || o.Dialect.paint == nil {
		return nil, fmt.Errorf("%w: lane, open and dialect are needed", ErrOptions)
	}
	device, err := devmetrics.New(o.Registerer, o.Lane, "display")
	if err != nil {
		return nil, err
	}
	o.Refresh = cmp.Or(o.Refresh, refreshAfter)
	o.RetryBase = cmp.Or(o.RetryBase, 200*time.Millisecond)
	o.RetryCap = max(cmp.Or(o.RetryCap, 30*time.Second), o.RetryBase)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Logger = o.Logger.With(logkey.Component, "pole", logkey.Lane, o.Lane)
	return &Display{opts: o, device: device, wake: make(chan struct{}, 1)}, nil
}

// Show replaces the wanted screen; rows that are missing are blank. It never blocks.
func (d *Display) Show(rows []string) {
	var wanted [cells.Rows]string
	copy(wanted[:], rows)
	d.mu.Lock()
	changed := d.wanted != wanted
	d.wanted = wanted
	d.mu.Unlock()
	if !changed {
		return
	}
	select {
	case d.wake <- struct{}{}:
	default: // a repaint is due already, and will take these rows
	}
}

// Why is why the display shows nothing; nil while it does, and before it was tried.
func (d *Display) Why() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.why
}

func (d *Display) because(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.why = err
}

// Run keeps the wanted screen on the display until ctx ends; it returns nil then.
func (d *Display) Run(ctx context.Context) error {
	wait := d.opts.RetryBase
	for {
		up, err := d.life(ctx)
		d.device.Up(false)
		if ctx.Err() != nil {
			return nil
		}
		d.fault(err)
		if up {
			wait = d.opts.RetryBase
		}
		if !pause.For(ctx, wait) {
			return nil
		}
		wait = min(2*wait, d.opts.RetryCap)
	}
}

// fault logs why the display is down, once for each reason in a row.
func (d *Display) fault(err error) {
	d.failed = true
	d.because(err)
	level := slog.LevelWarn
	if d.down == err.Error() {
		level = slog.LevelDebug
	}
	d.down = err.Error()
	d.opts.Logger.Log(context.Background(), level, "display lost", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.DisplayLost))
}

// life is one open line. up: the display took a whole screen.
func (d *Display) life(ctx context.Context) (up bool, err error) {
	line, err := d.opts.Open(ctx)
	if err != nil {
		return false, fmt.Errorf("open: %w", err)
	}
	gone := make(chan error, 1)
	var reader sync.WaitGroup
	defer reader.Wait()
	defer line.Close()
	// The display says nothing; reading tells of a pulled plug without a write.
	reader.Go(func() {
		_, err := io.Copy(io.Discard, line)
		gone <- cmp.Or(err, io.EOF)
	})
	if err := d.initialise(ctx, line); err != nil {
		return false, err
	}
	d.isUp()
	return true, d.serve(ctx, line, gone)
}

func (d *Display) isUp() {
	d.because(nil)
	d.device.Up(true)
	if d.wasUp && d.failed {
		d.device.Reconnected()
	}
	d.wasUp, d.failed = true, false
}

// serve repaints what changes, and sends the settings now and then. That time runs
// whatever is painted: an idle screen changes every few seconds, and a display without
// its code page would show wrong letters for ever.
func (d *Display) serve(ctx context.Context, line Line, gone <-chan error) error {
	wait := min(refreshFirst, d.opts.Refresh)
	refresh := time.NewTimer(wait)
	defer refresh.Stop()
	for {
		var err error
		select {
		case <-d.wake:
			err = d.paint(line, false)
		case <-refresh.C:
			err = d.paint(line, true)
			wait = min(2*wait, d.opts.Refresh)
			refresh.Reset(wait)
		case err = <-gone:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// initialise brings a display of unknown state to the wanted screen (section 1.2).
func (d *Display) initialise(ctx context.Context, line Line) error {
	if err := write(line, d.opts.Dialect.reset); err != nil {
		return err
	}
	if !pause.For(ctx, resetPause) {
		return ctx.Err()
	}
	return d.paint(line, true)
}

// paint writes both rows whole, so that nothing depends on what is there.
func (d *Display) paint(line Line, setup bool) error {
	d.mu.Lock()
	rows := d.wanted
	d.mu.Unlock()
	return write(line, d.opts.Dialect.screen(rows, setup))
}

func write(line Line, b []byte) error {
	if err := line.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	_, err := line.Write(b)
	return err
}
