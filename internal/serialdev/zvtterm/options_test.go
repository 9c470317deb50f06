package zvtterm

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestOptionsThatCannotWork(t *testing.T) {
	good := Options{Lane: "front", Currency: "EUR", Capture: CaptureBookTotal, Open: func(context.Context) (Line, error) { return nil, errStore }}
	if _, err := New(good); err != nil {
		t.Fatalf("New: %v", err)
	}
	tests := []struct {
		name   string
		change func(*Options)
	}{
		{"no Open", func(o *Options) { o.Open = nil }},
		{"no way to capture: there is no default", func(o *Options) { o.Capture = "" }},
		{"an unknown way to capture", func(o *Options) { o.Capture = "both" }},
		{"no currency", func(o *Options) { o.Currency = "" }},
		{"a password of letters", func(o *Options) { o.Password = "secret" }},
		{"a short password", func(o *Options) { o.Password = "1234" }},
		{"a profile that nobody knows", func(o *Options) { o.Profile = "abacus" }},
		{"holds over an end of day that takes them", func(o *Options) { o.Profile, o.HoldsOverEndOfDay = "card-complete", true }},
		{"a baud rate without a code", func(o *Options) { o.Baud = 38400 }},
		{"a negative timer", func(o *Options) { o.Timers.T3 = -time.Second }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := good
			tt.change(&o)
			_, err := New(o)
			if !errors.Is(err, ErrOptions) {
				t.Errorf("New returned %v, want ErrOptions", err)
			}
			if o.Password != "" && strings.Contains(err.Error(), string(o.Password)) {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

// TestM8_LogsHaveNeitherCardNorPassword: debug logs have frames, with both masked.
func TestM8_LogsHaveNeitherCardNorPassword(t *testing.T) {
	var log bytes.Buffer
	script := arm50 + yes +
		"< 04 0F 17 27 00 04 00 00 00 00 50 00 87 01 23 22 F0 F8 41 11 11 11 11 11 11 11\n> …\n" + timedOut
	play(t, script, armCommand(1), func(o *Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	text := log.String()
	if !strings.Contains(text, "frame=040f17") {
		t.Errorf("the result was not logged:\n%s", text)
	}
	for _, secret := range []string{"4111111111111111", "41111111111111"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %s:\n%s", secret, text)
		}
	}
	if !strings.Contains(text, "frame=060010") || strings.Contains(text, "060010000000") {
		t.Errorf("the log has the password, or no registration:\n%s", text)
	}
}
