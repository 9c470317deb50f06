package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"edged/internal/serialdev/port"
)

// A technician who has plugged the cable into the wrong socket sees what edged waits for.
func TestAPortThatCannotBeOpenedIsSaidOnceAndForgottenWhenItCan(t *testing.T) {
	var log bytes.Buffer
	o := &openings{log: slog.New(slog.NewTextHandler(&log, nil))}
	var err error
	open := o.watched(line{"front", displayDevice}, func(context.Context, port.Settings) (port.Line, error) { return nil, err })
	try := func(ctx context.Context, e error) {
		err = e
		_, _ = open(ctx, port.Settings{Path: "/dev/ttyUSB0"})
	}
	try(t.Context(), port.ErrNotFound)
	try(t.Context(), port.ErrNotFound)
	if got := o.of("front", displayDevice); !errors.Is(got, port.ErrNotFound) {
		t.Errorf("the reason is %v, want %v", got, port.ErrNotFound)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "port=/dev/ttyUSB0") || !strings.Contains(got, "code=EDG-PORT-002") {
		t.Errorf("logged:\n%swant one line with port and code", got)
	}
	try(t.Context(), port.ErrBusy)
	if got := log.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "EDG-PORT-003") {
		t.Errorf("another reason is not said:\n%s", got)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	try(stopped, context.Canceled)
	if got := o.of("front", displayDevice); !errors.Is(got, port.ErrBusy) {
		t.Errorf("the stop of the daemon is a reason: %v", got)
	}
	try(t.Context(), nil)
	if got := o.of("front", displayDevice); got != nil {
		t.Errorf("an open line has the reason %v", got)
	}
	if got := o.of("front", terminalDevice); got != nil {
		t.Errorf("the terminal has the display's reason %v", got)
	}
}
