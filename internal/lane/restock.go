package lane

import (
	"slices"

	"edged/internal/purchase"
)

// Restock is a door opened for the operator's staff. It occupies the lane until
// the door is closed and the counts are confirmed or given up.
type Restock struct {
	ID     purchase.OrderID `json:"id"`
	Door   Door             `json:"door"`
	Who    string           `json:"who,omitempty"`
	Sent   bool             `json:"sent,omitempty"` // OpenDoor was asked for; never again after a restart
	Opened bool             `json:"opened,omitempty"`
	Closed bool             `json:"closed,omitempty"`
}

// RestockAsked: an allowed badge, or a person, asks for a door.
type RestockAsked struct {
	ID   purchase.OrderID
	Door Door
	Who  string
}

// RestockAnswered is the SaaS's answer to OpenForRestock.
type RestockAnswered struct {
	ID  purchase.OrderID
	OK  bool
	Msg string
}

// RestockSign is a callback about the restock.
type RestockSign struct {
	ID   purchase.OrderID
	Sign purchase.SignName
}

// RestockEnded: the counts were confirmed, or given up.
type RestockEnded struct{ ID purchase.OrderID }

func (RestockAsked) lane()    {}
func (RestockAnswered) lane() {}
func (RestockSign) lane()     {}
func (RestockEnded) lane()    {}

// onRestockAsked refuses while the lane has a card or an open door: a door
// belongs to one order or one restock at a time.
func (w *work) onRestockAsked(b RestockAsked) {
	why := ""
	switch {
	case w.Durable.Restock != nil:
		why = "another restock is going on"
	case !slices.Contains(w.Settings.Doors, b.Door):
		why = "the door is not this lane's"
	case w.CardSeen:
		why = "a customer's card is being read"
	case slices.ContainsFunc(w.Orders, func(o Order) bool { return o.DoorBusy }):
		why = "a customer's door is open"
	}
	if why != "" {
		w.emit(Refused{ID: b.ID, Why: why})
		return
	}
	w.Durable.Restock = &Restock{ID: b.ID, Door: b.Door, Who: b.Who}
}

// openRestock asks for the door once no card can come between.
func (w *work) openRestock() {
	r := w.Durable.Restock
	if r == nil || r.Sent || (w.Busy != nil && w.Busy.Kind == purchase.CmdArm) {
		return
	}
	if slices.ContainsFunc(w.Orders, func(o Order) bool { return o.DoorBusy }) {
		// A tap crossed the request and was served first.
		w.Durable.Restock = nil
		w.emit(Refused{ID: r.ID, Why: "a customer came first"})
		return
	}
	r.Sent = true
	w.emit(OpenForRestock{ID: r.ID, Door: r.Door})
}

func (w *work) onRestockAnswered(b RestockAnswered) {
	r := w.Durable.Restock
	if r == nil || r.ID != b.ID || r.Opened || b.OK {
		return
	}
	w.Durable.Restock = nil
	w.emit(Refused{ID: b.ID, Why: b.Msg})
}

func (w *work) onRestockSign(b RestockSign) {
	r := w.Durable.Restock
	if r == nil || r.ID != b.ID {
		return
	}
	switch b.Sign {
	case purchase.SignOpened:
		r.Opened = true
	case purchase.SignClosed:
		r.Opened, r.Closed = true, true
	case purchase.SignCancel:
		if !r.Opened {
			w.Durable.Restock = nil
		}
	}
}

func (w *work) onRestockEnded(b RestockEnded) {
	if r := w.Durable.Restock; r != nil && r.ID == b.ID {
		w.Durable.Restock = nil
	}
}
