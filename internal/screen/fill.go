package screen

import (
	"strconv"
	"strings"
	"time"

	"edged/internal/screen/catalogue"
)

// leaves fills a text of the catalogue in and splits it over pages.
func (p painter) leaves(t catalogue.Text, stay time.Duration) (out []leaf) {
	for page := range strings.SplitSeq(string(t), "\f") {
		var rows []string
		for row := range strings.SplitSeq(page, "\n") {
			rows = append(rows, p.fill(row)...)
		}
		out = append(out, paged(rows, p.size, stay)...)
	}
	return out
}

// fill gives the rows of one row of a text.
func (p painter) fill(row string) []string {
	left, right, valued := strings.Cut(row, "\t")
	if !valued {
		return []string{p.withDoor(p.shown(left))}
	}
	forms := strings.Split(p.shown(left), "|")
	return valueRows(forms, p.value(right, p.size.Cols-width(forms[0])-1), p.size.Cols)
}

// withDoor puts the door's label in, cut so that what the text says of it is not.
func (p painter) withDoor(row string) string {
	const mark = "{door}"
	if !strings.Contains(row, mark) {
		return row
	}
	room := p.size.Cols - (width(row) - width(mark))
	return strings.Replace(row, mark, cutTo(p.shown(clean(p.s.Door)), room), 1)
}

// value is what stands behind a tab; room is for a value that may be shorter.
func (p painter) value(text string, room int) amount {
	name, unit, _ := strings.Cut(text, "}")
	switch name + "}" {
	case "{limit}":
		return p.amount(p.s.Limit, p.s.Currency)
	case "{code}":
		return amount{digits: codeList(p.s.Reasons, room)}
	case "{minutes}":
		return amount{digits: strconv.Itoa(int(p.s.LaneFor.Minutes())) + p.shown(unit)}
	case "{held}":
		return p.amount(p.s.Order.Held, p.s.Order.Currency)
	case "{total}":
		return p.amount(p.s.Order.Total, p.s.Order.Currency)
	case "{captured}":
		return p.amount(p.s.Order.Captured, p.s.Order.Currency)
	}
	return amount{digits: text}
}

// maxItemPages bounds how long a list keeps a customer waiting for the lane.
const maxItemPages = 10

// list is a heading over the total, then the items in pages with the total kept in
// the last row (displays.md §6).
func (p painter) list(heading catalogue.Text) []leaf {
	o := p.s.Order
	total := p.fill(string(p.t.TotalRow))
	room := p.size.Rows - len(total)
	if room < 1 { // a total so wide that it fills the display
		return []leaf{{total, sentenceTurn}, {[]string{p.shown(string(heading))}, sentenceTurn}}
	}
	pages := []leaf{{append([]string{p.shown(string(heading))}, total...), sentenceTurn}}
	for at := 0; at < len(o.Items); at += room {
		if at/room == maxItemPages {
			more := []string{p.shown(string(p.t.MoreItems))}
			return append(pages, leaf{append(more, total...), itemTurn})
		}
		var rows []string
		for _, it := range o.Items[at:min(at+room, len(o.Items))] {
			rows = append(rows, p.item(it)...)
		}
		if len(rows) > room { // an amount so wide that it needs a row of its own
			pages = append(pages, paged(rows, p.size, itemTurn)...)
			continue
		}
		pages = append(pages, leaf{append(rows, total...), itemTurn})
	}
	return pages
}

// item is one row: name left, amount right; the number of pieces counts into the
// name and is left out for one.
func (p painter) item(it Item) []string {
	name := clean(it.Name)
	if it.Count != "1" {
		name = clean(it.Count) + "x " + name
	}
	a := p.amount(it.Amount, p.s.Order.Currency)
	return valueRows([]string{p.shown(name)}, amount{digits: a.digits}, p.size.Cols)
}
