// Package pole drives a character pole display in ESC/POS mode (displays.md §1).
//
// One goroutine (Run) owns the line. Show never blocks and replaces what is
// wanted: screens in between are not shown, and a display that lags shows the
// newest one. After every opening the display is set up anew and painted; while
// nothing changes that is repeated now and then, because a display may have lost
// its power without the line having noticed.
//
// It promises that a fault of the display touches nobody: it is logged once,
// counted, and the line is opened again.
package pole

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/logkey"
	"edged/internal/serialdev/devmetrics"
	"edged/internal/serialdev/escpos"
)

// ErrOptions is returned when a display cannot be made of its options.
var ErrOptions = errors.New("pole: options")

// Line is an open line to a display.
type Line interface {
	io.WriteCloser
	SetWriteDeadline(t time.Time) error
}

// Options of New. Open and Lane are required.
type Options struct {
	Lane string
	// Open opens the line and is called again, with its own back-off, whenever the
	// line was lost; it must give up when ctx ends.
	Open  func(ctx context.Context) (Line, error)
	Setup escpos.Setup

	AfterReset   time.Duration // the display's time after a reset; 200 ms if zero (§1.2)
	WriteTimeout time.Duration // of one repaint; 2 s if zero (a repaint takes 52 ms at 9600)
	Refresh      time.Duration // between set-ups while nothing changes; 45 s if zero

	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Display is one pole display. Show may be called from any goroutine.
type Display struct {
	o      Options
	device *devmetrics.Device
	log    *slog.Logger
	wake   chan struct{}

	mu     sync.Mutex
	wanted [escpos.Rows]string
}

// New makes a display that is dark until Run. Errors: ErrOptions, the registry's.
func New(o Options) (*Display, error) {
	if o.Open == nil || o.Lane == "" {
		return nil, fmt.Errorf("%w: lane and open are needed", ErrOptions)
	}
	device, err := devmetrics.New(o.Registerer, o.Lane, "display")
	if err != nil {
		return nil, err
	}
	if o.Setup.Charset == "" {
		o.Setup.Charset = escpos.CP858
	}
	orElse(&o.AfterReset, 200*time.Millisecond)
	orElse(&o.WriteTimeout, 2*time.Second)
	orElse(&o.Refresh, 45*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Display{
		o: o, device: device, wake: make(chan struct{}, 1),
		log: o.Logger.With(logkey.Component, "pole", logkey.Lane, o.Lane),
	}, nil
}

func orElse(d *time.Duration, v time.Duration) {
	if *d == 0 {
		*d = v
	}
}

// Show replaces what is wanted on the display; rows that are missing are blank. It
// never blocks.
func (d *Display) Show(rows []string) {
	d.mu.Lock()
	d.wanted = [escpos.Rows]string{}
	copy(d.wanted[:], rows)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run paints until ctx ends; it returns nil then. The display may come and go.
func (d *Display) Run(ctx context.Context) error {
	defer d.device.Up(false)
	failed := false
	for lives := 0; ; lives++ {
		line, err := d.o.Open(ctx)
		if ctx.Err() != nil {
			return closed(line)
		}
		if err == nil {
			if lives > 0 {
				d.device.Reconnected()
			}
			err = d.serve(ctx, line, func() { failed = false })
			_ = line.Close() // what it was good for is over
		}
		d.device.Up(false)
		if ctx.Err() != nil {
			return nil
		}
		if !failed {
			d.log.Warn("display does not take its screen", logkey.Err, err)
			failed = true
		}
		if !sleep(ctx, d.o.AfterReset) {
			return nil
		}
	}
}

func closed(line Line) error {
	if line != nil {
		_ = line.Close()
	}
	return nil
}

// serve sets the display up and paints what is wanted until the line fails or ctx
// ends; well is called when a whole screen was taken.
func (d *Display) serve(ctx context.Context, line Line, well func()) error {
	for {
		if err := d.setUp(ctx, line); err != nil {
			return err
		}
		refresh := time.NewTimer(d.o.Refresh)
		err := d.paint(ctx, line, refresh.C, well)
		refresh.Stop()
		if err != nil || ctx.Err() != nil {
			return err
		}
	}
}

func (d *Display) setUp(ctx context.Context, line Line) error {
	if err := d.write(line, escpos.AppendReset(nil)); err != nil {
		return err
	}
	if !sleep(ctx, d.o.AfterReset) {
		return nil
	}
	b, err := escpos.AppendSetup(nil, d.o.Setup)
	if err != nil {
		return err
	}
	return d.write(line, b)
}

// paint shows every change until it is time for another set-up.
func (d *Display) paint(ctx context.Context, line Line, refresh <-chan time.Time, well func()) error {
	for {
		d.mu.Lock()
		rows := d.wanted
		d.mu.Unlock()
		if err := d.write(line, escpos.AppendScreen(nil, d.o.Setup.Charset, rows)); err != nil {
			return err
		}
		d.device.Up(true)
		well()
		select {
		case <-ctx.Done():
			return nil
		case <-refresh:
			return nil
		case <-d.wake:
		}
	}
}

func (d *Display) write(line Line, b []byte) error {
	if err := line.SetWriteDeadline(time.Now().Add(d.o.WriteTimeout)); err != nil {
		return err
	}
	_, err := line.Write(b)
	return err
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
