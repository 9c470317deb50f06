package catalogue

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// What fits the smallest display (displays.md §1), and what is kept free in it.
const (
	cols     = 20
	pageRows = 2
	// amountLabel is the longest short form of what stands beside an amount: 14 cells
	// remain, enough for 1000000.00 IDR.
	amountLabel = 5
	// valueLabel is the same beside other values: two codes, or a thousand minutes.
	valueLabel = 12
	doorCells  = 8 // that a row with a door's label leaves to it
	maxPages   = 2 // of a message: more are not read before it is gone
	maxQuoted  = 80
	maxIdle    = 4 // pages of the idle screen, which comes again and again
)

// Fault is one thing wrong with an operator's text.
type Fault struct {
	Row  int    // from 0; -1: the whole message
	Text string // what, got, wanted
}

// form is what a message must keep, taken from the text it replaces.
type form struct {
	one    bool     // a single row: a heading
	turns  bool     // each page is a text of its own
	every  []string // values that each page names
	once   []string // values that are named at least once
	doors  bool     // names the door
	pages  int
	values []string // all that may be named
}

// formOf reads the form off the English texts of a message.
func formOf(key string, texts []Text) form {
	f := form{turns: key == "idle", pages: maxPages}
	if f.turns {
		f.pages = maxIdle
	}
	pages := strings.Split(strings.Join(asStrings(texts), "\f"), "\f")
	f.one = !strings.ContainsAny(string(texts[0]), "\n\f")
	for _, v := range values() {
		n := 0
		for _, p := range pages {
			if strings.Contains(p, v) {
				n++
			}
		}
		switch {
		case n == 0:
			continue
		case v == door:
			f.doors = true
		case n == len(pages):
			f.every = append(f.every, v)
		default:
			f.once = append(f.once, v)
		}
		f.values = append(f.values, v)
	}
	return f
}

func asStrings(texts []Text) []string {
	var out []string
	for _, t := range texts {
		out = append(out, string(t))
	}
	return out
}

const door = "{door}"

// values are the names in braces that a text may hold.
func values() []string {
	return []string{"{limit}", "{held}", "{total}", "{captured}", "{code}", "{minutes}", door}
}

func isAmount(v string) bool {
	return slices.Contains([]string{"{limit}", "{held}", "{total}", "{captured}"}, v)
}

// parser makes a text of rows, and finds every fault.
type parser struct {
	form
	width  func(string) int
	faults []Fault
}

// fault notes one; a text that is repeated in it is cut.
func (p *parser) fault(row int, format string, args ...any) {
	for i, a := range args {
		if text, ok := a.(string); ok && len(text) > maxQuoted {
			args[i] = strings.ToValidUTF8(text[:maxQuoted], "") + "…"
		}
	}
	p.faults = append(p.faults, Fault{row, fmt.Sprintf(format, args...)})
}

// message makes the texts of rows, two a page.
func (p *parser) message(rows []string) []Text {
	p.size(len(rows))
	var pages []string
	for at := 0; at < len(rows); at += pageRows {
		var page []string
		for i := at; i < min(at+pageRows, len(rows)); i++ {
			page = append(page, p.row(i, rows[i]))
		}
		pages = append(pages, strings.Join(page, "\n"))
		p.names(at, rows[at:min(at+pageRows, len(rows))])
	}
	if p.turns {
		var out []Text
		for _, page := range pages {
			out = append(out, Text(page))
		}
		return out
	}
	return []Text{Text(strings.Join(pages, "\f"))}
}

func (p *parser) size(rows int) {
	most := p.pages * pageRows
	if p.one {
		most = 1
	}
	switch {
	case rows == 0:
		p.fault(-1, "empty message, got no row, want at least one")
	case rows > most && p.one:
		p.fault(-1, "too many rows, got %d, want 1: a heading over other rows", rows)
	case rows > most:
		p.fault(-1, "too many rows, got %d, want at most %d, two a page", rows, most)
	}
}

// names holds that what each page must name is on this one.
func (p *parser) names(at int, rows []string) {
	page := strings.Join(rows, "\n")
	for _, v := range p.every {
		if !strings.Contains(page, v) {
			p.fault(at, "page without its value, got none, want %s on each page of two rows", v)
		}
	}
}

// row puts the tab of a value in.
func (p *parser) row(i int, row string) string {
	row = norm.NFC.String(row)
	if c := strings.IndexFunc(row, unshowable); c >= 0 || row != strings.ToValidUTF8(row, "") {
		p.fault(i, "control character in the row, got %+q, want letters, digits and signs", row)
		return row
	}
	left, value := p.split(i, row)
	if value == "" && strings.Contains(left, "|") {
		p.fault(i, "shorter form without a value, got %q, want | only before a value", row)
	}
	p.fits(i, left, value)
	if value == "" {
		return left
	}
	return left + "\t" + value
}

func unshowable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// split finds the value at the end of a row, and names those that are none.
func (p *parser) split(i int, row string) (left, value string) {
	left = row
	for at := 0; ; {
		open := strings.IndexAny(row[at:], "{}")
		if open < 0 {
			return strings.TrimRight(left, " "), value
		}
		open += at
		name, _, closed := strings.Cut(row[open:], "}")
		name += "}"
		switch {
		case !closed || row[open] == '}':
			p.fault(i, "brace without its pair, got %q, want %s", row, p.allowed())
			return row, ""
		case !slices.Contains(p.values, name):
			p.fault(i, "unknown value, got %s, want %s", name, p.allowed())
		case name == door:
		case value != "":
			p.fault(i, "second value in a row, got %q, want one, at the end", row)
		default:
			left, value = row[:open], row[open:]
		}
		at = open + len(name)
	}
}

func (p *parser) allowed() string {
	if len(p.values) == 0 {
		return "no value in this message"
	}
	return strings.Join(p.values, " or ")
}

// fits holds that the row has room for its value.
func (p *parser) fits(i int, left, value string) {
	if value == "" {
		room := cols
		if strings.Contains(left, door) {
			room, left = cols-doorCells, strings.Replace(left, door, "", 1)
		}
		if got := p.width(left); got > room {
			p.fault(i, "row too wide, got %d cells, want at most %d", got, room)
		}
		return
	}
	name, unit, _ := strings.Cut(value, "}")
	name += "}"
	most := valueLabel
	if isAmount(name) {
		most = amountLabel
	}
	if isAmount(name) && unit != "" || p.width(unit) > len(" min.") {
		p.fault(i, "text behind a value, got %q, want the value at the end of the row", unit)
	}
	forms := strings.Split(left, "|")
	for _, f := range forms {
		if got := p.width(f); got > cols {
			p.fault(i, "row too wide, got %d cells, want at most %d", got, cols)
			return
		}
	}
	if short := forms[len(forms)-1]; p.width(short) > most {
		p.fault(i, "no room for a long value, got %q beside it, want a short form of at most %d cells behind a |, such as %q", short, most, left+"|Max.")
	}
}

// missing holds that the message as a whole names what it must.
func (p *parser) missing(rows []string) {
	all := strings.Join(rows, "\n")
	for _, v := range p.once {
		if !strings.Contains(all, v) {
			p.fault(-1, "value missing, got none, want %s in one of the rows", v)
		}
	}
	if p.doors && !strings.Contains(all, door) {
		p.fault(-1, "value missing, got none, want %s in one of the rows", door)
	}
}
