package admin_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"edged/internal/admin"
	"edged/internal/admin/admintest"
	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/screen"
)

func TestEveryEventReadsAsALine(t *testing.T) {
	lines := []purchase.Line{{Name: "Cola", Count: "2", Price: "1.25"}}
	hold := purchase.Hold{Terminal: "52500019", Receipt: "0042", Amount: 5000, Card: "541333******0036"}
	for _, c := range []struct {
		body purchase.Body
		want string
	}{
		{purchase.Arm{Terms: purchase.Terms{Lane: "front", Limit: 5000}}, "armed on lane front for a hold of 50.00 EUR"},
		{purchase.HoldGranted{Hold: hold}, "terminal 52500019 holds 50.00 EUR, receipt 0042 541333******0036"},
		{purchase.Captured{Amount: 250, Receipt: "0043"}, "terminal took 2.50 EUR, receipt 0043"},
		{purchase.Released{Receipt: "0044"}, "terminal gave the hold back, receipt 0044"},
		{purchase.Reversed{Receipt: "0045"}, "terminal undid the capture, receipt 0045"},
		{purchase.Ended{What: purchase.CmdCapture, Outcome: purchase.Done}, "capture: done"},
		{
			purchase.Ended{What: purchase.CmdArm, Outcome: purchase.NotDone, Reason: purchase.ReasonHostOffline, Code: "zvt 9A", Text: "no host"},
			"arm: not done, host offline zvt 9A: no host",
		},
		{purchase.Ended{What: purchase.CmdAsk, Outcome: purchase.Done, Open: []purchase.Hold{hold}}, "ask: done, 1 open"},
		{purchase.HoldFound{Hold: hold}, "terminal lists an open hold that can only be this order's, receipt 0042"},
		{purchase.HoldAbsent{}, "terminal has no open hold of this order"},
		{purchase.OpenAnswered{Attempt: 2, Answer: purchase.OpenInDoubt, Msg: "timeout"}, "OpenDoor 2: in doubt: timeout"},
		{purchase.Sign{Sign: purchase.SignPreOpen}, "callback: the door is about to open"},
		{purchase.Sign{Sign: purchase.SignOpened}, "callback: door opened"},
		{purchase.Sign{Sign: purchase.SignClosed}, "callback: door closed"},
		{purchase.Sign{Sign: purchase.SignCancel, Msg: "no stock"}, "callback: cancelled: no stock"},
		{purchase.Detected{Source: purchase.FromDetection, OK: true, Lines: lines}, "callback: recognition, 2 × Cola at 1.25"},
		{purchase.Detected{Source: purchase.FromSettlement, OK: true}, "callback: the merchant's decision, nothing taken"},
		{purchase.Detected{Source: purchase.FromDetection, Msg: "dark"}, "callback: recognition failed: dark"},
		{purchase.Detected{OK: true, Unreadable: "price"}, "callback: recognition is unreadable: price"},
		{purchase.Detected{OK: true, Mode: purchase.ModeCancel}, "callback: recognition, cancelled"},
		{purchase.Detected{OK: true, Mode: purchase.ModeInterrupt}, "callback: recognition, left to the merchant"},
		{purchase.Adjustment{Number: "D-1", Lines: lines}, "callback: additional charge D-1 asked for, 2 × Cola at 1.25"},
		{purchase.Refund{Number: "RF-1", Lines: lines}, "callback: refund RF-1 asked for, 2 × Cola at 1.25"},
		{purchase.Reported{Report: 1, OK: true}, "SaaS acknowledged report 1"},
		{purchase.Reported{Report: 1, Msg: "unknown order"}, "SaaS refused report 1: unknown order"},
		{purchase.Due{Name: purchase.DueHoldTTL}, "deadline: hold ttl"},
		{purchase.Restarted{}, "edged was started again"},
		{purchase.SettleNow{}, "the terminal's end of day is near"},
		{purchase.Abandon{Why: "armed for another limit"}, "not used: armed for another limit"},
		{
			purchase.Person{Act: purchase.ActDropReport, Report: 1, Note: "by phone", Who: "uid 1000"},
			"by hand (uid 1000): drop report 1: by phone",
		},
		{purchase.Person{Act: purchase.ActRefundDone, Number: "RF-1", Amount: 250}, "by hand: refund done RF-1, 2.50 EUR"},
		{purchase.CardSeen{}, "card seen"},
		{purchase.Sign{Sign: purchase.SignCancel, Msg: "a\x1b[2J\r\nb\u009bc"}, "callback: cancelled: a [2J  b c"},
	} {
		t.Run(c.want, func(t *testing.T) {
			got := admin.JournalOf([]purchase.Event{{Body: c.body}}, "EUR")[0]
			if got.Text != c.want {
				t.Errorf("got %q", got.Text)
			}
			if strings.IndexFunc(got.Text, unicode.IsControl) >= 0 {
				t.Errorf("%q holds a control character", got.Text)
			}
			if !json.Valid(got.Event) || got.Kind != string(c.body.Kind()) {
				t.Errorf("kind %s, event %s", got.Kind, got.Event)
			}
		})
	}
}

func TestTheStateOfAHold(t *testing.T) {
	for _, c := range []struct {
		name string
		hold *purchase.HoldFact
		want string
	}{
		{"no card", nil, admin.HoldNone},
		{"granted", &purchase.HoldFact{}, admin.HoldOpen},
		{"captured", &purchase.HoldFact{Settled: purchase.HoldCaptured}, admin.HoldCaptured},
		{"given back", &purchase.HoldFact{Settled: purchase.HoldReleased}, admin.HoldReleased},
		{"expired", &purchase.HoldFact{Settled: purchase.HoldExpired}, admin.HoldExpired},
		{"taken back by the terminal", &purchase.HoldFact{Gone: "06 1E"}, admin.HoldGone},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := admin.OrderOf(purchase.State{Hold: c.hold}).HoldState; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatSomebodyShouldLookAt(t *testing.T) {
	if got := admintest.GoodDay().StatusIs.FindProblems(); got == nil || len(got) != 0 {
		t.Errorf("on a good day: %q", got)
	}
	want := []string{
		"lane side is out of service: terminal_down (E11)",
		"lane side: the terminal does not answer [EDG-LANE-011]",
		"dead letters: 1 (edged queue ls)",
		"tasks for a person: 1 dead_report, 1 unpaid (edged task ls)",
	}
	if got := admintest.Sample().StatusIs.FindProblems(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	s := admintest.GoodDay().StatusIs
	s.Fallback, s.SaaS.Reachable, s.Queue.StoreError, s.Queue.ReserveReady, s.Queue.Quarantined = true, false, "sync failed", false, 2
	if got := s.FindProblems(); len(got) != 5 {
		t.Errorf("five things are wrong, told: %q", got)
	}
}

func TestAReasonIsTheDisplaysCode(t *testing.T) {
	for _, r := range lane.Reasons() {
		got := admin.ReasonsOf([]lane.Reason{r})[0]
		if got.Code != screen.Code(r) || got.Reason != string(r) {
			t.Errorf("%s: %+v", r, got)
		}
	}
}
