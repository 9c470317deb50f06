package escpos

import "errors"

// Errors of this room.
var (
	// ErrTruncated is returned when the input ends inside a command: read more.
	ErrTruncated = errors.New("escpos: truncated")
	// ErrRange is returned by Append and AppendSetup for an operation or a value that
	// no display has.
	ErrRange = errors.New("escpos: value out of range")
)
