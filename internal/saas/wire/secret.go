package wire

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a text that must not be seen: a key, a token. Every way of printing
// or marshalling it gives "<hidden>"; Reveal alone gives the text. The text sits
// behind a pointer because fmt asks no method of a value in an unexported field:
// there it prints an address. The zero Secret is empty.
type Secret struct{ text *string }

const hidden = "<hidden>"

// NewSecret hides s.
func NewSecret(s string) Secret { return Secret{&s} }

// Reveal gives the text, for the wire only.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero tells whether the text is empty.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String hides the text.
func (Secret) String() string { return hidden }

// Format hides the text from every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue hides the text from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the text from JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
