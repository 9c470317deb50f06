package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edged/internal/ledger"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

const (
	day   = ledger.Day(20781) // 24 November 2026
	today = "20781"
)

func held(amount money.Minor) purchase.State {
	return purchase.State{
		Terms: purchase.Terms{Lane: "front", Currency: "EUR"},
		Hold:  &purchase.HoldFact{Hold: purchase.Hold{Terminal: "T1", Amount: amount}},
	}
}

func capture(s purchase.State, op purchase.Op) purchase.State {
	op.Kind, op.N = purchase.CmdCapture, 1
	s.Ops = append(s.Ops, op)
	return s
}

func with(s purchase.State, change func(*purchase.State)) purchase.State {
	if s.Hold != nil {
		h := *s.Hold
		s.Hold = &h
	}
	change(&s)
	return s
}

func settled(s purchase.State, how string) purchase.State {
	return with(s, func(s *purchase.State) { s.Hold.Settled = how })
}

func paid(amount money.Minor) purchase.State {
	s := capture(held(5000), purchase.Op{Amount: amount, Result: true, End: purchase.Done})
	return with(s, func(s *purchase.State) {
		s.Hold.Settled = purchase.HoldCaptured
		s.Outcome = &purchase.Result{Kind: purchase.Paid, Captured: amount}
	})
}

func refunds(s purchase.State, r ...purchase.RefundFact) purchase.State {
	return with(s, func(s *purchase.State) { s.Refunds = r })
}

func TestPositionSaysWhereTheMoneyIs(t *testing.T) {
	asked := capture(held(5000), purchase.Op{Amount: 1250})
	inDoubt := capture(held(5000), purchase.Op{Amount: 1250, End: purchase.InDoubt})
	reverse := func(end purchase.Outcome) func(*purchase.State) {
		return func(s *purchase.State) {
			s.Ops = append(s.Ops, purchase.Op{Kind: purchase.CmdReverse, N: 1, Amount: 1250, Refund: "R1", Result: true, End: end})
		}
	}
	for _, c := range []struct {
		name  string
		state purchase.State
		want  string
	}{
		{"an armed order has none", purchase.State{}, ""},
		{"a granted hold is held", held(5000), "i-5000h5000"},
		{"a capture that was only asked for has moved nothing", asked, "i-5000h5000"},
		{"a capture in doubt is set apart from the hold", inDoubt, "i-5000h3750d1250"},
		{"a new try does not end the doubt of the first", capture(held(5000), purchase.Op{Amount: 1250, Doubt: true}), "i-5000h3750d1250"},
		{"a capture gives the rest of the hold back", paid(1250), "i-5000c1250r3750"},
		{"a capture of all leaves nothing to give back", paid(5000), "i-5000c5000"},
		{"a capture before its outcome is known by its command", settled(asked, purchase.HoldCaptured), "i-5000c1250r3750"},
		{"a capture that nobody confirmed is kept apart", with(paid(1250), func(s *purchase.State) { s.Hold.Unsure = true }), "i-5000u1250r3750"},
		{"a released hold is given back", settled(held(5000), purchase.HoldReleased), "i-5000r5000"},
		{"an expired hold is neither taken nor given back", settled(inDoubt, purchase.HoldExpired), "i-5000x5000"},
		{"a hold that the terminal ended is taken back", with(held(5000), func(s *purchase.State) { s.Hold.Gone = "reversed" }), "i-5000t5000"},
		{"a refund that waits moves nothing", refunds(paid(1250), purchase.RefundFact{Number: "R1", Amount: 1250, State: purchase.RefundTask}), "i-5000c1250r3750"},
		{
			"a refund that a person gave is by hand", refunds(paid(1250), purchase.RefundFact{Number: "R1", Amount: 250, State: purchase.RefundDone}),
			"i-5000c1000r3750p250",
		},
		{
			"a refund that the terminal reversed is refunded",
			with(refunds(paid(1250), purchase.RefundFact{Number: "R1", Amount: 1250, State: purchase.RefundDone}), reverse(purchase.Done)),
			"i-5000r3750f1250",
		},
		{
			"a reversal in doubt moves nothing",
			with(refunds(paid(1250), purchase.RefundFact{Number: "R1", Amount: 1250, State: purchase.RefundTask}), reverse(purchase.InDoubt)),
			"i-5000c1250r3750",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := ledger.Opening(c.state, ledger.Mark{Day: day})
			want := ""
			if c.want != "" {
				want = today + c.want
			}
			if got := line.Text(); got != want {
				t.Errorf("opening entry is %q, want %q", got, want)
			}
			if err := line.Check(c.state); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAPurchaseIsEnteredStepByStep(t *testing.T) {
	inDoubt := capture(held(5000), purchase.Op{Amount: 1250, End: purchase.InDoubt})
	var line ledger.Line
	before := purchase.State{}
	for _, s := range []struct {
		after purchase.State
		mark  ledger.Mark
		want  string
	}{
		{held(5000), ledger.Mark{Day: day}, "20781i-5000h5000"},
		{inDoubt, ledger.Mark{Day: day}, "20781i-5000h5000 20781h-1250d1250"},
		{held(5000), ledger.Mark{Day: day}, "20781i-5000h5000"}, // the doubt came and went
		{inDoubt, ledger.Mark{Day: day}, "20781i-5000h5000 20781h-1250d1250"},
		{held(5000), ledger.Mark{Day: day + 1}, "20781i-5000h5000 20781h-1250d1250 20782h1250d-1250"},
		{paid(1250), ledger.Mark{Day: day + 1, Period: 3, Unsynced: true}, "20781i-5000h5000 20781h-1250d1250 20782h1250d-1250 20782.3*h-5000c1250r3750"},
	} {
		line = line.Post(before, s.after, s.mark)
		before = s.after
		if got := line.Text(); got != s.want {
			t.Fatalf("line is %q, want %q", got, s.want)
		}
		if err := line.Check(s.after); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := line.String(), "EUR|"+line.Text()+"|T1"; got != want {
		t.Errorf("stored line is %q, want %q", got, want)
	}
}

func TestPostLeavesTheLineItWasGiven(t *testing.T) {
	first := ledger.Line{}.Post(purchase.State{}, held(5000), ledger.Mark{Day: day})
	inDoubt := capture(held(5000), purchase.Op{Amount: 1250, End: purchase.InDoubt})
	second := first.Post(held(5000), inDoubt, ledger.Mark{Day: day})
	_ = second.Post(inDoubt, held(5000), ledger.Mark{Day: day}).Post(held(5000), paid(700), ledger.Mark{Day: day})
	if got, want := second.Text(), "20781i-5000h5000 20781h-1250d1250"; got != want {
		t.Errorf("line was changed to %q, want %q", got, want)
	}
}

func TestCheckSeesWhatDoesNotHold(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"an entry out of balance", "20781i-5000h4999", "out of balance by -1"},
		{"a missing entry", "20781i-5000h5000", "the order stands at"},
		{"an entry twice", "20781i-5000h5000 20781h-5000c1250r3750 20781h-5000c1250r3750", "held is -5000"},
		{"a release that comes back", "20781i-5000r5000 20781h3750c1250r-5000", "5000 came back from released"},
		{"a capture that comes back", "20781i-5000c5000 20781c-3750r3750", "3750 of a capture went away"},
		{"a hold that shrinks", "20781i-6000h6000 20781i1000h-1000", "a hold shrank by 1000"},
		{"another amount than the order's", "20781i-5000c1300r3700", "what was captured is 1300, the order says 1250"},
		{"another hold than the order's", "20781i-6000c1250r4750", "what was ever held is 6000, the order says 5000"},
		{"a refund that the order does not know", "20781i-5000c1000r3750p250", "what was refunded is 250, the order says 0"},
		{"a hold that is left open", "20781i-5000h3750c1250", "the open hold is 3750, the order says 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			entries, err := ledger.ParseText(c.line)
			if err != nil {
				t.Fatal(err)
			}
			err = ledger.Line{Terminal: "T1", Currency: "EUR", Entries: entries}.Check(paid(1250))
			if !errors.Is(err, ledger.ErrBroken) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("check says %v, want %q", err, c.want)
			}
		})
	}
}

// TestEveryTranscriptBalances follows every path of the purchase that is written
// down, commit by commit.
func TestEveryTranscriptBalances(t *testing.T) {
	files, err := filepath.Glob("../purchase/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	commits := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		script, err := transcript.Parse(filepath.Base(file), string(text))
		if err != nil {
			t.Fatal(err)
		}
		var line ledger.Line
		_, err = script.Play(func(before purchase.State, ev purchase.Event, after purchase.State, _ []purchase.Effect) {
			line = follow(t, script.Name, line, before, ev, after)
			commits++
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d transcripts, %d commits", len(files), commits)
}

func follow(t *testing.T, name string, line ledger.Line, before purchase.State, ev purchase.Event, after purchase.State) ledger.Line {
	t.Helper()
	line = line.Post(before, after, ledger.Mark{Day: ledger.DayOf(time.UnixMilli(ev.At.Wall).UTC()), Unsynced: !ev.At.Synced})
	if err := line.Check(after); err != nil {
		t.Errorf("%s, after %s: %v", name, ev.Body.Kind(), err)
	}
	again, err := ledger.ParseLine(line.String())
	if err != nil || again.String() != line.String() {
		t.Errorf("%s: line %q is read as %q (%v)", name, line, again, err)
	}
	return line
}

func TestLinesThatAreNoneAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "EUR", "EUR||T1", "EUR|20781h1", "EUR|x|T1", "EUR|20781h|T1", "EUR|20781h0|T1", "EUR|20781h01|T1", "EUR|20781h+1|T1",
		"EUR|20781h1i1|T1", "EUR|20781h1h1|T1", "EUR|20781.0h1|T1", "EUR|20781.h1|T1", "EUR|20781**h1|T1", "EUR|20781h1  20781h1|T1",
		"EUR|20781z1|T1", "EUR|20781h99999999999999999999|T1",
	} {
		if l, err := ledger.ParseLine(s); !errors.Is(err, ledger.ErrText) {
			t.Errorf("%q is read as %v (%v), want %v", s, l, err, ledger.ErrText)
		}
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add("EUR|20781i-5000h5000 20782.3*h-5000c1250r3750|T1")
	f.Add("EUR|-1*i-5000h3750d1250 20781u1p1f1t1x1|lane:front|x")
	f.Add("-")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ledger.ParseLine(s)
		if err == nil && l.String() != s {
			t.Errorf("%q is read and written as %q", s, l)
		}
	})
}

func TestTheRecordOfAnOpenOrderIsShort(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	granted := with(held(5000), func(s *purchase.State) {
		s.Hold.At = time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC).UnixMilli() // the 24th at the site
	})
	sold := with(granted, func(s *purchase.State) { s.Hold.Settled, s.Ops = purchase.HoldCaptured, paid(1250).Ops })
	first := ledger.Line{}.Post(purchase.State{}, granted, ledger.Mark{Day: day, Period: 4})
	for _, c := range []struct {
		name  string
		line  ledger.Line
		state purchase.State
		want  string
	}{
		{"an order without a hold needs none", ledger.Line{}, purchase.State{}, ""},
		{"nor does a hold that was granted", first, granted, ""},
		{"of a capture only the capture is kept", first.Post(granted, sold, ledger.Mark{Day: day, Period: 4}), sold, "20781.4h-5000c1250r3750"},
		{
			"a grant under a wrong clock is kept", ledger.Line{}.Post(purchase.State{}, granted, ledger.Mark{Day: day, Unsynced: true}),
			granted, "20781*i-5000h5000",
		},
		{"so is a grant on another day than the state says", ledger.Opening(granted, ledger.Mark{Day: 7}), granted, "7i-5000h5000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := c.line.Record(c.state, zone)
			if text != c.want {
				t.Errorf("record is %q, want %q", text, c.want)
			}
			got, err := ledger.FromRecord(text, c.state, zone)
			if err != nil || got.String() != c.line.String() {
				t.Errorf("%q is read as %q (%v), want %q", text, got, err, c.line)
			}
		})
	}
}

func TestAnOrderFromBeforeTheLedgerIsOpened(t *testing.T) {
	sold := paid(1250)
	for _, text := range []string{"", "no line"} {
		l, err := ledger.FromRecord(text, sold, time.UTC)
		if got, want := l.Text(), "0i-5000c1250r3750"; got != want || (err != nil) != (text != "") {
			t.Errorf("record %q gives %q (%v), want %q", text, got, err, want)
		}
		if err := l.Check(sold); err != nil {
			t.Error(err)
		}
	}
}
