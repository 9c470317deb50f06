package mqtt

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	prom "github.com/prometheus/client_golang/prometheus/testutil"

	"edged/internal/clock"
	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/mqtt/spool"
	"edged/internal/queue"
	"edged/internal/testutil"
)

// gateway is a client under test on a real store.
type gateway struct {
	*Client
	stop func()
}

// startGateway runs a client until the test ends.
func startGateway(t *testing.T, o Options) gateway {
	t.Helper()
	store, err := queue.Open(t.Context(), queue.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	system, err := clock.NewSystem()
	if err != nil {
		t.Fatal(err)
	}
	o.Gateway, o.Site, o.Version, o.Clock, o.Store = "gw-1", "lobby-3", "1.2.3", system, store
	if o.Limit.Entries == 0 {
		o.Limit = spool.Limit{Entries: 100_000, Bytes: 32 << 20, Memory: 4 << 20}
	}
	if o.Logger == nil {
		o.Logger = testutil.Logger(t)
	}
	o.RetryBase, o.RetryCap, o.WriteTimeout = 10*time.Millisecond, 50*time.Millisecond, 300*time.Millisecond
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := testutil.Await(t, done, "end of the client"); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return gateway{c, stop}
}

func (m *mosquitto) over(scheme string) Options {
	url := map[string]string{"tcp": "tcp://", "tls": "tls://", "cert": "mqtts://", "ws": "ws://", "wss": "wss://"}[scheme]
	conf := &tls.Config{RootCAs: m.ca}
	o := Options{Broker: url + m.addr(scheme), TLS: func() (*tls.Config, error) { return conf, nil }}
	if scheme == "cert" {
		conf.Certificates = []tls.Certificate{m.cert}
		return o
	}
	o.Username, o.Password = "gw-1", func() string { return password }
	return o
}

func orderEvent(i int) Event {
	return Event{Order: &OrderEvent{OrderID: "0123456789ABCDEFGHJKMNPQRS", Lane: "front", MachineID: "1", Door: 1, Phase: "holding", Currency: "EUR", Held: int64(i)}}
}

func isStatus(a arrived, s State) bool {
	var p status
	return strings.HasSuffix(a.topic, "/status") && json.Unmarshal(a.body, &p) == nil && p.State == s
}

func holds(s State) func([]arrived) bool {
	return func(list []arrived) bool {
		for _, a := range list {
			if isStatus(a, s) {
				return true
			}
		}
		return false
	}
}

func TestEveryWayToTheBrokerConnects(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	tests := []struct{ name, scheme string }{
		{"plain on this machine, with a password", "tcp"},
		{"TLS with a password", "tls"},
		{"TLS with a client certificate", "cert"},
		{"WebSocket with a password", "ws"},
		{"WebSocket over TLS with a password", "wss"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWatcher(t)
			w.subscribe(m.addr("tcp"))
			reg := prometheus.NewRegistry()
			o := m.over(tt.scheme)
			o.Registerer = reg
			g := startGateway(t, o)
			g.State(Online)
			g.Event(orderEvent(1))
			g.Telemetry(Telemetry{UptimeSeconds: 1})
			w.await("birth, event and telemetry", func(list []arrived) bool {
				events, _ := w.numbers("/events")
				telemetry, _ := w.numbers("/telemetry")
				return holds(Online)(list) && events[1] > 0 && telemetry[1] > 0
			})
			if v := prom.ToFloat64(g.metrics.connected); v != 1 {
				t.Errorf("edged_mqtt_connected is %v, want 1", v)
			}
			g.stop()
			w.await("goodbye", holds(Offline))
			for _, a := range w.all() {
				validate(t, a.topic, a.body)
			}
		})
	}
}

// TestEveryNumberArrivesOverKillsOfTheBroker: what the watcher has seen is what was
// committed to the spool minus the announced gaps, to the number.
func TestEveryNumberArrivesOverKillsOfTheBroker(t *testing.T) {
	kills := 10
	if os.Getenv("EDGED_TORTURE") == "1" {
		kills = 50
	}
	m := newMosquitto(t)
	w, g := newWatcher(t), newGate()
	o := m.over("tls")
	o.DialContext = g.dial
	o.Limit = spool.Limit{Entries: 1000, Bytes: 1 << 20, Memory: 1 << 20}
	client := startGateway(t, o)
	ctx, end := context.WithCancel(t.Context())
	made := make(chan int)
	go load(ctx, client.Client, made)
	for range kills {
		m.start()
		w.subscribe(m.addr("tcp"))
		had := len(w.all())
		g.leave()
		w.await("messages of this life", func(list []arrived) bool { return len(list) > had+40 })
		g.shut()
		m.kill()
		w.ended()
	}
	end()
	n := testutil.Await(t, made, "end of the load")
	m.start()
	w.subscribe(m.addr("tcp"))
	client.Event(orderEvent(n)) // behind every gap
	g.leave()
	w.await("the last event", func([]arrived) bool { seen, _ := w.numbers("/events"); return seen[uint64(n+1)] > 0 })
	seen, gaps := w.numbers("/events")
	var twice int
	for q := uint64(1); q <= uint64(n+1); q++ {
		if (seen[q] > 0) == (gaps[q] > 0) {
			t.Errorf("number %d came %d times and was announced %d times as a gap", q, seen[q], gaps[q])
		}
		if seen[q] > 1 {
			twice++
		}
	}
	if len(seen)+len(gaps) != n+1 {
		t.Errorf("%d numbers came and %d were announced, want %d together", len(seen), len(gaps), n+1)
	}
	t.Logf("%d kills, %d events: %d came (%d more than once), %d announced as thinned", kills, n+1, len(seen), twice, len(gaps))
}

// load makes events until ctx ends, and tells how many.
func load(ctx context.Context, c *Client, made chan int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			made <- n
			return
		case <-tick.C:
			c.Event(orderEvent(n))
		}
	}
}

func TestTheLastWillHasTheSessionOfTheBirth(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	w := newWatcher(t)
	w.subscribe(m.addr("tcp"))
	conns := make(chan net.Conn, 8)
	o := m.over("tls")
	o.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			conns <- conn
		}
		return conn, err
	}
	g := startGateway(t, o)
	g.State(Online)
	w.await("birth", holds(Online))
	// The line ends without DISCONNECT. (A Close here would be paho's own to it.)
	if err := testutil.Await(t, conns, "connection").(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	w.await("last will and another birth", func(list []arrived) bool { return len(lives(t, list)) >= 2 })
	list := lives(t, w.all())
	if list[0] == list[1] {
		t.Errorf("two connections have the session %s", list[0])
	}
}

// lives are the sessions in order of birth; it fails when a will has none of them.
func lives(t *testing.T, list []arrived) (births []string) {
	t.Helper()
	for _, a := range list {
		var p status
		if json.Unmarshal(a.body, &p) != nil || !strings.HasSuffix(a.topic, "/status") {
			continue
		}
		known := len(births) > 0 && births[len(births)-1] == p.Session
		switch {
		case p.State != Offline && !known:
			births = append(births, p.Session)
		case p.State == Offline && !known:
			t.Fatalf("a will of session %s behind births %v", p.Session, births)
		}
	}
	return births
}

func TestABrokerThatHangsHoldsUpNobody(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	w := newWatcher(t)
	w.subscribe(m.addr("tcp"))
	g := startGateway(t, m.over("tls"))
	w.await("birth", holds(Degraded))
	if err := m.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	const n = 5000
	for i := range n {
		g.Event(orderEvent(i))
	}
	took := time.Since(began)
	if err := m.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if took > 5*time.Second {
		t.Errorf("%d events took %v while the broker hangs", n, took)
	}
	w.await("everything", func(list []arrived) bool { return len(list) > n && w.has("/events", n) })
	t.Logf("%d events were taken in %v while the broker hangs", n, took)
}

func (w *watcher) has(topic string, n uint64) bool { seen, _ := w.numbers(topic); return seen[n] > 0 }

// codes notes the code of each warning.
type codes struct {
	slog.Handler
	refused *atomic.Int64
}

func (c codes) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == logkey.Code && a.Value.Any() == errcode.MQTTRefused {
			c.refused.Add(1)
		}
		return true
	})
	return nil
}

func (c codes) WithAttrs([]slog.Attr) slog.Handler { return c }

func TestARefusalIsLoggedOnceAndTriedAgain(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	var refused, asked atomic.Int64
	again := make(chan struct{})
	o := m.over("tls")
	o.Logger = slog.New(codes{testutil.Logger(t).Handler(), &refused})
	o.Password = func() string {
		if asked.Add(1) == 6 {
			close(again)
		}
		return "wrong"
	}
	g := startGateway(t, o)
	testutil.AwaitClosed(t, again, "six tries")
	if n := refused.Load(); n != 1 {
		t.Errorf("%d warnings with %s, want 1", n, errcode.MQTTRefused)
	}
	if v := prom.ToFloat64(g.metrics.connected); v != 0 {
		t.Errorf("edged_mqtt_connected is %v, want 0", v)
	}
}

// TestM10_TheBrokersCertificateIsJudgedByTheGivenTime: a gateway in 1970 asks with the
// last time it knows.
func TestM10_TheBrokersCertificateIsJudgedByTheGivenTime(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	tests := []struct {
		name string
		at   time.Time
		want error
	}{
		{"now", time.Now(), nil},
		{"in 1970", time.Unix(0, 0), ErrAway},
		{"a day on", time.Now().Add(24 * time.Hour), ErrAway},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := m.over("tls").withDefaults()
			o.Gateway, o.Clock, o.VerifyTime = "gw-1", clock.NewFake(time.Now()), func() time.Time { return tt.at }
			broker, err := url.Parse(o.Broker)
			if err != nil {
				t.Fatal(err)
			}
			c := &Client{o: o, broker: broker, topics: topicsOf("gw-1")}
			s, err := c.connect(t.Context())
			if !errors.Is(err, tt.want) {
				t.Fatalf("connect: %v, want %v", err, tt.want)
			}
			if err == nil {
				s.paho.Disconnect(quiesce)
			}
		})
	}
}
