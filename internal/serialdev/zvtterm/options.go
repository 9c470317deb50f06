package zvtterm

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/money"
	"edged/internal/serialdev/zvt"
)

// Line is an open serial port or TCP connection. Close must end a blocked Read
// and Write; Read must end with an error when the device goes away.
type Line interface {
	io.ReadWriteCloser
	SetWriteDeadline(t time.Time) error
}

// Capture says which of two commands takes money. They carry opposite amounts, so
// there is no default: the acquirer or the provider of the terminal knows.
type Capture string

// The ways to capture (section 10).
const (
	// CapturePartialReversal is 06 23: the amount is what is given back.
	CapturePartialReversal Capture = "partial_reversal"
	// CaptureBookTotal is 06 24: the amount is what is taken.
	CaptureBookTotal Capture = "book_total"
)

// Timers are those of section 2.5, and what the section leaves to the register.
type Timers struct {
	T1 time.Duration // byte to byte within a frame
	T2 time.Duration // end of a frame to its ACK
	T3 time.Duration // command to its 80 or 84, both directions
	T4 time.Duration // from one command of the terminal to its next; it may change it
}

// DefaultTimers are section 2.5's values.
func DefaultTimers() Timers {
	return Timers{T1: 200 * time.Millisecond, T2: 5 * time.Second, T3: 5 * time.Second, T4: 180 * time.Second}
}

// Options make a Terminal. Open, Lane, Currency and Capture are required.
type Options struct {
	Lane string
	// Open opens the line. It is called again, with back-off, whenever the line was
	// lost; it must give up when ctx ends. The Terminal closes what it returns.
	Open func(ctx context.Context) (Line, error)
	// OpenDefault opens the same serial line at zvt.DefaultBaud, and Baud is the rate of
	// Open: a terminal that was switched off comes back at the default (section 2.1). It
	// is tried when nothing answers at Baud, and the terminal is then switched. Both may
	// be left out.
	OpenDefault func(ctx context.Context) (Line, error)
	Baud        int
	// Serial frames the commands and waits for ACK bytes; false is TCP (section 3).
	Serial bool

	Password zvt.Password   // zvt.DefaultPassword if empty
	Profile  string         // name of a Profile; Generic if empty
	Currency money.Currency // of every amount
	Capture  Capture

	MaxHolds          int // open holds the terminal can keep; 1 if zero
	HoldsOverEndOfDay bool
	ReverseByReceipt  bool

	Timers      Timers        // a zero field has its default
	StatusEvery time.Duration // between status enquiries while idle; 30 s if zero
	BusyFor     time.Duration // how long a busy terminal (84 9C) is asked again; 30 s if zero
	Linger      time.Duration // how long a dialogue may go on after Run was told to stop; 10 s if zero
	RetryBase   time.Duration // first wait before the line is opened again; 1 s if zero
	RetryCap    time.Duration // longest wait; 30 s if zero

	Logger     *slog.Logger          // discards if nil
	Registerer prometheus.Registerer // nil: not scraped
}

func (o Options) withDefaults() Options {
	o.Password = cmp.Or(o.Password, zvt.DefaultPassword)
	o.MaxHolds = max(o.MaxHolds, 1)
	d := DefaultTimers()
	o.Timers = Timers{
		T1: cmp.Or(o.Timers.T1, d.T1), T2: cmp.Or(o.Timers.T2, d.T2),
		T3: cmp.Or(o.Timers.T3, d.T3), T4: cmp.Or(o.Timers.T4, d.T4),
	}
	o.StatusEvery = cmp.Or(o.StatusEvery, 30*time.Second)
	o.BusyFor = cmp.Or(o.BusyFor, 30*time.Second)
	o.Linger = cmp.Or(o.Linger, 10*time.Second)
	o.RetryBase = cmp.Or(o.RetryBase, time.Second)
	o.RetryCap = max(cmp.Or(o.RetryCap, 30*time.Second), o.RetryBase)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) validate() error {
	switch {
	case o.Open == nil:
		return fmt.Errorf("%w: Open is missing", ErrOptions)
	case o.Baud != 0 && !codedBaud(o.Baud):
		return fmt.Errorf("%w: a terminal cannot be switched to %d baud", ErrOptions, o.Baud)
	case o.Capture != CapturePartialReversal && o.Capture != CaptureBookTotal:
		return fmt.Errorf("%w: capture is %q, want %q or %q", ErrOptions, o.Capture, CapturePartialReversal, CaptureBookTotal)
	case !o.Currency.Valid():
		return fmt.Errorf("%w: currency is %q, want an ISO 4217 code", ErrOptions, o.Currency)
	case o.Password != "" && !sixDigits(string(o.Password)):
		return fmt.Errorf("%w: password is not six digits", ErrOptions)
	case o.Timers.T1 < 0 || o.Timers.T2 < 0 || o.Timers.T3 < 0 || o.Timers.T4 < 0:
		return fmt.Errorf("%w: negative timer", ErrOptions)
	}
	return nil
}

// codedBaud: the terminal can be told to use this rate.
func codedBaud(rate int) bool {
	_, ok := zvt.BaudCode(rate)
	return ok
}

func sixDigits(s string) bool {
	return len(s) == 6 && strings.Trim(s, "0123456789") == ""
}

// currency is the ISO 4217 number as BMP 49 has it: three digits.
func (o Options) currency() string { return fmt.Sprintf("%03d", o.Currency.Numeric()) }

// answerWithin is how long a result may take to become durable: 1 s less than the
// time in which the terminal wants its answer (STYLE §2).
func (t Timers) answerWithin() time.Duration { return t.T3 - min(time.Second, t.T3/2) }

// settleTime is how long an unfinished dialogue may still bring frames: the
// terminal gives up what we do not answer within T3, and repeats what we do not
// acknowledge within T2 (section 11.3).
func (t Timers) settleTime() time.Duration { return max(t.T2, t.T3) }
