package port

import (
	"context"
	"errors"
	"time"
)

// Back-off of an Opener.
const (
	firstWait = 200 * time.Millisecond
	maxWait   = 5 * time.Second
	// settled is how long a line must last for its opening to count as a success. A
	// device that comes and goes is not opened in a tight loop.
	settled = 5 * time.Second
)

// Options of an Opener.
type Options struct {
	Settings Settings
	// Open opens the line, once; nil is Open of this package.
	Open func(ctx context.Context, s Settings) (Line, error)
	// Waiting, if not nil, is told of each attempt that failed and of the time until
	// the next. It is called by Open, in its goroutine.
	Waiting func(err error, next time.Duration)
}

// Opener opens the same line again and again, whenever it was lost. Not safe for
// concurrent use: it belongs to the goroutine that owns the line.
type Opener struct {
	options Options
	wait    time.Duration // before the next attempt, 0: none
	opened  time.Time
}

// NewOpener returns an Opener; ErrSettings if the settings can never work.
func NewOpener(o Options) (*Opener, error) {
	if err := o.Settings.Check(); err != nil {
		return nil, err
	}
	if o.Open == nil {
		o.Open = Open
	}
	return &Opener{options: o}, nil
}

// Open opens the line and blocks until that has worked or ctx has ended, which is its
// only error but for ErrSettings. Attempts are 0.2 s apart at first, 5 s at most; they
// go on from where they were if the last line did not last.
func (o *Opener) Open(ctx context.Context) (Line, error) {
	if !o.opened.IsZero() && time.Since(o.opened) >= settled {
		o.wait = 0
	}
	o.opened = time.Time{}
	for {
		if err := sleep(ctx, o.wait); err != nil {
			return nil, err
		}
		line, err := o.options.Open(ctx, o.options.Settings)
		o.wait = nextWait(o.wait)
		switch {
		case err == nil:
			o.opened = time.Now()
			return line, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, ErrSettings):
			return nil, err
		}
		if o.options.Waiting != nil {
			o.options.Waiting(err, o.wait)
		}
	}
}

func nextWait(d time.Duration) time.Duration { return min(max(2*d, firstWait), maxWait) }

func sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d == 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
