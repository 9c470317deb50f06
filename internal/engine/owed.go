package engine

import (
	"context"

	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// Owed is what a store still has to do with money. While there is any of it, the
// store must not be deleted and the gateway must not be taken away.
type Owed struct {
	Orders  []OwedOrder
	Reports int // that the SaaS has not acknowledged
	Dead    int // reports that were refused, and wait for a person
	Tasks   int // that a person has not ended
	// Unreadable is what keeps the rest from being the whole truth.
	Unreadable []string
}

// OwedOrder is an order that is not closed. An unreadable one has no phase.
type OwedOrder struct {
	Order    purchase.OrderID
	Phase    purchase.Phase
	Held     money.Minor // that an issuer may have set aside
	Currency money.Currency
}

// Nothing says whether everything is settled, as far as the store can tell.
func (o Owed) Nothing() bool {
	return len(o.Orders)+o.Reports+o.Dead+o.Tasks+len(o.Unreadable) == 0
}

// ReadOwed reads the store of a daemon that is not running; it changes nothing.
// Errors: those of [queue.Verify], fs.ErrNotExist without a store among them.
func ReadOwed(ctx context.Context, dir string) (Owed, error) {
	v, err := queue.Verify(ctx, dir)
	if err != nil {
		return Owed{}, err
	}
	o := Owed{Reports: v.Reports, Dead: v.Dead, Tasks: len(v.Tasks), Unreadable: v.Problems}
	for _, row := range v.Orders {
		if owed, yes := owedOrder(row, v.Clean); yes {
			o.Orders = append(o.Orders, owed)
		}
	}
	return o, nil
}

// owedOrder says whether an order's money may be on its way. One that waits for a
// card is nobody's, unless the daemon was killed: the terminal may have gone on.
func owedOrder(row queue.Order, clean bool) (OwedOrder, bool) {
	order, err := decodeOrder(row.Seq, row.State)
	if err != nil {
		return OwedOrder{Order: purchase.NewOrderID(row.ID)}, true
	}
	s := order.state
	o := OwedOrder{Order: s.Order, Phase: s.Phase(), Currency: s.Terms.Currency}
	switch {
	case s.HoldOpen():
		o.Held = s.Hold.Amount
	case s.Hold == nil && s.Outcome == nil && s.Unused == nil && (s.ArmDoubt || !clean):
		o.Held = s.Terms.Limit // asked for, and never answered
	}
	return o, o.Phase != purchase.PhaseArmed || order.parked != "" || !clean
}
