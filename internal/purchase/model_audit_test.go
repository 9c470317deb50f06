package purchase_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"edged/internal/money"
	"edged/internal/purchase"
)

// auditor watches one order from outside: what was asked of the SaaS and of the
// terminal, what they really did, what was reported. Every method is something
// that happened; its error names the promise of DESIGN §3 that it breaks. It is a
// value: the model copies it with the world it belongs to.
type auditor struct {
	Held       money.Minor // on flash; zero: no hold
	Recognised money.Minor // first readable total, if the SaaS's first word was to charge
	Decided    bool        // the SaaS has said its first readable word
	Heard      bool        // something proves that the SaaS took OpenDoor
	Left       bool        // an OpenDoor has left the gateway
	InDoubt    int         // OpenDoor requests nobody knows the fate of
	Repeats    int         // sent although one was in doubt
	Doubt      bool        // a capture or release may have been done
	Asked      bool        // since then the terminal has called the hold open
	NoAsk      bool        // the terminal cannot tell
	Taken      money.Minor // really, at the terminal
	Wanted     money.Minor // largest capture asked for
	Refunded   money.Minor
	Refunds    string // numbers, each followed by a space
	Reports    string // as sent, each followed by a line feed
	Open       int    // reports without an answer
}

func broken(m string, format string, v ...any) error {
	return fmt.Errorf("%s is broken: %s", m, fmt.Sprintf(format, v...))
}

// granted: the hold is on flash.
func (a *auditor) granted(amount money.Minor) { a.Held = amount }

// openSent: the request left the gateway. heard: a callback was on flash already
// when it was asked for; one that comes in between cannot be helped.
func (a *auditor) openSent(left time.Duration, sameProcess, acked, heard bool) error {
	switch {
	case a.Held == 0:
		return broken("M1", "OpenDoor without a hold on flash")
	case !acked:
		return broken("M1", "OpenDoor before the terminal took our acknowledgement")
	case left <= 0:
		return broken("M5", "OpenDoor %v after its deadline", -left)
	case !sameProcess:
		return broken("M5", "OpenDoor after a restart")
	case heard:
		return broken("M7", "OpenDoor repeated although the SaaS was heard of")
	}
	a.Left = true
	if a.InDoubt > 0 {
		a.Repeats++
	}
	if a.Repeats > 1 {
		return broken("M7", "OpenDoor repeated more than once")
	}
	return nil
}

// gaveUp: edged itself decided to give the hold back.
func (a *auditor) gaveUp(d purchase.Decision) error {
	switch {
	case d.Source == purchase.FromSilence && a.Heard:
		return broken("M13", "given up for silence, and the SaaS was heard of")
	case d.Source == purchase.FromNetwork && a.Left:
		return broken("M5", "an OpenDoor that left counts as never sent")
	case d.Source == purchase.FromRefusal && a.InDoubt > 0:
		return broken("M7", "a refusal counts although an earlier OpenDoor is in doubt")
	}
	return nil
}

// started: a command went to the terminal.
func (a *auditor) started(c purchase.TerminalCommand) error {
	if c.Kind != purchase.CmdCapture && c.Kind != purchase.CmdRelease {
		return nil
	}
	switch {
	case a.Doubt && !a.Asked && !a.NoAsk:
		return broken("M7", "%s although another may have been done, without a question", c.Kind)
	case c.Kind == purchase.CmdCapture && c.Amount > a.Held:
		return broken("M2", "capture of %d, held %d", c.Amount, a.Held)
	case c.Kind == purchase.CmdCapture && c.Amount > a.Recognised:
		return broken("M2", "capture of %d, recognised %d", c.Amount, a.Recognised)
	case c.Amount < 0:
		return broken("M2", "capture of %d", c.Amount)
	}
	if c.Kind == purchase.CmdCapture {
		a.Wanted = max(a.Wanted, c.Amount)
	}
	a.Doubt, a.Asked = true, false
	return nil
}

// sure: the terminal ended a command as surely done or not done.
func (a *auditor) sure() { a.Doubt = false }

// listed: the terminal said whether the hold is open.
func (a *auditor) listed(open bool) {
	if open {
		a.Asked = true
	}
}

// took: money was really taken, and our acknowledgement made it so unless the
// terminal did it against our word.
func (a *auditor) took(amount money.Minor, ours bool) error {
	switch {
	case a.Taken > 0:
		return broken("M2", "a second capture of one hold")
	case ours && (amount > a.Wanted || amount > a.Held || amount > a.Recognised):
		return broken("M2", "captured %d: asked %d, held %d, recognised %d", amount, a.Wanted, a.Held, a.Recognised)
	}
	a.Taken = amount
	return nil
}

// undone: a capture was really taken back.
func (a *auditor) undone() { a.Taken = 0 }

// refunded: money was given back for a refund number.
func (a *auditor) refunded(number string, amount money.Minor) error {
	if strings.Contains(a.Refunds, number+" ") {
		return broken("M2", "refund %s done twice", number)
	}
	a.Refunds += number + " "
	a.Refunded += amount
	if a.Refunded > a.Taken {
		return broken("M2", "refunded %d, captured %d", a.Refunded, a.Taken)
	}
	return nil
}

// said: the SaaS's word about the goods is on flash.
func (a *auditor) said(charge bool, total money.Minor) {
	a.Heard = true
	if !a.Decided && charge {
		a.Recognised = total
	}
	a.Decided = true
}

// reported: a report went into the outbox.
func (a *auditor) reported(r purchase.Report) error {
	if r.OrderNo == "" {
		return broken("M4", "report %d without the SaaS's number", r.N)
	}
	line := fmt.Sprintf("%d:", r.N)
	for _, old := range strings.Split(a.Reports, "\n") {
		if strings.HasPrefix(old, line) {
			return broken("M4", "report %d is sent anew", r.N)
		}
	}
	if r.N != strings.Count(a.Reports, "\n")+1 {
		return broken("M4", "report %d out of sequence", r.N)
	}
	a.Reports += fmt.Sprintf("%s%d %s %s %t %s\n", line, r.Type, r.OrderID, r.OrderNo, r.OK, r.Message)
	a.Open++
	return nil
}

// answered: a report was acknowledged, or a person has dropped it.
func (a *auditor) answered() { a.Open-- }

// ending is what is left when nothing happens any more.
type ending struct {
	closed   bool
	outcome  purchase.Result
	held     bool     // the issuer still holds money, as far as only the terminal knows
	tasks    []string // open ones
	payments []purchase.Report
	waits    bool // something outside must happen: a number, an answer, a card, a closed door
}

func (e ending) task(kinds ...purchase.TaskKind) bool {
	for _, t := range e.tasks {
		for _, k := range kinds {
			if strings.HasPrefix(t, string(k)) {
				return true
			}
		}
	}
	return false
}

// end judges the end of the order.
func (a *auditor) end(e ending) error {
	if !e.closed {
		if len(e.tasks) == 0 && !e.waits {
			return broken("M3", "the order neither ended nor waits for anybody")
		}
		return nil
	}
	o := e.outcome
	switch {
	case a.Open > 0:
		return broken("M4", "closed with %d unanswered reports", a.Open)
	case e.held && !e.task(purchase.TaskHold, purchase.TaskUnpaid, purchase.TaskUnconfirmed):
		return broken("M3", "closed as %s, and money is still held", o.Kind)
	case a.Taken != o.Captured && !e.task(purchase.TaskUnconfirmed, purchase.TaskUnpaid, purchase.TaskIncident):
		return broken("M3", "%d were captured, the books say %d, and nobody is told", a.Taken, o.Captured)
	}
	return errors.Join(a.endOfTotal(o), a.endOfReports(e))
}

// endOfTotal: what was recognised is captured, or unpaid for a reason (M13).
func (a *auditor) endOfTotal(o purchase.Result) error {
	switch {
	case a.Recognised == 0:
	case o.Kind == purchase.Paid && o.Captured == a.Recognised:
	case o.Kind == purchase.PaidShort && o.Captured < a.Recognised && o.Cause != "":
	case o.Kind == purchase.Unpaid && o.Cause != "":
	default:
		return broken("M13", "recognised %d, ended %s, captured %d, because %q", a.Recognised, o.Kind, o.Captured, o.Cause)
	}
	if o.Captured > 0 && a.Recognised == 0 {
		return broken("M2", "captured %d, nothing was recognised", o.Captured)
	}
	return nil
}

// endOfReports: the outcome table of DESIGN §2.
func (a *auditor) endOfReports(e ending) error {
	var status []bool
	for _, r := range e.payments {
		status = append(status, r.OK)
	}
	last := len(status) - 1
	switch e.outcome.Kind {
	case purchase.Paid, purchase.PaidShort, purchase.NothingTaken:
		if len(status) != 1 || !status[0] {
			return broken("M4", "%s reported as %v", e.outcome.Kind, status)
		}
	case purchase.Unpaid:
		if len(status) == 0 || len(status) > 2 || status[last] {
			return broken("M4", "unpaid reported as %v", status)
		}
	case purchase.Cancelled, purchase.Declined, purchase.Abandoned:
		if len(status) != 0 {
			return broken("M4", "%s reported as %v", e.outcome.Kind, status)
		}
	}
	return nil
}
