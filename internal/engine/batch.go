package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// maxSeen is how many distinct callbacks of one order are taken (DESIGN §7).
const maxSeen = 64

// batch is what one commit will hold: copies of the orders it touches and the
// writes that belong to them.
type batch struct {
	e       *Engine
	now     purchase.Stamp
	touched map[purchase.OrderID]*change
	list    []*change // in order of first touch
	waits   []waits   // posters, answered after the commit
	lanes   []laneEvent
	strays  []stray // callbacks of orders nobody knows, to be kept
	money   bool    // it may use the money reserve

	refused map[queue.N][]byte // bytes of reports that become dead letters
	opened  map[taskKey]task
	closed  []taskKey
}

type waits struct {
	r       *request
	verdict purchase.Verdict
	err     error
	durable bool // the answer is only good if the commit is
}

type laneEvent struct {
	r    *request
	lane string
	ev   purchase.Event // Attached, Detached, CardSeen, Ended of a lane's terminal
}

// change is one order being changed.
type change struct {
	order
	before  *order // nil: new, or out of the archive
	filed   *order // as it came out of the archive; nil: it did not
	dirty   bool
	events  [][]byte
	effects []purchase.Effect
}

func (e *Engine) newBatch() *batch {
	return &batch{
		e: e, now: e.stamp(), touched: map[purchase.OrderID]*change{},
		refused: map[queue.N][]byte{}, opened: map[taskKey]task{},
	}
}

// take sorts one request to where it belongs.
func (b *batch) take(r *request) {
	switch {
	case r.call != nil:
		r.call()
		b.waits = append(b.waits, waits{r: r, verdict: purchase.Accept})
	case r.body != nil:
		b.lanes = append(b.lanes, laneEvent{r: r, lane: r.lane})
	case r.ev.Order == "":
		b.lanes = append(b.lanes, laneEvent{r: r, lane: r.ev.Lane, ev: r.ev})
	case r.ev.Body.Kind().Volatile():
		b.lanes = append(b.lanes, laneEvent{r: r, lane: b.laneOf(r.ev.Order), ev: r.ev})
	default:
		b.takeOrder(r)
	}
}

func (b *batch) laneOf(id purchase.OrderID) string {
	if c := b.touched[id]; c != nil {
		return c.state.Terms.Lane
	}
	if o := b.e.orders[id]; o != nil {
		return o.state.Terms.Lane
	}
	return ""
}

// takeOrder steps one order with one event.
func (b *batch) takeOrder(r *request) {
	r.ev.At = b.now
	if !isCallback(r.ev.Body) {
		r.ev.Key = "" // what a terminal repeats is told apart by Step
	}
	w := waits{r: r, verdict: purchase.Accept, durable: true}
	c, err := b.get(r.ev)
	switch {
	case err != nil:
		w.verdict, w.err = purchase.Refuse, err
	case c == nil:
		w.verdict = purchase.Refuse // of an order nobody knows: kept apart, without effect
	case r.ev.Key != "" && slices.Contains(c.seen, r.ev.Key):
		w.verdict = purchase.Repeated // it changes nothing
	case r.ev.Key != "" && len(c.seen) >= maxSeen:
		w.verdict, w.err = purchase.Refuse, fmt.Errorf("order %s: %w", r.ev.Order, ErrTooManyEvents)
	default:
		w.verdict, w.err = b.step(c, r.ev)
	}
	b.money = b.money || c != nil && c.needsReserve(r.ev.Body)
	b.waits = append(b.waits, w)
	if ended, ok := r.ev.Body.(purchase.Ended); ok && c != nil {
		b.lanes = append(b.lanes, laneEvent{lane: c.state.Terms.Lane, ev: purchase.Event{At: b.now, Body: ended}})
	}
}

// needsReserve says whether the order's money depends on this commit. A new order
// and an approval do without: what is not committed of them takes no card and is
// undone by the terminal, so that lanes are out of service before the reserve is
// touched.
func (c *change) needsReserve(body purchase.Body) bool {
	_, granted := body.(purchase.HoldGranted)
	return c.state.Hold != nil && !granted
}

// isCallback says whether the event came from the SaaS: only those are counted and
// remembered by their meaning.
func isCallback(body purchase.Body) bool {
	switch body.(type) {
	case purchase.Sign, purchase.Detected, purchase.Adjustment, purchase.Refund:
		return true
	}
	return false
}

// get finds the order's copy in this batch, in memory, or in the archive.
func (b *batch) get(ev purchase.Event) (*change, error) {
	if c := b.touched[ev.Order]; c != nil {
		return c, nil
	}
	if o := b.e.orders[ev.Order]; o != nil {
		return b.add(&change{order: o.copy(), before: o}), nil
	}
	if _, ok := ev.Body.(purchase.Arm); ok {
		return b.add(&change{order: order{reports: map[int]queue.N{}, dead: map[int]queue.N{}}}), nil
	}
	return b.unarchive(ev)
}

func (b *batch) add(c *change) *change {
	b.list = append(b.list, c)
	return c
}

func (o *order) copy() order {
	c := *o
	c.seen = slices.Clone(o.seen)
	c.journal = slices.Clone(o.journal)
	c.reports = cloneMap(o.reports)
	c.dead = cloneMap(o.dead)
	return c
}

func cloneMap[K comparable, V any](m map[K]V) map[K]V {
	out := make(map[K]V, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

// unarchive brings back an order that was closed: a late refund, a callback that
// comes again. An order nobody knows keeps its callback as a dead letter.
func (b *batch) unarchive(ev purchase.Event) (*change, error) {
	bits, err := ev.Order.Bits()
	if err != nil {
		return nil, err
	}
	a, ok, err := b.e.o.Store.ReadArchive(context.Background(), bits)
	if err != nil && !errors.Is(err, queue.ErrBadRecord) {
		return nil, err
	}
	if !ok {
		return nil, b.stray(ev)
	}
	o, journal, err := decodeArchived(a)
	if err != nil {
		b.e.log.Error("archived order is unreadable", logkey.OrderID, string(ev.Order), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PayUnreadable))
		return nil, b.stray(ev)
	}
	filed := o.copy()
	c := b.add(&change{order: *o, filed: &filed})
	c.events = journal
	return c, nil
}

// step asks the core. What is from outside never fails; a failure is a bug of
// ours and parks the order.
func (b *batch) step(c *change, ev purchase.Event) (purchase.Verdict, error) {
	b.touched[ev.Order] = c
	if p, ok := ev.Body.(purchase.Person); ok && p.Act == purchase.ActUnpark {
		return b.unpark(c, ev)
	}
	if c.parked != "" {
		return purchase.Refuse, b.miss(c, ev)
	}
	return b.stepOn(c, ev)
}

// stepOn steps an order that is not parked.
func (b *batch) stepOn(c *change, ev purchase.Event) (purchase.Verdict, error) {
	next, effects, err := safeStep(c.state, ev)
	if errors.Is(err, purchase.ErrPerson) {
		return purchase.Refuse, err
	}
	if err != nil {
		b.park(c, ev, err)
		return purchase.Refuse, err
	}
	changed := !sameState(c.state, next)
	was := c.state
	c.state = next
	b.enter(c, was)
	if !changed && len(effects) == 0 && ev.Key == "" {
		return purchase.Accept, nil
	}
	if err := b.keep(c, ev); err != nil {
		return purchase.Refuse, err
	}
	return verdict(c, effects), nil
}

// keep writes the event into the journal and its key among the seen ones.
func (b *batch) keep(c *change, ev purchase.Event) error {
	enc, err := purchase.EncodeEvent(ev)
	if err != nil {
		return err
	}
	c.events = append(c.events, enc)
	c.dirty = true
	if ev.Key != "" {
		c.seen = append(c.seen, ev.Key)
	}
	return nil
}

func verdict(c *change, effects []purchase.Effect) purchase.Verdict {
	v := purchase.Accept
	for _, eff := range effects {
		if _, ok := eff.(purchase.Refused); ok {
			v = purchase.Refuse
			continue
		}
		c.effects = append(c.effects, eff)
	}
	return v
}

// safeStep turns a panic of the core into an error: one order must not take the
// gateway down.
func safeStep(s purchase.State, ev purchase.Event) (next purchase.State, effects []purchase.Effect, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic in step: %v", purchase.ErrBug, p)
		}
	}()
	return purchase.Step(s, ev)
}

func sameState(a, b purchase.State) bool {
	x, errX := a.Encode()
	y, errY := b.Encode()
	return errX == nil && errY == nil && string(x) == string(y)
}
