package screen

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"edged/internal/money"
)

// Size is what a display can show. Nothing smaller than 2x20 exists among the
// displays edged knows (displays.md §1): smaller sizes are taken for that.
type Size struct{ Rows, Cols int }

const (
	minRows = 2
	minCols = 20
)

func (s Size) atLeast() Size { return Size{max(s.Rows, minRows), max(s.Cols, minCols)} }

// amount is money as it is written: digits, and the currency beside them.
type amount struct{ digits, currency string }

func (p painter) amount(m money.Minor, c money.Currency) amount {
	digits := money.FormatBare(m, c)
	if p.t.Decimal != "." {
		digits = strings.Replace(digits, ".", p.t.Decimal, 1)
	}
	return amount{digits, string(c)}
}

func (a amount) String() string {
	if a.currency == "" {
		return a.digits
	}
	return a.digits + " " + a.currency
}

// valueRows lays out "left … value" in one row, or in two when the value leaves no
// room: what is left of it above, the value below. Of the forms of what is left the
// longest that fits is taken, or the last one is cut. A value is never cut; one
// wider than the display gives its currency to the row above (displays.md §6).
func valueRows(forms []string, value amount, cols int) []string {
	whole := value.String()
	room := cols - width(whole) - 1
	left := longest(forms, room)
	switch {
	case room < 0 && value.currency != "":
		room = cols - width(value.currency) - 1
		return []string{strings.TrimLeft(cutTo(longest(forms, room), room)+" "+value.currency, " "), rightIn(value.digits, cols)}
	case left == "":
		return []string{rightIn(whole, cols)}
	case width(left) <= room || room >= minLabel:
		left = cutTo(left, room)
		return []string{left + rightIn(whole, cols-width(left))}
	}
	return []string{cutTo(longest(forms, cols), cols), rightIn(whole, cols)}
}

// minLabel is the least that may be left of a label or name beside an amount.
const minLabel = 4

// longest picks the first of the forms that fits, or the last one.
func longest(forms []string, room int) string {
	for _, f := range forms {
		if width(f) <= room {
			return f
		}
	}
	return forms[len(forms)-1]
}

func width(s string) int { return utf8.RuneCountInString(s) }

func cutTo(s string, cols int) string {
	r := []rune(s)
	return strings.TrimRight(string(r[:min(len(r), max(cols, 0))]), " ")
}

// rightIn puts s at the right of cols cells.
func rightIn(s string, cols int) string {
	return strings.Repeat(" ", max(cols-width(s), 0)) + s
}

// exact cuts or fills a row to cols cells.
func exact(s string, cols int) string {
	s = cutTo(s, cols)
	return s + strings.Repeat(" ", cols-width(s))
}

// clean makes foreign text (a product, a door label) safe for a row: composed,
// typographic characters in ASCII, nothing that moves a cursor or has no cell of its
// own, single spaces.
func clean(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "?")) {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsControl(r) || unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Co, unicode.Cs):
		default:
			b.WriteString(plain(r))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// plain spells the typographic characters (displays.md §1.5, encoding step 5) whose
// spelling is longer than one cell; drivers replace the others one for one.
func plain(r rune) string {
	switch r {
	case '…':
		return "..."
	case '×':
		return "x"
	case '‘', '’', '‚', '′':
		return "'"
	case '“', '”', '„', '″':
		return `"`
	case '‐', '‑', '–', '—', '−':
		return "-"
	}
	return string(r)
}
