package saas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"edged/internal/saas/wire"
)

var errUnauthorized = errors.New("unauthorised")

// maxRetryAfter bounds what the SaaS may ask for.
const maxRetryAfter = time.Hour

// reply is an answer as it came.
type reply struct {
	status   int
	header   http.Header
	body     []byte
	err      error // the body could not be read whole
	errClass Class
	now      time.Time // the SaaS's, for Retry-After dates without a Date
}

// judge decides what an answer means: nil is a yes.
//
//	2xx, readable yes          ok
//	2xx or 4xx, readable no    by the code in the body, else refused
//	401                        auth, refused: nothing was done, a fresh token may help
//	403                        auth, refused
//	429                        rate_limited, refused: it may be asked again
//	408                        timeout, in doubt: some proxy gave up waiting, on which side is not said
//	other 4xx                  refused; protocol, refused if no envelope says so
//	5xx                        server, in doubt: it may have been done
//	anything else, unreadable  protocol, in doubt
func (r reply) judge(decode func([]byte) error) *CallError {
	err := r.err
	if err == nil {
		err = r.decode(decode)
	}
	var no *wire.Refusal
	readableNo := errors.As(err, &no)
	code := r.status
	if readableNo && (code/100 == 2 || code/100 == 4) && no.StatusCode >= 400 {
		code = no.StatusCode
	}
	failed := &CallError{HTTPStatus: r.status, Err: err}
	if readableNo {
		failed.Msg, failed.Err = no.Msg, nil
	}
	switch {
	case code/100 == 2 && err == nil:
		return nil
	case code/100 == 2 && r.err != nil:
		failed.Class, failed.Outcome = r.errClass, InDoubt
	default:
		failed.Class, failed.Outcome = classify(code, readableNo, failed.Msg)
	}
	if code == http.StatusUnauthorized {
		failed.Err = errUnauthorized
	}
	failed.RetryAfter = r.retryAfter(failed.Class)
	return failed
}

// decode reads a body. An error status is never a yes, whatever its body says.
func (r reply) decode(decode func([]byte) error) error {
	if r.status/100 == 2 {
		return decode(r.body)
	}
	if _, err := wire.DecodeEnvelope(r.body); err != nil {
		return err
	}
	return fmt.Errorf("HTTP %d with a body that says yes", r.status)
}

// classify is the table above by code.
func classify(code int, readableNo bool, words string) (Class, Outcome) {
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return ClassAuth, Refused
	case code == http.StatusTooManyRequests, readableNo && code/100 != 5 && wire.SaysTooMany(words):
		return ClassRateLimited, Refused
	case code == http.StatusRequestTimeout:
		return ClassTimeout, InDoubt
	case code/100 == 5:
		return ClassServer, InDoubt
	case readableNo:
		return ClassRefused, Refused
	case code/100 == 4:
		return ClassProtocol, Refused
	default:
		return ClassProtocol, InDoubt
	}
}

// retryAfter reads the header in both its forms (RFC 9110 §10.2.3). A date counts
// from the answer's own Date.
func (r reply) retryAfter(class Class) time.Duration {
	if class != ClassRateLimited && class != ClassServer {
		return 0
	}
	text := strings.TrimSpace(r.header.Get("Retry-After"))
	var d time.Duration
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		d = time.Duration(min(max(seconds, 0), int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		from := r.now
		if date, err := http.ParseTime(r.header.Get("Date")); err == nil {
			from = date
		}
		d = at.Sub(from)
	}
	return min(max(d, 0), maxRetryAfter)
}

// transportClass tells why there was no answer.
func transportClass(ctx context.Context, err error) Class {
	var timeout net.Error
	var malformed textproto.ProtocolError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return ClassTimeout
	case ctx.Err() != nil:
		return ClassCancelled
	case errors.As(err, &timeout) && timeout.Timeout():
		return ClassTimeout
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &malformed), strings.Contains(err.Error(), "malformed"):
		return ClassProtocol
	}
	return ClassNetwork
}

// ctxClass tells why a wait ended.
func ctxClass(ctx context.Context) Class {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ClassCancelled
	}
	return ClassTimeout
}
