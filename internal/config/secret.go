package config

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[hidden]"

// Secret is a key, password or token. However it is printed, logged or encoded it
// shows "[hidden]"; Reveal is the one way to its value.
//
// The value sits behind a pointer because fmt calls no method of a value in an
// unexported field of a struct: there it prints an address instead.
type Secret struct{ value *string }

// NewSecret wraps a value that did not come from a secret file.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal is the value, for the one who uses it; "" if there is none.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet tells whether there is a value at all.
func (s Secret) IsSet() bool { return s.Reveal() != "" }

// String implements fmt.Stringer.
func (Secret) String() string { return hidden }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return hidden }

// Format hides the value from every verb, %x included.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the value from JSON and every other text encoder.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalYAML implements the YAML encoder's interface.
func (Secret) MarshalYAML() (any, error) { return hidden, nil }
