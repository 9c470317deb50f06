package purchase_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

// oneOfEach is an event body of every kind, with no field left at zero.
func oneOfEach() []purchase.Body {
	hold := purchase.Hold{
		Terminal: "52500017", Receipt: "0123", Trace: "000456", Auth: "3132", Date: "1124", Time: "093012",
		Amount: 5000, Currency: "EUR", Card: "411111EEEEEE1111", Brand: "VISA",
	}
	lines := []purchase.Line{{ID: "100", Name: "Cola", Count: "2", Price: "2.50"}}
	return []purchase.Body{
		purchase.Arm{Terms: transcript.Terms()},
		purchase.CardSeen{Command: "x/arm/1"},
		purchase.HoldGranted{Command: "x/arm/1", Hold: hold},
		purchase.Captured{Command: "x/capture/1", Amount: 920, Receipt: "0124", Trace: "000457"},
		purchase.Released{Command: "x/release/1", Receipt: "0124", Trace: "000457"},
		purchase.Reversed{Command: "x/reverse/1", Amount: 920, Receipt: "0125", Trace: "000458"},
		purchase.Ended{
			Command: "x/ask/1", What: purchase.CmdAsk, Outcome: purchase.NotDone, Reason: purchase.ReasonLine,
			Code: "zvt 6C", Text: "abort", CardSeen: true, Acked: true, Open: []purchase.Hold{hold}, Terminal: "52500017",
		},
		purchase.HoldFound{Hold: hold},
		purchase.HoldAbsent{},
		purchase.OpenAnswered{Attempt: 1, Answer: purchase.OpenAccepted, TransID: "T1", Msg: "ok"},
		purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1", Msg: "open"},
		purchase.Detected{Source: purchase.FromDetection, SaaSOrderNo: "S1", OK: true, Mode: 1, Lines: lines, Unreadable: "x", Msg: "m"},
		purchase.Adjustment{SaaSOrderNo: "S1", Number: "D1", Lines: lines, Unreadable: "x"},
		purchase.Refund{SaaSOrderNo: "S1", Number: "R1", Lines: lines, Unreadable: "x", Remark: "r", AfterEndOfDay: true},
		purchase.Reported{Report: 1, OK: true, Msg: "m"},
		purchase.Due{Name: purchase.DueOpen},
		purchase.Restarted{},
		purchase.SettleNow{},
		purchase.Person{Act: purchase.ActRefundDone, Number: "R1", Amount: 1, Report: 1, Note: "n", Who: "w"},
		purchase.Abandon{Why: "w"},
		purchase.Attached{Caps: purchase.TerminalCaps{Terminal: "52500017", MaxHolds: 2, SessionLimit: time.Minute}},
		purchase.Detached{Why: "unplugged"},
	}
}

func TestEveryEventReadsAsItWasWritten(t *testing.T) {
	seen := map[purchase.Kind]bool{}
	for _, body := range oneOfEach() {
		seen[body.Kind()] = true
		ev := purchase.Event{Order: transcript.Order(), Lane: "front", Key: "k", At: transcript.Start().Now, Body: body}
		b, err := purchase.EncodeEvent(ev)
		if err != nil {
			t.Fatal(err)
		}
		got, err := purchase.DecodeEvent(b)
		if err != nil {
			t.Fatalf("%s: %v", body.Kind(), err)
		}
		if !reflect.DeepEqual(got, ev) {
			t.Errorf("%s reads as\n%+v, wrote\n%+v", body.Kind(), got, ev)
		}
	}
	for _, k := range purchase.Kinds() {
		if !seen[k] {
			t.Errorf("kind %s is not tried", k)
		}
	}
}

func TestOnlyWhatMovesNoMoneyIsVolatile(t *testing.T) {
	var got []purchase.Kind
	for _, k := range purchase.Kinds() {
		if k.Volatile() {
			got = append(got, k)
		}
	}
	want := []purchase.Kind{purchase.KindAttached, purchase.KindCardSeen, purchase.KindDetached}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("volatile: %v, want %v", got, want)
	}
}

func TestEventsThatCannotBeRead(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "", "decode event"},
		{"no JSON", "{", "decode event"},
		{"a later version", `{"v":2,"k":"sign","b":{}}`, "version 2, this edged knows 1"},
		{"no version", `{"k":"sign","b":{}}`, "version 0, this edged knows 1"},
		{"a kind of the future", `{"v":1,"k":"sneeze","b":{}}`, `unknown kind "sneeze"`},
		{"a body of another shape", `{"v":1,"k":"sign","b":[]}`, "decode event sign"},
		{"no body", `{"v":1,"k":"sign"}`, "decode event sign"},
	}
	for _, tt := range tests {
		if _, err := purchase.DecodeEvent([]byte(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestStatesThatCannotBeRead(t *testing.T) {
	good := stored(soldOut(t))
	tests := []struct{ name, in, want string }{
		{"nothing", "", "decode order"},
		{"no JSON", "{", "decode order"},
		{"a later version", strings.Replace(good, `"v":1`, `"v":2`, 1), "version 2, this edged knows 1"},
		{"no version", strings.Replace(good, `"v":1`, `"w":1`, 1), "version 0, this edged knows 1"},
		{"no order id", strings.Replace(good, string(transcript.Order()), "8DDV8000000000000000000001", 1), "not an order id"},
		{"a deadline on no clock", strings.Replace(good, `"c":"powered"`, `"c":"sundial"`, 1), `unknown clock "sundial"`},
	}
	for _, tt := range tests {
		if _, err := purchase.DecodeState([]byte(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
	for i := range len(good) {
		if _, err := purchase.DecodeState([]byte(good[:i])); err == nil {
			t.Fatalf("the first %d of %d bytes are read as an order", i, len(good))
		}
	}
}

// soldOut is an order with as many facts as a good sale can have before its end.
func soldOut(t *testing.T) purchase.State {
	t.Helper()
	script, err := transcript.Parse("sale", "# a sale\n"+`
terms min=30.00
arm
granted 50.00
arm ended done
open accepted trans=T1
pre_open
opened
closed
detected 2x2.50 1x4.20
captured 9.20
`)
	if err != nil {
		t.Fatal(err)
	}
	var s purchase.State
	if _, err := script.Play(func(_ purchase.State, _ purchase.Event, after purchase.State, _ []purchase.Effect) { s = after }); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAStateStaysSmall: it is written at every commit (DESIGN §8 gives a purchase
// 48 KiB for all its writes).
func TestAStateStaysSmall(t *testing.T) {
	if n := len(stored(soldOut(t))); n > 1500 {
		t.Errorf("a two-item order takes %d bytes, want at most 1500", n)
	}
	largest := 0
	rapid.Check(t, func(t *rapid.T) {
		s := chaos(t, func(turn) {})
		largest = max(largest, len(stored(s)))
	})
	t.Logf("the largest of 100 after chaos: %d bytes", largest)
}

// TestATerminalThatFailsForDaysDoesNotGrowTheState: the commands of a kind take
// each other's place.
func TestATerminalThatFailsForDaysDoesNotGrowTheState(t *testing.T) {
	lines := "# failing\narm\ngranted 50.00\narm ended done\nopen accepted\ndetected 1x9.20\n"
	for range 500 {
		lines += "capture ended not_done host_offline\n+5m\nask ended done open\n"
	}
	script, err := transcript.Parse("failing", lines)
	if err != nil {
		t.Fatal(err)
	}
	largest := 0
	_, err = script.Play(func(_ purchase.State, _ purchase.Event, s purchase.State, _ []purchase.Effect) {
		largest = max(largest, len(stored(s)))
	})
	if err != nil {
		t.Fatal(err)
	}
	if largest > 1500 {
		t.Errorf("after 500 failures the order takes %d bytes", largest)
	}
}

func TestLongTextsFromOutsideAreCut(t *testing.T) {
	long := strings.Repeat("ü", 100_000)
	script, err := transcript.Parse("long", "# long\narm\ngranted 50.00\narm ended done\nopen refused msg=\""+long+"\"\n")
	if err != nil {
		t.Fatal(err)
	}
	var s purchase.State
	if _, err := script.Play(func(_ purchase.State, _ purchase.Event, after purchase.State, _ []purchase.Effect) { s = after }); err != nil {
		t.Fatal(err)
	}
	if n := len(stored(s)); n > 1500 {
		t.Errorf("the order takes %d bytes", n)
	}
	if why := s.Decision.Why; !strings.HasSuffix(why, "ü…") {
		t.Errorf("the reason is cut as %q", why)
	}
}

func TestOutboxRowsReadAsTheyWereWritten(t *testing.T) {
	row := purchase.OutboxRow{V: 1, Order: transcript.Order(), Report: 2, Account: "a", Body: []byte(`{"x":1}`)}
	b, err := row.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := purchase.DecodeOutboxRow(b)
	if err != nil || !reflect.DeepEqual(got, row) {
		t.Errorf("reads as %+v, %v; wrote %+v", got, err, row)
	}
	for _, bad := range []string{"", "{}", `{"v":2}`} {
		if _, err := purchase.DecodeOutboxRow([]byte(bad)); err == nil {
			t.Errorf("%q is read as an outbox row", bad)
		}
	}
	row.Body = []byte("{")
	if _, err := row.Encode(); err == nil {
		t.Error("a body that is no JSON is written")
	}
}

// FuzzDecodeState: whatever is read can be written and reads the same again, and
// Step never panics on it.
func FuzzDecodeState(f *testing.F) {
	f.Add([]byte(`{"v":1}`))
	f.Add([]byte(`{"v":1,"id":"` + string(transcript.Order()) + `"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := purchase.DecodeState(b)
		if err != nil {
			return
		}
		again, err := purchase.DecodeState([]byte(stored(s)))
		if err != nil || stored(again) != stored(s) {
			t.Fatalf("%s reads as %s: %v", stored(s), stored(again), err)
		}
	})
}

// FuzzDecodeEvent: whatever is read can be written and reads the same again.
func FuzzDecodeEvent(f *testing.F) {
	for _, body := range oneOfEach() {
		b, err := purchase.EncodeEvent(purchase.Event{Order: transcript.Order(), Body: body})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ev, err := purchase.DecodeEvent(b)
		if err != nil {
			return
		}
		first, err := purchase.EncodeEvent(ev)
		if err != nil {
			t.Fatal(err)
		}
		again, err := purchase.DecodeEvent(first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := purchase.EncodeEvent(again)
		if err != nil || string(second) != string(first) {
			t.Fatalf("%s is written again as %s: %v", first, second, err)
		}
	})
}

func TestOrderIDsReadAsTheyWereSpelled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var bits [16]byte
		copy(bits[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bits"))
		id := purchase.NewOrderID(bits)
		got, err := id.Bits()
		if err != nil || got != bits {
			t.Fatalf("%s reads as %x, %v; want %x", id, got, err, bits)
		}
		if len(id) != 26 || strings.ContainsAny(string(id), "ILOUilou") {
			t.Fatalf("%s is no Crockford base32", id)
		}
	})
}

// TestOrderIDsSortAndDiffer: the spelling keeps the order of the bits, so no two
// are the same.
func TestOrderIDsSortAndDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := bits(t, "a"), bits(t, "b")
		if x, y := slices.Compare(a[:], b[:]), strings.Compare(string(purchase.NewOrderID(a)), string(purchase.NewOrderID(b))); x != y {
			t.Fatalf("%x and %x compare %d, spelled %d", a, b, x, y)
		}
	})
}

func bits(t *rapid.T, name string) (b [16]byte) {
	copy(b[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, name))
	return b
}

func TestKnownOrderIDs(t *testing.T) {
	all := [16]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	tests := []struct {
		bits [16]byte
		want purchase.OrderID
	}{
		{[16]byte{}, "00000000000000000000000000"},
		{[16]byte{15: 1}, "00000000000000000000000001"},
		{[16]byte{15: 32}, "00000000000000000000000010"},
		{all, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"},
	}
	for _, tt := range tests {
		if got := purchase.NewOrderID(tt.bits); got != tt.want {
			t.Errorf("%x is spelled %s, want %s", tt.bits, got, tt.want)
		}
	}
	for _, bad := range []purchase.OrderID{
		"", "0", "0000000000000000000000000", "000000000000000000000000000", "80000000000000000000000000",
		"0000000000000000000000000I", "0000000000000000000000000a", "000000000000000000000000é",
	} {
		if _, err := bad.Bits(); err == nil {
			t.Errorf("%q is read as an order id", bad)
		}
	}
	if got := tests[1].want.RefundID(2); got != "00000000000000000000000001R2" {
		t.Errorf("refund id %s", got)
	}
	if got := purchase.CommandFor("O", purchase.CmdCapture, 3); got != "O/capture/3" {
		t.Errorf("command id %s", got)
	}
}

func TestDeadlinesRunOnTheirOwnClock(t *testing.T) {
	now := purchase.Stamp{Boot: "a", Mono: 1000, Powered: 2000, Reach: 3000, Wall: 1 << 60}
	tests := []struct {
		name string
		d    purchase.Deadline
		want time.Duration
	}{
		{"on the monotonic clock", purchase.Deadline{Clock: purchase.OnMono, Boot: "a", At: 1500}, 500 * time.Millisecond},
		{"of another boot it is over", purchase.Deadline{Clock: purchase.OnMono, Boot: "b", At: 1500}, 0},
		{"on powered-on time", purchase.Deadline{Clock: purchase.OnPowered, At: 1000}, -time.Second},
		{"on reachable time", purchase.Deadline{Clock: purchase.OnReach, At: 3000}, 0},
	}
	for _, tt := range tests {
		if got := tt.d.Left(now); got != tt.want || tt.d.Over(now) != (tt.want <= 0) {
			t.Errorf("%s: %v left, over %t; want %v", tt.name, got, tt.d.Over(now), tt.want)
		}
	}
}

func TestHoldsAreTheSameByReceiptAndTerminal(t *testing.T) {
	h := purchase.Hold{Terminal: "1", Receipt: "0123"}
	tests := []struct {
		name string
		o    purchase.Hold
		want bool
	}{
		{"the same", h, true},
		{"from a list without a terminal id", purchase.Hold{Receipt: "0123"}, true},
		{"of another terminal", purchase.Hold{Terminal: "2", Receipt: "0123"}, false},
		{"another receipt", purchase.Hold{Terminal: "1", Receipt: "0124"}, false},
	}
	for _, tt := range tests {
		if h.Same(tt.o) != tt.want || tt.o.Same(h) != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, h.Same(tt.o), tt.want)
		}
	}
}

// TestAnswersToNothingAreBugs: the only errors of Step, besides a person's.
func TestAnswersToNothingAreBugs(t *testing.T) {
	sold := soldOut(t)
	id := func(kind purchase.CommandKind, n int) purchase.CommandID {
		return purchase.CommandFor(sold.Order, kind, n)
	}
	tests := []struct {
		name string
		s    purchase.State
		body purchase.Body
	}{
		{"an event before the order was armed", purchase.State{}, purchase.Restarted{}},
		{"an answer to an OpenDoor that was never sent", sold, purchase.OpenAnswered{Attempt: 2}},
		{"an answer to OpenDoor number 0", sold, purchase.OpenAnswered{}},
		{"an answer to a report that was never made", sold, purchase.Reported{Report: 1}},
		{"an answer to a report that waits for its number", unnumbered(t), purchase.Reported{Report: 1, OK: true}},
		{"an end of a release that was never asked for", sold, purchase.Ended{What: purchase.CmdRelease, Command: id(purchase.CmdRelease, 1)}},
		{"an end of a later capture", sold, purchase.Ended{What: purchase.CmdCapture, Command: id(purchase.CmdCapture, 2)}},
		{"an end of another order's capture", sold, purchase.Ended{What: purchase.CmdCapture, Command: "X/capture/1"}},
		{"an end without an ordinal", sold, purchase.Ended{What: purchase.CmdCapture, Command: purchase.CommandID(sold.Order) + "/capture"}},
		{"a capture that was never asked for", sold, purchase.Captured{Command: id(purchase.CmdCapture, 2)}},
		{"a capture as the result of a release", sold, purchase.Released{Command: id(purchase.CmdCapture, 1)}},
		{"a reversal that was never asked for", sold, purchase.Reversed{Command: id(purchase.CmdReverse, 1)}},
		{"an event of no known type", sold, unknown{}},
	}
	for _, tt := range tests {
		s, effects, err := purchase.Step(tt.s, purchase.Event{Order: sold.Order, Body: tt.body})
		if err == nil || !strings.Contains(err.Error(), purchase.ErrBug.Error()) {
			t.Errorf("%s: error %v", tt.name, err)
		}
		if stored(s) != stored(tt.s) || effects != nil {
			t.Errorf("%s changes the order", tt.name)
		}
	}
}

// unnumbered is an order whose report waits for the SaaS's number.
func unnumbered(t *testing.T) purchase.State {
	t.Helper()
	s := soldOut(t)
	s.SaaSNo = ""
	id := purchase.CommandFor(s.Order, purchase.CmdCapture, 1)
	s, _, err := purchase.Step(s, purchase.Event{Order: s.Order, Body: purchase.Ended{What: purchase.CmdCapture, Command: id, Outcome: purchase.Done}})
	if err != nil || s.Reports[0].State != purchase.ReportWaits {
		t.Fatalf("reports %+v, %v", s.Reports, err)
	}
	return s
}

type unknown struct{}

func (unknown) Kind() purchase.Kind { return "unknown" }

// TestCheckNamesWhatIsWrong: the last guard before a state is stored (M2).
func TestCheckNamesWhatIsWrong(t *testing.T) {
	paid := func() purchase.State {
		s := soldOut(t)
		s.Outcome = &purchase.Result{Kind: purchase.Paid, Captured: 920}
		return s
	}
	tests := []struct {
		name, want string
		spoil      func(s *purchase.State)
	}{
		{"captured more than held", "captured 6000, held 5000", func(s *purchase.State) { s.Outcome.Captured = 6000 }},
		{"captured more than recognised", "captured 930, recognised 920", func(s *purchase.State) { s.Outcome.Captured = 930 }},
		{"asked for more than held", "capture of 6000, held 5000", func(s *purchase.State) { s.Ops[0].Amount = 6000 }},
		{"captured without a decision", "without a decision to charge", func(s *purchase.State) { s.Decision = nil }},
		{"refunded more than captured", "refunded 921, captured 920", func(s *purchase.State) {
			s.Refunds = []purchase.RefundFact{{State: purchase.RefundDone, Amount: 921}}
		}},
		{"opened without a hold", "OpenDoor without a hold", func(s *purchase.State) {
			*s = purchase.State{Order: s.Order, Opens: s.Opens}
		}},
		{"captured twice", "2 captures of one hold", func(s *purchase.State) {
			op := s.Ops[0]
			op.End = purchase.Done
			s.Ops = []purchase.Op{op, op}
		}},
	}
	s := paid()
	if err := s.Check(); err != nil {
		t.Errorf("a good order: %v", err)
	}
	for _, tt := range tests {
		s := paid()
		tt.spoil(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if _, _, err := purchase.Step(s, purchase.Event{Order: s.Order, Body: purchase.CardSeen{}}); err == nil {
			t.Errorf("%s: Step leaves it behind", tt.name)
		}
	}
}

func TestMoneySumsWhatMoved(t *testing.T) {
	var s purchase.State
	if h, c, r := s.Money(); h+c+r != 0 {
		t.Errorf("an empty order moved %d %d %d", h, c, r)
	}
	s = soldOut(t)
	s.Outcome = &purchase.Result{Captured: 920}
	s.Refunds = []purchase.RefundFact{{State: purchase.RefundDone, Amount: 100}, {State: purchase.RefundFailed, Amount: 50}}
	if h, c, r := s.Money(); h != 5000 || c != 920 || r != 100 {
		t.Errorf("moved %v, want 5000 920 100", []money.Minor{h, c, r})
	}
}
