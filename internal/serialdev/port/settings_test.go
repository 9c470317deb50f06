package port

import (
	"errors"
	"testing"
)

func TestSettings(t *testing.T) {
	tests := []struct {
		name string
		s    Settings
		ok   bool
	}{
		{"a stable name", Settings{Path: "/dev/serial/by-id/usb-FTDI-port0", Baud: 9600, StopBits: 2}, true},
		{"defaults", Settings{Path: "/dev/ttyUSB0"}, true},
		{"a TCP address", Settings{Path: "tcp://192.0.2.7:20007"}, true},
		{"an IPv6 address", Settings{Path: "tcp://[2001:db8::7]:20007"}, true},
		{"no path", Settings{}, false},
		{"a relative path", Settings{Path: "ttyUSB0"}, false},
		{"a TCP address without port", Settings{Path: "tcp://192.0.2.7"}, false},
		{"a TCP address without host", Settings{Path: "tcp://:20007"}, false},
		{"three stop bits", Settings{Path: "/dev/ttyUSB0", StopBits: 3}, false},
		{"a parity nobody knows", Settings{Path: "/dev/ttyUSB0", Parity: "mark"}, false},
		{"a negative baud rate", Settings{Path: "/dev/ttyUSB0", Baud: -1}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.s.Check()
			if tt.ok && err != nil || !tt.ok && !errors.Is(err, ErrSettings) {
				t.Errorf("got %v", err)
			}
			if _, err := NewOpener(Options{Settings: tt.s}); tt.ok != (err == nil) {
				t.Errorf("NewOpener: %v", err)
			}
			if tt.ok {
				return
			}
			_, err = Open(t.Context(), tt.s)
			wantErr(t, "Open", err, ErrSettings)
		})
	}
}
