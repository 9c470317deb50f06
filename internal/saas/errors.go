package saas

import (
	"errors"
	"fmt"
	"time"

	"edged/internal/errcode"
	"edged/internal/saas/wire"
)

var (
	// ErrExpired is wrapped when OpenDoor's deadline was over before the request
	// was begun. Nothing was written.
	ErrExpired = errors.New("the deadline of the command is over")
	// ErrClosed is wrapped when the client is closed.
	ErrClosed = errors.New("the client is closed")
	// ErrOptions is wrapped when options cannot be used.
	ErrOptions = errors.New("options not valid")
)

// Outcome is what is known of the effect of a failed call. The texts are metric
// labels and journal entries.
type Outcome string

const (
	// NotSent means that the request surely never left: DNS, connect, TLS or the
	// login failed, or it was refused here.
	NotSent Outcome = "not_sent"
	// Refused means that the SaaS answered that it was not done.
	Refused Outcome = "refused"
	// InDoubt means that at least a byte of the request was written and that no
	// answer says what became of it.
	InDoubt Outcome = "in_doubt"
)

// Class is what kind of failure it was. The texts are metric labels.
type Class string

// The classes. ClassOK is not an error: it is told to OnCall and the metrics.
const (
	ClassOK          Class = "ok"
	ClassNetwork     Class = "network"      // DNS, connect, TLS, connection lost
	ClassTimeout     Class = "timeout"      // no answer in time, or ErrExpired
	ClassCancelled   Class = "cancelled"    // the caller gave up, or Close
	ClassAuth        Class = "auth"         // 401 after a fresh login, 403, login refused
	ClassRateLimited Class = "rate_limited" // 429, or words that say so
	ClassServer      Class = "server"       // 5xx
	ClassRefused     Class = "refused"      // a readable envelope that says no
	ClassProtocol    Class = "protocol"     // HTML, garbage, truncated, redirect
	ClassInvalid     Class = "invalid"      // the request breaks the document; a mistake of ours
)

// Classes lists every class, ClassOK first.
func Classes() []Class {
	return []Class{
		ClassOK, ClassNetwork, ClassTimeout, ClassCancelled, ClassAuth,
		ClassRateLimited, ClassServer, ClassRefused, ClassProtocol, ClassInvalid,
	}
}

// ErrCode is the code of a failure of this class; "" for ClassOK and ClassCancelled.
func (c Class) ErrCode() errcode.Code {
	switch c {
	case ClassNetwork:
		return errcode.SaaSNetwork
	case ClassTimeout:
		return errcode.SaaSTimeout
	case ClassAuth:
		return errcode.SaaSAuth
	case ClassRateLimited:
		return errcode.SaaSRateLimited
	case ClassServer:
		return errcode.SaaSServer
	case ClassRefused:
		return errcode.SaaSRefused
	case ClassProtocol:
		return errcode.SaaSProtocol
	case ClassInvalid:
		return errcode.SaaSInvalid
	}
	return ""
}

// Reachable tells whether a call of this class shows that the SaaS answers.
func (c Class) Reachable() bool {
	switch c {
	case ClassOK, ClassAuth, ClassRateLimited, ClassRefused:
		return true
	}
	return false
}

// CallError is every error of the client.
type CallError struct {
	Call       Call
	Class      Class
	Outcome    Outcome
	HTTPStatus int           // of the answer; 0 if there was none
	RetryAfter time.Duration // what the SaaS asked for, at most an hour; 0 if nothing
	Msg        string        // the SaaS's words, without secrets; "" if none
	Err        error         // the cause, which may be nil
}

// Error reads "open_door: server (in_doubt): HTTP 502: …".
func (e *CallError) Error() string {
	s := fmt.Sprintf("%s: %s (%s)", e.Call, e.Class, e.Outcome)
	if e.HTTPStatus != 0 {
		s += fmt.Sprintf(": HTTP %d", e.HTTPStatus)
	}
	if e.Msg != "" {
		s += fmt.Sprintf(": %q", e.Msg)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// ErrCode implements errcode.Coded.
func (e *CallError) ErrCode() errcode.Code { return e.Class.ErrCode() }

// Unwrap gives the cause.
func (e *CallError) Unwrap() error { return e.Err }

// AlreadyReported tells whether the refusal of a report says that it was taken
// before. On a repeat that is an acknowledgement (DESIGN M4); whether this was a
// repeat, only the caller knows.
func (e *CallError) AlreadyReported() bool {
	return e.Class == ClassRefused && wire.AlreadyReported(e.Msg)
}
