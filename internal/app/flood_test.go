package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"edged/internal/callback"
	"edged/internal/demo/audit"
	"edged/internal/sim/world"
)

// floodRate is what a flood tries to send in a second.
const floodRate = 10_000

// callbackPath is where the SaaS posts about an order of a gateway.
func (m *market) callbackPath(gateway, order string) string {
	m.t.Helper()
	keys, err := callback.ParseKeys(strings.Repeat("ab", 32))
	if err != nil {
		m.t.Fatal(err)
	}
	ring, err := callback.NewRing(gateway, keys...)
	if err != nil {
		m.t.Fatal(err)
	}
	path, err := ring.NotifyURL("", order)
	if err != nil {
		m.t.Fatal(err)
	}
	return path
}

func (m *market) callbackAddr() string { return m.options.Config.Callbacks.Listen }

// flood starts a flood about an order whose door was opened.
func (m *market) flood(o audit.Order) *attacker {
	m.t.Helper()
	return m.floodAt(m.callbackAddr(), o)
}

// floodAt is flood at another address.
func (m *market) floodAt(addr string, o audit.Order) *attacker {
	m.t.Helper()
	path := m.callbackPath("gw-test", o.OrderID)
	replayed := fmt.Appendf(nil, `{"OrderId":%q,"OrderNo":%q,"TranseType":1,"Action":"OpenedDoor","Status":true,"Msg":""}`, o.OrderID, o.SaaSOrderNo)
	m.postOnce(path, replayed)
	return startAttacker(m.t, attackPlan{
		Addr: addr, Rate: floodRate, Shots: hostile(o.OrderID, path, m.callbackPath("gw-other", o.OrderID), replayed),
	})
}

// postOnce posts a callback that must be taken.
func (m *market) postOnce(path string, body []byte) {
	m.t.Helper()
	u := url.URL{Scheme: "http", Host: m.callbackAddr(), Path: path}
	resp, err := http.Post(u.String(), "application/json", strings.NewReader(string(body)))
	if err != nil {
		m.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		m.t.Fatalf("a good callback is answered %d", resp.StatusCode)
	}
}

// openOrder waits until an order has reached the phase, and gives it.
func (m *market) openOrder(d *daemon, phase string) audit.Order {
	m.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for _, o := range m.orders(d) {
			if o.Phase == phase {
				return o
			}
		}
	}
	m.t.Fatalf("no order is %s within 15 s", phase)
	return audit.Order{}
}

// memory is what the process holds, sampled until stop.
type memory struct {
	before, most       uint64
	goroutines, atMost int
	done               chan struct{}
	sampling           sync.WaitGroup
}

func watchMemory() *memory {
	runtime.GC()
	w := &memory{done: make(chan struct{})}
	w.before, w.goroutines = heldNow()
	w.sampling.Go(func() {
		for {
			held, n := heldNow()
			w.most, w.atMost = max(w.most, held), max(w.atMost, n)
			select {
			case <-w.done:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	return w
}

func heldNow() (uint64, int) {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapInuse + s.StackInuse, runtime.NumGoroutine()
}

func (w *memory) stop() {
	close(w.done)
	w.sampling.Wait()
}

// wantAnswers are the statuses of each kind of a flood.
func wantAnswers() map[string]int {
	return map[string]int{
		"forged": 404, "replayed": 200, "foreign": 404, "oversized": 413, "oversized by a little": 404, "cut JSON": 400, "no UTF-8": 400, "method": 404,
	}
}

// TestM6_AFloodOfHostileCallbacksMovesNoMoney: a sale has begun when it starts, others
// are made while it lasts, and all books are audited behind it.
func TestM6_AFloodOfHostileCallbacksMovesNoMoney(t *testing.T) {
	lasts := 3 * time.Second
	if os.Getenv("EDGED_TORTURE") == "1" {
		lasts = 5 * time.Minute
	}
	o := quick()
	o.config = []string{strings.Replace(o.config[0], "decision_deadline: 8s, door_remind: 2s, door_alarm: 5s", "decision_deadline: 60s", 1), o.config[1]}
	m := onRealWires(t, o, nil)
	d := m.start()
	defer d.end()
	long := visit("is inside when it begins")
	long.Shop.OpenFor = lasts / 2
	inside := make(chan world.Visit, 1)
	go func() {
		v, err := m.serve(long, lasts+time.Minute)
		if err != nil {
			t.Error(err)
		}
		inside <- v
	}()
	open := m.openOrder(d, "open")
	mem := watchMemory()
	attack, ends := m.flood(open), time.Now().Add(lasts)
	visits := []world.Visit{<-inside}
	for i := 0; i == 0 || time.Now().Before(ends); i++ {
		visits = append(visits, m.mustServe(visit(fmt.Sprintf("during the flood %d", i)), time.Minute))
	}
	tally := attack.stop()
	mem.stop()
	orders := m.audit(d, 0)
	for _, v := range visits {
		if o := outcome(t, orders, v.OrderIDs[0]); o.Outcome != "paid" || o.CapturedMinor != 2*colaMinor {
			b, _ := json.Marshal(o)
			t.Errorf("order %s, want %d paid", b, 2*colaMinor)
		}
	}
	tally.check(t)
	if grown := int64(mem.most) - int64(mem.before); grown > 32<<20 || mem.atMost > mem.goroutines+2*maxCallbackConnections+50 {
		t.Errorf("daemon and simulators grew by %d KiB and from %d to %d goroutines", grown>>10, mem.goroutines, mem.atMost)
	}
	sent, answered := tally.total()
	t.Logf("%d hostile requests in %v (%.0f a second), %d answered; %d sales; memory %d KiB, at most %d KiB; goroutines %d, at most %d",
		sent, tally.Took.Round(time.Millisecond), float64(sent)/tally.Took.Seconds(), answered, len(visits), mem.before>>10, mem.most>>10, mem.goroutines, mem.atMost)
}

// check wants that each kind was tried, and answered with its status or not at all.
func (a attackTally) check(t *testing.T) {
	t.Helper()
	for kind, want := range wantAnswers() {
		if a.Answered[kind][want] == 0 {
			t.Errorf("%s: %v, want answers %d", kind, a.Answered[kind], want)
		}
		for status, n := range a.Answered[kind] {
			if status != want && status != 0 {
				t.Errorf("%s: answered %d %d times, want %d", kind, status, n, want)
			}
		}
	}
}
