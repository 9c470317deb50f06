package app

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/engine"
	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/screen"
)

// paper keeps every page that is shown.
type paper struct {
	mu    sync.Mutex
	pages []string
}

func (p *paper) Run(ctx context.Context) error { <-ctx.Done(); return nil }

func (p *paper) Show(rows []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages = append(p.pages, strings.Join(rows, "\n"))
}

func (p *paper) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pages) == 0 {
		return ""
	}
	return p.pages[len(p.pages)-1]
}

// painted runs a lane's screen for fn in a bubble.
func painted(t *testing.T, fn func(c *customerScreen, p *paper)) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		c := &customerScreen{lane: "front", display: p, wake: make(chan struct{}, 1)}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = c.run(ctx) })
		synctest.Wait()
		fn(c, p)
		stop()
		wg.Wait()
	})
}

func TestNothingIsPaintedBeforeSomethingIsKnownOfTheLane(t *testing.T) {
	painted(t, func(c *customerScreen, p *paper) {
		time.Sleep(time.Minute)
		if got := p.last(); got != "" {
			t.Errorf("painted %q", got)
		}
		c.show(engine.LaneView{Name: "front", Why: []lane.Reason{lane.Starting}})
		synctest.Wait()
		if p.last() == "" {
			t.Error("nothing is painted of a lane that is known")
		}
	})
}

func TestARefusedRestockIsShownForAMoment(t *testing.T) {
	painted(t, func(c *customerScreen, p *paper) {
		view := engine.LaneView{Name: "front", Armed: true, Limit: 5000, Currency: "EUR"}
		c.show(view)
		synctest.Wait()
		idle := p.last()
		view.Refusal = &engine.RestockRefusal{ID: purchase.OrderID("R1"), Why: "a customer's door is open"}
		c.show(view)
		synctest.Wait()
		if !strings.HasPrefix(p.last(), "Restock not now") {
			t.Fatalf("shown %q, want that there is no restock now", p.last())
		}
		time.Sleep(screen.NoticeTime - time.Millisecond)
		if !strings.HasPrefix(p.last(), "Restock not now") {
			t.Errorf("shown %q before the notice is over", p.last())
		}
		time.Sleep(time.Second)
		if strings.HasPrefix(p.last(), "Restock") {
			t.Errorf("shown %q, long after the notice", p.last())
		}
		c.show(view) // again for another reason: the refusal is an old one
		synctest.Wait()
		if strings.HasPrefix(p.last(), "Restock") || idle == "" {
			t.Errorf("shown %q after another change", p.last())
		}
	})
}
