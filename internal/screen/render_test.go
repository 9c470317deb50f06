package screen

import (
	"go/build"
	"reflect"
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
			play(c.s, size, func(_ time.Duration, p Page) {
				pages++
				checkPage(t, size, p)
			})
		}
	}
	t.Logf("%d pages", pages)
}

func TestASmallerDisplayThanAnyIsTakenForTwoByTwenty(t *testing.T) {
	checkPage(t, Size{2, 20}, Render(selling(), Size{}, "en"))
}

// words is everything that is shown in time, without what a page repeats of the one
// before, as one sentence.
func words(s Situation, from, until time.Duration) string {
	var rows []string
	for at := from; at < until; {
		s.OrderFor, s.LaneFor = at, at
		p := Render(s, Size{2, 20}, "en")
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
		play(s, Size{2, 20}, func(_ time.Duration, p Page) {
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
		play(s, size, func(_ time.Duration, p Page) {
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
			if got := Render(before, Size{2, 20}, "en"); got.Kind == KindIdle {
				t.Errorf("idle before its time: %q", got.Rows)
			}
			if got := Render(after, Size{2, 20}, "en"); got.Kind != KindIdle {
				t.Errorf("after its time %s is shown: %q", got.Kind, got.Rows)
			}
		})
	}
}

func TestEveryLanguageIsCompleteAndFitsTheSmallestDisplay(t *testing.T) {
	if len(Languages()) != len(catalogue()) {
		t.Errorf("Languages lists %d, the catalogue has %d", len(Languages()), len(catalogue()))
	}
	for _, lang := range Languages() {
		v := reflect.ValueOf(*catalogue()[lang]())
		for i := range v.NumField() {
			name := lang + " " + v.Type().Field(i).Name
			switch f := v.Field(i).Interface().(type) {
			case text:
				checkText(t, name, f)
			case []text:
				if len(f) == 0 {
					t.Errorf("%s is empty", name)
				}
				for _, one := range f {
					checkText(t, name, one)
				}
			case string:
				if f != "." && f != "," {
					t.Errorf("%s is %q", name, f)
				}
			}
		}
	}
}

func checkText(t *testing.T, name string, x text) {
	t.Helper()
	if x == "" {
		t.Errorf("%s is empty", name)
	}
	for page := range strings.SplitSeq(string(x), "\f") {
		rows := strings.Split(page, "\n")
		if len(rows) > minRows {
			t.Errorf("%s: a page of %d rows: %q", name, len(rows), page)
		}
		for _, row := range rows {
			left, value, valued := strings.Cut(row, "\t")
			if strings.Contains(left, "{") && !strings.Contains(left, "{door}") {
				t.Errorf("%s: a value that is not behind a tab would be cut: %q", name, row)
			}
			if valued && value == "" {
				t.Errorf("%s: a tab without a value: %q", name, row)
			}
			for form := range strings.SplitSeq(strings.ReplaceAll(left, "{door}", ""), "|") {
				if len([]rune(form)) > minCols {
					t.Errorf("%s: %q is wider than %d cells", name, form, minCols)
				}
			}
		}
	}
}

func TestALocaleFallsBackAlongItsChain(t *testing.T) {
	want := Render(selling(), Size{2, 20}, "en")
	for _, lang := range []string{"", "en", "EN-gb", "en_US", "zz", "zz-ZZ", "-", "-en"} {
		if got := Render(selling(), Size{2, 20}, lang); !reflect.DeepEqual(got, want) {
			t.Errorf("language %q shows %q", lang, got.Rows)
		}
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

func TestTheRoomIsPure(t *testing.T) {
	pkg, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for forbidden, why := range map[string]string{
		"os":                       "pure: reads no file",
		"net":                      "pure: no I/O",
		"sync":                     "a situation is a value, nothing is shared",
		"context":                  "nothing here waits",
		"log/slog":                 "a screen has no errors",
		"edged/internal/engine":    "app builds the situation: screens are tried without an engine",
		"edged/internal/queue":     "as engine",
		"edged/internal/serialdev": "drivers encode; screens know no wire",
	} {
		if slices.Contains(pkg.Imports, forbidden) {
			t.Errorf("imports %s: %s", forbidden, why)
		}
	}
}
