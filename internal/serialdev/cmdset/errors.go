package cmdset

import "errors"

// Errors of this room.
var (
	// ErrTruncated is returned when the input ends inside a command: read more.
	ErrTruncated = errors.New("truncated")
	// ErrRange is returned by Append for an operation or a value that the command set
	// does not have.
	ErrRange = errors.New("value out of range")
)
