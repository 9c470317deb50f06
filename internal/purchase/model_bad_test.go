package purchase_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"edged/internal/money"
	"edged/internal/purchase"
)

// TestTheAuditorSeesEveryBrokenPromise feeds the auditor of the model check with
// histories that must not happen: a check that cannot fail proves nothing.
func TestTheAuditorSeesEveryBrokenPromise(t *testing.T) {
	type history = func(a *auditor) error
	capture := func(amount money.Minor) purchase.TerminalCommand {
		return purchase.TerminalCommand{Kind: purchase.CmdCapture, Amount: amount}
	}
	release := purchase.TerminalCommand{Kind: purchase.CmdRelease}
	report := purchase.Report{N: 1, OrderNo: "S1", OK: true}
	sold := func(a *auditor) {
		a.granted(1000)
		a.said(true, 700)
	}
	paid := ending{closed: true, outcome: purchase.Result{Kind: purchase.Paid, Captured: 700}, payments: []purchase.Report{report}}
	tests := []struct {
		name, want string
		history    history
	}{
		{"a door without a hold", "M1", func(a *auditor) error { return a.openSent(time.Second, true, true, false) }},
		{"a door before the acknowledgement", "M1", func(a *auditor) error { sold(a); return a.openSent(time.Second, true, false, false) }},
		{"a door after its deadline", "M5", func(a *auditor) error { sold(a); return a.openSent(0, true, true, false) }},
		{"a door after a restart", "M5", func(a *auditor) error { sold(a); return a.openSent(time.Second, false, true, false) }},
		{"a door asked for again after a callback", "M7", func(a *auditor) error { sold(a); return a.openSent(time.Second, true, true, true) }},
		{"a door in doubt asked for three times", "M7", func(a *auditor) error {
			a.granted(1000)
			a.InDoubt = 1
			return errors.Join(a.openSent(time.Second, true, true, false), a.openSent(time.Second, true, true, false))
		}},
		{"given up for silence after a callback", "M13", func(a *auditor) error {
			a.Heard = true
			return a.gaveUp(purchase.Decision{Source: purchase.FromSilence})
		}},
		{"given up as not sent after it left", "M5", func(a *auditor) error {
			a.Left = true
			return a.gaveUp(purchase.Decision{Source: purchase.FromNetwork})
		}},
		{"given up for a refusal with an OpenDoor in doubt", "M7", func(a *auditor) error {
			a.InDoubt = 1
			return a.gaveUp(purchase.Decision{Source: purchase.FromRefusal})
		}},
		{"a capture above the hold", "M2", func(a *auditor) error { a.granted(500); a.said(true, 700); return a.started(capture(700)) }},
		{"a capture above the total", "M2", func(a *auditor) error { sold(a); return a.started(capture(701)) }},
		{"a capture of nothing recognised", "M2", func(a *auditor) error { a.granted(1000); return a.started(capture(1)) }},
		{"a negative capture", "M2", func(a *auditor) error { sold(a); return a.started(capture(-1)) }},
		{"a capture repeated without a question", "M7", func(a *auditor) error {
			sold(a)
			return errors.Join(a.started(capture(700)), a.started(capture(700)))
		}},
		{"a release after a capture in doubt", "M7", func(a *auditor) error {
			sold(a)
			return errors.Join(a.started(capture(700)), a.started(release))
		}},
		{"a second capture", "M2", func(a *auditor) error {
			sold(a)
			return errors.Join(a.started(capture(700)), a.took(700, true), a.took(700, true))
		}},
		{"more captured than asked for", "M2", func(a *auditor) error { sold(a); return errors.Join(a.started(capture(700)), a.took(800, true)) }},
		{"a refund twice", "M2", func(a *auditor) error {
			a.Taken = 700
			return errors.Join(a.refunded("R1", 100), a.refunded("R1", 100))
		}},
		{"more refunded than captured", "M2", func(a *auditor) error {
			a.Taken = 700
			return errors.Join(a.refunded("R1", 500), a.refunded("R2", 500))
		}},
		{"a report without a number", "M4", func(a *auditor) error { return a.reported(purchase.Report{N: 1}) }},
		{"a report sent anew", "M4", func(a *auditor) error { return errors.Join(a.reported(report), a.reported(report)) }},
		{"a report out of sequence", "M4", func(a *auditor) error { return a.reported(purchase.Report{N: 2, OrderNo: "S1"}) }},
		{"an order that waits for nobody", "M3", func(a *auditor) error { return a.end(ending{}) }},
		{"closed before the report was answered", "M4", func(a *auditor) error { sold(a); a.Taken, a.Open = 700, 1; return a.end(paid) }},
		{"closed with money held", "M3", func(a *auditor) error {
			sold(a)
			a.Taken = 700
			e := paid
			e.held = true
			return a.end(e)
		}},
		{"reported as paid without a capture", "M3", func(a *auditor) error { sold(a); return a.end(paid) }},
		{"captured and reported as cancelled", "M3", func(a *auditor) error {
			sold(a)
			a.Taken = 700
			return a.end(ending{closed: true, outcome: purchase.Result{Kind: purchase.Cancelled}})
		}},
		{"recognised and released", "M13", func(a *auditor) error {
			sold(a)
			return a.end(ending{closed: true, outcome: purchase.Result{Kind: purchase.Cancelled, Cause: "why"}})
		}},
		{"unpaid without a cause", "M13", func(a *auditor) error {
			sold(a)
			return a.end(ending{closed: true, outcome: purchase.Result{Kind: purchase.Unpaid}, payments: []purchase.Report{{N: 1}}})
		}},
		{"captured without a total", "M2", func(a *auditor) error {
			a.granted(1000)
			a.Taken = 700
			return a.end(paid)
		}},
		{"paid and not reported", "M4", func(a *auditor) error {
			sold(a)
			a.Taken = 700
			e := paid
			e.payments = nil
			return a.end(e)
		}},
		{"unpaid and reported as paid", "M4", func(a *auditor) error {
			sold(a)
			return a.end(ending{closed: true, outcome: purchase.Result{Kind: purchase.Unpaid, Cause: "why"}, payments: []purchase.Report{report}})
		}},
		{"cancelled and reported", "M4", func(a *auditor) error {
			return a.end(ending{closed: true, outcome: purchase.Result{Kind: purchase.Cancelled}, payments: []purchase.Report{report}})
		}},
	}
	for _, tt := range tests {
		err := tt.history(&auditor{})
		if err == nil || !strings.Contains(err.Error(), tt.want+" is broken") {
			t.Errorf("%s: the auditor says %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestTheAuditorIsSilentAboutAGoodSale is the other half: it accuses nobody.
func TestTheAuditorIsSilentAboutAGoodSale(t *testing.T) {
	var a auditor
	a.granted(1000)
	report := purchase.Report{N: 1, OrderNo: "S1", OK: true}
	err := a.openSent(time.Second, true, true, false)
	a.said(true, 700)
	err = errors.Join(err,
		a.started(purchase.TerminalCommand{Kind: purchase.CmdCapture, Amount: 700}),
		a.took(700, true), a.reported(report))
	a.sure()
	a.answered()
	err = errors.Join(err, a.end(ending{
		closed: true, outcome: purchase.Result{Kind: purchase.Paid, Captured: 700}, payments: []purchase.Report{report},
	}))
	if err != nil {
		t.Error(err)
	}
}
