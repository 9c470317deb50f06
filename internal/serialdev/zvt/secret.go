package zvt

import "strings"

// Password is the terminal's six-digit merchant password. It shows itself to nobody:
// String, GoString and MarshalText return stars.
type Password string

// DefaultPassword is what most terminals are delivered with (section 9).
const DefaultPassword Password = "000000"

// String hides the password.
func (p Password) String() string { return strings.Repeat("*", min(len(p), 6)) }

// GoString hides the password.
func (p Password) GoString() string { return p.String() }

// MarshalText hides the password.
func (p Password) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// AuthID is BMP 3B, the eight bytes of the authorisation attribute (approval code).
// It goes back to the terminal verbatim (section 6); the zero value is absent.
type AuthID [8]byte

// ParseAuthID pads the approval code s with NULs; it refuses more than eight bytes.
func ParseAuthID(s string) (AuthID, error) {
	var a AuthID
	if len(s) > len(a) {
		return AuthID{}, ErrRange
	}
	copy(a[:], s)
	return a, nil
}

// IsZero reports whether there is no approval code.
func (a AuthID) IsZero() bool { return a == AuthID{} }

// String returns the approval code without its padding; ParseAuthID brings it back.
func (a AuthID) String() string { return strings.TrimRight(string(a[:]), "\x00") }
