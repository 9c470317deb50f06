package audit

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
)

// sale is one purchase as each book has it; a part is nil where a book knows
// nothing of it.
type sale struct {
	order   *Order
	lane    string
	hold    *readersim.Hold
	saas    *saassim.Order
	opening *world.Opening
	visit   *world.Visit
	opens   []time.Time // each OpenDoor the SaaS received and did not refuse for its token

	disturbed bool // by a kill of the gateway, or by what else died
}

func (s *sale) id() string {
	switch {
	case s.order != nil:
		return s.order.OrderID
	case s.saas != nil:
		return s.saas.OrderID
	}
	return ""
}

func (s *sale) visitID() string {
	if s.visit == nil {
		return ""
	}
	return s.visit.Scenario.ID
}

func (s *sale) expect() world.Expect {
	if s.visit == nil {
		return world.Expect{}
	}
	return s.visit.Scenario.Expect
}

// killed says whether a kill may have been felt in the purchase.
func (s *sale) killed() bool { return s.disturbed }

// aftermath is how long after a kill a customer may still meet a terminal that
// waits for the dead gateway's answer.
const aftermath = 5 * time.Second

// disturbed says whether the gateway or what it needs died during a visit or just
// before it.
func (a *auditor) disturbed(v *world.Visit) bool {
	before := func(e world.Event) bool {
		d := v.At.Sub(e.At)
		return d >= 0 && d < aftermath && (e.Lane == "" || e.Lane == v.Scenario.Lane)
	}
	return len(v.Kills) > 0 || len(v.Struck) > 0 ||
		slices.ContainsFunc(a.World.Kills, before) || slices.ContainsFunc(a.World.Strikes, before) || a.cutElsewhere(v)
}

// longVisit is more than a customer waits for a door.
const longVisit = 30 * time.Second

// cutElsewhere says whether the network was cut for a customer of another lane.
func (a *auditor) cutElsewhere(v *world.Visit) bool {
	return slices.ContainsFunc(a.World.Events, func(e world.Event) bool {
		if e.Kind != world.Happened || !strings.HasPrefix(e.Note, string(world.NetworkCut)) {
			return false
		}
		d := e.At.Sub(v.At)
		other := a.World.Visits[e.Visit]
		return other != nil && other.Scenario.Lane != v.Scenario.Lane && d > -aftermath && d < longVisit
	})
}

// taken is the price of the goods that are really gone.
func (s *sale) taken() int64 {
	if s.opening == nil {
		return 0
	}
	return s.opening.Total
}

// match puts together what the books say of the same purchase: edged and the SaaS
// by order id, edged and the terminal by the hold's receipt.
func (a *auditor) match() {
	byID := map[string]*sale{}
	for i := range a.Orders {
		o := &a.Orders[i]
		s := &sale{order: o, lane: o.Lane}
		byID[o.OrderID] = s
		a.sales = append(a.sales, s)
	}
	opens := a.openDoors()
	for _, id := range sortedKeys(opens) {
		s := byID[id]
		if s == nil {
			s = &sale{saas: &saassim.Order{OrderID: id}}
			byID[id] = s
			a.sales = append(a.sales, s)
		}
		s.opens = opens[id]
	}
	for _, id := range sortedKeys(a.SaaS.Orders) {
		if s := byID[id]; s != nil {
			s.saas = a.SaaS.Orders[id]
		}
	}
	for _, s := range a.sales {
		s.opening = a.World.Openings[s.id()]
	}
	for _, lane := range sortedKeys(a.Terminals) {
		for _, h := range a.Terminals[lane].HoldList() {
			a.matchHold(lane, h)
		}
	}
	for _, s := range a.sales {
		s.visit = a.visitOf(s)
		s.disturbed = s.visit != nil && a.disturbed(s.visit)
	}
}

// matchHold gives a hold to its order, or makes a purchase that only the terminal
// knows of. Receipt numbers come again: the newest hold without an order is meant.
func (a *auditor) matchHold(lane string, h *readersim.Hold) {
	for _, s := range a.sales {
		if s.order == nil || s.lane != lane || s.order.Receipt == "" || number(s.order.Receipt) != h.Receipt {
			continue
		}
		if s.hold == nil || h.State != readersim.Reversed {
			s.hold = h
		}
		return
	}
	a.sales = append(a.sales, &sale{lane: lane, hold: h})
}

func number(receipt string) int {
	n, err := strconv.Atoi(receipt)
	if err != nil {
		return -1
	}
	return n
}

// openDoors lists, by order, when an OpenDoor that sells arrived. One that was
// refused for its token is none: the SaaS has surely done nothing.
func (a *auditor) openDoors() map[string][]time.Time {
	all := map[string][]time.Time{}
	for i, e := range a.SaaS.Events {
		if e.Kind == saassim.RequestSeen && e.Call == saassim.CallOpenDoor && e.OrderID != "" && sells(e.Body) && judged(e.OrderID, a.SaaS.Events[i+1:]) {
			all[e.OrderID] = append(all[e.OrderID], came(e))
		}
	}
	return all
}

// came is when a request arrived.
func came(e saassim.Event) time.Time {
	if e.Came.IsZero() {
		return e.At
	}
	return e.Came
}

// restock is TranseType 2 (V2 §5).
const restock = 2

func sells(body json.RawMessage) bool {
	var q struct{ TranseType int }
	return json.Unmarshal(body, &q) == nil && q.TranseType != restock
}

// judged says whether the request was taken, refused or met a scripted fault
// before the next one of the order.
func judged(order string, after []saassim.Event) bool {
	for _, e := range after {
		if e.OrderID != order {
			continue
		}
		switch e.Kind {
		case saassim.OpenAccepted, saassim.OpenRepeated, saassim.OpenRefused:
			return true
		case saassim.FaultDone:
			if e.Call == saassim.CallOpenDoor {
				return true
			}
		case saassim.RequestSeen:
			if e.Call == saassim.CallOpenDoor {
				return false
			}
		}
	}
	return false
}

// visitOf finds the customer a purchase was for: by the door that opened, else by
// the time.
func (a *auditor) visitOf(s *sale) *world.Visit {
	if s.opening != nil && s.opening.Visit != "" {
		return a.World.Visits[s.opening.Visit]
	}
	var at time.Time
	switch {
	case s.hold != nil:
		at = s.hold.AuthorisedAt
	case len(s.opens) > 0:
		at = s.opens[0]
	default:
		return nil
	}
	var found *world.Visit
	for _, v := range a.World.VisitList() {
		if (s.lane == "" || v.Scenario.Lane == s.lane) && !v.At.After(at) {
			found = v
		}
	}
	return found
}

// decisions are the readable verdicts the SaaS has for the order, in the order it
// came to them.
func (s *sale) decisions() []*saassim.Callback {
	if s.saas == nil {
		return nil
	}
	var all []*saassim.Callback
	for _, c := range s.saas.Callbacks {
		if readable(c) {
			all = append(all, c)
		}
	}
	return all
}

// readable says whether a callback decides (mode 0 or 1, with data, no negative
// price).
func readable(c *saassim.Callback) bool {
	d := c.Decision
	if c.Noise || d == nil || d.Failed || d.Mode != 0 && d.Mode != 1 || d.Data == saassim.AsNull {
		return false
	}
	return !slices.ContainsFunc(d.Lines, func(l saassim.Line) bool { return l.PriceMinor < 0 })
}

// says is what a readable verdict means.
func says(c *saassim.Callback) (charge bool, total int64) {
	if c.Decision.Mode == 1 {
		return false, 0
	}
	total = saassim.TotalMinor(c.Lines)
	return total > 0, total
}
