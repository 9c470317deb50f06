package world

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"edged/internal/pause"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// Serve plays one customer's visit: tap, wait for the door, take, put back, close.
// It blocks until the customer has gone; the money comes to rest later (Settled).
// One visit per lane at a time. Errors: ErrNoLane, ctx's.
func (w *World) Serve(ctx context.Context, sc Scenario) (Visit, error) {
	lane := w.Lanes[sc.Lane]
	if lane == nil || sc.Door < 0 || sc.Door >= len(lane.Doors) {
		return Visit{}, fmt.Errorf("%w: %q, door %d", ErrNoLane, sc.Lane, sc.Door)
	}
	lane.serve.Lock()
	defer lane.serve.Unlock()
	v := &visitor{w: w, lane: lane, sc: sc, ref: lane.Doors[sc.Door], opened: make(chan string, 1)}
	v.me = &customer{visit: sc.ID, door: v.ref, opened: v.opened}
	v.prepare()
	err := v.play(ctx)
	if !v.over {
		err = errors.Join(err, v.goAway(ctx, "the customer had to go"))
	}
	return w.visit(sc.ID), err
}

// visit returns a copy of the visit from the ledger.
func (w *World) visit(id string) Visit {
	var v Visit
	w.book.View(func(l *Ledger) {
		if x := l.Visits[id]; x != nil {
			v = *x
		}
	})
	return v
}

func (l *Lane) enter(c *customer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.here = c
}

// expect says that the customer's card was taken: a door that opens before is
// somebody else's.
func (l *Lane) expect(c *customer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.waits = true
}

// leave takes the customer away from the door; false: the door is opening for him
// already.
func (l *Lane) leave(c *customer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.here == c
	if was {
		l.here = nil
	}
	return was
}

// visitor is a visit under way.
type visitor struct {
	w      *World
	lane   *Lane
	sc     Scenario
	ref    DoorRef
	me     *customer
	opened chan string
	tap    readersim.TapResult
	over   bool // the customer has shopped, or has left
}

// prepare arms the scripts; what an earlier visit left armed is gone.
func (v *visitor) prepare() {
	v.w.add(Event{Kind: Began, Visit: v.sc.ID, Lane: v.lane.Name, Scenario: &v.sc})
	v.lane.Terminal.ClearFaults()
	v.w.SaaS.ClearFaults()
	v.w.SaaS.ClearScripts(v.ref.MachineID, v.ref.Door)
	v.w.SaaS.AddFault(v.sc.Calls...)
	v.w.SaaS.AddScript(v.ref.MachineID, v.ref.Door, v.sc.SaaS)
}

func (v *visitor) play(ctx context.Context) error {
	v.happen(AtStarted)
	v.lane.enter(v.me)
	card := v.sc.Card
	card.OnTaken = func() {
		v.lane.expect(v.me)
		v.happen(AtTaken)
	}
	tap, err := v.lane.Terminal.Tap(ctx, card)
	if err != nil {
		return err
	}
	v.tap = tap
	v.w.add(Event{Kind: Tapped, Visit: v.sc.ID, Lane: v.lane.Name, Tap: &tap})
	v.lane.Terminal.AddFault(v.sc.Terminal...)
	v.happen(AtTap)
	if !tap.Approved && !v.sc.Shop.Stays {
		return v.goAway(ctx, "the terminal said no")
	}
	return v.awaitDoor(ctx)
}

// goAway is the customer leaving without an open door, unless it opens just now:
// then it is closed again with nothing taken.
func (v *visitor) goAway(ctx context.Context, why string) error {
	if !v.lane.leave(v.me) {
		v.sc.Shop.Take, v.sc.Shop.PutBack = nil, nil
		return v.shop(ctx, <-v.opened, 0)
	}
	v.over = true
	v.w.add(Event{Kind: Left, Visit: v.sc.ID, Lane: v.lane.Name, Note: why})
	return nil
}

func (v *visitor) awaitDoor(ctx context.Context) error {
	patience := time.NewTimer(cmp.Or(v.sc.Shop.Patience, 20*time.Second))
	defer patience.Stop()
	select {
	case order := <-v.opened:
		v.happen(AtOpened)
		return v.shop(ctx, order, v.sc.Shop.OpenFor)
	case <-patience.C:
		return v.goAway(ctx, "the door stayed closed")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shop is the time at the open door. It ends with a closed door even if ctx ends.
func (v *visitor) shop(ctx context.Context, order string, openFor time.Duration) error {
	v.over = true
	taken := v.w.lines(v.sc.Shop.Take)
	v.goods(Took, order, taken)
	pause.For(ctx, openFor)
	err := ctx.Err()
	if back := v.w.lines(v.sc.Shop.PutBack); len(back) > 0 {
		v.goods(PutBack, order, back)
		taken = without(taken, back)
	}
	v.w.close(saassim.Order{OrderID: order, MachineID: v.ref.MachineID, Door: v.ref.Door}, v.sc.ID, taken)
	v.happen(AtClosed)
	return err
}

func (v *visitor) goods(k Kind, order string, lines []saassim.Line) {
	for _, l := range lines {
		one := []saassim.Line{l}
		v.w.add(Event{Kind: k, Visit: v.sc.ID, OrderID: order, Lines: one, Total: saassim.TotalMinor(one)})
	}
}

// happen lets happen what is scripted for the moment.
func (v *visitor) happen(m Moment) {
	for _, h := range v.sc.Happens {
		if h.At != m {
			continue
		}
		v.w.add(Event{Kind: Happened, Visit: v.sc.ID, Note: fmt.Sprintf("%s for %v at %s", h.What, h.For, h.At)})
		v.do(h)
	}
}

func (v *visitor) do(h Happening) {
	switch h.What {
	case NetworkCut:
		v.w.SaaS.Cut(true)
		time.AfterFunc(h.For, func() { v.w.SaaS.Cut(false) })
	case TokensRevoked:
		v.w.SaaS.RevokeTokens()
	case TerminalUnplug:
		v.lane.Terminal.Unplug(h.For)
	case TerminalPower:
		v.lane.Terminal.PowerCut(h.For)
	case DisplayUnplug:
		v.lane.Display.Unplug(h.For)
	case DisplayPower:
		v.lane.Display.Power(false)
		time.AfterFunc(h.For, func() { v.lane.Display.Power(true) })
	case HoldExpires:
		v.lane.Terminal.ExpireHold(v.tap.Receipt)
	}
}

// lines prices what was picked. Goods nobody sells cost nothing.
func (w *World) lines(picks []Pick) []saassim.Line {
	var all []saassim.Line
	for _, p := range picks {
		g := w.goods[p.Goods]
		meter := 1
		if strings.Contains(p.Count, ".") {
			meter = 2
		}
		all = append(all, saassim.Line{ID: p.Goods, Name: g.Name, Count: p.Count, Meter: meter, PriceMinor: g.PriceMinor})
	}
	return all
}

// without takes back from lines, by goods and count.
func without(lines, back []saassim.Line) []saassim.Line {
	var left []saassim.Line
	for _, l := range lines {
		n := rat(l.Count)
		for _, b := range back {
			if b.ID == l.ID {
				n.Sub(n, rat(b.Count))
			}
		}
		if n.Sign() > 0 {
			l.Count = decimal(n)
			left = append(left, l)
		}
	}
	return left
}

func rat(s string) *big.Rat {
	n, ok := new(big.Rat).SetString(s)
	if !ok {
		return new(big.Rat)
	}
	return n
}

func decimal(n *big.Rat) string {
	if n.IsInt() {
		return n.Num().String()
	}
	return n.FloatString(3)
}

// Settled blocks until the money of a visit has come to rest: its hold has ended,
// the SaaS has acknowledged what had to be reported, and has no callback left.
// Errors: ErrNotSettled with what is missing, when ctx ends.
func (w *World) Settled(ctx context.Context, v Visit) error {
	lane := w.Lanes[v.Scenario.Lane]
	if lane == nil {
		return ErrNoLane
	}
	for {
		terminal, cloud := lane.Terminal.Changed(), w.SaaS.Changed()
		missing := w.missing(lane, v)
		if missing == "" {
			return nil
		}
		select {
		case <-terminal:
		case <-cloud:
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", ErrNotSettled, missing)
		}
	}
}

// missing says what the visit still waits for, or "".
func (w *World) missing(lane *Lane, v Visit) string {
	if v.Tap != nil && v.Tap.Tx != 0 {
		h, _ := lane.Terminal.Hold(v.Tap.Tx)
		if h.State == readersim.Open || h.State == readersim.Pending {
			return "the hold with receipt " + fmt.Sprintf("%04d", h.Receipt) + " is " + string(h.State)
		}
	}
	for _, order := range v.OrderIDs {
		switch {
		case !w.SaaS.Quiet(order):
			return "callbacks of order " + order
		case v.Scenario.Expect.reported() && !w.SaaS.Reported(order, 0):
			return "the report of order " + order
		}
		for _, claim := range v.Scenario.Expect.Claims {
			if !w.SaaS.Reported(order, claim) {
				return fmt.Sprintf("the report of PayType %d of order %s", claim, order)
			}
		}
	}
	return ""
}

// reported says whether every outcome is one that the SaaS is told of.
func (e Expect) reported() bool {
	for _, o := range e.Outcomes {
		switch o {
		case Paid, PaidShort, NothingTaken, Unpaid, Expired:
		default:
			return false
		}
	}
	return len(e.Outcomes) > 0
}
