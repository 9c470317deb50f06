package screen

import (
	"edged/internal/lane"
	"edged/internal/purchase"
)

// aCase is one state of DESIGN §2 as the customer meets it.
type aCase struct {
	name string
	s    Situation
}

func selling() Situation {
	return Situation{Armed: true, Limit: 5000, Currency: "EUR"}
}

func closedFor(reasons ...lane.Reason) Situation {
	return Situation{Reasons: reasons, Limit: 5000, Currency: "EUR"}
}

func withOrder(change func(*Order)) Situation {
	o := &Order{ID: "0TESTORDER", Phase: purchase.PhaseOpening, Currency: "EUR", Asked: 5000, Held: 5000}
	change(o)
	s := closedFor(lane.DoorOpen, lane.NoRoom)
	if o.Outcome != "" {
		s = selling()
	}
	s.Order = o
	return s
}

func phase(p purchase.Phase) Situation { return withOrder(func(o *Order) { o.Phase = p }) }

func declined(r purchase.Reason) Situation {
	return withOrder(func(o *Order) {
		o.Phase, o.Held, o.Declined, o.Refusal, o.Outcome = purchase.PhaseClosed, 0, true, r, purchase.Declined
	})
}

func givenBack(src purchase.Source, out purchase.ResultKind) Situation {
	return withOrder(func(o *Order) {
		o.Phase, o.Decided, o.Source, o.Outcome = purchase.PhaseReporting, true, src, out
		if out == "" {
			o.Phase = purchase.PhaseReleasing
		}
	})
}

func bought(out purchase.ResultKind, items ...Item) Situation {
	return withOrder(func(o *Order) {
		o.Phase, o.Decided, o.Charge, o.Source, o.Items, o.Outcome = purchase.PhaseReporting, true, true, purchase.FromDetection, items, out
		if out == "" {
			o.Phase = purchase.PhaseCapturing
		}
		for _, it := range items {
			o.Total += it.Amount
		}
		o.Captured = min(o.Total, o.Held)
	})
}

func with(s Situation, change func(*Situation)) Situation {
	change(&s)
	return s
}

func cases() []aCase {
	drinks := func(s *Situation) { s.Door = "Drinks" }
	cola, sandwich := Item{"1", "Cola 0.33l", 250}, Item{"2", "Sandwich with a very long name", 980}
	return []aCase{
		{"starting", closedFor(lane.Starting, lane.TerminalDown, lane.SaaSUnreachable)},
		{"armed", selling()},
		{"armed, door with a label", with(selling(), drinks)},
		{"armed, an amount that shortens the label", with(selling(), func(s *Situation) { s.Limit = 12345678 })},
		{"armed, in yen", with(selling(), func(s *Situation) { s.Limit, s.Currency = 500, "JPY" })},
		{"between two arms of the terminal", with(selling(), func(s *Situation) { s.Armed = false })},
		{"card seen", with(selling(), func(s *Situation) { s.CardSeen = true })},

		{"declined by the bank", declined(purchase.ReasonDeclined)},
		{"declined, nobody finished it", declined(purchase.ReasonTimeout)},
		{"declined, cancelled", declined(purchase.ReasonAborted)},
		{"declined, card not read", declined(purchase.ReasonCardError)},
		{"declined, bank not reached", declined(purchase.ReasonHostOffline)},
		{"declined, terminal fault", declined(purchase.ReasonLine)},
		{"declined, any other reason", declined(purchase.ReasonOther)},
		{"granted less than is needed", with(givenBack(purchase.FromShortGrant, ""), func(s *Situation) { s.Order.Held = 2000 })},
		{"granted less than is needed, hold given back", with(givenBack(purchase.FromShortGrant, purchase.Cancelled), func(s *Situation) { s.Order.Held = 2000 })},

		{"opening", phase(purchase.PhaseOpening)},
		{"opening a door with a label", with(phase(purchase.PhaseOpening), drinks)},
		{"opening, granted less", with(phase(purchase.PhaseOpening), func(s *Situation) { s.Order.Held = 2000 })},
		{"in doubt", phase(purchase.PhaseInDoubt)},
		{"open", phase(purchase.PhaseOpen)},
		{"open, door with a label", with(phase(purchase.PhaseOpen), drinks)},
		{"open, granted less", with(phase(purchase.PhaseOpen), func(s *Situation) { s.Order.Held = 2000 })},
		{"open, reminded", with(phase(purchase.PhaseOpen), func(s *Situation) { s.Order.Reminded = true })},
		{"detecting", phase(purchase.PhaseDetecting)},
		{"detecting, the lane takes the next card", with(phase(purchase.PhaseDetecting), func(s *Situation) { s.Reasons, s.Armed = nil, true })},
		{"under review", phase(purchase.PhaseReview)},
		{"under review, the door is open", with(phase(purchase.PhaseReview), func(s *Situation) { s.Order.DoorOpen = true })},

		{"capturing", bought("", cola, sandwich)},
		{"capturing, the lane takes the next card", with(bought("", cola), func(s *Situation) { s.Reasons, s.Armed = nil, true })},
		{"paid", bought(purchase.Paid, cola, sandwich)},
		{"paid, and the lane went out of service meanwhile", with(bought(purchase.Paid, cola), func(s *Situation) { s.Reasons, s.Armed = []lane.Reason{lane.SaaSUnreachable}, false })},
		{"paid, and the next card is there", with(bought(purchase.Paid, cola), func(s *Situation) { s.CardSeen = true })},
		{"paid, by weight", bought(purchase.Paid, Item{"0.35", "Nuts", 311})},
		{"paid, more items than anybody waits for", bought(purchase.Paid, many(14)...)},
		{"paid, an amount wider than its label", bought(purchase.Paid, Item{"1", "Gold", 4000}, Item{"1", "Yacht", 123456789012345})},
		{"paid, the widest amount", with(bought(purchase.Paid), func(s *Situation) { s.Order.Total = 1<<63 - 1 })},
		{"paid, hostile names", bought(purchase.Paid, Item{"1", "\x1b[2J\r\n\x1fevil\x00 name", 100}, Item{"1", "Café\u0301 … “x”\u200b", 200}, Item{"1", "a|b", 300})},
		{"paid short", bought(purchase.PaidShort, Item{"1", "Champagne", 7000})},

		{"nothing taken", with(givenBack(purchase.FromDetection, purchase.NothingTaken), func(s *Situation) { s.Order.Empty = true })},
		{"releasing, nothing taken", with(givenBack(purchase.FromDetection, ""), func(s *Situation) { s.Order.Empty = true })},
		{"cancelled by the SaaS", givenBack(purchase.FromDetection, purchase.Cancelled)},
		{"cancelled before the door opened", givenBack(purchase.FromCancel, purchase.Cancelled)},
		{"cancelled, the door was refused", givenBack(purchase.FromRefusal, purchase.Cancelled)},
		{"cancelled, the door could not be asked for", givenBack(purchase.FromNetwork, purchase.Cancelled)},
		{"cancelled, no sign of the door", givenBack(purchase.FromSilence, purchase.Cancelled)},
		{"cancelled, the terminal took the hold back", givenBack(purchase.FromTerminal, purchase.Cancelled)},
		{"cancelled, hold found after a restart", givenBack(purchase.FromRestart, purchase.Cancelled)},
		{"releasing, nobody decided", givenBack(purchase.FromDeadline, "")},
		{"unpaid", givenBack(purchase.FromDeadline, purchase.Unpaid)},
		{"unpaid, capture refused", bought(purchase.Unpaid, cola)},
		{"releasing, capture refused", with(bought("", cola), func(s *Situation) { s.Order.Phase = purchase.PhaseReleasing })},
		{"expired", givenBack(purchase.FromRefusal, purchase.Expired)},

		{"out of service", closedFor(lane.SaaSUnreachable)},
		{"out of service for several reasons", closedFor(lane.Operator, lane.NoRoom, lane.SaaSUnreachable, lane.TerminalDown, lane.DiskReserve)},
		{"not selling for a moment", closedFor(lane.UnknownHolds)},
		{"restock asked", with(closedFor(lane.Restocking), func(s *Situation) { s.Restock = RestockAsked })},
		{"restock opening", with(closedFor(lane.Restocking), func(s *Situation) { s.Restock = RestockOpening })},
		{"restock open", with(closedFor(lane.Restocking), func(s *Situation) { s.Restock = RestockOpen })},
		{"restock closed", with(closedFor(lane.Restocking), func(s *Situation) { s.Restock = RestockClosed })},
		{"restock refused", with(phase(purchase.PhaseOpen), func(s *Situation) { s.RestockRefused = true })},
	}
}

func many(n int) (items []Item) {
	for i := range n {
		items = append(items, Item{"1", "Item " + string(rune('A'+i)), 100})
	}
	return items
}
