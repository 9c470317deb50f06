package screen

import (
	"slices"
	"time"

	"edged/internal/lane"
)

// card: "please wait" at once; the terminal gives up by itself.
func (p painter) card() scene {
	if p.s.LaneFor < cardPatience {
		return p.say(KindAuthorising, p.t.Authorising).until(cardPatience)
	}
	return p.say(KindAuthorising, p.t.StillWorking)
}

// lane is shown while no customer's money is.
func (p painter) lane() scene {
	s := p.s
	switch {
	case s.Restock != NoRestock:
		return p.restock()
	case s.Armed && len(s.Reasons) == 0:
		return p.idle()
	case len(s.Reasons) == 0:
		return p.between()
	case slices.Contains(s.Reasons, lane.Starting) && s.LaneFor < patience:
		return p.say(KindMessage, p.t.Starting).until(patience)
	case !slices.ContainsFunc(s.Reasons, lasting) && s.LaneFor < patience:
		return p.say(KindMessage, p.t.Moment).until(patience)
	}
	return p.say(KindOutOfService, p.t.OutOfService)
}

// idle names the amount on every page: any of them may be the one a customer has
// read before the tap.
func (p painter) idle() scene {
	parts := slices.Clone(p.t.Idle)
	if p.s.Door != "" {
		parts = slices.Insert(parts, 1, p.t.IdleDoor)
	}
	return p.turns(KindIdle, idleTurn, parts...)
}

// between two arms of the terminal nothing flickers; if it takes longer, no card
// is asked for.
func (p painter) between() scene {
	if p.s.Limit > 0 && p.s.LaneFor < blink {
		return p.turns(KindIdle, idleTurn, p.t.Idle[0]).until(blink)
	}
	return p.say(KindMessage, p.t.Moment)
}

func (p painter) restock() scene {
	switch p.s.Restock {
	case RestockOpening:
		return p.say(KindRestock, p.t.RestockOpening)
	case RestockOpen:
		sc := p.say(KindRestock, p.t.RestockOpen)
		return sc.until(p.s.LaneFor.Truncate(time.Minute) + time.Minute)
	case RestockClosed:
		return p.say(KindRestock, p.t.RestockClosed)
	}
	return p.say(KindRestock, p.t.Restock)
}
