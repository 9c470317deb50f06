package testutil

import (
	"testing"
	"time"
)

// patience is what any wait of a test may take on a busy machine. In a synctest
// bubble it is virtual time.
const patience = 20 * time.Second

// Await receives from ch. It fails the test, naming what was waited for, when
// nothing comes in time or ch is closed.
func Await[T any](t testing.TB, ch <-chan T, what string) T {
	t.Helper()
	return await(t, ch, what, patience)
}

func await[T any](t testing.TB, ch <-chan T, what string, patience time.Duration) T {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v, ok := <-ch:
		if !ok {
			t.Fatalf("%s: channel closed", what)
		}
		return v
	case <-timer.C:
		t.Fatalf("%s: nothing within %v", what, patience)
	}
	panic("unreachable: Fatalf ends the test")
}

// AwaitClosed waits until ch is closed; values in it are passed over.
func AwaitClosed[T any](t testing.TB, ch <-chan T, what string) {
	t.Helper()
	awaitClosed(t, ch, what, patience)
}

func awaitClosed[T any](t testing.TB, ch <-chan T, what string, patience time.Duration) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case _, ok := <-ch:
			if !ok {
				return
			}
		case <-timer.C:
			t.Fatalf("%s: not closed within %v", what, patience)
		}
	}
}
