package httpd

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// grace is how long a connection keeps its place whatever comes: time for a header that
// is on its way, and for an answer to leave. It also paces a flood of connections: max
// of them in this time.
const grace = 50 * time.Millisecond

// perSecond is how many connections are taken in a second, after as many at once. A
// gateway needs a handful; a flood that has more would take the processor from the sale
// that is in progress.
const perSecond = 1000

// limited is a listener with at most max open connections. A further client gets in at
// once: the connection that is missed least is shed for it. Accept waits only when every
// one of them is inside a handler or in its grace, or when there were too many of late.
//
// There is no bound for each address: all callbacks may come through one proxy.
type limited struct {
	net.Listener
	max  int
	pace *rate.Limiter
	done chan struct{} // closed with the listener

	mu     sync.Mutex
	freed  sync.Cond // a place or a connection to shed may be there, or the listener is closed
	open   int       // connections that have a place
	held   int       // those that the server has not closed, shed ones too
	queues [busy]list.List
	closed bool
}

// stage is how far a connection is with its request. Those below busy may be shed, the
// lower ones first, of one stage that which has been there longest.
type stage int

const (
	idle     stage = iota // between two requests
	answered              // the handler has returned; what is left is lingering for the client
	fresh                 // the first header is not here yet
	busy                  // inside the handler
)

func limit(l net.Listener, n int) net.Listener {
	out := &limited{Listener: l, max: n, pace: rate.NewLimiter(perSecond, perSecond), done: make(chan struct{})}
	out.freed.L = &out.mu
	return out
}

// Accept waits for a client and makes place for it. A server lingers with some of the
// shed connections for half a second: with more than max of those it waits too, so
// that the memory of a flood is bounded.
func (l *limited) Accept() (net.Conn, error) {
	if !l.hold() {
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		l.letGo()
		return nil, err
	}
	conn := &limitedConn{Conn: c, l: l}
	if !l.paced() || !l.place(conn) {
		_ = conn.Close() // nobody was answered on it
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l *limited) hold() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.held >= 2*l.max && !l.closed {
		l.freed.Wait()
	}
	if l.closed {
		return false
	}
	l.held++
	return true
}

// paced waits until one more may be taken; false: the listener was closed meanwhile.
func (l *limited) paced() bool {
	wait := l.pace.Reserve().Delay()
	if wait == 0 {
		return true
	}
	select {
	case <-time.After(wait):
		return true
	case <-l.done:
		return false
	}
}

func (l *limited) letGo() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held--
	l.freed.Broadcast()
}

// place gives c a place; false: the listener was closed while it waited.
func (l *limited) place(c *limitedConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open >= l.max && !l.closed {
		if wait, ok := l.shed(); ok {
			break
		} else if wait > 0 {
			time.AfterFunc(wait, l.freed.Broadcast)
		}
		l.freed.Wait()
	}
	if l.closed {
		return false
	}
	l.open++
	c.placed = true
	c.enter(fresh)
	return true
}

// shed closes the connection that is missed least, if there is one beyond its grace;
// else it tells after what time there will be, 0 if nobody knows. It needs mu.
func (l *limited) shed() (wait time.Duration, ok bool) {
	for s := range l.queues {
		first := l.queues[s].Front()
		if first == nil {
			continue
		}
		c := first.Value.(*limitedConn)
		if left := grace - time.Since(c.since); left > 0 && stage(s) != idle {
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		c.leave()
		_ = c.Conn.Close() // the server finds it closed, and closes it again
		return 0, true
	}
	return wait, false
}

func (l *limited) Close() error {
	l.mu.Lock()
	if !l.closed {
		close(l.done)
	}
	l.closed = true
	l.freed.Broadcast()
	l.mu.Unlock()
	return l.Listener.Close()
}

// limitedConn is a connection with a place. l.mu guards its fields.
type limitedConn struct {
	net.Conn
	l      *limited
	once   sync.Once
	placed bool // it counts among the open ones
	stage  stage
	since  time.Time     // it has been in this stage
	queued *list.Element // nil: busy, or no place any more
}

// Close gives back what is left to give, once, however often it is called.
func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.l.mu.Lock()
		defer c.l.mu.Unlock()
		c.leave()
		c.l.held--
		c.l.freed.Broadcast()
	})
	return err
}

// at notes how far the connection is.
func (c *limitedConn) at(s stage) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	if !c.placed {
		return // shed
	}
	c.dequeue()
	c.enter(s)
	if s < busy {
		c.l.freed.Broadcast()
	}
}

// enter queues the connection where it belongs. It needs mu.
func (c *limitedConn) enter(s stage) {
	c.stage, c.since = s, time.Now()
	if s < busy {
		c.queued = c.l.queues[s].PushBack(c)
	}
}

// dequeue needs mu.
func (c *limitedConn) dequeue() {
	if c.queued != nil {
		c.l.queues[c.stage].Remove(c.queued)
		c.queued = nil
	}
}

// leave gives the place back. It needs mu.
func (c *limitedConn) leave() {
	c.dequeue()
	if c.placed {
		c.placed = false
		c.l.open--
	}
}

// note passes on what the server says of a connection. It says "active" when the
// header of a request is here (net/http, conn.serve).
func note(c net.Conn, state http.ConnState) {
	conn, ok := limitedOf(c)
	if !ok {
		return
	}
	switch state {
	case http.StateActive:
		conn.at(busy)
	case http.StateIdle:
		conn.at(idle)
	}
}

// limitedOf is the connection under TLS, or c itself.
func limitedOf(c net.Conn) (*limitedConn, bool) {
	if secure, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = secure.NetConn()
	}
	conn, ok := c.(*limitedConn)
	return conn, ok
}

// connKey is where a request's context has its connection.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	if conn, ok := limitedOf(c); ok {
		return context.WithValue(ctx, connKey{}, conn)
	}
	return ctx
}

// handled notes that the request's handler has returned.
func handled(r *http.Request) {
	if conn, ok := r.Context().Value(connKey{}).(*limitedConn); ok {
		conn.at(answered)
	}
}
