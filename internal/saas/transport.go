package saas

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// idleTimeout ends kept connections before home routers forget them: a request
	// written into a forgotten one is in doubt until the timeout.
	idleTimeout = 20 * time.Second
	maxIdle     = 4 // the pace bounds how many are in use
	maxHeader   = 64 << 10
)

// dialer opens connections with the gate on top.
type dialer struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	tls  *tls.Config // nil: plain
	addr string      // host:port of the SaaS
	// timeout bounds opening: the transport does not end a dial with the request
	// that wanted it.
	timeout time.Duration
}

func newDialer(o Options, base *url.URL) *dialer {
	d := &dialer{dial: o.DialContext, addr: hostPort(base), timeout: o.Timeout}
	if base.Scheme != "https" {
		return d
	}
	d.tls = o.TLS.Clone()
	d.tls.Time = o.VerifyTime
	d.tls.NextProtos = nil // HTTP/1.1: one exchange a connection at a time
	d.tls.MinVersion = max(d.tls.MinVersion, tls.VersionTLS12)
	if d.tls.ServerName == "" {
		d.tls.ServerName = base.Hostname()
	}
	if d.tls.ClientSessionCache == nil {
		d.tls.ClientSessionCache = tls.NewLRUClientSessionCache(maxIdle)
	}
	return d
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// open connects and shakes hands.
func (d *dialer) open(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	raw, err := d.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if d.tls == nil {
		return &gateConn{Conn: raw}, nil
	}
	secure := tls.Client(raw, d.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error is the news
		return nil, err
	}
	return &gateConn{Conn: secure}, nil
}

// transport has no proxy and follows nothing: what it is given goes out once.
func (d *dialer) transport() *http.Transport {
	return &http.Transport{
		DialContext:            d.open,
		DialTLSContext:         d.open,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
	}
}
