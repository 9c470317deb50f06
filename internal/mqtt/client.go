package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/clock"
	"edged/internal/logkey"
	"edged/internal/mqtt/spool"
)

// Options of New. Broker, Gateway, Clock and Store are required.
type Options struct {
	Broker   string // tls, ssl, mqtts, tcp, mqtt, ws or wss URL
	Gateway  string
	Site     string
	Version  string
	Username string        // "": none
	Password func() string // asked at each connect; nil: none
	// TLS is asked at each connect of an encrypted scheme; nil: the system's roots. Its
	// error is one to retry.
	TLS func() (*tls.Config, error)

	// VerifyTime is the time at which certificates are judged (M10); nil: the wall clock.
	VerifyTime func() time.Time
	// DialContext opens a TCP connection; nil: net.Dialer. WebSocket does without.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	Clock clock.Clock
	Store spool.Store
	Limit spool.Limit

	RetryBase time.Duration // between tries to connect; 0 = 1 s
	RetryCap  time.Duration // 0 = 5 min
	// WriteTimeout bounds one write, and giving a message to a connection that has just
	// been lost; 0 = 5 s.
	WriteTimeout time.Duration
	Logger       *slog.Logger
	Registerer   prometheus.Registerer
}

// Client publishes. Its methods may be called from many goroutines before and while
// Run runs.
type Client struct {
	o       Options
	broker  *url.URL
	topics  topics
	spool   *spool.Spool
	metrics *metrics
	log     *slog.Logger
	changed chan struct{} // a retained message is to be sent

	mu       sync.Mutex
	state    State
	dirty    bool              // state was not sent on this connection
	machines map[string][]byte // payloads by machine
	unsent   []string          // machines whose payload was not sent on this connection

	lastErr string // logged last; Run's
}

// New makes a client that takes everything at once and connects in Run. Errors:
// ErrOptions, spool.ErrOptions, or a metric registered twice.
func New(o Options) (*Client, error) {
	broker, err := url.Parse(o.Broker)
	if err != nil || broker.Host == "" || !slices.Contains(schemes(), broker.Scheme) {
		return nil, fmt.Errorf("%w: broker is no URL of a known scheme", ErrOptions)
	}
	if o.Gateway == "" || o.Clock == nil {
		return nil, fmt.Errorf("%w: gateway and clock are needed", ErrOptions)
	}
	o = o.withDefaults()
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	c := &Client{
		o: o, broker: broker, topics: topicsOf(o.Gateway), metrics: m, log: o.Logger.With(logkey.Component, "mqtt"),
		changed: make(chan struct{}, 1), state: Degraded, machines: map[string][]byte{},
	}
	c.spool, err = spool.New(spool.Options{
		Store: o.Store, Limit: o.Limit, Logger: c.log,
		Thinned: func(n int) { m.count(resultThinned, n) },
		Wall:    func() (time.Time, bool) { r := o.Clock.Read(); return r.Wall, r.Synced },
	})
	return c, err
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.DialContext == nil {
		o.DialContext = (&net.Dialer{}).DialContext
	}
	if o.Password == nil {
		o.Password = func() string { return "" }
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = 5 * time.Second
	}
	if o.TLS == nil {
		o.TLS = func() (*tls.Config, error) { return &tls.Config{}, nil }
	}
	if o.RetryBase == 0 {
		o.RetryBase = time.Second
	}
	if o.RetryCap == 0 {
		o.RetryCap = 5 * time.Minute
	}
	return o
}

// Event takes something that happened. It never blocks.
func (c *Client) Event(e Event) {
	class := spool.Order
	if e.Order == nil {
		class = spool.Alarm
	}
	body, err := eventBody(c.stamp(), e)
	c.add(trackEvents, class, body, err)
}

// Telemetry takes how the gateway is doing. It never blocks.
func (c *Client) Telemetry(t Telemetry) {
	body, err := telemetryBody(c.stamp(), t)
	c.add(trackTelemetry, spool.Telemetry, body, err)
}

// The numbers are on disk.
const (
	trackEvents    spool.Track = 1
	trackTelemetry spool.Track = 2
)

func (c *Client) add(t spool.Track, class spool.Class, body []byte, err error) {
	if err != nil { // a number that JSON has no form for
		c.metrics.count(resultThinned, 1)
		return
	}
	c.spool.Add(t, class, body)
}

// Machine takes what is known of a cabinet; the last is what the broker keeps. It
// never blocks.
func (c *Client) Machine(m Machine) {
	body, err := machineBody(c.stamp(), m)
	if err != nil {
		return
	}
	c.mu.Lock()
	c.machines[m.MachineID] = body
	if !slices.Contains(c.unsent, m.MachineID) {
		c.unsent = append(c.unsent, m.MachineID)
	}
	c.mu.Unlock()
	c.tellChanged()
}

// State says how the gateway is doing as a whole; before the first call it is
// degraded. It never blocks.
func (c *Client) State(s State) {
	c.mu.Lock()
	c.dirty = c.dirty || c.state != s
	c.state = s
	c.mu.Unlock()
	c.tellChanged()
}

func (c *Client) tellChanged() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *Client) stamp() stamp { return stampOf(c.o.Clock.Read()) }

// Run connects, publishes and connects again until ctx ends; then it says goodbye and
// writes what the broker has not taken. It returns no error of the broker or the store.
func (c *Client) Run(ctx context.Context) error {
	keep, stop := context.WithCancel(context.WithoutCancel(ctx))
	kept := make(chan error, 1)
	go func() { kept <- c.spool.Run(keep) }()
	c.connections(ctx)
	stop()
	return <-kept
}

// connections makes one after the other.
func (c *Client) connections(ctx context.Context) {
	for attempt := 0; ctx.Err() == nil; {
		began := time.Now()
		err := c.session(ctx)
		c.metrics.connected.Set(0)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= steady {
			attempt, c.lastErr = 0, ""
		}
		wait := backoff(attempt, c.o.RetryBase, c.o.RetryCap)
		attempt++
		c.report(err, wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// report logs why there is no connection, the same reason once.
func (c *Client) report(err error, wait time.Duration) {
	if err.Error() == c.lastErr {
		return
	}
	c.lastErr = err.Error()
	c.log.Warn("no connection to the fleet broker", logkey.Addr, c.broker.Host, logkey.Err, err, logkey.Wait, wait, logkey.Code, codeOf(err))
}

// refusal sorts an error of connecting.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	for _, no := range refusals() {
		if errors.Is(err, no) {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}
