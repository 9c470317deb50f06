// Package supervise owns the run loops of the daemon: it starts services in order,
// restarts the failing ones with back-off, turns their panics into errors, stops
// all in reverse order, and speaks to systemd.
//
// It promises that one service's failure or panic never ends another, and that Run
// returns only when every service has returned or was given up as stuck. It knows
// nothing of what it runs, and a service that reports a dead device or network as
// its state instead of returning never meets it at all.
package supervise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/pause"
)

// Service is one component. Run works in the caller's goroutine until ctx ends and
// returns only when everything it started has stopped. Its error decides what
// follows: nil = it is done, Permanent = leave me down, Fatal = stop everything,
// anything else, a time-out of the network included = retry me.
type Service struct {
	Name string
	Run  func(context.Context) error
	// StopTimeout bounds the wait for Run after its context has ended; 0 = 10 s.
	StopTimeout time.Duration
}

// Options of a Supervisor. Zero durations take the defaults.
type Options struct {
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: no metrics
	// RestartBase doubles with each failure in a row up to RestartCap.
	RestartBase time.Duration // 1 s
	RestartCap  time.Duration // 1 min
	// HealthyAfter is how long a service must have run for its next failure to
	// count as the first.
	HealthyAfter time.Duration // 1 min
}

// Supervisor runs services. Make it with New, use its Run once.
type Supervisor struct {
	o       Options
	metrics *metrics
}

// New makes a Supervisor. Errors: ErrOptions, or a metric registered twice.
func New(o Options) (*Supervisor, error) {
	if o.Logger == nil {
		return nil, fmt.Errorf("%w: no logger", ErrOptions)
	}
	setDefault(&o.RestartBase, time.Second)
	setDefault(&o.RestartCap, time.Minute)
	setDefault(&o.HealthyAfter, time.Minute)
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	return &Supervisor{o: o, metrics: m}, nil
}

func setDefault(d *time.Duration, v time.Duration) {
	if *d == 0 {
		*d = v
	}
}

// Run starts the services in the order given and blocks until ctx ends or one of
// them returns a Fatal error; then it stops them in reverse order, each before the
// next. It returns the Fatal error, or ErrStuck, or both; nil after a clean end.
func (s *Supervisor) Run(ctx context.Context, services ...Service) error {
	for _, svc := range services {
		if svc.Name == "" || svc.Run == nil {
			return fmt.Errorf("%w: service %q without name or Run", ErrOptions, svc.Name)
		}
	}
	fatal := make(chan error, len(services))
	keepers := make([]*keeper, 0, len(services))
	for _, svc := range services {
		keepers = append(keepers, s.start(ctx, svc, fatal))
	}
	var errs []error
	select {
	case <-ctx.Done():
	case err := <-fatal:
		errs = append(errs, err)
	}
	for i := len(keepers) - 1; i >= 0; i-- {
		errs = append(errs, keepers[i].stop())
	}
	for len(fatal) > 0 {
		errs = append(errs, <-fatal)
	}
	return errors.Join(errs...)
}

// keeper keeps one service running. Its goroutine owns failures and lastErr.
type keeper struct {
	s      *Supervisor
	svc    Service
	log    *slog.Logger
	fatal  chan<- error // has room for one error of every keeper
	cancel context.CancelFunc
	done   chan struct{}

	failures int
	lastErr  string
}

func (s *Supervisor) start(ctx context.Context, svc Service, fatal chan<- error) *keeper {
	// The end of ctx must not reach a service before its turn in the stop order.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	k := &keeper{
		s:      s,
		svc:    svc,
		log:    s.o.Logger.With(logkey.Component, svc.Name),
		fatal:  fatal,
		cancel: cancel,
		done:   make(chan struct{}),
	}
	setDefault(&k.svc.StopTimeout, 10*time.Second)
	s.metrics.announce(svc.Name)
	go k.run(ctx)
	return k
}

// stop ends the service and waits for it.
func (k *keeper) stop() error {
	k.cancel()
	timer := time.NewTimer(k.svc.StopTimeout)
	defer timer.Stop()
	select {
	case <-k.done:
		return nil
	case <-timer.C:
		return fmt.Errorf("%w: %s, after %v", ErrStuck, k.svc.Name, k.svc.StopTimeout)
	}
}

// run starts the service again until it is done, marked or stopped.
func (k *keeper) run(ctx context.Context) {
	defer close(k.done)
	for {
		started := time.Now()
		k.s.metrics.up(k.svc.Name, true)
		err := guard(ctx, k.svc)
		k.s.metrics.up(k.svc.Name, false)
		if time.Since(started) >= k.s.o.HealthyAfter {
			k.failures, k.lastErr = 0, ""
		}
		if !k.again(ctx, err) {
			return
		}
	}
}

// again reports how the service ended, and waits if it is to be started again.
func (k *keeper) again(ctx context.Context, err error) bool {
	switch v := verdictOf(err); {
	case v == stopAll:
		k.fatal <- fmt.Errorf("service %s: %w", k.svc.Name, err)
		return false
	case ctx.Err() != nil:
		if err != nil && !errors.Is(err, context.Canceled) {
			k.log.Warn("service failed while stopping", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.RunPartFailed))
		}
		return false
	case err == nil:
		k.log.Info("service is done")
		return false
	case v == leaveDown:
		k.log.Error("service left down", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.RunPartFailed))
		return false
	}
	wait := k.s.o.backoff(k.failures)
	k.failures++
	k.report(err, wait)
	return pause.For(ctx, wait)
}

// report counts and logs a failure; the same one in a row is logged once. Of a
// panic the stack is logged with it.
func (k *keeper) report(err error, wait time.Duration) {
	level, reason, text := slog.LevelError, "error", err.Error()
	if text == k.lastErr {
		level = slog.LevelDebug
	}
	k.lastErr = text
	code := errcode.Or(err, errcode.RunPartFailed)
	if p := (*PanicError)(nil); errors.As(err, &p) {
		reason, text, code = "panic", text+"\n"+string(p.Stack), errcode.RunPanic
	}
	k.s.metrics.restarted(k.svc.Name, reason)
	k.log.Log(context.Background(), level, "service failed, will be restarted",
		logkey.Err, text, logkey.Wait, wait, logkey.Attempt, k.failures, logkey.Code, code)
}

// backoff is the wait after so many failures in a row.
func (o Options) backoff(failures int) time.Duration {
	wait := o.RestartBase
	for ; failures > 0 && wait < o.RestartCap; failures-- {
		wait *= 2
	}
	return min(wait, o.RestartCap)
}

// guard runs the service and turns its panic into an error.
func guard(ctx context.Context, svc Service) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Service: svc.Name, Value: v, Stack: debug.Stack()}
		}
	}()
	return svc.Run(ctx)
}
