package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/world"
)

const (
	cutLanes    = 10 // at once: a line that did not last is opened again with back-off
	cutsPerLane = 2
	cutSeed     = 20
)

// direction of bytes on a terminal's line.
type direction int

const (
	toTerminal direction = iota
	fromTerminal
)

func (d direction) String() string { return [...]string{"to the terminal", "from the terminal"}[d] }

// cable is a terminal's line that is pulled out behind a byte.
type cable struct {
	terminal *readersim.Terminal

	mu     sync.Mutex
	passed [2]int // bytes, by direction
	armed  bool
	dir    direction
	left   int           // bytes in dir until it is pulled
	away   time.Duration // until it is plugged in again
	pulls  int
}

// pullAfter arms the cable: it goes behind n more bytes, for a while.
func (c *cable) pullAfter(dir direction, n int, away time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed, c.dir, c.left, c.away = true, dir, n, away
}

// pass says how many of n bytes get through, and whether the cable goes behind them.
func (c *cable) pass(dir direction, n int) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.armed && dir == c.dir && n >= c.left {
		n, c.armed = c.left, false
		c.pulls++
		c.passed[dir] += n
		return n, true
	}
	if dir == c.dir {
		c.left -= n
	}
	c.passed[dir] += n
	return n, false
}

// bytes tells how many have passed.
func (c *cable) bytes() [2]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.passed
}

// pullNow pulls the cable if what was armed has not happened: the sale had fewer bytes
// than the first.
func (c *cable) pullNow() {
	c.mu.Lock()
	armed := c.armed
	if armed {
		c.armed = false
		c.pulls++
	}
	c.mu.Unlock()
	if armed {
		c.terminal.Unplug(c.away)
	}
}

// plug is one life of the line: the terminal's end of a pty.
func (c *cable) plug(ctx context.Context, master *os.File) error {
	return c.terminal.Attach(ctx, &plugged{File: master, cable: c}, readersim.Serial)
}

// plugged is a master whose bytes go through the cable.
type plugged struct {
	*os.File
	cable *cable
}

func (p *plugged) Read(b []byte) (int, error) {
	n, err := p.File.Read(b)
	n, pull := p.cable.pass(toTerminal, n)
	if pull {
		p.cable.terminal.Unplug(p.cable.away)
	}
	return n, err
}

func (p *plugged) Write(b []byte) (int, error) {
	n, pull := p.cable.pass(fromTerminal, len(b))
	n, err := p.File.Write(b[:n])
	if pull {
		time.Sleep(5 * time.Millisecond) // a pty forgets what was not read when it goes; a wire does not
		p.cable.terminal.Unplug(p.cable.away)
	}
	return n, err
}

// TestTheLineCutAtSeededPointsOverRealPtys pulls the terminals' cables out in the middle
// of sales, at seeded bytes in either direction, and plugs them in again: each time a
// new pts is behind the same path, as with udev. No sale is lost, nobody is charged
// twice, and the next customer buys without anybody's help.
func TestTheLineCutAtSeededPointsOverRealPtys(t *testing.T) {
	t.Parallel() // it waits most of the time
	cables := map[string]*cable{}
	o := quick()
	o.lanes = cutLanes
	m := onRealWires(t, o, func(l *world.Lane) func(context.Context, *os.File) error {
		cables[l.Name] = &cable{terminal: l.Terminal}
		return cables[l.Name].plug
	})
	d := m.start()
	ends := make(chan error, cutLanes)
	for i := range cutLanes {
		go func() { ends <- m.cutCustomers(t, i, cables[laneName(i)]) }()
	}
	for range cutLanes {
		if err := <-ends; err != nil { // each customer has his own patience
			t.Error(err)
		}
	}
	tally := map[string]int{}
	for _, o := range m.audit(d, 3*time.Second) {
		if o.HeldMinor > 0 {
			tally[o.Outcome]++
		}
	}
	pulls := 0
	for _, c := range cables {
		pulls += c.pulls
	}
	if pulls != cutLanes*cutsPerLane {
		t.Errorf("%d cables pulled, want %d", pulls, cutLanes*cutsPerLane)
	}
	t.Logf("%d cables pulled, orders with a hold: %v", pulls, tally)
	d.end()
}

// cutCustomers serves a lane: one customer to learn how many bytes a sale has, then for
// each cut one who has bad luck and one who just buys.
func (m *market) cutCustomers(t *testing.T, lane int, c *cable) error {
	rng := rand.New(rand.NewPCG(cutSeed, uint64(lane)))
	name := laneName(lane)
	before := c.bytes()
	if err := m.buys(name, "first"); err != nil {
		return err
	}
	sale := c.bytes()
	for i := range cutsPerLane {
		dir := direction(rng.IntN(2))
		n := 1 + rng.IntN(sale[dir]-before[dir])
		away := time.Duration(50+rng.IntN(400)) * time.Millisecond
		c.pullAfter(dir, n, away)
		v, err := m.serve(unlucky(name, fmt.Sprintf("%s cut %d", name, i)), 20*time.Second)
		c.pullNow()
		t.Logf("%s: cut %s behind byte %d of %d, away for %v: approved %v, %d doors opened",
			name, dir, n, sale[dir]-before[dir], away, v.Tap != nil && v.Tap.Approved, len(v.OrderIDs))
		if err := errors.Join(err, m.buys(name, fmt.Sprintf("after cut %d", i))); err != nil {
			return err
		}
	}
	return nil
}

// buys is a customer who has to get and pay what he wants.
func (m *market) buys(lane, id string) error {
	sc := visit(lane + " " + id)
	sc.Lane = lane
	v, err := m.serve(sc, 20*time.Second)
	if err == nil && len(v.OrderIDs) != 1 {
		err = fmt.Errorf("customer %s got no door: %+v", sc.ID, v.Tap)
	}
	return err
}

// unlucky is a customer in whose sale the cable is pulled: he gets and pays what he
// wants, or nothing at all.
func unlucky(lane, id string) world.Scenario {
	sc := visit(id)
	sc.Lane = lane
	sc.Shop.Patience = 5 * time.Second
	sc.Expect.Outcomes = []world.Outcome{world.Paid, world.Cancelled, world.Declined, world.Abandoned}
	sc.Expect.Because = "the terminal's cable was pulled"
	return sc
}
