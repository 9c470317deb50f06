package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edged/internal/admin"
	"edged/internal/config"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// badSite is a gateway's surroundings on real wires (HTTP, a serial line, the local
// socket), each of which may be replaced by something bad while the daemon runs.
type badSite struct {
	t    *testing.T
	dir  string
	conf string
	ctx  context.Context // of everything around the daemon
	saas *saassim.Sim
	term *readersim.Terminal

	front  atomic.Pointer[http.Handler] // stands before the SaaS; nil: nobody
	public string                       // base of the callback URLs
	log    logLines
	line   context.CancelFunc // ends what is plugged into the serial line
	lines  sync.WaitGroup
}

type badOptions struct {
	state  string // state_dir; "" is one beside the rest
	timers string // of the terminal's line
	saas   func(*saassim.Options)
}

// newBadSite starts the SaaS; nothing is plugged into the serial line yet.
func newBadSite(t *testing.T, o badOptions) *badSite {
	t.Helper()
	s := &badSite{t: t, dir: t.TempDir(), line: func() {}}
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithCancel(context.Background())
	so := saassim.Options{
		AppID: "P000000000000000", Key: "the key", Secret: "the secret", DetectAfter: 20 * time.Millisecond, RepeatEvery: 50 * time.Millisecond,
		Machines: []saassim.Machine{{ID: "2412090001", PreAuthorLimit: "50", Currency: "EUR"}},
		Default:  twoColas(),
	}
	if o.saas != nil {
		o.saas(&so)
	}
	var err error
	if s.saas, err = saassim.New(so); err != nil {
		t.Fatal(err)
	}
	s.term, err = readersim.New(readersim.Options{Timing: readersim.Timing{Host: 10 * time.Millisecond, Boot: 20 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := s.front.Load(); h != nil {
			(*h).ServeHTTP(w, r)
			return
		}
		s.saas.ServeHTTP(w, r)
	}))
	s.lines.Go(func() { _ = s.saas.Run(s.ctx) })
	s.lines.Go(func() { _ = s.term.Run(s.ctx) })
	t.Cleanup(func() {
		s.line()
		cancel()
		s.lines.Wait()
		srv.CloseClientConnections()
		srv.Close()
	})
	s.write(srv.URL, o)
	return s
}

// twoColas is a customer who takes goods for 5.00.
func twoColas() saassim.Script {
	return saassim.Script{Shop: &saassim.Shop{
		OpenAfter: 10 * time.Millisecond, CloseAfter: 30 * time.Millisecond,
		Take: []saassim.Line{{ID: "1", Name: "Cola", Count: "2", PriceMinor: 250}},
	}}
}

func (s *badSite) write(saasURL string, o badOptions) {
	s.t.Helper()
	for name, text := range map[string]string{"saas-key": "the key", "saas-secret": "the secret", "callback-key": strings.Repeat("ab", 32)} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	if o.state == "" {
		o.state = filepath.Join(s.dir, "state")
	}
	if o.timers == "" {
		o.timers = "{t1: 50ms, t2: 200ms, t3: 300ms, t4: 2s}"
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	s.public, s.conf = "http://"+addr, filepath.Join(s.dir, "edged.yaml")
	text := fmt.Sprintf(`
gateway: gw-test
state_dir: %s
saas: {base_url: %q, app_id: P000000000000000, timeout: 1s}
callbacks: {public_url: %q, listen: %q, poll: false}
lanes:
  - name: front
    doors: [{machine_id: "2412090001", door: 1}]
    terminal: {driver: zvt, port: %s, capture: partial_reversal, timers: %s}
metrics: {listen: ""}
console: {listen: ""}
queue: {reserve_bytes: 1MiB, retry_base: 50ms, retry_cap: 200ms}
admin_socket: %s
`, o.state, saasURL, s.public, addr, s.port(), o.timers, s.socket())
	if err := os.WriteFile(s.conf, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *badSite) port() string   { return filepath.Join(s.dir, "terminal") }
func (s *badSite) socket() string { return filepath.Join(s.dir, "edged.sock") }

// plug puts something else at the end of the serial line.
func (s *badSite) plug(serve func(ctx context.Context, link string) error) {
	s.line()
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	s.line = func() { cancel(); <-done }
	s.lines.Go(func() {
		defer close(done)
		_ = serve(ctx, s.port())
	})
}

// badDaemon is a daemon that runs.
type badDaemon struct {
	*admin.Client
	app  *App
	stop func()
}

// start runs the daemon; change may replace parts of its options.
func (s *badSite) start(change func(*Options)) *badDaemon {
	s.t.Helper()
	d, err := s.tryStart(change)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *badSite) tryStart(change func(*Options)) (*badDaemon, error) {
	s.t.Helper()
	conf, problems := config.Load(s.conf)
	if len(problems) > 0 {
		s.t.Fatal(problems)
	}
	secrets, _ := config.LoadSecrets(conf)
	o := Options{Config: conf, Secrets: secrets, Logger: slog.New(slog.NewTextHandler(io.MultiWriter(&s.log, s.t.Output()), nil))}
	if change != nil {
		change(&o)
	}
	a, err := New(context.Background(), o)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("the daemon ended with %v", err)
		}
	})
	s.t.Cleanup(stop)
	return &badDaemon{Client: admin.NewClient(s.socket()), app: a, stop: stop}, nil
}

// sell lets one customer buy, and gives the order when it is closed.
func (s *badSite) sell(d *badDaemon) admin.Order {
	s.t.Helper()
	s.status(d)
	before := s.orders(d)
	s.tap()
	var sold admin.Order
	s.await("the order is closed", func() bool {
		orders := s.orders(d)
		if len(orders) == len(before) {
			return false
		}
		sold = orders[0]
		return sold.Phase == "closed"
	})
	return sold
}

// tap holds a card to the terminal; it must be approved.
func (s *badSite) tap() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 15*time.Second)
	defer cancel()
	if res, err := s.term.Tap(ctx, readersim.Card{}); err != nil || !res.Approved {
		s.t.Fatalf("tap: %+v, %v", res, err)
	}
}

func (s *badSite) orders(d *badDaemon) []admin.Order {
	s.t.Helper()
	l, err := d.Orders(s.ctx, 100, false)
	if err != nil {
		s.t.Fatal(err)
	}
	return l.Orders
}

// status asks until the daemon answers: its socket opens last.
func (s *badSite) status(d *badDaemon) (st admin.Status) {
	s.t.Helper()
	s.await("the daemon answers", func() (ok bool) {
		var err error
		st, err = d.Status(s.ctx)
		return err == nil
	})
	return st
}

// await asks again and again: what happens on real wires tells nobody here when it
// is done.
func (s *badSite) await(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.After(15 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			s.t.Fatalf("not within 15 s: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// awaitProblem waits until edged status names a problem with each of these words.
func (s *badSite) awaitProblem(d *badDaemon, words ...string) admin.Status {
	s.t.Helper()
	var st admin.Status
	defer func() {
		if s.t.Failed() {
			s.t.Logf("problems: %q", st.Problems)
		}
	}()
	s.await(fmt.Sprintf("status says %q", words), func() bool {
		st = s.status(d)
		for _, w := range words {
			if !strings.Contains(strings.Join(st.Problems, "\n"), w) {
				return false
			}
		}
		return true
	})
	return st
}

// awaitSelling waits until the lane takes cards.
func (s *badSite) awaitSelling(d *badDaemon) {
	s.t.Helper()
	var st admin.Status
	defer func() {
		if s.t.Failed() {
			s.t.Logf("lanes: %+v", st.Lanes)
		}
	}()
	s.await("the lane sells", func() bool {
		st = s.status(d)
		return len(st.Lanes) == 1 && st.Lanes[0].Selling && st.Lanes[0].Armed
	})
}

// logLines keeps what the daemon logs.
type logLines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// count is the number of lines that have every one of the words.
func (l *logLines) count(words ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		has := true
		for _, w := range words {
			has = has && strings.Contains(line, w)
		}
		if has {
			n++
		}
	}
	return n
}

// size is how much was logged, in bytes.
func (l *logLines) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Len()
}
