package zvt

import (
	"encoding/hex"
	"fmt"
)

// Command is the first two bytes of a command or an answer: class and instruction.
type Command uint16

// Limits of the command header (section 4).
const (
	// MaxData is the longest data part of a command.
	MaxData = 0xFFFF
	// MaxAPDU is the longest command: header in its extended form and data.
	MaxAPDU = 5 + MaxData

	shortHeader    = 3    // class, instruction, length 00..FE
	extendedHeader = 5    // class, instruction, FF, length low, length high
	extendedMark   = 0xFF // in place of the length: two length bytes follow
)

// APDU is one command or answer, header taken apart, data not yet decoded.
// Data may hold card data: String and MarshalText show it redacted.
type APDU struct {
	Class, Instr byte
	Data         []byte
}

// Command returns class and instruction as one number.
func (a APDU) Command() Command { return Command(a.Class)<<8 | Command(a.Instr) }

// String returns the command as hex, fit for a log.
func (a APDU) String() string { return hex.EncodeToString(Redact(a.Append(nil))) }

// MarshalText returns what String does: an APDU in a JSON log line is redacted too.
func (a APDU) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Append writes the command with the shortest header it fits into. It panics on
// data longer than MaxData, which no decoder and no message of this room yields.
func (a APDU) Append(dst []byte) []byte {
	n := len(a.Data)
	if n > MaxData {
		panic("zvt: APDU data longer than MaxData")
	}
	if n < extendedMark {
		dst = append(dst, a.Class, a.Instr, byte(n))
		return append(dst, a.Data...)
	}
	dst = append(dst, a.Class, a.Instr, extendedMark, byte(n), byte(n>>8))
	return append(dst, a.Data...)
}

// Decode takes the first command off b and returns how many bytes it took.
// Data is a part of b, not a copy. The extended length is accepted for short data
// as well (section 4; low byte first, proven by captures). The only error is
// ErrTruncated: more bytes are needed.
func Decode(b []byte) (APDU, int, error) {
	head, n, ok := header(b)
	if !ok || len(b) < head+n {
		return APDU{}, 0, fmt.Errorf("command header and data: %w", ErrTruncated)
	}
	return APDU{Class: b[0], Instr: b[1], Data: b[head : head+n : head+n]}, head + n, nil
}

// DecodeExact decodes b, which must hold exactly one command, as in a serial frame.
func DecodeExact(b []byte) (APDU, error) {
	a, n, err := Decode(b)
	if err != nil {
		return APDU{}, err
	}
	if n != len(b) {
		return APDU{}, fmt.Errorf("%d bytes after the command: %w", len(b)-n, ErrLength)
	}
	return a, nil
}

// header returns the lengths of header and data; ok is false if b is too short to tell.
func header(b []byte) (head, data int, ok bool) {
	switch {
	case len(b) < shortHeader:
		return 0, 0, false
	case b[2] != extendedMark:
		return shortHeader, int(b[2]), true
	case len(b) < extendedHeader:
		return 0, 0, false
	}
	return extendedHeader, int(b[3]) | int(b[4])<<8, true
}
