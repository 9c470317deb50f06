package purchase_test

import (
	"time"

	"pgregory.net/rapid"

	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

// The tests of promises_test.go throw events at Step that need not make sense: in any
// order, of any kind, any number of times, with restarts and leaps of time between.
// Only an answer is an answer to something that was asked for. The model check is
// about what a sensible world does; this is about what no world may bring about.

// turn is one event and what Step made of it.
type turn struct {
	before  purchase.State
	ev      purchase.Event
	after   purchase.State
	effects []purchase.Effect
}

// chaos lets n random events happen and shows each turn to look.
func chaos(t *rapid.T, look func(turn)) purchase.State {
	c := transcript.Start()
	terms := transcript.Terms()
	terms.MinHold = 2000
	terms.ReverseByReceipt = rapid.Bool().Draw(t, "reversal")
	if rapid.IntRange(0, 4).Draw(t, "session") == 0 {
		terms.SessionLimit, terms.HoldTTL = 4*time.Minute, 0
	}
	s := happen(t, purchase.State{}, c.Now, purchase.Arm{Terms: terms}, look)
	if rapid.IntRange(0, 5).Draw(t, "granted") > 0 { // most of what can happen needs a hold
		s = happen(t, s, c.Now, purchase.HoldGranted{Command: "x/arm/1", Hold: purchase.Hold{Receipt: "0123", Amount: 5000}}, look)
	}
	for range rapid.IntRange(0, 40).Draw(t, "events") {
		switch rapid.IntRange(0, 9).Draw(t, "time") {
		case 0:
			c.Pass(time.Duration(rapid.IntRange(1, 100_000).Draw(t, "seconds"))*time.Second, rapid.Bool().Draw(t, "unreachable"))
		case 1:
			c.Reboot()
			s = happen(t, s, c.Now, purchase.Restarted{}, look)
		}
		s = happen(t, s, c.Now, anything(t, s), look)
	}
	return s
}

func happen(t *rapid.T, s purchase.State, now purchase.Stamp, body purchase.Body, look func(turn)) purchase.State {
	ev := purchase.Event{Order: transcript.Order(), At: now, Body: body}
	before := stored(s)
	after, effects, err := purchase.Step(s, ev)
	if err != nil && body.Kind() != purchase.KindPerson {
		t.Fatalf("%#v in phase %s: %v", body, s.Phase(), err)
	}
	if stored(s) != before {
		t.Fatalf("%#v changed the state that was given", body)
	}
	look(turn{s, ev, after, effects})
	return after
}

// anything is an event that may come from outside, or an answer to what was asked.
func anything(t *rapid.T, s purchase.State) purchase.Body {
	bodies := fromOutside(t, s)
	bodies = append(bodies, answers(t, s)...)
	return rapid.SampledFrom(bodies).Draw(t, "event")
}

func fromOutside(t *rapid.T, s purchase.State) []purchase.Body {
	no := rapid.SampledFrom([]string{"", "S1", "S1", "S2"}).Draw(t, "no")
	lines := rapid.SampledFrom([][]purchase.Line{
		nil, {{Count: "1", Price: "3.50"}}, {{Count: "2", Price: "30"}}, {{Count: "0.5", Price: "0.01"}}, {{Count: "-1", Price: "2"}}, {{Price: "2"}},
	}).Draw(t, "lines")
	bad := rapid.SampledFrom([]string{"", "", "", "no list"}).Draw(t, "bad")
	detected := purchase.Detected{
		Source: rapid.SampledFrom([]purchase.Source{purchase.FromDetection, purchase.FromSettlement}).Draw(t, "source"),
		OK:     rapid.IntRange(0, 4).Draw(t, "ok") > 0, Mode: purchase.Mode(rapid.IntRange(0, 3).Draw(t, "mode")),
		SaaSOrderNo: no, Lines: lines, Unreadable: bad,
	}
	number := rapid.SampledFrom([]string{"", "N1", "N2"}).Draw(t, "number")
	hold := purchase.Hold{
		Receipt: rapid.SampledFrom([]string{"0123", "0125"}).Draw(t, "receipt"),
		Amount:  money.Minor(rapid.SampledFrom([]int64{0, 1000, 5000, 6000}).Draw(t, "amount")),
	}
	out := []purchase.Body{
		detected, detected, detected,
		purchase.Adjustment{SaaSOrderNo: no, Number: number, Lines: lines, Unreadable: bad},
		purchase.Refund{SaaSOrderNo: no, Number: number, Lines: lines, Unreadable: bad, AfterEndOfDay: rapid.Bool().Draw(t, "eod")},
		purchase.HoldGranted{Command: "x/arm/1", Hold: hold},
		purchase.HoldFound{Hold: hold},
		purchase.HoldAbsent{},
		purchase.Restarted{},
		purchase.SettleNow{},
		purchase.Abandon{},
		purchase.CardSeen{},
		purchase.Attached{},
		purchase.Detached{},
		purchase.Person{
			Act: rapid.SampledFrom([]purchase.PersonAct{
				purchase.ActRefundDone, purchase.ActRefundFailed, purchase.ActDropReport, purchase.ActDoorClosed, "dance",
			}).Draw(t, "act"),
			Number: number, Report: rapid.IntRange(0, 3).Draw(t, "report"), Amount: hold.Amount, Note: bad,
		},
	}
	for _, name := range []purchase.SignName{purchase.SignPreOpen, purchase.SignOpened, purchase.SignClosed, purchase.SignCancel, "sneeze"} {
		out = append(out, purchase.Sign{Sign: name, SaaSOrderNo: no})
	}
	for _, d := range s.Due {
		out = append(out, purchase.Due{Name: d.Name})
	}
	return out
}

func answers(t *rapid.T, s purchase.State) []purchase.Body {
	outcome := rapid.SampledFrom([]purchase.Outcome{purchase.Done, purchase.NotDone, purchase.InDoubt}).Draw(t, "outcome")
	why := rapid.SampledFrom([]purchase.Reason{
		"", purchase.ReasonDeclined, purchase.ReasonHostOffline, purchase.ReasonNotOpen, purchase.ReasonReversed, purchase.ReasonUnsupported, purchase.ReasonLine,
	}).Draw(t, "why")
	was := rapid.Bool().Draw(t, "was")
	out := []purchase.Body{
		purchase.Ended{Command: "x/arm/1", What: purchase.CmdArm, Outcome: outcome, Reason: why, CardSeen: was, Acked: !was || outcome == purchase.Done},
	}
	for i := range s.Opens {
		answer := rapid.SampledFrom([]purchase.OpenAnswer{purchase.OpenAccepted, purchase.OpenRefused, purchase.OpenNotSent, purchase.OpenInDoubt}).Draw(t, "answer")
		out = append(out, purchase.OpenAnswered{Attempt: i + 1, Answer: answer, TransID: "T1"})
	}
	for _, r := range s.Reports {
		if r.State != purchase.ReportWaits {
			out = append(out, purchase.Reported{Report: r.N, OK: was})
		}
	}
	for _, op := range s.Ops {
		n := rapid.IntRange(1, op.N).Draw(t, "n")
		id := purchase.CommandFor(s.Order, op.Kind, n)
		amount := op.Amount + money.Minor(rapid.SampledFrom([]int64{0, 0, 0, 1, -1}).Draw(t, "more"))
		e := purchase.Ended{Command: id, What: op.Kind, Outcome: outcome, Reason: why, Acked: was}
		if was && s.Hold != nil {
			e.Open = []purchase.Hold{s.Hold.Hold}
		}
		e.More = why == purchase.ReasonLine
		out = append(out, e, e)
		switch op.Kind {
		case purchase.CmdCapture:
			out = append(out, purchase.Captured{Command: id, Amount: amount, Receipt: "0124"})
		case purchase.CmdRelease:
			out = append(out, purchase.Released{Command: id})
		case purchase.CmdReverse:
			out = append(out, purchase.Reversed{Command: id, Amount: amount})
		}
	}
	return out
}
