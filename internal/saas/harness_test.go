package saas

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/saas/wire"
)

// pipes is a listener whose connections are net.Pipes, so that it works in a
// synctest bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	dials  int
	mu     sync.Mutex
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	p.mu.Lock()
	p.dials++
	p.mu.Unlock()
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) dialed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dials
}

// seen is one request as the server got it.
type seen struct {
	method, path, auth, contentType string
	body                            []byte
}

// server is a SaaS whose answers a test writes.
type server struct {
	*pipes
	mu     sync.Mutex
	logins int
	calls  []seen
	// answer is asked for everything but logins; login, if set, for logins.
	answer http.HandlerFunc
	login  http.HandlerFunc
}

const loginAnswer = `{"Token":"t0ken-1","ExpiresIn":7200}`

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	if r.URL.Path == "/OpenApi/Login" {
		s.logins++
	} else {
		s.calls = append(s.calls, seen{r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), body})
	}
	s.mu.Unlock()
	switch {
	case r.URL.Path != "/OpenApi/Login":
		s.answer(w, r)
	case s.login != nil:
		s.login(w, r)
	default:
		_, _ = io.WriteString(w, loginAnswer)
	}
}

func (s *server) counts() (logins, calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins, len(s.calls)
}

func (s *server) last(t *testing.T) seen {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) == 0 {
		t.Fatal("the server saw no call")
	}
	return s.calls[len(s.calls)-1]
}

// pause lets a handler take d, or until its client has gone.
func pause(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}

// says answers every call with one text.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const machineAnswer = `{"statusCode":200,"data":{"machineId":"m1","signal":3,"temperature":"4","runningState":1},"succeeded":true,"errors":null}`

// start serves s until the test ends; call it inside the bubble.
func (s *server) start(t *testing.T) func() {
	t.Helper()
	s.pipes = newPipes()
	if s.answer == nil {
		s.answer = says(200, machineAnswer)
	}
	srv := &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(s.pipes)
	}()
	return func() {
		_ = srv.Close()
		<-done
	}
}

func options(dial func(context.Context, string, string) (net.Conn, error)) Options {
	return Options{
		BaseURL: "http://saas.test", AppID: "P1", Key: wire.NewSecret("k3y"), Secret: wire.NewSecret("s3cret"),
		DialContext: dial, RequestsPerSecond: 1000, Rand: func() float64 { return 0.5 },
	}
}

// run plays f in a bubble with a server and a client of it.
func run(t *testing.T, s *server, adjust func(*Options), f func(t *testing.T, c *Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		stop := s.start(t)
		defer stop()
		o := options(s.dial)
		if adjust != nil {
			adjust(&o)
		}
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		f(t, c)
	})
}

func callError(t *testing.T, err error) *CallError {
	t.Helper()
	var e *CallError
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T), want a *CallError", err, err)
	}
	return e
}

// wantFailure checks the two words that others act on.
func wantFailure(t *testing.T, err error, class Class, outcome Outcome) *CallError {
	t.Helper()
	e := callError(t, err)
	if e.Class != class || e.Outcome != outcome {
		t.Errorf("%v: %s, %s, want %s, %s", err, e.Class, e.Outcome, class, outcome)
	}
	return e
}

func never() bool { return false }

func door() wire.OpenDoorRequest {
	return wire.OpenDoorRequest{
		OrderID: "01K8ZQ4T9M6W2X5Y7A3B1C0D8E", MachineID: "m1", DoorNo: 1,
		NotifyURL: wire.NewSecret("https://cb.test/v1/gw/01K8ZQ4T9M6W2X5Y7A3B1C0D8E/amxGMZ9BPu2V2hXAQRiXWj"),
	}
}

const doorAnswer = `{"statusCode":200,"data":{"orderId":"01K8ZQ4T9M6W2X5Y7A3B1C0D8E","transeType":0,"action":"PreOpenDoor","status":true,"msg":"ok","data":null,"TransId":"77"},"succeeded":true,"errors":null}`

// certificate makes a server certificate for saas.test, and the pool that trusts it.
func certificate(t *testing.T, from, to time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "saas.test"}, DNSNames: []string{"saas.test"},
		NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// bufferedConn takes what arrives at once, as a socket does: over a bare net.Pipe
// the two sides of a failing handshake would both write and never read.
type bufferedConn struct {
	net.Conn
	chunks chan []byte
	rest   []byte
}

func buffered(c net.Conn) net.Conn {
	b := &bufferedConn{Conn: c, chunks: make(chan []byte, 64)}
	go func() {
		defer close(b.chunks)
		for {
			chunk := make([]byte, 16<<10)
			n, err := c.Read(chunk)
			if err != nil {
				return
			}
			b.chunks <- chunk[:n]
		}
	}()
	return b
}

func (b *bufferedConn) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		chunk, ok := <-b.chunks
		if !ok {
			return 0, io.EOF
		}
		b.rest = chunk
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}
