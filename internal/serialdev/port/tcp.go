package port

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// TCP timing. Keep-alive finds a terminal that lost power; the values are those that
// EVerest uses in the field.
const (
	dialTimeout       = 5 * time.Second
	keepAliveIdle     = 10 * time.Second
	keepAliveInterval = 5 * time.Second
	keepAliveCount    = 3
)

// tcpLine is a TCP connection with the errors of a line.
type tcpLine struct {
	path string
	conn net.Conn

	closing  sync.Once
	closeErr error
}

func dial(ctx context.Context, path, addr string) (Line, error) {
	d := net.Dialer{
		Timeout: dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount,
		},
	}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w: %w", path, ErrUnreachable, bare(err))
	}
	return &tcpLine{path: path, conn: conn}, nil
}

func (l *tcpLine) Read(p []byte) (int, error) {
	n, err := l.conn.Read(p)
	return n, wrap("read", l.path, err)
}

func (l *tcpLine) Write(p []byte) (int, error) {
	n, err := l.conn.Write(p)
	return n, wrap("write", l.path, err)
}

func (l *tcpLine) SetReadDeadline(t time.Time) error {
	return wrap("set read deadline", l.path, l.conn.SetReadDeadline(t))
}

func (l *tcpLine) SetWriteDeadline(t time.Time) error {
	return wrap("set write deadline", l.path, l.conn.SetWriteDeadline(t))
}

// Close lets the kernel deliver what was written: an acknowledgement that gets lost
// here would make a terminal reverse a payment.
func (l *tcpLine) Close() error {
	l.closing.Do(func() { l.closeErr = wrap("close", l.path, l.conn.Close()) })
	return l.closeErr
}
