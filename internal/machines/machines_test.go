package machines_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/machines"
)

// bench is a SaaS that knows one cabinet.
type bench struct {
	mu     sync.Mutex
	o      machines.Options
	log    bytes.Buffer
	begin  time.Time
	asked  []time.Duration
	limit  string
	cur    string
	err    error
	told   []machines.PayConfig
	locked []bool
	lock   bool
	lockE  error
}

func newBench(file string) *bench {
	b := &bench{begin: time.Now(), limit: "50.00", cur: "EUR"}
	b.o = machines.Options{
		Machines: []string{"M1"}, File: file, Logger: slog.New(slog.NewTextHandler(&b.log, nil)),
		PayConfig: func(context.Context, string) (string, string, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.asked = append(b.asked, time.Since(b.begin))
			return b.limit, b.cur, b.err
		},
		TellPayConfig: func(_ context.Context, _ string, c machines.PayConfig) { b.told = append(b.told, c) },
		TellLocked:    func(_ context.Context, _ string, locked bool) { b.locked = append(b.locked, locked) },
	}
	return b
}

func watch(t *testing.T, o machines.Options) *machines.Watch {
	t.Helper()
	w, err := machines.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// run plays a watch for a time and gives it back.
func (b *bench) run(t *testing.T, test func()) *machines.Watch {
	t.Helper()
	w := watch(t, b.o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	synctest.Wait()
	test()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run ended with %v", err)
	}
	return w
}

func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

var euros = machines.PayConfig{Limit: 5000, Currency: "EUR"}

func TestWhatWasLearnedSurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "payconfig.json")
		w := newBench(file).run(t, func() {})
		if c, ok := w.Known("M1"); !ok || c != euros {
			t.Errorf("known %+v, %v, want %+v", c, ok, euros)
		}
		again := newBench(file)
		again.err = errors.New("no network")
		w = again.run(t, func() { wait(time.Hour) })
		if c, ok := w.Known("M1"); !ok || c != euros {
			t.Errorf("known after a restart without network %+v, %v, want %+v", c, ok, euros)
		}
		if _, ok := w.Known("M2"); ok {
			t.Error("a cabinet nobody asked about is known")
		}
		if len(again.told) != 0 {
			t.Errorf("told %+v, want nothing", again.told)
		}
	})
}

func TestBadAnswersChangeNothing(t *testing.T) {
	cases := map[string]func(b *bench){
		"no answer":                  func(b *bench) { b.err = errors.New("502") },
		"no such currency":           func(b *bench) { b.cur = "EURO" },
		"no currency":                func(b *bench) { b.cur = "" },
		"no amount":                  func(b *bench) { b.limit = "" },
		"no number":                  func(b *bench) { b.limit = "fifty" },
		"finer than the minor unit":  func(b *bench) { b.limit = "50.001" },
		"nothing to hold":            func(b *bench) { b.limit = "0" },
		"less than nothing":          func(b *bench) { b.limit = "-5" },
		"more than an amount can be": func(b *bench) { b.limit = strings.Repeat("9", 40) },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(filepath.Join(t.TempDir(), "payconfig.json"))
				w := b.run(t, func() {
					b.mu.Lock()
					spoil(b)
					b.mu.Unlock()
					wait(2 * time.Hour)
				})
				if c, ok := w.Known("M1"); !ok || c != euros {
					t.Errorf("known %+v, %v, want %+v", c, ok, euros)
				}
				if !slices.Equal(b.told, []machines.PayConfig{euros}) {
					t.Errorf("told %+v, want only the first answer", b.told)
				}
				if n := strings.Count(b.log.String(), "pay config is not known"); n != 1 {
					t.Errorf("logged %d times, want once", n)
				}
			})
		})
	}
}

func TestAsksAgainWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(filepath.Join(t.TempDir(), "payconfig.json"))
		b.run(t, func() { wait(200 * time.Hour) })
		checkGaps(t, b.asked, 45*time.Minute, 75*time.Minute)
		b = newBench(filepath.Join(t.TempDir(), "payconfig.json"))
		b.err = errors.New("no network")
		b.run(t, func() { wait(time.Hour) })
		checkGaps(t, b.asked, 7500*time.Millisecond, 12500*time.Millisecond)
	})
}

func checkGaps(t *testing.T, at []time.Duration, least, most time.Duration) {
	t.Helper()
	short, long := most, least
	for i := 1; i < len(at); i++ {
		gap := at[i] - at[i-1]
		short, long = min(short, gap), max(long, gap)
	}
	if short < least || long > most || long-short < (most-least)/2 {
		t.Errorf("%d questions %v to %v apart, want them spread between %v and %v", len(at), short, long, least, most)
	}
}

func (b *bench) setLock(locked bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lock, b.lockE = locked, err
}

func TestLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(filepath.Join(t.TempDir(), "payconfig.json"))
		b.o.Info = func(context.Context, string) (machines.Info, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return machines.Info{Locked: b.lock, LockKnown: true}, b.lockE
		}
		b.run(t, func() {
			b.setLock(true, nil)
			wait(76 * time.Second)
			b.setLock(false, errors.New("no answer"))
			wait(10 * time.Minute)
		})
		if got := slices.Compact(b.locked); !slices.Equal(got, []bool{false, true}) {
			t.Errorf("told %v, want unlocked, then locked, and nothing of an answer that never came", got)
		}
	})
}

// TestFileIsWrittenOnlyForNews: a flash wears out.
func TestFileIsWrittenOnlyForNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "payconfig.json")
		b := newBench(file)
		b.run(t, func() {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			wait(10 * time.Hour)
			if _, err := os.Stat(file); err == nil {
				t.Error("written again without news")
			}
			b.mu.Lock()
			b.limit = "60"
			b.mu.Unlock()
			wait(2 * time.Hour)
		})
		got, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(got), "6000") {
			t.Errorf("kept %s, %v, want the new limit", got, err)
		}
		if left, _ := filepath.Glob(file + ".*"); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

func TestUnwritableDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(filepath.Join(t.TempDir(), "missing", "payconfig.json"))
		w := b.run(t, func() { wait(10 * time.Hour) })
		if c, ok := w.Known("M1"); !ok || c != euros || len(b.told) == 0 {
			t.Errorf("known %+v, %v, told %d times, want it used though it cannot be kept", c, ok, len(b.told))
		}
		if n := strings.Count(b.log.String(), "cannot be kept"); n != 1 {
			t.Errorf("logged %d times, want once", n)
		}
	})
}

func TestUnreadableFileIsAsGoodAsNone(t *testing.T) {
	for name, text := range map[string]string{
		"garbage": "{", "null": "null", "an unusable entry": `{"M1":{"limit_minor":0,"currency":"EUR"}}`, "no currency": `{"M1":{"limit_minor":5}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "payconfig.json")
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				b := newBench(file)
				if c, ok := watch(t, b.o).Known("M1"); ok {
					t.Errorf("known %+v, want nothing", c)
				}
				if c, ok := b.run(t, func() {}).Known("M1"); !ok || c != euros {
					t.Errorf("known %+v, %v, want what the SaaS said", c, ok)
				}
			})
		})
	}
}

// TestKeptLater: what could not be written is written when it can be.
func TestKeptLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "later", "payconfig.json")
		newBench(file).run(t, func() {
			if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			wait(2 * time.Hour)
		})
		if _, err := os.Stat(file); err != nil {
			t.Errorf("not kept: %v", err)
		}
	})
}

func TestDefaults(t *testing.T) {
	if _, ok := watch(t, machines.Options{}).Known("M1"); ok {
		t.Error("known before anything was asked")
	}
}

func TestHowACabinetIsDoingIsShownAsFarAsItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		b := newBench(filepath.Join(t.TempDir(), "payconfig.json"))
		b.o.Registerer = reg
		b.o.Info = func(context.Context, string) (machines.Info, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return machines.Info{Signal: 4, Celsius: 5.5, CelsiusKnown: true}, b.lockE
		}
		shown := func() string {
			families, err := reg.Gather()
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, f := range families {
				out = append(out, fmt.Sprint(f.GetName(), " ", f.GetMetric()[0].GetGauge().GetValue()))
			}
			return strings.Join(out, ", ")
		}
		b.run(t, func() {
			if got, want := shown(), "edged_machine_locked NaN, edged_machine_signal 4, edged_machine_temperature_celsius 5.5"; got != want {
				t.Errorf("shown %s, want %s", got, want)
			}
			b.setLock(false, errors.New("no answer"))
			wait(76 * time.Second)
			if got, want := shown(), "edged_machine_locked NaN, edged_machine_signal NaN, edged_machine_temperature_celsius NaN"; got != want {
				t.Errorf("shown %s without an answer, want %s", got, want)
			}
		})
		if len(b.locked) != 0 {
			t.Errorf("told %v of a lock that nobody knows", b.locked)
		}
	})
}
