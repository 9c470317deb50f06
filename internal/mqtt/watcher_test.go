package mqtt

import (
	"encoding/json"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// watcher is a subscriber that reads every byte a broker has written to it, also one
// that was killed since: a client library may drop what it has read when the
// connection ends.
type watcher struct {
	t    *testing.T
	conn net.Conn
	done chan struct{}

	mu   sync.Mutex
	got  []arrived
	wake chan struct{}
}

type arrived struct {
	topic    string
	retained bool
	body     []byte
}

func newWatcher(t *testing.T) *watcher { return &watcher{t: t, wake: make(chan struct{}, 1)} }

// subscribe connects to a plain listener and returns when everything that is published
// from now on will be seen.
func (w *watcher) subscribe(addr string) {
	w.t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	c := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	c.ProtocolName, c.ProtocolVersion, c.CleanSession, c.ClientIdentifier, c.Keepalive = "MQTT", 4, true, "watcher", 600
	c.UsernameFlag, c.Username, c.PasswordFlag, c.Password = true, "watcher", true, []byte(password)
	sub := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	sub.MessageID, sub.Topics, sub.Qoss = 1, []string{"edged/v1/#"}, []byte{1}
	for _, p := range []packets.ControlPacket{c, sub} {
		if err := p.Write(conn); err != nil {
			w.t.Fatal(err)
		}
		if _, err := packets.ReadPacket(conn); err != nil { // CONNACK, SUBACK
			w.t.Fatal(err)
		}
	}
	w.conn, w.done = conn, make(chan struct{})
	go w.read(conn, w.done)
}

func (w *watcher) read(conn net.Conn, done chan struct{}) {
	defer close(done)
	for {
		p, err := packets.ReadPacket(conn)
		if err != nil {
			return
		}
		if pub, ok := p.(*packets.PublishPacket); ok {
			ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
			ack.MessageID = pub.MessageID
			_ = ack.Write(conn) // a broker that is dead wants none
			w.mu.Lock()
			w.got = append(w.got, arrived{pub.TopicName, pub.Retain, pub.Payload})
			w.mu.Unlock()
			select {
			case w.wake <- struct{}{}:
			default:
			}
		}
	}
}

// ended waits until everything the broker had written was read.
func (w *watcher) ended() { <-w.done }

func (w *watcher) all() []arrived {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]arrived(nil), w.got...)
}

// await waits until something that has arrived is what is wanted.
func (w *watcher) await(what string, want func([]arrived) bool) {
	w.t.Helper()
	deadline := time.After(30 * time.Second)
	for !want(w.all()) {
		select {
		case <-w.wake:
		case <-deadline:
			w.t.Fatalf("%s: not within 30 s; %d messages came", what, len(w.all()))
		}
	}
}

// numbers are the numbers of a topic that arrived and that were announced as gaps.
func (w *watcher) numbers(topic string) (seen, gaps map[uint64]int) {
	w.t.Helper()
	seen, gaps = map[uint64]int{}, map[uint64]int{}
	for _, a := range w.all() {
		if !strings.HasSuffix(a.topic, topic) {
			continue
		}
		var p struct {
			Seq uint64
			Gap []uint64
		}
		if err := json.Unmarshal(a.body, &p); err != nil {
			w.t.Fatalf("%s: %v: %s", a.topic, err, a.body)
		}
		if p.Seq != 0 {
			seen[p.Seq]++
		}
		for q := uint64(0); len(p.Gap) == 2 && p.Gap[0]+q <= p.Gap[1]; q++ {
			gaps[p.Gap[0]+q]++
		}
	}
	return seen, gaps
}
