package app

import (
	"testing"
	"time"
)

// stopWithin is what a stop may take with a terminal that answers.
const stopWithin = 2 * time.Second

// TestStopsAtOnceWhileTheTerminalWaitsForACard: the service manager stops the daemon
// most often when nobody is there. The terminal is told to stop waiting, and the stop
// waits for no timer.
func TestStopsAtOnceWhileTheTerminalWaitsForACard(t *testing.T) {
	m := onRealWires(t, quick(), nil)
	for range 3 {
		d := m.start()
		awaitArmed(t, d)
		began := time.Now()
		d.end()
		if took := time.Since(began); took > stopWithin {
			t.Errorf("stopping took %v, want %v at most", took, stopWithin)
		}
	}
}

// awaitArmed waits until every lane waits for a card.
func awaitArmed(t testing.TB, d *daemon) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !d.armed() {
		select {
		case <-deadline:
			t.Fatalf("not armed after 20 s: %+v", d.Lanes())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// armed says whether every lane waits for a card.
func (d *daemon) armed() bool {
	for _, l := range d.Lanes() {
		if !l.Armed {
			return false
		}
	}
	return true
}
