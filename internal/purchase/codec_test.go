package purchase_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

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
			Code: "zvt 6C", Text: "abort", CardSeen: true, Acked: true, Open: []purchase.Hold{hold}, More: true, Terminal: "52500017",
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

// TestM9_ATerminalThatFailsForDaysDoesNotGrowTheState: the commands of a kind take
// each other's place.
func TestM9_ATerminalThatFailsForDaysDoesNotGrowTheState(t *testing.T) {
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

func TestM9_LongTextsFromOutsideAreCut(t *testing.T) {
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
