package testutil

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// fakeTB records what a helper does to the test it is given.
type fakeTB struct {
	testing.TB
	logged   []string
	fatal    string
	cleanups []func()
}

func (f *fakeTB) Helper()           {}
func (f *fakeTB) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }
func (f *fakeTB) Log(args ...any)   { f.logged = append(f.logged, fmt.Sprint(args...)) }
func (f *fakeTB) Fatalf(format string, args ...any) {
	f.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// run calls fn as a test of its own and returns how it failed, or "".
func run(fn func(testing.TB)) string {
	f, done := &fakeTB{}, make(chan struct{})
	go func() {
		defer close(done)
		fn(f)
	}()
	<-done
	return f.fatal
}

func TestTheLoggerWritesIntoTheTestUntilItEnds(t *testing.T) {
	f := &fakeTB{}
	log := Logger(f)
	log.Debug("frame sent", "frame", "060022")
	if len(f.logged) != 1 || !strings.Contains(f.logged[0], `msg="frame sent" frame=060022`) || strings.HasSuffix(f.logged[0], "\n") {
		t.Errorf("logged %q", f.logged)
	}
	for _, fn := range f.cleanups {
		fn()
	}
	log.Info("too late")
	if len(f.logged) != 1 {
		t.Errorf("logged after the end: %q", f.logged)
	}
}

func TestAwait(t *testing.T) {
	full, closed := make(chan int, 1), make(chan int)
	full <- 7
	close(closed)
	if got := Await(t, full, "a value"); got != 7 {
		t.Errorf("Await = %d, want 7", got)
	}
	tests := []struct {
		name string
		fn   func(testing.TB)
		want string
	}{
		{"a closed channel fails", func(t testing.TB) { Await(t, closed, "the answer") }, "the answer: channel closed"},
		{"an empty one fails in time", func(t testing.TB) { await(t, full, "the answer", time.Millisecond) }, "the answer: nothing within 1ms"},
		{"closing is awaited", func(t testing.TB) { AwaitClosed(t, closed, "the end") }, ""},
		{"closing that never comes fails", func(t testing.TB) { awaitClosed(t, full, "the end", time.Millisecond) }, "the end: not closed within 1ms"},
	}
	for _, tt := range tests {
		if got := run(tt.fn); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
