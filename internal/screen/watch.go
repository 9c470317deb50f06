package screen

import (
	"fmt"
	"slices"
	"time"

	"edged/internal/lane"
	"edged/internal/purchase"
)

// Watch remembers since when the stages of one lane last. Its zero value has seen
// nothing yet. It must see every change, or an order that ended between two looks
// is taken for one that ended long ago.
type Watch struct {
	started bool
	order   mark
	lane    mark
	ours    purchase.OrderID // the order that was seen under way, or declined
}

type mark struct {
	key string
	at  time.Duration
}

// Look fills in how long the stages of s have lasted at now, a time on any clock
// that does not step. An order that was over before anybody looked (a restart, a
// refund weeks later) is not shown: its customer has left.
func (w Watch) Look(s Situation, now time.Duration) (Watch, Situation) {
	if o := s.Order; o != nil && o.over() && o.ID != w.ours && (!o.Declined || !w.started) {
		s.Order = nil
	}
	if s.Order != nil {
		w.ours = s.Order.ID
		w.order = w.order.move(s.Order.stage(), now)
		s.OrderFor = now - w.order.at
	}
	w.lane = w.lane.move(s.laneStage(), now)
	s.LaneFor = now - w.lane.at
	w.started = true
	return w, s
}

func (m mark) move(key string, now time.Duration) mark {
	if m.key == key {
		return m
	}
	return mark{key, now}
}

// stage changes when the customer is to see something new. An order that is over
// stays over: a report, a refund or a late decision is not the customer's.
func (o *Order) stage() string {
	if o.over() {
		return string(o.ID) + " over"
	}
	return fmt.Sprint(o.ID, " ", o.Phase, " ", o.DoorOpen, " ", o.Reminded)
}

func (s Situation) laneStage() string {
	switch {
	case s.CardSeen:
		return "card"
	case s.Restock != NoRestock:
		return "restock " + string(s.Restock)
	case s.Armed:
		return "armed"
	case slices.Contains(s.Reasons, lane.Starting):
		return "starting"
	case len(s.Reasons) == 0:
		return "idle"
	case slices.ContainsFunc(s.Reasons, lasting):
		return "out of service"
	}
	return "passing"
}

// lasting says that a reason does not go away by itself within seconds.
func lasting(r lane.Reason) bool {
	switch r {
	case lane.Starting, lane.TerminalWork, lane.NoRoom, lane.UnknownHolds, lane.DoorOpen, lane.Restocking:
		return false
	}
	return true
}
