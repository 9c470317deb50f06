package wire

import (
	"errors"
	"fmt"
	"strconv"
)

var (
	// ErrSyntax is returned when the bytes are not one JSON value: HTML,
	// truncated, or something after the value.
	ErrSyntax = errors.New("not JSON")
	// ErrShape is returned when the JSON is not what belongs there: an array
	// for an object, a missing name, a number that is none.
	ErrShape = errors.New("unexpected shape")
	// ErrDuplicate is returned when a name that is read occurs twice in one object.
	ErrDuplicate = errors.New("name occurs twice")
	// ErrTooLarge is returned when the input exceeds a bound in length or count.
	ErrTooLarge = errors.New("too large")
	// ErrTooDeep is returned when arrays and objects are nested deeper than 32.
	ErrTooDeep = errors.New("nested too deep")
	// ErrRequest is returned when a request to encode lacks a required field or
	// breaks a bound of the vendor's document.
	ErrRequest = errors.New("request not valid")
)

// FormatError says where and why bytes from outside could not be read. Its text
// never contains the value itself, which may be a token.
type FormatError struct {
	Offset int    // of the offending byte; within the inner text if Path says so
	Path   string // such as "data.orderId"; "" is the whole
	What   string // wanted and got
	Err    error  // one of the sentinels above
}

// Error reads "byte 17: data.orderId: unexpected shape: want string, got array".
func (e *FormatError) Error() string {
	s := "byte " + strconv.Itoa(e.Offset) + ": "
	if e.Path != "" {
		s += e.Path + ": "
	}
	s += e.Err.Error()
	if e.What != "" {
		s += ": " + e.What
	}
	return s
}

// Unwrap gives the sentinel.
func (e *FormatError) Unwrap() error { return e.Err }

// RequestError says what a request lacks. It is a mistake of ours.
type RequestError struct {
	Call string // such as "OpenDoor"
	What string
}

// Error names the call and the mistake.
func (e *RequestError) Error() string { return e.Call + ": " + ErrRequest.Error() + ": " + e.What }

// Unwrap gives ErrRequest.
func (e *RequestError) Unwrap() error { return ErrRequest }

// Refusal is an answer that could be read and says no. StatusCode is the one of
// the envelope (0 in a bare answer), which can be 401, 429 or 5xx under HTTP 200.
type Refusal struct {
	StatusCode int
	Msg        string // the SaaS's words, at most 512 characters
}

// Error names the code and the SaaS's words.
func (r *Refusal) Error() string {
	if r.StatusCode == 0 {
		return fmt.Sprintf("refused by the SaaS: %q", r.Msg)
	}
	return fmt.Sprintf("refused by the SaaS: statusCode %d: %q", r.StatusCode, r.Msg)
}
