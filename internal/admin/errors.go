package admin

import (
	"errors"
	"fmt"
	"net/http"

	"edged/internal/errcode"
)

// Errors of a Backend, of the server and, over the wire, of the Client.
var (
	// ErrNotFound is returned for an order, lane or queue entry nobody knows.
	ErrNotFound = errors.New("not found")

	// ErrRequest is returned when the request itself is wrong: the caller's fault.
	ErrRequest = errors.New("wrong request")

	// ErrConflict is returned when the thing exists but what was asked for is not
	// possible for it now. Nothing has changed.
	ErrConflict = errors.New("not possible")

	// ErrUnavailable is returned when edged cannot do it at the moment (it stops, its
	// store is being repaired, the SaaS does not answer).
	ErrUnavailable = errors.New("not possible at the moment")
)

// Errors of Listen and of the Client.
var (
	// ErrInUse is returned by Listen when another process answers on the socket.
	ErrInUse = errcode.New(errcode.RunInUse, "another process answers on the socket")

	// ErrNotSocket is returned by Listen when the path is taken by something else.
	ErrNotSocket = errcode.New(errcode.RunNoSocket, "not a socket")

	// ErrNotRunning is returned by the Client when nobody answers.
	ErrNotRunning = errcode.New(errcode.RunNotRunning, "edged is not running")

	// ErrPermission is returned by the Client when this user may not use the socket.
	ErrPermission = errcode.New(errcode.RunNoAccess, "permission denied")
)

// wireErrors is how errors travel: the code is part of the API.
func wireErrors() []struct {
	err    error
	code   string
	status int
} {
	return []struct {
		err    error
		code   string
		status int
	}{
		{ErrNotFound, "not_found", http.StatusNotFound},
		{ErrRequest, "wrong_request", http.StatusBadRequest},
		{ErrConflict, "conflict", http.StatusConflict},
		{ErrUnavailable, "unavailable", http.StatusServiceUnavailable},
	}
}

// codeOf classifies an error; what is none of the above is the daemon's own.
func codeOf(err error) (string, int) {
	for _, w := range wireErrors() {
		if errors.Is(err, w.err) {
			return w.code, w.status
		}
	}
	return "internal", http.StatusInternalServerError
}

// Failure is the JSON of an error.
type Failure struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		// ErrorCode says what was wrong, for a person; "": the message says all.
		ErrorCode errcode.Code `json:"error_code,omitempty"`
	} `json:"error"`
}

// failed makes the Client's error of a Failure, with its code, and its sentinel in the
// chain. The message already says what the sentinel would.
func (f Failure) failed(status int) error {
	err := f.sentinel(status)
	if f.Error.ErrorCode == "" {
		return err
	}
	return errcode.Wrap(f.Error.ErrorCode, err)
}

func (f Failure) sentinel(status int) error {
	for _, w := range wireErrors() {
		if f.Error.Code == w.code {
			return &wireError{f.Error.Message, w.err}
		}
	}
	if f.Error.Message == "" {
		return fmt.Errorf("edged answers HTTP %d", status)
	}
	return errors.New(f.Error.Message)
}

type wireError struct {
	message string
	kind    error
}

func (e *wireError) Error() string { return e.message }
func (e *wireError) Unwrap() error { return e.kind }
