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
	cmds   *interner[purchase.TerminalCommand]

	stepped map[uint64]orderStep
	moved   map[uint64]laneStep
	facts   []orderFacts // by order state
}

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
	lane   lane.Order
	closed bool
	held   bool
	phase  purchase.Phase
	due    []purchase.DeadlineName
}

func newCores() *cores {
	return &cores{
		orders: newInterner[purchase.State](), bodies: newInterner[purchase.Body](), lanes: newInterner[lane.State](),
		asks: newInterner[lane.Body](), cmds: newInterner[purchase.TerminalCommand](),
		stepped: map[uint64]orderStep{}, moved: map[uint64]laneStep{}, facts: make([]orderFacts, 1),
	}
}

func (c *cores) body(b purchase.Body) uint32 { return c.bodies.id(keyOf(b), b) }

func (c *cores) ask(b lane.Body) uint32 { return c.asks.id(keyOf(b), b) }

func (c *cores) cmd(t purchase.TerminalCommand) uint32 { return c.cmds.id(keyOf(t), t) }

// order gives an order's state its number.
func (c *cores) order(s purchase.State) uint32 {
	s = plain(s)
	b, err := s.Encode()
	if err != nil {
		panic(err)
	}
	id := c.orders.id(string(b), s)
	if int(id) == len(c.facts) {
		f := orderFacts{lane: laneOrder(s), closed: s.Closed(), held: s.Hold != nil, phase: s.Phase()}
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
	next, effects, err := purchase.Step(c.orders.val(state), purchase.Event{Order: orderID(slot), At: now(), Body: c.bodies.val(body)})
	r := orderStep{effects: effects, err: err}
	if err == nil {
		r.next = c.order(next)
	}
	c.stepped[key] = r
	return r
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
