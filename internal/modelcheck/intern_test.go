package modelcheck

import (
	"encoding/json"
	"fmt"

	"edged/internal/lane"
	"edged/internal/purchase"
)

// interner gives equal values one small number, from 1. Zero is none.
type interner[T any] struct {
	ids  map[string]uint32
	vals []T
}

func newInterner[T any]() *interner[T] {
	var none T
	return &interner[T]{ids: map[string]uint32{}, vals: []T{none}}
}

func (i *interner[T]) id(key string, v T) uint32 {
	if id, ok := i.ids[key]; ok {
		return id
	}
	i.vals = append(i.vals, v)
	id := uint32(len(i.vals) - 1)
	i.ids[key] = id
	return id
}

func (i *interner[T]) val(id uint32) T { return i.vals[id] }

// keyOf spells a value with its type.
func keyOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data
	}
	return fmt.Sprintf("%T%s", v, b)
}

// cores remembers what both Steps said: a state of an order or a lane is shared by
// thousands of worlds.
type cores struct {
	orders *interner[purchase.State]
	bodies *interner[purchase.Body]
	lanes  *interner[lane.State]
	asks   *interner[lane.Body]

	cmds  []purchase.TerminalCommand // by number
	known map[purchase.TerminalCommand]uint32
	small map[purchase.Body]uint32 // bodies that can be compared

	stepped map[uint64]orderStep
	moved   map[uint64]laneStep
	facts   []orderFacts // by order state

	ends     map[endKey][2]uint32 // of an order's and of the lane's bodies
	results  map[resultKey]uint32
	timed    map[timeKey]uint32
	booted   map[uint32]uint32 // lane states, by those before the crash
	rebooted map[uint32]uint32 // order states
	unpaused map[uint32]uint32 // lane states
	wants    map[purchase.TerminalCommand]uint32
}

// What follows are short names of things that would take long to spell.
type (
	endKey struct {
		cmd         uint32
		outcome     purchase.Outcome
		why         purchase.Reason
		acked, card bool
		open, last  uint8
	}
	resultKey struct {
		cmd    uint32
		amount uint16
		hold   uint8
	}
	timeKey struct {
		state uint32
		name  purchase.DeadlineName
	}
)

type orderStep struct {
	next    uint32
	effects []purchase.Effect
	err     error
}

type laneStep struct {
	next    uint32
	effects []lane.Effect
	err     error
}

// orderFacts are what the models ask of an order's state again and again.
type orderFacts struct {
	lane   uint32 // the body that tells the lane
	closed bool
	held   bool
	phase  purchase.Phase
	due    []purchase.DeadlineName
	bad    error // what a probe has found
}

func newCores() *cores {
	return &cores{
		orders: newInterner[purchase.State](), bodies: newInterner[purchase.Body](), lanes: newInterner[lane.State](),
		asks: newInterner[lane.Body](), cmds: make([]purchase.TerminalCommand, 1), known: map[purchase.TerminalCommand]uint32{},
		small:   map[purchase.Body]uint32{},
		stepped: map[uint64]orderStep{}, moved: map[uint64]laneStep{}, facts: make([]orderFacts, 1),
		ends: map[endKey][2]uint32{}, results: map[resultKey]uint32{}, timed: map[timeKey]uint32{}, booted: map[uint32]uint32{},
		rebooted: map[uint32]uint32{}, unpaused: map[uint32]uint32{}, wants: map[purchase.TerminalCommand]uint32{},
	}
}

func (c *cores) body(b purchase.Body) uint32 { return c.bodies.id(keyOf(b), b) }

func (c *cores) ask(b lane.Body) uint32 { return c.asks.id(keyOf(b), b) }

// flat is body for one without lists.
func (c *cores) flat(b purchase.Body) uint32 {
	return remember(c.small, b, func() uint32 { return c.body(b) })
}

func (c *cores) cmd(t purchase.TerminalCommand) uint32 {
	return remember(c.known, t, func() uint32 {
		c.cmds = append(c.cmds, t)
		return uint32(len(c.cmds) - 1)
	})
}

// order gives an order's state its number.
func (c *cores) order(s purchase.State) uint32 {
	s = plain(s)
	b, err := s.Encode()
	if err != nil {
		panic(err)
	}
	id := c.orders.id(string(b), s)
	if int(id) == len(c.facts) {
		f := orderFacts{lane: c.ask(lane.Changed{Order: laneOrder(s), Closed: s.Closed()}), closed: s.Closed(), held: s.Hold != nil, phase: s.Phase()}
		f.bad = probe(s, s.Order)
		for _, d := range s.Due {
			f.due = append(f.due, d.Name)
		}
		c.facts = append(c.facts, f)
	}
	return id
}

func (c *cores) lane(s lane.State) uint32 {
	s = plainLane(s)
	return c.lanes.id(keyOf(s), s)
}

// step is purchase.Step. No time passes in the model but by a deadline that is set
// into the past.
func (c *cores) step(slot int, state, body uint32) orderStep {
	key := uint64(slot)<<60 | uint64(state)<<30 | uint64(body)
	if r, ok := c.stepped[key]; ok {
		return r
	}
	next, effects, err := safeStep(c.orders.val(state), purchase.Event{Order: orderID(slot), At: now(), Body: c.bodies.val(body)})
	r := orderStep{effects: effects, err: err}
	if err == nil {
		r.next = c.order(next)
	}
	c.stepped[key] = r
	return r
}

// safeStep is the engine's: a panic is a bug of the order.
func safeStep(s purchase.State, ev purchase.Event) (next purchase.State, effects []purchase.Effect, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic in step: %v", purchase.ErrBug, p)
		}
	}()
	return purchase.Step(s, ev)
}

// move is lane.Step.
func (c *cores) move(state, body uint32) laneStep {
	key := uint64(state)<<32 | uint64(body)
	if r, ok := c.moved[key]; ok {
		return r
	}
	next, effects, err := lane.Step(c.lanes.val(state), lane.Event{At: now(), Body: c.asks.val(body)})
	r := laneStep{effects: effects, err: err}
	if err == nil {
		r.next = c.lane(next)
	}
	c.moved[key] = r
	return r
}

// remember gives what known has under key, or else makes it.
func remember[K comparable, V any](known map[K]V, key K, make func() V) V {
	if v, ok := known[key]; ok {
		return v
	}
	v := make()
	known[key] = v
	return v
}

// now is the one moment of the model, on every clock.
func now() purchase.Stamp {
	return purchase.Stamp{Boot: "boot", Mono: moment, Powered: moment, Reach: moment, Wall: 1}
}

const (
	moment = 1_000_000
	future = 2_000_000 // when every deadline that runs is
	past   = 500_000   // when one is that is over
)

// plain takes away what nothing is decided by: texts for people, how long a deadline
// runs, and the alarm about an old hold.
func plain(s purchase.State) purchase.State {
	var due []purchase.Deadline
	for _, d := range s.Due {
		if d.Name == purchase.DueHoldAlarm {
			continue
		}
		if d.At > moment {
			d.At = future
		}
		due = append(due, d)
	}
	s.Due = due
	s.Fails = 0
	opens := append([]purchase.OpenTry(nil), s.Opens...)
	for i := range opens {
		opens[i].Msg = ""
	}
	s.Opens = opens
	if s.Review != nil {
		s.Review = &purchase.Review{Why: "why", At: s.Review.At}
	}
	return s
}

// plainLane starts the numbers of the lane's commands anew while none is under way,
// and forgets an order that is gone.
func plainLane(s lane.State) lane.State {
	if s.Busy == nil {
		s.Serial = 0
	}
	known := false
	for _, o := range s.Orders {
		known = known || o.ID == s.Used
	}
	if !known {
		s.Used = ""
	}
	return s
}

// laneOrder is what the engine tells a lane of an order.
func laneOrder(s purchase.State) lane.Order {
	out := lane.Order{
		ID: s.Order, Phase: s.Phase(), Door: lane.Door{MachineID: s.Terms.MachineID, Number: s.Terms.Door},
		DoorBusy: s.DoorBusy(), HoldOpen: s.HoldOpen(), After: s.Terms.After, Limit: s.Terms.Limit,
	}
	if s.Hold != nil {
		out.Receipt = s.Hold.Receipt
	}
	return out
}

func orderID(slot int) purchase.OrderID { return purchase.NewOrderID([16]byte{15: byte(slot + 1)}) }
