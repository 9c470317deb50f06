package ledger_test

import (
	"errors"
	"testing"
	"time"

	"edged/internal/ledger"
	"edged/internal/money"
)

func line(t *testing.T, s string) ledger.Line {
	t.Helper()
	l, err := ledger.ParseLine(s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestADayIsTheSitesDay(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	night := time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)
	if got := ledger.DayOf(night).String(); got != "2026-11-24" {
		t.Errorf("day in UTC is %s, want 2026-11-24", got)
	}
	if got := ledger.DayOf(night.In(zone)).String(); got != "2026-11-25" {
		t.Errorf("day in CET is %s, want 2026-11-25", got)
	}
	if got := ledger.DayOf(time.Date(1969, 12, 31, 12, 0, 0, 0, time.UTC)); got != -1 {
		t.Errorf("the day before the first is %d, want -1", got)
	}
	got, err := ledger.ParseDay("2026-11-24")
	if err != nil || got != day {
		t.Errorf("2026-11-24 is day %d (%v), want %d", got, err, day)
	}
	if _, err := ledger.ParseDay("24.11.2026"); !errors.Is(err, ledger.ErrDay) {
		t.Errorf("24.11.2026: %v, want %v", err, ledger.ErrDay)
	}
}

func TestASheetAddsUpByDayAndTerminal(t *testing.T) {
	sheet := ledger.Sheet{}
	for _, s := range []string{
		"EUR|20780i-5000h5000 20781h-5000c1250r3750|T1",
		"EUR|20781i-5000h5000 20781h-5000r5000|T1",
		"EUR|20781*i-3000h3000|T2",
		"CHF|20783i-700h700|T1",
		"-",
	} {
		sheet.Add(line(t, s))
	}
	if err := sheet.Check(); err != nil {
		t.Error(err)
	}
	rows := sheet.Rows()
	if len(rows) != 4 {
		t.Fatalf("%d rows, want 4: %v", len(rows), rows)
	}
	row := rows[2] // T1 CHF, T1 EUR twice, T2 EUR
	if row.Terminal != "T1" || row.Currency != "EUR" || row.Day != day {
		t.Fatalf("third row is of %v, want T1 EUR on %d", row.Key, day)
	}
	type figures struct{ opening, in, out, closing money.Minor }
	for account, want := range map[ledger.Account]figures{
		ledger.Issuer:   {-5000, 0, 5000, -10000},
		ledger.Held:     {5000, 5000, 10000, 0},
		ledger.Captured: {0, 1250, 0, 1250},
		ledger.Released: {0, 8750, 0, 8750},
	} {
		got := figures{row.Opening[account], row.In[account], row.Out[account], row.Closing()[account]}
		if got != want {
			t.Errorf("%s is %v, want %v", account, got, want)
		}
	}
	if row.Times[ledger.Released] != 2 || rows[3].Unsynced != 1 {
		t.Errorf("released %d times and %d unsynced, want 2 and 1", row.Times[ledger.Released], rows[3].Unsynced)
	}
}

func TestADayWithoutMovesShowsTheBalances(t *testing.T) {
	sheet := ledger.Sheet{}
	sheet.Add(line(t, "EUR|20780i-5000h5000 20782h-5000c1250r3750|T1"))
	sheet.Add(line(t, "EUR|20783i-5000h5000|T2"))
	rows := sheet.On(day)
	if len(rows) != 1 || rows[0].Day != day || rows[0].Moved != (ledger.Moved{}) {
		t.Fatalf("rows are %v, want one without moves", rows)
	}
	if got := rows[0].Closing()[ledger.Held]; got != 5000 {
		t.Errorf("held is %d, want 5000", got)
	}
	if got := sheet.On(day + 2); len(got) != 2 || got[1].In[ledger.Held] != 5000 {
		t.Errorf("on the last day: %v, want both terminals", got)
	}
	if got := sheet.On(day - 5); got != nil {
		t.Errorf("before the first day: %v, want none", got)
	}
}

func TestKeptSumsAreTheSameAsTheirLines(t *testing.T) {
	lines, sums := ledger.Sheet{}, ledger.Sheet{}
	for _, s := range []string{"EUR|20780i-5000h5000 20781*h-5000c1250r3750|T 1", "EUR|20780i-5000h5000 20781h-5000x5000|T 1"} {
		lines.Add(line(t, s))
		one := ledger.Sheet{}
		one.Add(line(t, s))
		for k, m := range one {
			b, err := m.Encode()
			if err != nil {
				t.Fatal(err)
			}
			key, err := ledger.ParseKey(k.Text())
			if err != nil {
				t.Fatal(err)
			}
			kept, err := ledger.DecodeMoved(b)
			if err != nil {
				t.Fatal(err)
			}
			sums.AddSum(key, kept)
		}
	}
	if len(lines) != len(sums) || len(lines) == 0 {
		t.Fatalf("%d rows of lines, %d of sums", len(lines), len(sums))
	}
	for k, want := range lines {
		if sums[k] != want {
			t.Errorf("%s is %v, want %v", k.Text(), sums[k], want)
		}
	}
}

func TestSumsThatCannotBeReadAreRefused(t *testing.T) {
	for _, s := range []string{"", "[]", `{"i":{"z":1}}`, `{"i":{"h":"1"}}`} {
		if _, err := ledger.DecodeMoved([]byte(s)); !errors.Is(err, ledger.ErrText) {
			t.Errorf("sum %q: %v, want %v", s, err, ledger.ErrText)
		}
	}
	for _, s := range []string{"", "EUR", "EUR 2026-13-01 T1", "EUR 2026-01-01"} {
		if _, err := ledger.ParseKey(s); !errors.Is(err, ledger.ErrText) {
			t.Errorf("key %q: %v, want %v", s, err, ledger.ErrText)
		}
	}
}

func TestASheetOutOfBalanceIsSeen(t *testing.T) {
	sheet := ledger.Sheet{}
	sheet.Add(line(t, "EUR|20780i-5000h4999|T1"))
	if err := sheet.Check(); !errors.Is(err, ledger.ErrBroken) {
		t.Errorf("check says %v, want %v", err, ledger.ErrBroken)
	}
}

func TestReconcile(t *testing.T) {
	lines := []ledger.Line{
		line(t, "EUR|20780i-5000h5000 20780h-5000c1000r4000|T1"),     // before any end of day
		line(t, "EUR|20780.1i-5000h5000 20781.1h-5000c1200r3800|T1"), // after the first
		line(t, "EUR|20780.1i-5000h5000 20781.1h-5000c300r4700 20781.1c-300f300|T1"),
		line(t, "EUR|20780.2i-5000h5000 20781.2h-5000u70r4930 20781.2u-70p70|T1"),
		line(t, "EUR|20780.1i-5000h5000 20781.1h-5000c9999r-4999|T2"),
		line(t, "CHF|20780.1i-5000h5000 20781.1h-5000c8888r-3888|T1"),
	}
	first := ledger.Periods{}.Begin()
	second := first.Done(1).Begin()
	lost := first.Begin()                 // the first is in doubt
	refused := first.NotDone().Begin()    // the first did not happen
	third := second.Done(2).Begin()       //
	thirdLost := first.Begin().Begin()    // two in doubt
	idle := third.Done(3).Begin().Done(4) // nothing was sold since
	for _, c := range []struct {
		name  string
		p     ledger.Periods
		total money.Minor
		want  money.Minor // difference
	}{
		{"the first end of day closes what was before", first, 1000, 0},
		{"the next one closes what came since", second, 1200, 0},
		{"a terminal may count what it reversed", second, 1500, 0},
		{"a booking of another's is a difference", second, 1234, 34},
		{"a capture that the terminal does not know is one too", second, 0, -1200},
		{"an end of day in doubt may have happened", lost, 1200, 0},
		{"or not", lost, 2200, 0},
		{"neither fits", lost, 2201, 1},
		{"one that did not happen has closed nothing", refused, 1200, -1000},
		{"and all is closed by the next", refused, 2200, 0},
		{"what a person gave back the terminal has booked", third, 70, 0},
		{"of two in doubt the newer may have happened alone", thirdLost, 70, 0},
		{"nothing sold, nothing settled", idle.Begin(), 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			takings := ledger.NewTakings("T1", "EUR")
			for _, l := range lines {
				takings.Add(l)
			}
			r := ledger.Reconcile(c.p, takings, c.total)
			if r.Difference != c.want || r.Terminal != c.total {
				t.Errorf("difference is %d of %d (%+v), want %d", r.Difference, r.Terminal, r.Edged, c.want)
			}
		})
	}
}

func TestEndsOfDayInDoubtAreBounded(t *testing.T) {
	p := ledger.Periods{}
	for range 30 {
		p = p.Begin()
	}
	if p.Now != 30 || len(p.Doubt) != 8 || p.Doubt[7] != 30 {
		t.Errorf("periods are %+v, want 30 with the last 8 in doubt", p)
	}
	if p = p.NotDone(); len(p.Doubt) != 7 {
		t.Errorf("%d in doubt after a refusal, want 7", len(p.Doubt))
	}
	if p = p.Done(30); p.From != 30 || len(p.Doubt) != 0 {
		t.Errorf("periods are %+v, want none in doubt", p)
	}
	if p = p.Begin().Begin().Done(31); p.From != 31 || len(p.Doubt) != 1 {
		t.Errorf("periods are %+v, want the newer one in doubt", p)
	}
}
