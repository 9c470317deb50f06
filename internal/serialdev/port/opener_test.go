package port

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// fakeLine is a line of which only the being open matters.
type fakeLine struct{ Line }

// script is an Open that fails as often as told and notes when it was called.
type script struct {
	failures int
	err      error
	begin    time.Time
	calls    []time.Duration
}

func (s *script) open(context.Context, Settings) (Line, error) {
	s.calls = append(s.calls, time.Since(s.begin))
	if s.failures > 0 {
		s.failures--
		return nil, s.err
	}
	return fakeLine{}, nil
}

func newTestOpener(t *testing.T, s *script) *Opener {
	t.Helper()
	s.begin = time.Now()
	o, err := NewOpener(Options{Settings: Settings{Path: "/dev/serial/by-id/x"}, Open: s.open})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOpenerBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{failures: 8, err: ErrNotFound}
		if _, err := newTestOpener(t, &s).Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		ms := time.Millisecond
		want := []time.Duration{0, 200 * ms, 600 * ms, 1400 * ms, 3000 * ms, 6200 * ms, 11200 * ms, 16200 * ms, 21200 * ms}
		if !slices.Equal(s.calls, want) {
			t.Errorf("attempts at %v, want %v", s.calls, want)
		}
	})
}

func TestALineThatLastedIsReopenedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{failures: 5, err: ErrBusy}
		o := newTestOpener(t, &s)
		if _, err := o.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settled)
		lost := time.Since(s.begin)
		if _, err := o.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.calls[len(s.calls)-1]; got != lost {
			t.Errorf("opened at %v, lost at %v", got, lost)
		}
	})
}

func TestALineThatComesAndGoesIsNotOpenedInATightLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{}
		o := newTestOpener(t, &s)
		for range 4 {
			if _, err := o.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ms := time.Millisecond
		if want := []time.Duration{0, 200 * ms, 600 * ms, 1400 * ms}; !slices.Equal(s.calls, want) {
			t.Errorf("attempts at %v, want %v", s.calls, want)
		}
	})
}

func TestOpenerEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{failures: 1 << 20, err: ErrNotFound}
		reason := errors.New("shutting down")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, reason)
		defer cancel()
		_, err := newTestOpener(t, &s).Open(ctx)
		wantErr(t, "Open", err, reason)
		if took := time.Since(s.begin); took != time.Hour {
			t.Errorf("took %v", took)
		}
		_, err = newTestOpener(t, &script{}).Open(ctx)
		wantErr(t, "Open with an ended context", err, reason)
	})
}

func TestOpenerTellsOfFailedAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{failures: 2, err: ErrPermission}
		o := newTestOpener(t, &s)
		var waits []time.Duration
		o.options.Waiting = func(err error, next time.Duration) {
			wantErr(t, "Waiting", err, ErrPermission)
			waits = append(waits, next)
		}
		if _, err := o.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{firstWait, 2 * firstWait}; !slices.Equal(waits, want) {
			t.Errorf("got %v, want %v", waits, want)
		}
	})
}

func TestSettingsThatNeverWorkAreNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{failures: 1, err: ErrSettings}
		_, err := newTestOpener(t, &s).Open(t.Context())
		wantErr(t, "Open", err, ErrSettings)
	})
}

// The stable name appears, vanishes with the plug, and comes back as another device.
func TestOpenerFollowsTheStableName(t *testing.T) {
	link := filepath.Join(t.TempDir(), "usb-FTDI-port0")
	device, path := plug(t)
	var err error
	o, err := NewOpener(Options{
		Settings: Settings{Path: link, Baud: 9600},
		Waiting: func(cause error, _ time.Duration) {
			wantErr(t, "Waiting", cause, ErrNotFound)
			if err := os.Symlink(path, link); err != nil {
				t.Error(err)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		line, err := o.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		deadlines(t, line, patience)
		if _, err := device.Write([]byte{0x06}); err != nil {
			t.Fatal(err)
		}
		if n, err := line.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("got %d bytes, %v", n, err)
		}
		_, _ = device.Close(), os.Remove(link)
		_, err = line.Read(make([]byte, 1))
		wantErr(t, "Read after the unplug", err, ErrUnplugged)
		_ = line.Close()
		device, path = plug(t)
	}
}
