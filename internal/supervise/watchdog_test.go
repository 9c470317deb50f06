package supervise

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestM12_TheWatchdogIsFedOnlyWhileThereIsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var fed []time.Duration
		start := time.Now()
		var log bytes.Buffer
		w, err := NewWatchdog(WatchdogOptions{
			Logger:   slog.New(slog.NewTextHandler(&log, nil)),
			Alive:    func() error { fed = append(fed, time.Since(start)); return nil },
			Interval: 30 * time.Second,
			Bound:    20 * time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		for range 9 { // progress for 45 s
			time.Sleep(5 * time.Second)
			w.Progress()
		}
		time.Sleep(57 * time.Second) // the loop hangs
		if w.Age() != 57*time.Second {
			t.Errorf("Age = %v, want 57s", w.Age())
		}
		w.Progress()
		time.Sleep(10 * time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
		want := "0s 10s 20s 30s 40s 50s 1m0s 1m50s"
		var got []string
		for _, d := range fed {
			got = append(got, d.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("fed at %v, want %s", got, want)
		}
		if n := strings.Count(log.String(), "no progress"); n != 1 {
			t.Errorf("%d log records of the hang, want 1:\n%s", n, log.String())
		}
	})
}

func TestAWatchdogThatCannotBeFedIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		w, err := NewWatchdog(WatchdogOptions{
			Logger:   slog.New(slog.NewTextHandler(&log, nil)),
			Alive:    func() error { return errors.New("no such socket") },
			Interval: 3 * time.Second,
			Bound:    time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := w.Run(ctx); err != nil {
			t.Errorf("Run = %v", err)
		}
		if n := strings.Count(log.String(), "no such socket"); n != 1 {
			t.Errorf("%d log records, want 1", n)
		}
	})
}

func TestWithoutAWatchdogNothingIsFed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fed := 0
		w, err := NewWatchdog(WatchdogOptions{Logger: slog.New(slog.DiscardHandler), Alive: func() error { fed++; return nil }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := w.Run(ctx); err != nil || fed != 0 {
			t.Errorf("Run = %v, fed %d times", err, fed)
		}
	})
}

func TestAWatchdogNeedsALoggerAndSomethingToFeed(t *testing.T) {
	if _, err := NewWatchdog(WatchdogOptions{}); !errors.Is(err, ErrOptions) {
		t.Errorf("NewWatchdog = %v", err)
	}
}
