package app

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"edged/internal/demo/audit"
	"edged/internal/sim/world"
)

// outage is how long the SaaS is away.
const outage = 72 * time.Hour

// TestM4_ThreeDaysWithoutTheSaaS takes the SaaS away while a purchase is at one place
// after the other; three days later it is told of each, once, and of each rightly. The
// terminal lets holds stand over the end of its day.
func TestM4_ThreeDaysWithoutTheSaaS(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of a core")
	}
	everywhere := os.Getenv("EDGED_TORTURE") == "1"
	for i, at := range []struct {
		point    string
		outcomes []world.Outcome
	}{
		{"terminal: taken 04 0f", []world.Outcome{world.Cancelled}}, // approved; the door could not be asked for in time
		{"OpenDoor received", []world.Outcome{world.Paid, world.Cancelled}},
		{"OpenDoor before answer", []world.Outcome{world.Paid}},
		{"OpenDoor after answer", []world.Outcome{world.Paid}},
		{"callback OpenedDoor posting", []world.Outcome{world.Paid}},
		{"callback OpenedDoor posted", []world.Outcome{world.Paid}},
		{"callback CloseDoor posted", []world.Outcome{world.Paid}},
		{"callback OrderDetected posting", []world.Outcome{world.Paid}},
		{"callback OrderDetected posted", []world.Outcome{world.Paid}},
		{"terminal: rx 06 23", []world.Outcome{world.Paid}},
		{"ReportPaymentResult received", []world.Outcome{world.Paid}},
		{"ReportPaymentResult before answer", []world.Outcome{world.Paid}},
	} {
		if !everywhere && i%4 != 3 {
			continue
		}
		t.Run(strings.ReplaceAll(at.point, " ", "_"), func(t *testing.T) {
			t.Parallel()
			cut := &cutAt{point: at.point}
			inBubble(t, marketOptions{terminal: ", end_of_day: \"\"", world: cut.watch}, func(b *bubble, d *daemon) {
				b.awaitSelling(d, time.Minute)
				gone := cut.arm(func() { b.cut(true) })
				sc := visit("cut off")
				sc.Expect = world.Expect{Outcomes: at.outcomes, CaptureMinor: 2 * colaMinor, Because: "the SaaS was away"}
				b.threeDaysLater(d, []world.Scenario{sc}, func() { b.await(gone) })
			})
		})
	}
}

// TestM4_ThreeDaysWithoutTheSaaSAndEightLanes is the same with a lane in each phase.
func TestM4_ThreeDaysWithoutTheSaaSAndEightLanes(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of a core")
	}
	const lanes = 8
	o := marketOptions{lanes: lanes, terminal: ", end_of_day: \"\"", world: func(w *world.Options) {
		w.OpenAfter, w.SaaS.DetectAfter = 300*time.Millisecond, 600*time.Millisecond
	}}
	inBubble(t, o, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		var plan []world.Scenario
		for i := range lanes {
			sc := visit(fmt.Sprint("customer ", i))
			sc.Lane, sc.Shop.OpenFor = laneName(i), 500*time.Millisecond
			sc.Expect = world.Expect{Outcomes: []world.Outcome{world.Paid, world.Cancelled}, CaptureMinor: 2 * colaMinor, Because: "the SaaS was away"}
			plan = append(plan, sc)
		}
		b.threeDaysLater(d, plan, func() {
			time.Sleep(lanes*between + 100*time.Millisecond)
			b.cut(true)
			phases := map[string]int{}
			for _, o := range b.orders(d) {
				phases[o.Phase]++
			}
			if len(phases) < 4 {
				t.Errorf("the SaaS went in phases %v, want four different ones", phases)
			}
			t.Logf("the SaaS went in phases %v", phases)
		})
	})
}

// between is the time between two customers of different lanes.
const between = 400 * time.Millisecond

// threeDaysLater serves customers, one behind the other, waits until the SaaS has gone,
// brings it back after the outage and looks at all books.
func (b *bubble) threeDaysLater(d *daemon, plan []world.Scenario, gone func()) {
	b.t.Helper()
	visits := make([]world.Visit, len(plan))
	var shoppers sync.WaitGroup
	for i, sc := range plan {
		shoppers.Go(func() {
			time.Sleep(time.Duration(i) * between)
			ctx, cancel := context.WithTimeout(b.ctx, 5*time.Minute)
			defer cancel()
			var err error
			if visits[i], err = b.world.Serve(ctx, sc); err != nil {
				b.t.Errorf("%s: %v", sc.ID, err)
			}
		})
	}
	gone()
	shoppers.Wait()
	time.Sleep(outage)
	b.cut(false)
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Minute)
	defer cancel()
	for _, v := range visits {
		if err := b.world.Settled(ctx, v); err != nil {
			b.t.Errorf("%s: %v", v.Scenario.ID, err)
		}
	}
	b.mustServe(visit("afterwards"), 10*time.Minute)
	time.Sleep(time.Second) // the last acknowledgement is being committed
	b.eachReportedOnce(b.audit(d, 0))
}

// eachReportedOnce: every report edged has made was taken by the SaaS, once, and none
// waits.
func (b *bubble) eachReportedOnce(orders []audit.Order) {
	b.t.Helper()
	ledger, outcomes := b.world.SaaS.Ledger(), map[string]int{}
	for _, o := range orders {
		outcomes[o.Outcome]++
		taken := map[string]int{}
		if saas := ledger.Orders[o.OrderID]; saas != nil {
			for _, r := range saas.Reports {
				if r.Accepted {
					taken[fmt.Sprintf("%s/%d", r.OrderNo, r.PayType)]++
				}
			}
		}
		for _, r := range o.Reports {
			if n := taken[fmt.Sprintf("%s/%d", r.OrderNo, r.Type)]; n != 1 || r.State != "acked" {
				b.t.Errorf("order %s, report %d: %s, taken %d times by the SaaS, want it acknowledged once", o.OrderID, r.N, r.State, n)
			}
		}
		if len(taken) != len(o.Reports) {
			b.t.Errorf("order %s: the SaaS has %d reports, edged made %d", o.OrderID, len(taken), len(o.Reports))
		}
	}
	b.t.Logf("outcomes %v", slices.Sorted(maps.Keys(outcomes)))
}

// cutAt calls a function once, at a point of the wire.
type cutAt struct {
	point string
	done  chan struct{}

	mu   sync.Mutex
	then func()
}

func (c *cutAt) watch(w *world.Options) {
	w.SaaS.OnPoint = c.passed
	for i := range w.Lanes {
		w.Lanes[i].Terminal.OnPoint = func(name string) { c.passed("terminal: " + name) }
	}
}

// arm is called in the bubble: a channel from outside would stop its time.
func (c *cutAt) arm(then func()) (done <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.then, c.done = then, make(chan struct{})
	return c.done
}

func (c *cutAt) passed(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name == c.point && c.then != nil {
		c.then()
		c.then = nil
		close(c.done)
	}
}

// await waits for something that must come within ten minutes.
func (b *bubble) await(done <-chan struct{}) {
	b.t.Helper()
	select {
	case <-done:
	case <-time.After(10 * time.Minute):
		b.t.Error("the point was never passed")
	}
}
