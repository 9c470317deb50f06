package engine

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"edged/internal/purchase"
	"edged/internal/sender"
)

// cutSaaS is the vendor's side. Its memory is the ledger: what it has not heard a
// 200 for, it says again, to the next incarnation too.
type cutSaaS struct {
	run  *cutRun
	deaf bool // sabotage

	mu      sync.Mutex
	calls   map[purchase.OrderID]int // OpenDoor calls of this incarnation
	telling sync.WaitGroup
	pending int // callbacks without an answer

	awayFrom, awayTill time.Duration // no report is taken
}

// OpenDoor implements SaaS.
func (c *cutSaaS) OpenDoor(ctx context.Context, r OpenRequest) purchase.OpenAnswered {
	time.Sleep(50 * time.Millisecond) // DNS, TLS
	if r.Expired() {
		return purchase.OpenAnswered{Answer: purchase.OpenNotSent, Msg: "too late"}
	}
	if r.Restock {
		c.run.note(cutFact{kind: cutRestDoor, order: r.Order})
		return purchase.OpenAnswered{Answer: purchase.OpenAccepted}
	}
	door := cutDoor{purchase.OpenAccepted, true}
	known := false
	c.mu.Lock()
	c.run.led.look(func() {
		s := c.run.led.byOrder(r.Order)
		if known = s != nil; known && c.calls[r.Order] < len(s.visit.doors) {
			door = s.visit.doors[c.calls[r.Order]]
		}
	})
	c.calls[r.Order]++
	c.mu.Unlock()
	if door.answer == purchase.OpenNotSent {
		return purchase.OpenAnswered{Answer: door.answer, Msg: "no route"}
	}
	c.run.note(cutFact{kind: cutDoorAsked, order: r.Order})
	if known && door.taken {
		c.take(ctx, r.Order)
	}
	time.Sleep(100 * time.Millisecond)
	return purchase.OpenAnswered{Answer: door.answer, TransID: "T " + string(r.Order)}
}

// take has the order, and begins to tell of it.
func (c *cutSaaS) take(ctx context.Context, id purchase.OrderID) {
	again := false
	c.run.led.look(func() { again = c.run.led.byOrder(id).taken })
	c.run.note(cutFact{kind: cutDoorTaken, order: id})
	if !again {
		c.tell(ctx, id)
	}
}

// tell says what has not been answered yet, one callback after the other. Each is
// said twice, and what was answered last before a cut is said again behind it: that
// must change nothing (M6).
func (c *cutSaaS) tell(_ context.Context, id purchase.OrderID) {
	var s cutSale
	c.run.led.look(func() { s = *c.run.led.byOrder(id) })
	c.count(len(s.visit.says) - s.answered)
	c.telling.Go(func() {
		for n := max(s.answered-1, 0); n < len(s.visit.says); n++ {
			if n >= s.answered && !c.run.sleep(s.visit.says[n].after) {
				return
			}
			ev := purchase.Event{Order: id, Key: s.visit.key(n), Body: s.visit.says[n].body}
			if !c.callback(ev, cutFact{kind: cutAnswered, order: id, n: n}) {
				return
			}
			if n >= s.answered {
				c.count(-1)
				_, _ = c.run.post(c.run.ctx, ev)
			}
		}
	})
}

// callback repeats an event until it is answered 200; false: edged has stopped.
func (c *cutSaaS) callback(ev purchase.Event, answered cutFact) bool {
	for {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.run.ctx), 10*time.Second)
		_, err := c.run.post(ctx, ev)
		cancel()
		if err == nil {
			c.run.note(answered)
			return true
		}
		if !c.run.sleep(5 * time.Second) {
			return false
		}
	}
}

func (c *cutSaaS) count(d int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending += d
}

// waiting is how many callbacks are still to be answered.
func (c *cutSaaS) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending
}

// send takes a report.
func (c *cutSaaS) send(_ context.Context, body []byte) sender.Result {
	time.Sleep(30 * time.Millisecond)
	if now := time.Since(c.run.began); now >= c.awayFrom && now < c.awayTill {
		return sender.Result{Verdict: sender.Away, Reason: "connect"}
	}
	if c.deaf {
		return sender.Result{Verdict: sender.Acked}
	}
	var r purchase.Report
	if err := json.Unmarshal(body, &r); err != nil {
		c.run.led.look(func() { c.run.led.fail("M4", "report %q: %v", body, err) })
		return sender.Result{Verdict: sender.Refused}
	}
	s := c.sale(r)
	if s.visit.refuse {
		return sender.Result{Verdict: sender.Refused, Reason: "no such order"}
	}
	lost := s.visit.noAck && len(s.reports) == 0
	c.run.note(cutFact{kind: cutReported, order: s.order, n: r.N, body: string(body)})
	if lost {
		return sender.Result{Verdict: sender.Later, Reason: "timeout"}
	}
	return sender.Result{Verdict: sender.Acked}
}

// sale finds the purchase by the numbers a report names: a deduction's and a
// refund's have their own.
func (c *cutSaaS) sale(r purchase.Report) (out cutSale) {
	c.run.led.look(func() {
		s := c.run.led.find(func(s *cutSale) bool {
			return r.OrderNo == cutNo(s.visit.name) || r.OrderID == string(s.order) || r.OrderNo == "R "+s.visit.name
		})
		if s != nil {
			out = *s
		}
	})
	return out
}
