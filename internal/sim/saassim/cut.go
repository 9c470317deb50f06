package saassim

import (
	"net"
	"sync"
)

// Listen wraps the listener that serves the Sim, so that Cut also ends the
// connections that stand and those being made: a TLS client then fails in its
// handshake, before any request has left it.
func (s *Sim) Listen(ln net.Listener) net.Listener {
	l := &cutListener{Listener: ln, sim: s, conns: map[net.Conn]struct{}{}}
	s.mu.Lock()
	s.listeners = append(s.listeners, l)
	s.mu.Unlock()
	return l
}

type cutListener struct {
	net.Listener
	sim *Sim

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// Accept returns the next connection that is not cut off at once.
func (l *cutListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.sim.isCut() {
			c.Close()
			continue
		}
		l.mu.Lock()
		l.conns[c] = struct{}{}
		l.mu.Unlock()
		return &cutConn{Conn: c, l: l}, nil
	}
}

func (l *cutListener) cutAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.Close()
	}
	clear(l.conns)
}

// cutConn leaves the list when it is closed.
type cutConn struct {
	net.Conn
	l *cutListener
}

func (c *cutConn) Close() error {
	c.l.mu.Lock()
	delete(c.l.conns, c.Conn)
	c.l.mu.Unlock()
	return c.Conn.Close()
}
