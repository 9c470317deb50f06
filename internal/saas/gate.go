package saas

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"sync"
)

// attempt watches one exchange where it meets the connection. It is the one judge
// of whether a request left, and it holds M5: the first byte does not pass once
// the command has expired.
type attempt struct {
	expired func() bool // nil: never
	cancel  context.CancelCauseFunc

	mu      sync.Mutex
	closed  bool // nothing more may be written
	began   int  // writes that are under way
	left    bool // at least a byte was taken
	tooLate bool // the first write was refused by expired
}

var errGateClosed = errors.New("the exchange is over")

// before asks for leave to write.
func (a *attempt) before() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return errGateClosed
	}
	if !a.left && a.began == 0 && a.expired != nil && a.expired() {
		a.closed, a.tooLate = true, true
		a.cancel(ErrExpired) // or the transport would try the next connection
		return ErrExpired
	}
	a.began++
	return nil
}

// after tells how a write ended. A write that took nothing left nothing: of a TLS
// record that was cut the peer can use no byte.
func (a *attempt) after(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.began--
	a.left = a.left || n > 0
}

// end shuts the gate and tells what is known: whether a byte may have left. A
// write still under way counts as one that left.
func (a *attempt) end() (mayHaveLeft, tooLate bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	return a.left || a.began > 0, a.tooLate
}

// trace ties the attempt to the connection that the transport picks for it, each
// time it picks one: a reused connection that turns out dead before it took a byte
// is replaced.
func (a *attempt) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if c, ok := info.Conn.(*gateConn); ok {
				c.serve(a)
			}
		},
	})
}

// gateConn is a connection above TLS: what passes through Write is the request
// itself. HTTP/1.1 only, so that one exchange has it at a time.
type gateConn struct {
	net.Conn
	mu      sync.Mutex
	serving *attempt
}

func (c *gateConn) serve(a *attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serving = a
}

// Write passes b on if the exchange that has the connection may write.
func (c *gateConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	a := c.serving
	c.mu.Unlock()
	if a == nil {
		return 0, errGateClosed
	}
	if err := a.before(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	a.after(n)
	return n, err
}
