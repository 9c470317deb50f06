package supervise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errBroken = errors.New("broken")

// record collects what services did, in order.
type record struct {
	mu   sync.Mutex
	what []string
}

func (r *record) add(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.what = append(r.what, what)
}

func (r *record) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.what)
}

func newSupervisor(t *testing.T, o Options) *Supervisor {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// patient runs until its context ends.
func patient(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAFailingServiceIsRestartedWithDoublingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		start := time.Now()
		var starts []time.Duration
		err := newSupervisor(t, Options{}).Run(ctx, Service{Name: "port", Run: func(context.Context) error {
			starts = append(starts, time.Since(start))
			return fmt.Errorf("open: %w", context.DeadlineExceeded) // a time-out is not a shutdown
		}})
		if err != nil {
			t.Errorf("Run = %v", err)
		}
		want := []time.Duration{0, 1, 3, 7, 15, 31, 63, 123, 183, 243}
		for i := range want {
			want[i] *= time.Second
		}
		if !slices.Equal(starts, want) {
			t.Errorf("started at %v, want %v", starts, want)
		}
	})
}

func TestAHealthyTimeResetsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var waits []time.Duration
		var ended time.Time
		runs := []time.Duration{0, 0, 0, time.Minute, 0, 59 * time.Second}
		err := newSupervisor(t, Options{}).Run(ctx, Service{Name: "port", Run: func(ctx context.Context) error {
			if !ended.IsZero() {
				waits = append(waits, time.Since(ended))
			}
			if len(waits) == len(runs) {
				return patient(ctx)
			}
			time.Sleep(runs[len(waits)])
			ended = time.Now()
			return errBroken
		}})
		if err != nil {
			t.Errorf("Run = %v", err)
		}
		want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, time.Second, 2 * time.Second, 4 * time.Second}
		if !slices.Equal(waits, want) {
			t.Errorf("waited %v, want %v", waits, want)
		}
	})
}

func TestServicesStopInReverseOrderEachBeforeTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var r record
		service := func(name string) Service {
			return Service{Name: name, Run: func(ctx context.Context) error {
				<-ctx.Done()
				r.add(name + " stops")
				time.Sleep(time.Second)
				r.add(name + " stopped")
				return nil
			}}
		}
		time.AfterFunc(time.Minute, cancel)
		if err := newSupervisor(t, Options{}).Run(ctx, service("store"), service("engine"), service("cards")); err != nil {
			t.Errorf("Run = %v", err)
		}
		want := []string{"cards stops", "cards stopped", "engine stops", "engine stopped", "store stops", "store stopped"}
		if got := r.list(); !slices.Equal(got, want) {
			t.Errorf("order %v, want %v", got, want)
		}
	})
}

func TestWhatAnErrorAsksFor(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		starts int  // within ten minutes
		stops  bool // the whole tree
	}{
		{"nil is done", nil, 1, false},
		{"a permanent error leaves it down", Permanent(errBroken), 1, false},
		{"also when wrapped", fmt.Errorf("outer: %w", Permanent(errBroken)), 1, false},
		{"a fatal error stops everything", Fatal(errBroken), 1, true},
		{"also when wrapped", fmt.Errorf("outer: %w", Fatal(errBroken)), 1, true},
		{"any other is retried", errBroken, 15, false},
		{"a cancelled inner context is retried", context.Canceled, 15, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				starts, began := 0, time.Now()
				err := newSupervisor(t, Options{}).Run(ctx,
					Service{Name: "other", Run: patient},
					Service{Name: "tested", Run: func(context.Context) error { starts++; return tt.err }})
				if starts != tt.starts {
					t.Errorf("%d starts, want %d", starts, tt.starts)
				}
				if stopped := time.Since(began) < time.Second; stopped != tt.stops {
					t.Errorf("ended after %v", time.Since(began))
				}
				if (err != nil) != tt.stops || err != nil && !errors.Is(err, errBroken) {
					t.Errorf("Run = %v", err)
				}
			})
		})
	}
}

func TestMarkingNilIsNil(t *testing.T) {
	if Permanent(nil) != nil || Fatal(nil) != nil {
		t.Error("a marked nil is an error")
	}
}

func TestAFatalErrorWhileStoppingIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := newSupervisor(t, Options{}).Run(ctx, Service{Name: "store", Run: func(ctx context.Context) error {
			<-ctx.Done()
			return Fatal(errBroken)
		}})
		if !errors.Is(err, errBroken) {
			t.Errorf("Run = %v", err)
		}
	})
}

func TestAPanicIsAnErrorWithItsStackAndIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var log bytes.Buffer
		registry := prometheus.NewRegistry()
		starts := 0
		s := newSupervisor(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Registerer: registry})
		err := s.Run(ctx, Service{Name: "display", Run: func(ctx context.Context) error {
			if starts++; starts < 3 {
				panic("index out of range")
			}
			return patient(ctx)
		}})
		if err != nil || starts != 3 {
			t.Errorf("Run = %v after %d starts", err, starts)
		}
		text := log.String()
		if strings.Count(text, "level=ERROR") != 1 || !strings.Contains(text, "index out of range") || !strings.Contains(text, "supervise_test.go") {
			t.Errorf("want one error record with the stack:\n%s", text)
		}
		want := `
# HELP edged_service_restarts_total Restarts of an inner service of the daemon after an error or a panic.
# TYPE edged_service_restarts_total counter
edged_service_restarts_total{reason="error",service="display"} 0
edged_service_restarts_total{reason="panic",service="display"} 2
`
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "edged_service_restarts_total"); err != nil {
			t.Error(err)
		}
	})
}

func TestAStuckServiceIsNamedAndTheOthersStillStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		release := make(chan struct{})
		stopped := false
		err := newSupervisor(t, Options{}).Run(ctx,
			Service{Name: "store", Run: func(ctx context.Context) error { <-ctx.Done(); stopped = true; return nil }},
			Service{Name: "port", StopTimeout: 3 * time.Second, Run: func(context.Context) error { <-release; return nil }})
		if !errors.Is(err, ErrStuck) || !strings.Contains(err.Error(), "port, after 3s") || !stopped {
			t.Errorf("Run = %v, store stopped %t", err, stopped)
		}
		close(release)
	})
}

func TestUnusableOptionsAreRefused(t *testing.T) {
	if _, err := New(Options{}); !errors.Is(err, ErrOptions) {
		t.Errorf("New without a logger = %v", err)
	}
	registry := prometheus.NewRegistry()
	newSupervisor(t, Options{Registerer: registry})
	if _, err := New(Options{Logger: slog.New(slog.DiscardHandler), Registerer: registry}); err == nil {
		t.Error("New registered its metrics twice")
	}
	if err := newSupervisor(t, Options{}).Run(t.Context(), Service{Name: "x"}); !errors.Is(err, ErrOptions) {
		t.Errorf("Run of a service without Run = %v", err)
	}
}

// Start and stop at random moments, with services of every kind; the race detector
// and goleak watch.
func TestStartStopStress(t *testing.T) {
	var running, starts atomic.Int64
	service := func(name string, behave func(context.Context) error) Service {
		return Service{Name: name, Run: func(ctx context.Context) error {
			running.Add(1)
			defer running.Add(-1)
			starts.Add(1)
			return behave(ctx)
		}}
	}
	for i := range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i%7)*time.Millisecond, cancel)
		s := newSupervisor(t, Options{RestartBase: time.Microsecond, RestartCap: time.Millisecond, Registerer: prometheus.NewRegistry()})
		services := []Service{
			service("patient", patient),
			service("failing", func(context.Context) error { return errBroken }),
			service("panicking", func(context.Context) error { panic("p") }),
			service("permanent", func(context.Context) error { return Permanent(errBroken) }),
		}
		if i%3 == 0 {
			services = append(services, service("fatal", func(context.Context) error { return Fatal(errBroken) }))
		}
		if err := s.Run(ctx, services...); err != nil && !errors.Is(err, errBroken) {
			t.Fatalf("round %d: %v", i, err)
		}
		if n := running.Load(); n != 0 {
			t.Fatalf("round %d: %d services still run", i, n)
		}
		cancel()
	}
	if starts.Load() < 800 {
		t.Errorf("%d starts, want more", starts.Load())
	}
}
