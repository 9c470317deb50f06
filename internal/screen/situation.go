package screen

import (
	"time"

	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
)

// Situation is everything a screen depends on. Whoever builds it fills the facts;
// Watch fills the two durations.
type Situation struct {
	Reasons  []lane.Reason // against selling; empty: the lane sells
	Armed    bool          // the terminal waits for a card
	CardSeen bool          // a card is being processed
	Limit    money.Minor   // what is held from the next card
	Currency money.Currency
	Door     string // label of the door the lane sells from, "" if it has none

	Restock        Restock
	RestockRefused bool // a badge was shown at the wrong moment; cleared after NoticeTime

	Order *Order // the last customer's; nil: none

	OrderFor time.Duration // how long the order's stage has lasted
	LaneFor  time.Duration // how long the lane's stage has lasted
}

// NoticeTime is how long a refused restock is shown.
const NoticeTime = 4 * time.Second

// Restock says where a restock stands.
type Restock string

// The stages of a restock.
const (
	NoRestock      Restock = ""
	RestockAsked   Restock = "asked"   // the door has not been asked for
	RestockOpening Restock = "opening" // it has
	RestockOpen    Restock = "open"
	RestockClosed  Restock = "closed" // the counts are to be confirmed
)

// RestockOf reads the stage off the lane's record; nil is none.
func RestockOf(r *lane.Restock) Restock {
	switch {
	case r == nil:
		return NoRestock
	case r.Closed:
		return RestockClosed
	case r.Opened:
		return RestockOpen
	case r.Sent:
		return RestockOpening
	}
	return RestockAsked
}

// Order is what the customer of an order may see of it.
type Order struct {
	ID       purchase.OrderID
	Phase    purchase.Phase
	Currency money.Currency
	Asked    money.Minor // the hold that was asked for
	Held     money.Minor // the hold that was granted
	DoorOpen bool        // opened and not closed, as far as is known
	Reminded bool        // of the open door

	Declined bool            // a card was presented and gave no hold
	Refusal  purchase.Reason // why

	Decided bool
	Charge  bool
	Empty   bool            // recognised, and nothing was taken
	Source  purchase.Source // of the decision
	Total   money.Minor     // recognised
	Items   []Item

	Outcome  purchase.ResultKind // "": not known yet
	Captured money.Minor
}

// Item is one recognised product.
type Item struct {
	Count  string // exact decimal, "1" for one piece
	Name   string
	Amount money.Minor // price times count
}

// over says that nothing more will happen to the customer's money.
func (o *Order) over() bool { return o.Outcome != "" }

// OrderOf takes from a purchase what its customer may see.
func OrderOf(s purchase.State, reminded bool) *Order {
	o := &Order{
		ID: s.Order, Phase: s.Phase(), Currency: s.Terms.Currency, Asked: s.Terms.Limit,
		DoorOpen: s.Door.Opened != 0 && s.Door.Closed == 0, Reminded: reminded,
	}
	if s.Hold != nil {
		o.Held = s.Hold.Amount
	}
	if s.Unused != nil {
		o.Declined, o.Refusal = s.Unused.ByCard, s.Unused.Why
	}
	if d := s.Decision; d != nil {
		o.Decided, o.Charge, o.Empty, o.Source, o.Total = true, d.Charge, d.Empty, d.Source, d.Total
		o.Items = itemsOf(d.Lines, s.Terms.Currency)
	}
	if s.Outcome != nil {
		o.Outcome, o.Captured = s.Outcome.Kind, s.Outcome.Captured
	}
	return o
}

// itemsOf computes each line as the total was computed. If one cannot be computed
// no line is shown: the total alone is right.
func itemsOf(lines []purchase.Line, c money.Currency) []Item {
	items := make([]Item, 0, len(lines))
	for _, l := range lines {
		price, errPrice := money.ParseDecimal(l.Price)
		count, errCount := money.ParseDecimal(l.Count)
		if errPrice != nil || errCount != nil {
			return nil
		}
		m, err := money.LineTotal(price, count, c)
		if err != nil {
			return nil
		}
		items = append(items, Item{Count: count.Trim(0).String(), Name: l.Name, Amount: m})
	}
	return items
}
