// Package testutil owns what tests of several rooms need and what itself needs
// package testing: a logger into the test's log, and waiting with a deadline.
//
// It promises that a wait that cannot end fails the test with its name instead of
// hanging the run. Only _test.go files import it.
package testutil

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
)

// Logger writes every record, debug included, into t's log. Records that come
// after the test has ended are dropped: writing them would panic.
func Logger(t testing.TB) *slog.Logger {
	t.Helper()
	w := &testLog{t: t}
	t.Cleanup(w.close)
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type testLog struct {
	mu sync.Mutex
	t  testing.TB // nil once the test has ended
}

func (w *testLog) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.t != nil {
		w.t.Log(string(bytes.TrimRight(p, "\n")))
	}
	return len(p), nil
}

func (w *testLog) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t = nil
}
