package zvt

import "errors"

// Errors of this room. All are wrapped with the place they were found at.
var (
	// ErrTruncated is returned when the input ends before the command does. On a
	// byte stream it means: read more.
	ErrTruncated = errors.New("zvt: truncated")
	// ErrLength is returned when a length inside a command does not fit into it, is
	// malformed, or when bytes follow where none may.
	ErrLength = errors.New("zvt: bad length")
	// ErrDigit is returned when a nibble or character that must be a decimal digit
	// is none.
	ErrDigit = errors.New("zvt: not a decimal digit")
	// ErrTag is returned when a TLV tag is malformed or cannot carry what it was
	// given.
	ErrTag = errors.New("zvt: bad TLV tag")
	// ErrDepth is returned when TLV objects are nested deeper than maxTLVDepth.
	ErrDepth = errors.New("zvt: TLV nested too deep")
	// ErrRange is returned by Append when a value does not fit its field.
	ErrRange = errors.New("zvt: value does not fit its field")
	// ErrMissing is returned by Append when a value that must be sent is not set.
	ErrMissing = errors.New("zvt: value missing")
	// ErrUnknownCommand is returned by Parse for a command this room has no message
	// for. The protocol's answer to it is Nack{Code: ResultUnknownCommand}.
	ErrUnknownCommand = errors.New("zvt: unknown command")
)
