package screen

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
)

// checkPage holds what is promised of every page.
func checkPage(t interface{ Errorf(string, ...any) }, size Size, p Page) {
	if len(p.Rows) != size.Rows {
		t.Errorf("%d rows, want %d", len(p.Rows), size.Rows)
	}
	for _, row := range p.Rows {
		if got := len([]rune(row)); got != size.Cols {
			t.Errorf("row %q has %d cells, want %d", row, got, size.Cols)
		}
		if i := strings.IndexFunc(row, unicode.IsControl); i >= 0 {
			t.Errorf("row %q holds a control character", row)
		}
	}
	if p.Kind == "" {
		t.Errorf("page %q has no kind", p.Rows)
	}
	if p.Next < 0 {
		t.Errorf("page %q: next in %s", p.Rows, p.Next)
	}
}

func TestEveryPageOfEveryStateIsWellFormed(t *testing.T) {
	pages := 0
	for _, size := range []Size{{2, 20}, {4, 20}, {2, 40}, {8, 30}} {
		for _, c := range cases() {
			play(c.s, Face{Size: size}, func(_ time.Duration, p Page) {
				pages++
				checkPage(t, size, p)
			})
		}
	}
	t.Logf("%d pages", pages)
}

func TestASmallerDisplayThanAnyIsTakenForTwoByTwenty(t *testing.T) {
	checkPage(t, Size{2, 20}, Render(selling(), Face{}))
}

// words is everything that is shown in time, without what a page repeats of the one
// before, as one sentence.
func words(s Situation, from, until time.Duration) string {
	var rows []string
	for at := from; at < until; {
		s.OrderFor, s.LaneFor = at, at
		p := Render(s, Face{})
		for i, row := range p.Rows {
			row = strings.Join(strings.Fields(row), " ")
			if i == 0 && len(rows) > 0 && rows[len(rows)-1] == row {
				continue
			}
			rows = append(rows, row)
		}
		at += p.Next
	}
	return strings.Join(rows, " ")
}

func TestTheSentencesOfTheDesignAreShownWordByWord(t *testing.T) {
	const inDoubt = "Please wait. If the door stays closed you pay nothing"
	for _, c := range []struct {
		name        string
		s           Situation
		from, until time.Duration
		want        string
	}{
		{"in doubt", phase(purchase.PhaseInDoubt), 0, 6 * time.Second, inDoubt},
		{"opening takes long", phase(purchase.PhaseOpening), patience, patience + 6*time.Second, inDoubt},
		{"under review", phase(purchase.PhaseReview), 0, 6 * time.Second, "We check your purchase. You pay at most 50.00 EUR"},
		{
			"after a release", givenBack(purchase.FromSilence, purchase.Cancelled), declinedFor / 2, declinedFor / 2 * 3,
			"Nothing charged. Your bank may show the reservation for some days",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := words(c.s, c.from, c.until); got != c.want {
				t.Errorf("shown: %q, want %q", got, c.want)
			}
		})
	}
}

func TestEveryPageOfAnArmedLaneNamesTheExactAmount(t *testing.T) {
	for _, limit := range []money.Minor{1, 5000, 12345678, 1<<63 - 1} {
		s := with(selling(), func(s *Situation) { s.Limit, s.Door = limit, "A door with a long label" })
		play(s, Face{}, func(_ time.Duration, p Page) {
			shown := strings.Join(p.Rows, " ")
			for _, want := range []string{money.FormatBare(limit, "EUR"), "EUR"} {
				if limit < 1<<62 && !strings.Contains(shown, want) {
					t.Errorf("%q does not name %s", p.Rows, want)
				}
			}
		})
	}
}

func TestNoAmountIsEverCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]money.Currency{"EUR", "JPY", "KWD"}).Draw(t, "currency")
		amounts := rapid.OneOf(rapid.Int64Range(0, 99999), rapid.Int64Range(0, 1<<63-1))
		var items []Item
		for range rapid.IntRange(0, 9).Draw(t, "items") {
			items = append(items, Item{
				Count:  rapid.SampledFrom([]string{"1", "2", "0.355", "1000000000000"}).Draw(t, "count"),
				Name:   rapid.String().Draw(t, "name"),
				Amount: money.Minor(amounts.Draw(t, "amount")),
			})
		}
		s := bought(purchase.Paid, items...)
		s.Order.Currency, s.Order.Total = currency, money.Minor(amounts.Draw(t, "total"))
		size := Size{Rows: rapid.IntRange(2, 5).Draw(t, "rows"), Cols: rapid.IntRange(20, 42).Draw(t, "cols")}
		var shown []string
		play(s, Face{Size: size}, func(_ time.Duration, p Page) {
			checkPage(t, size, p)
			shown = append(shown, p.Rows...)
		})
		missing(t, shown, "total", s.Order.Total, currency)
		for _, it := range items {
			// Where the total needs the row of its label too, two rows have no place for items.
			if len("TOTAL ")+len(money.Format(s.Order.Total, currency)) <= size.Cols {
				missing(t, shown, "item", it.Amount, currency)
			}
		}
	})
}

func missing(t *rapid.T, rows []string, what string, m money.Minor, c money.Currency) {
	digits := money.FormatBare(m, c)
	if !slices.ContainsFunc(rows, func(row string) bool { return slices.Contains(strings.Fields(row), digits) }) {
		t.Errorf("%s %s is on no row of %q", what, digits, rows)
	}
}

func TestAMoneyScreenStaysItsTime(t *testing.T) {
	for _, c := range []struct {
		name string
		s    Situation
		stay time.Duration
	}{
		{"paid without items", bought(purchase.Paid), resultFor},
		{"paid, two pages of items", bought(purchase.Paid, many(2)...), resultFor + 2*itemTurn},
		{"declined", declined(purchase.ReasonDeclined), declinedFor},
		{"nothing charged", givenBack(purchase.FromSilence, purchase.Cancelled), resultFor},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.s.LaneFor = time.Hour
			before, after := c.s, c.s
			before.OrderFor, after.OrderFor = c.stay-time.Millisecond, c.stay
			if got := Render(before, Face{}); got.Kind == KindIdle {
				t.Errorf("idle before its time: %q", got.Rows)
			}
			if got := Render(after, Face{}); got.Kind != KindIdle {
				t.Errorf("after its time %s is shown: %q", got.Kind, got.Rows)
			}
		})
	}
}

func TestEveryReasonHasACodeOfItsOwn(t *testing.T) {
	seen := map[string]lane.Reason{}
	for _, r := range lane.Reasons() {
		c := Code(r)
		if other, ok := seen[c]; ok || c == "E99" {
			t.Errorf("%s has code %s, as %s", r, c, other)
		}
		seen[c] = r
	}
	if got := Code("no such reason"); got != "E99" {
		t.Errorf("an unknown reason has code %s", got)
	}
}
