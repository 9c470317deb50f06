package callback

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// KeySize is the length of a master or gateway key in bytes.
const KeySize = sha256.Size

// secret is a key that prints itself as "<hidden>" in every way. It sits behind a
// pointer because fmt asks no method of a value in an unexported field: there it
// prints the address of a string (but the content of an array).
type secret struct{ raw *string }

func newSecret(b []byte) secret {
	s := string(b)
	return secret{&s}
}

const hidden = "<hidden>"

// String hides the key.
func (secret) String() string { return hidden }

// Format hides the key from every verb.
func (secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue hides the key from slog.
func (secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the key from JSON and YAML.
func (secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// hex is the key as a key file holds it.
func (s secret) hex() string { return hex.EncodeToString([]byte(*s.raw)) }

func (s secret) sum(message string) []byte {
	h := hmac.New(sha256.New, []byte(*s.raw))
	h.Write([]byte(message))
	return h.Sum(nil)
}

// Key is a gateway's key: it signs and checks the paths of that gateway only. The
// zero Key is unusable; NewRing refuses it.
type Key struct{ secret }

// Reveal is the key as the gateway's key file holds it: 64 hex digits.
func (k Key) Reveal() string { return k.hex() }

// Master is the key that the relay holds. Gateway keys are derived from it, so
// that a stolen gateway speaks for no other.
type Master struct{ secret }

// NewMaster makes a master of 32 random bytes, which the caller draws.
func NewMaster(random [KeySize]byte) Master { return Master{newSecret(random[:])} }

// Reveal is the master as the relay's key file holds it: 64 hex digits.
func (m Master) Reveal() string { return m.hex() }

// Derive gives a gateway's key: HMAC-SHA256(master, "edged callback key v1|" +
// gateway), DESIGN §7. The master must come from NewMaster or ParseMasters.
func (m Master) Derive(gateway string) Key {
	return Key{newSecret(m.sum("edged callback key v1|" + gateway))}
}

// ParseKeys reads a gateway's key file: one key a line, the first signs, all are
// accepted. Empty lines and lines that begin with # are skipped. The error names
// the line, never its text.
func ParseKeys(file string) ([]Key, error) {
	secrets, err := parseSecrets(file)
	keys := make([]Key, 0, len(secrets))
	for _, s := range secrets {
		keys = append(keys, Key{s})
	}
	return keys, err
}

// ParseMasters reads the relay's key file, which has the same form.
func ParseMasters(file string) ([]Master, error) {
	secrets, err := parseSecrets(file)
	masters := make([]Master, 0, len(secrets))
	for _, s := range secrets {
		masters = append(masters, Master{s})
	}
	return masters, err
}

func parseSecrets(file string) ([]secret, error) {
	var out []secret
	n := 0
	for line := range strings.Lines(file) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		b, err := hex.DecodeString(line)
		if err != nil || len(b) != KeySize {
			return nil, fmt.Errorf("line %d: %w", n, ErrKey)
		}
		out = append(out, newSecret(b))
	}
	if len(out) == 0 {
		return nil, ErrNoKey
	}
	return out, nil
}
