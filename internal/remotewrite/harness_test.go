package remotewrite

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipes is a listener of pipes: sockets would stop the time of a bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
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

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "receiver", Net: "pipe"} }

// receiver is an HTTP server with a script of answers, in a bubble.
type receiver struct {
	t     *testing.T
	pipes *pipes
	srv   *http.Server

	mu      sync.Mutex
	down    bool     // nobody connects any more
	mute    bool     // requests are read and not answered
	answers []answer // for the next requests; then it takes everything
	got     []request
}

type answer struct {
	status int
	header http.Header
	body   string
}

type request struct {
	at     time.Time
	header http.Header
	body   []byte
	taken  bool
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, pipes: &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}}
	r.srv = &http.Server{Handler: http.HandlerFunc(r.serve)}
	done := make(chan struct{})
	go func() { defer close(done); _ = r.srv.Serve(r.pipes) }()
	t.Cleanup(func() { _ = r.srv.Close(); <-done })
	return r
}

func (r *receiver) serve(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	mute := r.mute
	r.mu.Unlock()
	if mute {
		<-req.Context().Done()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a := answer{status: http.StatusNoContent}
	if len(r.answers) > 0 {
		a, r.answers = r.answers[0], r.answers[1:]
	}
	r.got = append(r.got, request{time.Now(), req.Header, body, a.status/100 == 2})
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

func (r *receiver) setDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

func (r *receiver) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	r.mu.Lock()
	down := r.down
	r.mu.Unlock()
	if down {
		return nil, fmt.Errorf("no route")
	}
	here, there := net.Pipe()
	select {
	case r.pipes.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// points are the points of one series in the order in which they were taken.
func (r *receiver) points(name string, version int) (out []point) {
	for _, q := range r.requests() {
		if !q.taken {
			continue
		}
		for _, s := range decode(r.t, version, q.body) {
			if strings.HasPrefix(s.labels, name+"{") {
				out = append(out, s.points...)
			}
		}
	}
	return out
}

// pushing is a Writer at work on one counter that grows with every gathering.
type pushing struct {
	*Writer
	t    *testing.T
	reg  *prometheus.Registry
	log  *bytes.Buffer
	r    *receiver
	stop func()
}

const every = 30 * time.Second

func push(t *testing.T, change func(*Options)) *pushing {
	r := newReceiver(t)
	p := &pushing{t: t, reg: prometheus.NewRegistry(), r: r, log: &bytes.Buffer{}}
	n := 0.0
	p.reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "gathered_total", Help: "G."}, func() float64 { n++; return n }))
	o := Options{
		Gatherer: p.reg, URL: "http://receiver/api/v1/write", Labels: map[string]string{"instance": "gw1", "site": ""},
		Interval: every, Logger: slog.New(slog.NewTextHandler(p.log, nil)), Registerer: p.reg, UserAgent: "edged/test",
		Transport: func() (*http.Transport, error) { return &http.Transport{DialContext: r.dial}, nil },
	}
	if change != nil {
		change(&o)
	}
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	p.Writer = w
	ctx, cancel := context.WithCancel(t.Context())
	sendCtx, cancelSend := context.WithCancel(t.Context())
	gathered, sent := make(chan error, 1), make(chan error, 1)
	go func() { gathered <- w.Gather(ctx) }()
	go func() { sent <- w.Send(sendCtx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-gathered; err != nil {
			t.Errorf("Gather: %v", err)
		}
		cancelSend()
		if err := <-sent; err != nil {
			t.Errorf("Send: %v", err)
		}
	})
	t.Cleanup(p.stop)
	return p
}

func (p *pushing) answer(as ...answer) {
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	p.r.answers = append(p.r.answers, as...)
}

func (p *pushing) counted(name, result string) float64 {
	p.t.Helper()
	c := p.metrics.samples
	if name == "requests" {
		c = p.metrics.requests
	}
	return testutil.ToFloat64(c.WithLabelValues(result))
}

func after(d time.Duration) {
	time.Sleep(d) // of a bubble's time
	synctest.Wait()
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
