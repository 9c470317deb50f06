package screen

import (
	"time"

	"edged/internal/purchase"
	"edged/internal/screen/catalogue"
)

// order is the customer's screen; false: the customer has seen it long enough.
func (p painter) order() (scene, bool) {
	o := p.s.Order
	if o == nil {
		return scene{}, false
	}
	var sc scene
	switch {
	case o.over():
		sc = p.result()
	case o.Phase == purchase.PhaseOpening || o.Phase == purchase.PhaseInDoubt || o.Phase == purchase.PhaseOpen:
		return p.door(), true
	case o.Phase == purchase.PhaseArmed || o.Phase == purchase.PhaseUnclear:
		return scene{}, false
	default:
		sc = p.settling()
	}
	return sc, sc.pages != nil && (sc.till == 0 || p.s.OrderFor < sc.till)
}

// door lasts as long as the door is not closed: there is no time-out to end it.
func (p painter) door() scene {
	o := p.s.Order
	switch {
	case o.Phase == purchase.PhaseInDoubt:
		return p.say(KindChecking, p.t.InDoubt)
	case o.Phase == purchase.PhaseOpen && o.Reminded:
		return p.say(KindDoorOpen, p.t.Remind)
	case o.Phase == purchase.PhaseOpen:
		return p.turns(KindDoorOpen, sentenceTurn, p.granted(p.named(p.t.OpenDoor, p.t.Open), p.t.CloseWhenDone)...)
	case p.s.OrderFor >= patience:
		return p.say(KindChecking, p.t.InDoubt).after(patience)
	}
	return p.turns(KindDoorOpen, sentenceTurn, p.granted(p.named(p.t.OpeningDoor, p.t.Opening))...).until(patience)
}

func (p painter) named(withDoor, without catalogue.Text) catalogue.Text {
	if p.s.Door == "" {
		return without
	}
	return withDoor
}

// granted adds what the customer may spend if the card gave less than was asked.
func (p painter) granted(parts ...catalogue.Text) []catalogue.Text {
	if o := p.s.Order; o.Held < o.Asked {
		parts = append(parts, p.t.GrantedLess)
	}
	return parts
}

// settling is the time between the closed door and the end. The customer may leave:
// when the lane waits for the next one the screen stays a little, else a little longer.
func (p painter) settling() scene {
	o := p.s.Order
	stay := settledAfter
	if p.s.Armed || p.s.Restock != NoRestock {
		stay = resultFor
	}
	var sc scene
	switch {
	case o.Phase == purchase.PhaseCapturing:
		sc = p.charging()
	case o.Decided:
		sc = p.givenBack()
	case o.Phase == purchase.PhaseReview && o.DoorOpen:
		return p.say(KindChecking, p.t.Review, p.t.Remind)
	case o.Phase == purchase.PhaseReview:
		sc = p.say(KindChecking, p.t.Review)
	case p.s.OrderFor < patience:
		sc = p.say(KindChecking, p.t.Detecting).until(patience)
	default:
		sc = p.say(KindChecking, p.t.DetectingLong).after(patience)
	}
	return sc.until(stay)
}

// charging shows what was taken and the total; the charge itself may take long.
func (p painter) charging() scene {
	sc := scene{kind: KindTotal, pages: p.list(p.t.Total)}
	shown := max(sc.length(), patience)
	if p.s.OrderFor >= shown {
		return p.say(KindTotal, p.t.Capturing).after(shown)
	}
	return sc.until(shown)
}

// result is the end of the purchase, for its time.
func (p painter) result() scene {
	o := p.s.Order
	switch o.Outcome {
	case purchase.Paid:
		return p.paid(p.list(p.t.Paid))
	case purchase.PaidShort:
		return p.paid(p.leaves(p.t.PaidShort, sentenceTurn))
	case purchase.Declined:
		sc := p.turns(KindDeclined, declinedFor/2, p.refusal())
		return sc.until(declinedFor)
	case purchase.NothingTaken, purchase.Cancelled, purchase.Unpaid, purchase.Expired:
		return p.givenBack().until(resultFor)
	}
	return scene{}
}

// paid shows the pages once; the first one, which says it all, comes again and
// stays.
func (p painter) paid(pages []leaf) scene {
	sc := scene{kind: KindTotal, pages: pages}
	if len(pages) > 1 {
		sc = sc.then(pages[0])
	}
	return sc.until(resultFor + time.Duration(len(pages)-1)*itemTurn)
}

// givenBack says why, and what the bank may show meanwhile.
func (p painter) givenBack() scene {
	why := p.whyNothing()
	if why == p.t.ShortGrant {
		return p.turns(KindDeclined, declinedFor/2, why, p.t.Released)
	}
	return p.turns(KindTotal, declinedFor/2, why, p.t.Released)
}

func (p painter) whyNothing() catalogue.Text {
	o, t := p.s.Order, p.t
	switch {
	case o.Charge || o.Outcome == purchase.Unpaid: // goods were taken, money was not
		return t.Unpaid
	case o.Empty:
		return t.NothingTaken
	}
	switch o.Source {
	case purchase.FromShortGrant:
		return t.ShortGrant
	case purchase.FromRefusal:
		return t.DoorRefused
	case purchase.FromNetwork:
		return t.NoConnection
	case purchase.FromSilence:
		return t.DoorSilent
	case purchase.FromTerminal, purchase.FromRestart:
		return t.PaymentStopped
	case purchase.FromDeadline, purchase.FromSession:
		return t.Unpaid
	}
	return t.Cancelled
}

// refusal says why a card gave no hold. Being offline reads differently from being
// declined (displays.md §5).
func (p painter) refusal() catalogue.Text {
	t := p.t
	switch p.s.Order.Refusal {
	case purchase.ReasonDeclined:
		return t.Declined
	case purchase.ReasonTimeout:
		return t.TimedOut
	case purchase.ReasonAborted:
		return t.Aborted
	case purchase.ReasonCardError:
		return t.CardError
	case purchase.ReasonHostOffline:
		return t.NoHost
	case purchase.ReasonBusy, purchase.ReasonConfig, purchase.ReasonLine, purchase.ReasonReversed:
		return t.TerminalFault
	}
	return t.NotAccepted
}
