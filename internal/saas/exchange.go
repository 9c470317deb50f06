package saas

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"edged/internal/saas/wire"
)

// request is one call before it is sent.
type request struct {
	call    Call
	method  string
	path    string
	build   func() ([]byte, error) // makes body at the last moment; nil: body as it is
	body    []byte
	expired func() bool // nil: never
	urgent  bool        // counted by the pace, but not held back by it
	hide    []string    // what must not appear in Msg, beside token, key and secret
}

// do sends a call with a token, and once more with a fresh one after a 401.
func (c *Client) do(ctx context.Context, q request, decode func([]byte) error) error {
	if err := c.turn(ctx, q); err != nil {
		return c.failed(q.call, ctxClass(ctx), err)
	}
	for try := 1; ; try++ {
		if q.expired != nil && q.expired() {
			return c.failed(q.call, ClassTimeout, ErrExpired)
		}
		token, err := c.tokens.get(ctx)
		if err != nil {
			failed := asCall(ctx, q.call, err)
			c.observe(q.call, classOf(failed), time.Now(), failed)
			return failed
		}
		if q.build != nil {
			if q.body, err = q.build(); err != nil {
				return c.failed(q.call, ClassInvalid, err)
			}
		}
		err = c.exchange(ctx, q, token, decode)
		// A fresh token that is refused too is kept: the next call tries it first,
		// and does not cost a login before it knows.
		if try == 2 || !errors.Is(err, errUnauthorized) {
			return err
		}
		c.tokens.drop(token)
	}
}

// turn waits until the pace allows the call.
func (c *Client) turn(ctx context.Context, q request) error {
	if q.urgent {
		c.limiter.Reserve() // later calls wait for it
		return nil
	}
	return c.limiter.Wait(ctx)
}

// failed is a call that ended before it had a connection.
func (c *Client) failed(call Call, class Class, err error) error {
	failed := &CallError{Call: call, Class: class, Outcome: NotSent, Err: err}
	c.observe(call, class, time.Now(), failed)
	return failed
}

// exchange sends one request and judges its answer.
func (c *Client) exchange(ctx context.Context, q request, token wire.Secret, decode func([]byte) error) error {
	start := time.Now()
	failed := c.roundTrip(ctx, q, token, decode)
	if failed == nil {
		c.observe(q.call, ClassOK, start, nil)
		return nil
	}
	failed.Call = q.call
	failed.hide(slices.Concat(q.hide, []string{token.Reveal(), c.o.Key.Reveal(), c.o.Secret.Reveal()}))
	c.observe(q.call, failed.Class, start, failed)
	return failed
}

// roundTrip sends one request once and reads its answer.
func (c *Client) roundTrip(ctx context.Context, q request, token wire.Secret, decode func([]byte) error) *CallError {
	ctx, stop := context.WithTimeout(ctx, c.o.Timeout)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := &attempt{expired: q.expired, cancel: cancel}
	req, err := c.newRequest(a.trace(ctx), q, token)
	if err != nil {
		return &CallError{Class: ClassInvalid, Outcome: NotSent, Err: err}
	}
	resp, err := c.transport.RoundTrip(req)
	mayHaveLeft, tooLate := a.end()
	if err != nil {
		return transportError(ctx, err, mayHaveLeft, tooLate)
	}
	defer resp.Body.Close()
	r := reply{status: resp.StatusCode, header: resp.Header, now: c.Now()}
	r.body, r.err = io.ReadAll(io.LimitReader(resp.Body, wire.MaxAnswer+1))
	if r.err != nil {
		r.errClass = transportClass(ctx, r.err)
	}
	failed := r.judge(decode)
	if failed == nil || failed.Class == ClassRefused {
		c.saasTime.learn(resp.Header.Get("Date"))
	}
	return failed
}

func (c *Client) newRequest(ctx context.Context, q request, token wire.Secret) (*http.Request, error) {
	var body io.Reader
	if q.body != nil {
		body = bytes.NewReader(q.body)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, c.base+q.path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.o.UserAgent)
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json;charset=utf-8")
	}
	if !token.IsZero() {
		req.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	return req, nil
}

// transportError is a request that got no answer.
func transportError(ctx context.Context, err error, mayHaveLeft, tooLate bool) *CallError {
	if tooLate {
		return &CallError{Class: ClassTimeout, Outcome: NotSent, Err: ErrExpired}
	}
	outcome := NotSent
	if mayHaveLeft {
		outcome = InDoubt
	}
	return &CallError{Class: transportClass(ctx, err), Outcome: outcome, Err: err}
}

// asCall puts the failure to get a token into the words of the call that needed
// it: that call was not sent.
func asCall(ctx context.Context, call Call, err error) error {
	if err == nil {
		return nil
	}
	var login *CallError
	if !errors.As(err, &login) {
		return &CallError{Call: call, Class: ctxClass(ctx), Outcome: NotSent, Err: err}
	}
	if call == CallLogin {
		return login
	}
	return &CallError{Call: call, Class: login.Class, Outcome: NotSent, HTTPStatus: login.HTTPStatus, RetryAfter: login.RetryAfter, Msg: login.Msg, Err: login}
}

func classOf(err error) Class {
	var e *CallError
	if errors.As(err, &e) {
		return e.Class
	}
	return ClassOK
}

// hide cuts secrets out of what came back: a SaaS may quote the request in its
// words, a broken proxy in the line that net/http quotes as malformed.
func (e *CallError) hide(secrets []string) {
	e.Msg = redact(e.Msg, secrets)
	if e.Err == nil {
		return
	}
	if text := e.Err.Error(); redact(text, secrets) != text {
		e.Err = errors.New(redact(text, secrets))
	}
}

func redact(text string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "<hidden>")
		}
	}
	return text
}
