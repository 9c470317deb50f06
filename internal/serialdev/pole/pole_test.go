package pole

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/sim/displaysim"
)

// cable is a line to a simulated display that can be pulled.
type cable struct {
	display *displaysim.Display
	mu      sync.Mutex
	pulled  bool
	closed  bool
	writes  int
}

var errPulled = errors.New("pulled")

func (c *cable) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	if c.pulled || c.closed {
		return 0, errPulled
	}
	return c.display.Write(b)
}

func (c *cable) SetWriteDeadline(time.Time) error { return nil }

func (c *cable) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	return nil
}

func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = true
}

type bench struct {
	t       *testing.T
	sim     *displaysim.Display
	display *Display
	opens   chan *cable
	stop    func()
}

func newBench(t *testing.T) *bench {
	sim, err := displaysim.New(displaysim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, sim: sim, opens: make(chan *cable, 1)}
	b.display, err = New(Options{Lane: "front", Open: func(ctx context.Context) (Line, error) {
		select {
		case c := <-b.opens:
			return c, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.display.Run(ctx) }()
	b.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	return b
}

func (b *bench) plug() *cable {
	c := &cable{display: b.sim}
	b.opens <- c
	return c
}

func (b *bench) shows(row1, row2 string) {
	b.t.Helper()
	if got, want := b.sim.Screen().Text(), row1+"\n"+row2; got != want {
		b.t.Errorf("display shows\n%s\nwant\n%s", got, want)
	}
}

const blank = ""

func TestTheNewestScreenIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.stop()
		for _, text := range []string{"one", "two", "three"} {
			b.display.Show([]string{text})
		}
		b.plug()
		time.Sleep(time.Second)
		synctest.Wait()
		b.shows("three", blank)
		b.display.Show([]string{"You pay 5.00 €", "Thank you"})
		synctest.Wait()
		b.shows("You pay 5.00 €", "Thank you")
	})
}

func TestAPulledDisplayIsPaintedWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.stop()
		c := b.plug()
		time.Sleep(time.Second)
		c.pull()
		b.sim.Power(false)
		b.display.Show([]string{"while it was away"})
		time.Sleep(time.Second)
		b.sim.Power(true)
		b.plug()
		time.Sleep(time.Second)
		synctest.Wait()
		b.shows("while it was away", blank)
		if !c.closed {
			t.Error("the lost line was not closed")
		}
	})
}

func TestADisplayThatLostItsPowerIsSetUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.stop()
		b.plug()
		b.display.Show([]string{"still here"})
		time.Sleep(time.Second)
		b.sim.Power(false)
		b.sim.Power(true)
		synctest.Wait()
		b.shows(blank, blank)
		time.Sleep(46 * time.Second)
		synctest.Wait()
		b.shows("still here", blank)
	})
}

func TestShowNeverWaitsForTheDisplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.stop()
		begun := time.Now()
		for range 1000 {
			b.display.Show([]string{"nobody is there"})
		}
		if d := time.Since(begun); d != 0 {
			t.Errorf("1000 screens took %v of a display that is not there", d)
		}
	})
}

func TestADisplayNeedsItsOptions(t *testing.T) {
	for _, o := range []Options{{}, {Lane: "front"}, {Open: func(context.Context) (Line, error) { return nil, io.EOF }}} {
		if _, err := New(o); !errors.Is(err, ErrOptions) {
			t.Errorf("New(%+v): %v, want ErrOptions", o, err)
		}
	}
}
