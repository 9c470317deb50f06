package screen

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/screen/catalogue"
	"edged/internal/serialdev/cells"
)

// longestAmounts are what a card's limit or a total can really be: half a million, in
// currencies with two, no and three digits behind the point.
func longestAmounts() map[money.Currency]money.Minor {
	return map[money.Currency]money.Minor{"EUR": 99999999, "IDR": 100000000, "VND": 100000000, "KWD": 9999999, "CHF": 5000}
}

// everyFace is every language on every display.
func everyFace(t *testing.T, f func(t *testing.T, lang string, face Face)) {
	for _, lang := range catalogue.Languages() {
		for _, c := range cells.Charsets() {
			t.Run(lang+" "+string(c), func(t *testing.T) { f(t, lang, face(lang, c)) })
		}
	}
}

// priced is a state with all its amounts replaced.
func priced(s Situation, m money.Minor, c money.Currency) Situation {
	s.Limit, s.Currency = m, c
	if s.Order == nil {
		return s
	}
	o := *s.Order
	o.Currency = c
	for _, a := range []*money.Minor{&o.Asked, &o.Held, &o.Total, &o.Captured} {
		if *a != 0 {
			*a = m
		}
	}
	s.Order = &o
	return s
}

func TestEveryStateFitsInEveryLanguageOnEveryDisplay(t *testing.T) {
	everyFace(t, func(t *testing.T, lang string, face Face) {
		labels := labelsOf(face)
		for currency, m := range longestAmounts() {
			if currency != "IDR" && face.Shown("é") == "é" {
				continue // where letters take their cell each, the widest amount says it all
			}
			amount := strings.Replace(money.FormatBare(m, currency), ".", face.Texts.Decimal, 1) + " " + string(currency)
			seen := map[string]bool{}
			for _, c := range cases() {
				// By then every loop has come round; what comes later is a case of its own.
				playFor(30*time.Second, priced(c.s, m, currency), face, func(_ time.Duration, p Page) {
					key := strings.Join(p.Rows, "\n")
					if seen[key] {
						return
					}
					seen[key] = true
					checkPage(t, Size{2, 20}, p)
					for _, row := range p.Rows {
						if shown := face.Shown(row); shown != row || utf8.RuneCountInString(shown) != 20 {
							t.Errorf("%s: the display shows %q of %q", c.name, shown, row)
						}
						label, ok := strings.CutSuffix(row, amount)
						if label = strings.TrimSpace(label); ok && !slices.Contains(labels, label) {
							t.Errorf("%s: %q is cut beside %s", c.name, label, amount)
						}
						if strings.Contains(row, string(currency)) && !ok {
							t.Errorf("%s: %q does not hold %s whole", c.name, row, amount)
						}
					}
				})
			}
		}
	})
}

// labelsOf are what may stand before an amount.
func labelsOf(f Face) []string {
	labels := []string{""}
	for _, row := range f.Texts.Rows() {
		left, _, valued := strings.Cut(row, "\t")
		if valued {
			labels = append(labels, strings.Split(f.Shown(left), "|")...)
		}
	}
	return labels
}

func TestNoTextIsCutOnAnyDisplay(t *testing.T) {
	everyFace(t, func(t *testing.T, lang string, face Face) {
		for _, row := range face.Texts.Rows() {
			left, _, _ := strings.Cut(row, "\t")
			for form := range strings.SplitSeq(face.Shown(strings.Replace(left, "{door}", "12345678", 1)), "|") {
				if n := utf8.RuneCountInString(form); n > 20 {
					t.Errorf("%q takes %d cells", form, n)
				}
			}
		}
	})
}

// A letter of a text is shown, or without its accent, or spelt: never as a question
// mark, and never as nothing.
func TestEveryLetterOfEveryTextIsShownOrKeepsItsMeaning(t *testing.T) {
	if len(letters()) < 10 {
		t.Fatalf("letters: %q", letters())
	}
	for _, c := range cells.Charsets() {
		for _, r := range letters() {
			if got := c.Shown(string(r)); got == "" || strings.Contains(got, "?") {
				t.Errorf("%s shows %q for %c", c, got, r)
			}
		}
	}
}

func TestALetterThatIsShownAsTwoDoesNotPushAnAmountOut(t *testing.T) {
	s := bought(purchase.Paid, Item{"1", "Bœuf séché 0,5l", 350}, Item{"12", "Weißbier™ ½ l", 1234})
	for _, c := range cells.Charsets() {
		var amounts []string
		play(s, face("en", c), func(_ time.Duration, p Page) {
			for _, row := range p.Rows {
				shown := c.Decode(c.AppendRow(nil, row, 20)) // as the driver writes it
				amounts = append(amounts, shown[strings.LastIndex(shown, " ")+1:])
			}
		})
		for _, want := range []string{"3.50", "12.34"} {
			if !slices.Contains(amounts, want) {
				t.Errorf("%s: %s is on no row: %q", c, want, amounts)
			}
		}
	}
}
