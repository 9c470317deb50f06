package app

import (
	"context"
	"testing"
	"time"
)

// A service manager stops the daemon while the terminal waits for a card.
func TestStopsAtOnceWhileTheTerminalWaitsForACard(t *testing.T) {
	s := newSite(t)
	a := s.app(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	awaitArmed(t, a)
	began := time.Now()
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("stopping took %v, want 2 s at most", d)
	}
}

// awaitArmed waits until the only lane waits for a card.
func awaitArmed(t testing.TB, a *App) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !a.Lanes()[0].Armed {
		select {
		case <-deadline:
			t.Fatalf("not armed after 20 s: %+v", a.Lanes())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
