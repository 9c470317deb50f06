package app

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// bubbleBroker is a fleet broker on the network of a bubble.
type bubbleBroker struct {
	connack byte // of MQTT 3.1.1 §3.2.2.3; 0 accepts
	silent  bool // it takes connections and says nothing
	deaf    bool // it acknowledges no PUBLISH

	mu  sync.Mutex
	got map[string][]string // by the end of the topic
}

// listen serves until the test ends.
func (b *bubbleBroker) listen(m *bubble) {
	m.t.Helper()
	b.got = map[string][]string{}
	ln, err := m.net.listen("tcp", "127.0.0.1:1883")
	if err != nil {
		m.t.Fatal(err)
	}
	m.parts.Go(func() {
		<-m.ctx.Done()
		_ = ln.Close()
	})
	m.parts.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			m.parts.Go(func() {
				defer conn.Close()
				if b.silent {
					<-m.ctx.Done()
					return
				}
				b.serve(conn)
			})
		}
	})
}

func (b *bubbleBroker) serve(conn net.Conn) {
	for {
		p, err := packets.ReadPacket(conn)
		if err != nil {
			return
		}
		answer := b.answer(p)
		if answer != nil && answer.Write(conn) != nil {
			return
		}
	}
}

func (b *bubbleBroker) answer(p packets.ControlPacket) packets.ControlPacket {
	switch p := p.(type) {
	case *packets.ConnectPacket:
		ack := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
		ack.ReturnCode = b.connack
		return ack
	case *packets.PingreqPacket:
		return packets.NewControlPacket(packets.Pingresp)
	case *packets.PublishPacket:
		b.mu.Lock()
		defer b.mu.Unlock()
		topic := strings.TrimPrefix(p.TopicName, "edged/v1/gw-test/")
		b.got[topic] = append(b.got[topic], string(p.Payload))
		if b.deaf {
			return nil
		}
		ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
		ack.MessageID = p.MessageID
		return ack
	}
	return nil
}

func (b *bubbleBroker) said(topic string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got[topic])
}

func fleetConfig() []string {
	return append(bubbleConfig(), `mqtt: {broker: "tcp://127.0.0.1:1883", telemetry_interval: 60s}`)
}

// TestTheFleetHearsOfASale: each phase once, in order, under gap-free numbers.
func TestTheFleetHearsOfASale(t *testing.T) {
	broker := &bubbleBroker{}
	inBubble(t, marketOptions{config: fleetConfig()}, func(b *bubble, d *daemon) {
		broker.listen(b)
		b.mustServe(visit("told"), 5*time.Minute)
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		var phases []string
		for i, body := range broker.said("events") {
			var e struct {
				Seq   int
				Order *struct{ Phase, Outcome string }
			}
			if err := json.Unmarshal([]byte(body), &e); err != nil {
				t.Fatal(err)
			}
			if e.Seq != i+1 {
				t.Errorf("message %d has number %d: %s", i+1, e.Seq, body)
			}
			if e.Order != nil {
				phases = append(phases, e.Order.Phase)
			}
		}
		if len(phases) < 4 || phases[len(phases)-1] != "closed" || slices.Contains(phases, "armed") {
			t.Errorf("phases %v, want those of a sale up to closed", phases)
		}
		status := broker.said("status")
		if len(status) == 0 || !strings.Contains(status[len(status)-1], `"state":"online"`) {
			t.Errorf("status %v, want online last", status)
		}
		if n := len(broker.said("telemetry")); n < 2 {
			t.Errorf("%d telemetry messages in 3 min, want 2 or more", n)
		}
		if n := len(broker.said("machines/" + marketMachine)); n < 1 {
			t.Error("nothing was told of the machine")
		}
	})
	if status := broker.said("status"); !strings.Contains(status[len(status)-1], `"state":"offline"`) {
		t.Errorf("status %v, want offline at the end", status)
	}
}

// TestNoBrokerTouchesASale: whatever it does, customers are served, and pay.
func TestNoBrokerTouchesASale(t *testing.T) {
	tests := []struct {
		name   string
		broker *bubbleBroker
	}{
		{"a broker that is away", nil},
		{"a broker that says nothing", &bubbleBroker{silent: true}},
		{"a broker that refuses", &bubbleBroker{connack: 5}},
		{"a broker that acknowledges nothing", &bubbleBroker{deaf: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, marketOptions{config: fleetConfig()}, func(b *bubble, d *daemon) {
				if tt.broker != nil {
					tt.broker.listen(b)
				}
				for i := range 3 {
					v := b.mustServe(visit(fmt.Sprint(i)), 5*time.Minute)
					if o := outcome(t, b.audit(d, 0), v.OrderIDs[0]); o.Outcome != "paid" {
						t.Errorf("order %+v, want paid", o)
					}
				}
				n := b.during(d, "an hour", func() { time.Sleep(time.Hour) })
				if n.syncs > 16 { // one commit per 5 min, the rest is the lane's
					t.Errorf("%d syncs in an hour, want at most one in 5 min and a few", n.syncs)
				}
				families, err := testutil.GatherAndCount(d.reg, "edged_mqtt_connected", "edged_mqtt_messages_total")
				if err != nil || families != 4 {
					t.Errorf("%d series of the broker, %v, want 4", families, err)
				}
			})
		})
	}
}
