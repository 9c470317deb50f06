package reach_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/reach"
)

// bench is a SaaS that is up or down, and what the watch told of it.
//
// The test holds mu but while it waits.
type bench struct {
	mu     sync.Mutex
	w      *reach.Watch
	down   bool
	hangs  bool
	probes int
	wrong  bool // calls are answered by somebody else
	asked  int
	told   []bool
}

func (b *bench) probe(ctx context.Context) error {
	b.mu.Lock()
	b.probes++
	hangs, down := b.hangs, b.down
	b.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if down {
		return errors.New("no route")
	}
	return nil
}

// ask is a call; as the client does, it tells the watch how it ended.
func (b *bench) ask(context.Context) error {
	b.mu.Lock()
	b.asked++
	down, wrong := b.down, b.wrong
	b.mu.Unlock()
	switch {
	case down:
		b.w.Heard(reach.Lost)
	case wrong:
		b.w.Heard(reach.Useless)
	default:
		b.w.Heard(reach.Answered)
		return nil
	}
	return errors.New("no answer")
}

func (b *bench) tell(_ context.Context, up bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = append(b.told, up)
}

func run(t *testing.T, prepare func(b *bench), test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{}
		b.w = reach.New(reach.Options{Probe: b.probe, Ask: b.ask, Tell: b.tell})
		prepare(b)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.w.Run(ctx) }()
		synctest.Wait()
		b.mu.Lock()
		test(b)
		b.mu.Unlock()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func (b *bench) wait(d time.Duration) {
	b.mu.Unlock()
	defer b.mu.Lock()
	time.Sleep(d)
	synctest.Wait()
}

func (b *bench) check(t *testing.T, want ...bool) {
	t.Helper()
	if !slices.Equal(b.told, want) {
		t.Errorf("told %v, want %v", b.told, want)
	}
}

func TestFirstFindingIsTold(t *testing.T) {
	run(t, func(*bench) {}, func(b *bench) { b.check(t, true) })
	run(t, func(b *bench) { b.down = true }, func(b *bench) { b.check(t, false) })
}

func TestRecentCallsSpareTheProbe(t *testing.T) {
	run(t, func(b *bench) { b.w.Heard(reach.Answered) }, func(b *bench) {
		for range 60 {
			b.wait(10 * time.Second)
			b.w.Heard(reach.Answered)
		}
		if b.probes != 0 {
			t.Errorf("%d handshakes while calls work, want none", b.probes)
		}
		b.check(t, true)
		b.wait(10 * time.Minute)
		if b.probes < 19 || b.probes > 21 {
			t.Errorf("%d handshakes in ten minutes without a call, want one in 30 s", b.probes)
		}
		b.check(t, true)
	})
}

func TestOneLostCallIsNoOutage(t *testing.T) {
	run(t, func(*bench) {}, func(b *bench) {
		b.wait(10 * time.Second)
		probes := b.probes
		b.w.Heard(reach.Lost)
		b.wait(0)
		if b.probes != probes+1 {
			t.Errorf("%d handshakes after a failed call, want one at once", b.probes-probes)
		}
		b.check(t, true)
	})
}

func TestM12_OutageAndRecovery(t *testing.T) {
	run(t, func(*bench) {}, func(b *bench) {
		b.wait(10 * time.Second)
		b.down = true
		b.w.Heard(reach.Lost)
		b.wait(0)
		b.check(t, true, false)
		b.wait(10 * time.Minute)
		b.check(t, true, false)
		b.down = false
		b.wait(5 * time.Second)
		b.check(t, true, false, true)
	})
}

func TestACallThatWorksEndsTheOutage(t *testing.T) {
	run(t, func(b *bench) { b.down = true }, func(b *bench) {
		b.wait(time.Second)
		b.w.Heard(reach.Answered)
		b.wait(0)
		b.check(t, false, true)
	})
}

func TestAnOutageWithoutCallsIsFound(t *testing.T) {
	run(t, func(*bench) {}, func(b *bench) {
		b.down = true
		b.wait(31 * time.Second)
		b.check(t, true, false)
	})
}

func TestAProbeThatHangsEnds(t *testing.T) {
	run(t, func(b *bench) { b.hangs = true }, func(b *bench) {
		b.wait(9 * time.Second)
		b.check(t)
		b.wait(2 * time.Second)
		b.check(t, false)
	})
}

// TestNoProbeStorm: calls that fail fast do not make handshakes faster, neither
// while it is down nor while the handshake works and the calls do not.
func TestNoProbeStorm(t *testing.T) {
	for name, down := range map[string]bool{"down": true, "only the calls fail": false} {
		t.Run(name, func(t *testing.T) {
			run(t, func(b *bench) { b.down = down }, func(b *bench) {
				b.probes = 0
				for range 6000 {
					b.w.Heard(reach.Lost)
					b.wait(10 * time.Millisecond)
				}
				if b.probes > 13 {
					t.Errorf("%d handshakes in a minute, want one in 5 s at most", b.probes)
				}
				b.check(t, !down)
			})
		})
	}
}

func TestStopDuringAProbe(t *testing.T) {
	run(t, func(b *bench) { b.hangs = true }, func(b *bench) { b.check(t) })
}

// A SaaS behind a captive portal shakes every hand: only its answers show it.
func TestAnswersOfSomebodyElseAreAnOutageThatACallEnds(t *testing.T) {
	run(t, func(*bench) {}, func(b *bench) {
		b.wait(10 * time.Second)
		b.wrong = true
		b.w.Heard(reach.Useless)
		b.wait(0)
		b.check(t, true, false)
		b.wait(10 * time.Minute)
		b.check(t, true, false)
		if b.asked > 22 {
			t.Errorf("%d calls in ten minutes, want one in 30 s at most", b.asked)
		}
		b.wrong = false
		b.wait(31 * time.Second)
		b.check(t, true, false, true)
		asked := b.asked
		b.wait(10 * time.Minute)
		if b.asked != asked {
			t.Errorf("%d calls after the outage, want handshakes only", b.asked-asked)
		}
	})
}

// One call that is answered badly, such as a report over which the SaaS stumbles,
// must not close the shop, and must not be asked about each time.
func TestOneUselessAnswerIsNoOutage(t *testing.T) {
	run(t, func(*bench) {}, func(b *bench) {
		b.wait(10 * time.Second)
		for range 600 {
			b.w.Heard(reach.Useless)
			b.wait(time.Second)
		}
		b.check(t, true)
		if b.asked < 1 || b.asked > 22 {
			t.Errorf("%d calls in ten minutes, want one in 30 s at most", b.asked)
		}
	})
}

func TestUselessAnswersOnAnUnknownOrLostLine(t *testing.T) {
	run(t, func(b *bench) { b.wrong = true; b.w.Heard(reach.Useless) }, func(b *bench) { b.check(t, false) })
	run(t, func(*bench) {}, func(b *bench) {
		b.wrong = true
		b.w.Heard(reach.Useless)
		b.wait(0)
		b.down = true
		b.w.Heard(reach.Lost)
		b.wait(time.Minute)
		b.down = false
		b.wait(time.Minute)
		b.check(t, true, false) // shaking hands again proves nothing
		b.w.Heard(reach.Answered)
		b.wait(0)
		b.check(t, true, false, true)
	})
}
