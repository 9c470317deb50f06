package supervise

import (
	"errors"
	"fmt"

	"edged/internal/errcode"
)

var (
	// ErrStuck is returned by Supervisor.Run when a service did not return within
	// its stop time. Its goroutine is abandoned: the process is to exit.
	ErrStuck = errcode.New(errcode.RunHangs, "service did not stop in time")
	// ErrOptions is returned when options or services cannot be used.
	ErrOptions = errors.New("unusable options")
)

// verdict is what a service's error asks of the supervisor.
type verdict int

const (
	retry verdict = iota
	leaveDown
	stopAll
)

// verdictError carries a verdict through any wrapping.
type verdictError struct {
	err     error
	verdict verdict
}

func (e *verdictError) Error() string { return e.err.Error() }
func (e *verdictError) Unwrap() error { return e.err }

// Permanent marks err as one that trying again cannot cure: the service is left
// down, the others go on. Permanent(nil) is nil.
func Permanent(err error) error { return mark(err, leaveDown) }

// Fatal marks err as one that the whole program must stop for, such as a store that
// cannot be opened. Fatal(nil) is nil.
func Fatal(err error) error { return mark(err, stopAll) }

func mark(err error, v verdict) error {
	if err == nil {
		return nil
	}
	return &verdictError{err: err, verdict: v}
}

// verdictOf reads the outermost mark; an unmarked error means retry.
func verdictOf(err error) verdict {
	var v *verdictError
	if errors.As(err, &v) {
		return v.verdict
	}
	return retry
}

// PanicError is a panic of a service, turned into an error that is retried.
type PanicError struct {
	Service string
	Value   any
	Stack   []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("service %s panicked: %v", e.Service, e.Value)
}
