package supervise

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
)

// WatchdogOptions of a Watchdog.
type WatchdogOptions struct {
	Logger *slog.Logger
	// Alive feeds the service manager's watchdog, e.g. Systemd.Alive.
	Alive func() error
	// Interval is the manager's limit, e.g. Systemd.WatchdogInterval; it is fed three
	// times in it. 0 means nobody watches: Run only waits.
	Interval time.Duration
	// Bound is the oldest progress that still counts; 0 takes Interval. An idle
	// loop must report progress more often than that.
	Bound time.Duration
}

// Watchdog passes real progress of a loop on to the service manager (DESIGN M12):
// when the loop hangs, feeding stops and the manager restarts the daemon.
type Watchdog struct {
	o     WatchdogOptions
	epoch time.Time
	last  atomic.Int64 // of the last progress, nanoseconds since epoch
}

// NewWatchdog makes a Watchdog that counts its making as progress. Errors:
// ErrOptions.
func NewWatchdog(o WatchdogOptions) (*Watchdog, error) {
	if o.Logger == nil || o.Alive == nil || o.Interval < 0 || o.Bound < 0 {
		return nil, fmt.Errorf("%w: watchdog", ErrOptions)
	}
	setDefault(&o.Bound, o.Interval)
	return &Watchdog{o: o, epoch: time.Now()}, nil
}

// Progress says that the loop has gone round. It is cheap, never blocks and may be
// called from any goroutine.
func (w *Watchdog) Progress() { w.last.Store(int64(time.Since(w.epoch))) }

// Age is the time since the last progress.
func (w *Watchdog) Age() time.Duration { return time.Since(w.epoch) - time.Duration(w.last.Load()) }

// Run feeds the manager until ctx ends. It fits into Service.Run.
func (w *Watchdog) Run(ctx context.Context) error {
	if w.o.Interval == 0 {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(max(w.o.Interval/3, time.Millisecond))
	defer ticker.Stop()
	hanging, failing := false, false
	for {
		if age := w.Age(); age > w.o.Bound {
			w.logOnce(&hanging, "no progress, watchdog not fed", logkey.Wait, age, logkey.Code, errcode.RunHangs)
		} else {
			hanging = false
			if err := w.o.Alive(); err != nil {
				w.logOnce(&failing, "watchdog cannot be fed", logkey.Err, err, logkey.Code, errcode.RunService)
			} else {
				failing = false
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// logOnce logs at the first time of a row.
func (w *Watchdog) logOnce(already *bool, msg string, args ...any) {
	if !*already {
		w.o.Logger.Error(msg, args...)
	}
	*already = true
}
