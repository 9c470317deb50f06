package mqtt

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"edged/internal/logkey"
)

const (
	window     = 16 // messages in flight
	goodbyeFor = 2 * time.Second
	quiesce    = 250 // milliseconds for DISCONNECT to leave
)

// session is one connection.
type session struct {
	c      *Client
	id     string
	paho   paho.Client
	since  time.Time  // the broker has acknowledged the birth
	lost   chan error // has room for the one end of the connection
	conn   net.Conn   // below MQTT
	flight chan message
}

// message is one PUBLISH.
type message struct {
	topic  string
	retain bool
	body   []byte
	spool  bool // it is the spool's, to be acknowledged there
	token  paho.Token
}

// session connects, publishes until the connection ends or ctx does, and returns why it
// ended. Everything it started has ended then, except what paho still tidies up.
func (c *Client) session(ctx context.Context) error {
	s, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer s.paho.Disconnect(quiesce)
	c.fresh()
	if err := s.birth(ctx); err != nil {
		return err
	}
	s.since = time.Now()
	c.metrics.connected.Set(1)
	c.lastErr = ""
	c.log.Info("fleet broker is connected", logkey.Addr, c.broker.Host)
	return s.publish(ctx)
}

func (c *Client) connect(ctx context.Context) (*session, error) {
	s := &session{c: c, id: newSession(), lost: make(chan error, 1), flight: make(chan message, window)}
	will, err := s.status(Offline, "lost")
	if err != nil {
		return nil, err
	}
	s.paho = paho.NewClient(c.options(ctx, will, func(err error) { s.lost <- err }, func(conn net.Conn) { s.conn = conn }))
	token := s.paho.Connect()
	<-token.Done() // openTimeout bounds it, ctx ends the dialling
	if err := token.Error(); err != nil {
		return nil, refusal(err)
	}
	return s, nil
}

func newSession() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

func (s *session) status(st State, reason string) ([]byte, error) {
	o := s.c.o
	return json.Marshal(status{
		V: payloadVersion, State: st, Site: o.Site, BootID: o.Clock.Read().Boot, Session: s.id, Version: o.Version, Reason: reason,
	})
}

// fresh marks every retained message as not sent: a broker may have lost them.
func (c *Client) fresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dirty = false // the birth says it
	c.unsent = c.unsent[:0]
	for id := range c.machines {
		c.unsent = append(c.unsent, id)
	}
}

func (c *Client) stateNow() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// birth is published and acknowledged before anything else.
func (s *session) birth(ctx context.Context) error {
	body, err := s.status(s.c.stateNow(), "")
	if err != nil {
		return err
	}
	return s.await(ctx, s.send(message{topic: s.c.topics.status(), retain: true, body: body}), ackTimeout)
}

// publish runs the pipeline: one goroutine sends, this one takes acknowledgements, in
// the order of sending. What is in flight when ctx ends has a moment to be acknowledged.
func (s *session) publish(ctx context.Context) error {
	grace, end := lasting(ctx, goodbyeFor)
	defer end()
	sending, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.sender(sending) }()
	err := s.acker(ctx, grace, ended)
	stop()
	<-ended
	if err == nil {
		if err = s.goodbye(grace); err != nil {
			_ = s.conn.Close() // without DISCONNECT: the last will says it then
		}
	}
	s.c.metrics.count(resultUnacked, len(s.flight))
	s.c.spool.Rewind()
	return err
}

// lasting is a context that outlives ctx by d.
func lasting(ctx context.Context, d time.Duration) (context.Context, func()) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return out, func() { stop(); cancel() }
}

// sender publishes what there is, at most a window ahead of the acknowledgements.
func (s *session) sender(ctx context.Context) error {
	for {
		m, ok, err := s.next(ctx)
		if err != nil {
			return err
		}
		if !ok {
			select {
			case <-ctx.Done():
				return nil
			case <-s.c.spool.Wake():
			case <-s.c.changed:
			}
			continue
		}
		m = s.send(m)
		select {
		case s.flight <- m:
		case <-ctx.Done():
			s.c.metrics.count(resultUnacked, 1)
			return nil
		}
	}
}

// send gives a message to paho. It blocks for WriteTimeout at most.
func (s *session) send(m message) message {
	m.token = s.paho.Publish(m.topic, 1, m.retain, m.body)
	return m
}

// next is what to publish next: how things are before what happened.
func (s *session) next(ctx context.Context) (message, bool, error) {
	if m, ok, err := s.retained(); ok || err != nil {
		return m, ok, err
	}
	it, ok, err := s.c.spool.Next(ctx)
	if !ok || err != nil {
		return message{}, false, err
	}
	topic := s.c.topics.events()
	if it.Track == trackTelemetry {
		topic = s.c.topics.telemetry()
	}
	return message{topic: topic, body: numbered(s.c.spool.Stream(), it, s.since), spool: true}, true, nil
}

// retained is the next message that the broker keeps.
func (s *session) retained() (message, bool, error) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dirty {
		c.dirty = false
		body, err := s.status(c.state, "")
		return message{topic: c.topics.status(), retain: true, body: body}, err == nil, err
	}
	if len(c.unsent) > 0 {
		id := c.unsent[0]
		c.unsent = c.unsent[1:]
		return message{topic: c.topics.machine(id), retain: true, body: c.machines[id]}, true, nil
	}
	return message{}, false, nil
}

// acker takes acknowledgements until the connection is lost or ctx ends (nil).
func (s *session) acker(ctx, grace context.Context, ended chan error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.lost:
			return fmt.Errorf("%w: connection lost: %w", ErrAway, err)
		case err := <-ended: // the store could not be read
			ended <- err
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("read events: %w", err)
		case m := <-s.flight:
			if err := s.settle(grace, m, ackTimeout); err != nil {
				return err
			}
		}
	}
}

// settle waits for the acknowledgement of one message and takes it.
func (s *session) settle(ctx context.Context, m message, patience time.Duration) error {
	if err := s.await(ctx, m, patience); err != nil {
		s.c.metrics.count(resultUnacked, 1)
		return err
	}
	s.c.metrics.count(resultAcked, 1)
	if m.spool {
		s.c.spool.Ack()
	}
	return nil
}

func (s *session) await(ctx context.Context, m message, patience time.Duration) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-m.token.Done():
		if err := m.token.Error(); err != nil {
			return fmt.Errorf("%w: publish: %w", ErrAway, err)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case err := <-s.lost:
		return fmt.Errorf("%w: connection lost: %w", ErrAway, err)
	case <-timer.C: // paho's token may never end
		return fmt.Errorf("%w: within %v", ErrSilent, patience)
	}
}

// goodbye says offline, and takes what is acknowledged soon: a clean DISCONNECT takes the
// last will away, so it is said also when an acknowledgement before it is late.
func (s *session) goodbye(ctx context.Context) error {
	body, err := s.status(Offline, "stopped")
	if err != nil {
		return err
	}
	last := s.send(message{topic: s.c.topics.status(), retain: true, body: body})
	for len(s.flight) > 0 {
		if err := s.settle(ctx, <-s.flight, goodbyeFor); err != nil {
			return err
		}
	}
	return s.await(ctx, last, goodbyeFor)
}
