package demo

import (
	"errors"
	"net"
	"sync"
)

// errLinkLost is returned by a connection that was open while the link was down.
var errLinkLost = errors.New("the link was down")

// link is the line between the gateway and the SaaS. While it is down nothing arrives
// and nobody is told, as behind a router without power; what stood or was made
// meanwhile is gone when it is back, with all that was on its way.
type link struct {
	mu    sync.Mutex
	up    chan struct{} // closed while the link is up
	age   int           // how often it was down
	conns map[*linkConn]struct{}
}

func newLink() *link {
	l := &link{up: make(chan struct{}), conns: map[*linkConn]struct{}{}}
	close(l.up)
	return l
}

// Down stops everything until Up; it does nothing to a link that is down.
func (l *link) Down() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isUp() {
		l.up = make(chan struct{})
		l.age++
	}
}

// Up ends what was there while the link was down.
func (l *link) Up() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isUp() {
		return
	}
	l.dropLocked()
	close(l.up)
}

// Drop ends every connection at once, as when a peer dies; the link stays as it is.
func (l *link) Drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropLocked()
}

func (l *link) dropLocked() {
	for c := range l.conns {
		_ = c.Conn.Close() // it takes itself off the list when its user closes it
	}
}

func (l *link) isUp() bool {
	select {
	case <-l.up:
		return true
	default:
		return false
	}
}

// Wrap puts a connection on the link.
func (l *link) Wrap(c net.Conn) net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	lc := &linkConn{Conn: c, link: l, age: l.age, closed: make(chan struct{})}
	l.conns[lc] = struct{}{}
	return lc
}

// Listen puts what a listener accepts on the link.
func (l *link) Listen(ln net.Listener) net.Listener { return &linkListener{Listener: ln, link: l} }

type linkListener struct {
	net.Listener
	link *link
}

func (l *linkListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.link.Wrap(c), nil
}

// linkConn is one connection over the link.
type linkConn struct {
	net.Conn
	link *link
	age  int // of the link when it was made

	once   sync.Once
	closed chan struct{}
}

// Read gives nothing that arrived while the link was down.
func (c *linkConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if lost := c.await(); lost != nil {
		return 0, lost
	}
	return n, err
}

func (c *linkConn) Write(b []byte) (int, error) {
	if lost := c.await(); lost != nil {
		return 0, lost
	}
	return c.Conn.Write(b)
}

// await blocks while the link is down, or until the connection is closed. It fails if
// the link was down since the connection was made.
func (c *linkConn) await() error {
	c.link.mu.Lock()
	up, lost := c.link.up, c.link.age != c.age
	c.link.mu.Unlock()
	select {
	case <-up:
	case <-c.closed:
		return net.ErrClosed
	}
	if lost {
		return errLinkLost
	}
	return nil
}

func (c *linkConn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.link.mu.Lock()
		delete(c.link.conns, c)
		c.link.mu.Unlock()
	})
	return c.Conn.Close()
}
