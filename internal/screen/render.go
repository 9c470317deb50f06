package screen

import (
	"slices"
	"time"

	"edged/internal/screen/catalogue"
)

// Page is what a display shows now.
type Page struct {
	Kind Kind
	Rows []string      // Size.Rows rows of Size.Cols runes each
	Next time.Duration // render again after this time; 0: only when a fact changes
}

// Kind names a screen for displays that draw pages of their own (displays.md §4).
type Kind string

// The kinds.
const (
	KindIdle         Kind = "idle"
	KindAuthorising  Kind = "authorising"
	KindDoorOpen     Kind = "doorOpen"
	KindChecking     Kind = "checking"
	KindTotal        Kind = "total"
	KindDeclined     Kind = "declined"
	KindOutOfService Kind = "outOfService"
	KindRestock      Kind = "restock"
	KindMessage      Kind = "message"
)

// How long pages stay (displays.md §5 and §6).
const (
	idleTurn     = 4500 * time.Millisecond // alternating idle texts
	sentenceTurn = 3 * time.Second         // pages of a sentence
	itemTurn     = 2 * time.Second         // pages of a list
	declinedFor  = 5 * time.Second         // then idle
	resultFor    = 10 * time.Second        // and itemTurn a page, then idle
	patience     = 10 * time.Second        // then the customer is told more
	cardPatience = 15 * time.Second        // a card is processed
	settledAfter = 2 * time.Minute         // a customer has left, whatever is still going on
	blink        = 2 * time.Second         // between two arms of the terminal
)

// Face is the display that a page is drawn for.
type Face struct {
	Size  Size
	Texts *catalogue.Texts // English if nil
	// Shown says how the display shows a text: one rune for each cell it takes. What
	// stands beside an amount is laid out of that, so that a letter which is shown as two
	// never pushes the amount over the edge. nil: as it is.
	Shown func(string) string
}

// Render gives the page for a situation. It is a pure function: the same situation
// gives the same page.
func Render(s Situation, f Face) Page {
	p := painter{s: s, t: f.Texts, size: f.Size.atLeast(), shown: f.Shown}
	if p.t == nil {
		p.t = catalogue.For("", nil)
	}
	if p.shown == nil {
		p.shown = func(s string) string { return s }
	}
	sc, elapsed := p.scene()
	rows, next := sc.at(elapsed)
	page := Page{Kind: sc.kind, Rows: make([]string, p.size.Rows), Next: next}
	for i := range page.Rows {
		row := ""
		if i < len(rows) {
			row = rows[i]
		}
		page.Rows[i] = exact(row, p.size.Cols)
	}
	return page
}

// painter draws one situation.
type painter struct {
	s    Situation
	t    *catalogue.Texts
	size Size

	shown func(string) string
}

// scene picks what is shown, the customer's money before the lane's state; only a
// card that is being read goes before both. The time is that of the stage it
// belongs to.
func (p painter) scene() (scene, time.Duration) {
	switch {
	case p.s.CardSeen:
		return p.card(), p.s.LaneFor
	case p.s.RestockRefused:
		return p.say(KindRestock, p.t.RestockRefused), p.s.LaneFor
	}
	if sc, ok := p.order(); ok {
		return sc, p.s.OrderFor
	}
	return p.lane(), p.s.LaneFor
}

// say is a scene of one message.
func (p painter) say(kind Kind, parts ...catalogue.Text) scene {
	var pages []leaf
	for _, t := range parts {
		pages = append(pages, p.leaves(t, sentenceTurn)...)
	}
	return scene{kind: kind, pages: merged(pages, p.size), loop: true}
}

// turns is a scene whose messages take turns.
func (p painter) turns(kind Kind, stay time.Duration, parts ...catalogue.Text) scene {
	sc := scene{kind: kind, loop: true}
	for _, t := range parts {
		sc.pages = append(sc.pages, merged(p.leaves(t, stay), p.size)...)
	}
	return sc
}

// until ends the scene at a moment of the stage, if nothing ends it before.
func (sc scene) until(d time.Duration) scene {
	if sc.till == 0 || d < sc.till {
		sc.till = d
	}
	return sc
}

// after starts the scene's first page at a moment of the stage.
func (sc scene) after(d time.Duration) scene {
	sc.from = d
	return sc
}

// then puts pages behind the scene's own.
func (sc scene) then(pages ...leaf) scene {
	sc.pages = append(slices.Clone(sc.pages), pages...)
	return sc
}
