package mqtt

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	prom "github.com/prometheus/client_golang/prometheus/testutil"

	"edged/internal/clock"
	"edged/internal/mqtt/spool"
	"edged/internal/queue"
	"edged/internal/testutil"
)

// pipeBroker is the other end of a connection in a bubble, where no socket may be: it
// acknowledges the first so many messages of each connection, and answers pings.
type pipeBroker struct {
	acks  int
	kicks bool // it ends a connection as soon as it has acknowledged the birth
	lives int
	got   []arrived
}

func (b *pipeBroker) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	b.lives++
	go b.serve(there)
	return here, nil
}

func (b *pipeBroker) serve(conn net.Conn) {
	defer conn.Close()
	for acked := 0; ; {
		p, err := packets.ReadPacket(conn)
		if err != nil {
			return
		}
		var answer packets.ControlPacket
		switch p := p.(type) {
		case *packets.ConnectPacket:
			answer = packets.NewControlPacket(packets.Connack)
		case *packets.PingreqPacket:
			answer = packets.NewControlPacket(packets.Pingresp)
		case *packets.PublishPacket:
			b.got = append(b.got, arrived{p.TopicName, p.Retain, p.Payload})
			if acked++; acked > b.acks {
				continue
			}
			ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
			ack.MessageID = p.MessageID
			answer = ack
		case *packets.DisconnectPacket:
			return
		}
		if answer != nil && answer.Write(conn) != nil {
			return
		}
		if _, ok := answer.(*packets.PubackPacket); ok && b.kicks {
			return
		}
	}
}

// withPipe runs a client against a broker of the bubble.
func withPipe(t *testing.T, b *pipeBroker, run func(t *testing.T, c *Client)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store, err := queue.Open(context.Background(), queue.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		c, err := New(Options{
			Broker: "tcp://broker", Gateway: "gw-1", Clock: clock.NewFake(time.Now()), Store: store, DialContext: b.dial,
			Limit: spool.Limit{Entries: 1000, Bytes: 1 << 20, Memory: 1 << 20}, Logger: testutil.Logger(t),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		run(t, c)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestABrokerThatAcknowledgesNothingIsLeft(t *testing.T) {
	b := &pipeBroker{acks: 1} // the birth
	withPipe(t, b, func(t *testing.T, c *Client) {
		time.Sleep(2 * time.Second)
		c.Event(orderEvent(1))
		time.Sleep(ackTimeout + 10*time.Second)
		synctest.Wait()
		if b.lives < 2 {
			t.Errorf("%d connections, want another after %v without an acknowledgement", b.lives, ackTimeout)
		}
		if n := prom.ToFloat64(c.metrics.messages.WithLabelValues(resultUnacked)); n < 1 {
			t.Errorf("%v messages counted as not acknowledged, want 1 or more", n)
		}
		if c.spool.Waiting() != 1 {
			t.Errorf("%d entries wait, want the one that nobody acknowledged", c.spool.Waiting())
		}
	})
}

func TestAnAcknowledgedMessageIsDeletedAndSentOnce(t *testing.T) {
	b := &pipeBroker{acks: 1 << 30}
	withPipe(t, b, func(t *testing.T, c *Client) {
		for i := range 100 {
			c.Event(orderEvent(i))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		events := 0
		for _, a := range b.got {
			if a.topic == c.topics.events() {
				events++
			}
		}
		if events != 100 || c.spool.Waiting() != 0 || b.lives != 1 {
			t.Errorf("%d events arrived over %d connections, %d wait, want 100 over 1 and none", events, b.lives, c.spool.Waiting())
		}
	})
}

// TestTwoGatewaysOfOneNameDoNotFight: the other one takes every connection away.
func TestTwoGatewaysOfOneNameDoNotFight(t *testing.T) {
	b := &pipeBroker{acks: 1 << 30, kicks: true}
	withPipe(t, b, func(t *testing.T, c *Client) {
		time.Sleep(time.Hour)
		synctest.Wait()
		if b.lives < 10 || b.lives > 60 { // 24 at the mean wait of 2.5 min, and the first ones
			t.Errorf("%d connections in an hour, want 10 to 60", b.lives)
		}
	})
}
