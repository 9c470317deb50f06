package transcript

import (
	"fmt"
	"strconv"
	"strings"

	"edged/internal/money"
	"edged/internal/purchase"
)

// fixed is an event that is the same in every state.
func fixed(b purchase.Body) func(purchase.State) (purchase.Body, error) {
	return func(purchase.State) (purchase.Body, error) { return b, nil }
}

func (s *Script) parseEvent(verb string, a *args) func(purchase.State) (purchase.Body, error) {
	if a.flag("ended") {
		return a.ended(purchase.CommandKind(verb))
	}
	switch verb {
	case "arm":
		terms := s.Terms
		return fixed(purchase.Arm{Terms: terms})
	case "card":
		return fixed(purchase.CardSeen{Command: armCommand()})
	case "granted":
		return fixed(purchase.HoldGranted{Command: armCommand(), Hold: a.hold()})
	case "hold_found":
		return fixed(purchase.HoldFound{Hold: a.hold()})
	case "hold_absent":
		return fixed(purchase.HoldAbsent{})
	case "settle_now":
		return fixed(purchase.SettleNow{})
	case "abandon":
		return fixed(purchase.Abandon{Why: a.text("why", "")})
	case "attached":
		return fixed(purchase.Attached{})
	case "detached":
		return fixed(purchase.Detached{Why: "unplugged"})
	case "due":
		return fixed(purchase.Due{Name: purchase.DeadlineName(a.word(""))})
	case "person":
		return fixed(a.person())
	}
	if f := parseSaaS(verb, a); f != nil {
		return f
	}
	return parseTerminal(verb, a)
}

// parseSaaS understands what the SaaS says: callbacks and answers.
func parseSaaS(verb string, a *args) func(purchase.State) (purchase.Body, error) {
	switch verb {
	case "pre_open", "opened", "closed", "cancel":
		return fixed(purchase.Sign{Sign: purchase.SignName(verb), SaaSOrderNo: a.text("no", "S1"), Msg: a.text("msg", "")})
	case "detected":
		return fixed(a.detected(purchase.FromDetection))
	case "settled":
		return fixed(a.detected(purchase.FromSettlement))
	case "adjusted":
		return fixed(purchase.Adjustment{
			SaaSOrderNo: a.text("no", "S1"), Number: a.word(""), Unreadable: a.text("bad", ""), Lines: a.lines(),
		})
	case "refund":
		return fixed(purchase.Refund{
			AfterEndOfDay: a.flag("after_end_of_day"),
			SaaSOrderNo:   a.text("no", "S1"), Number: a.word(""), Unreadable: a.text("bad", ""), Lines: a.lines(),
		})
	case "report":
		return fixed(a.reported())
	case "open":
		return a.openAnswered()
	}
	return nil
}

func (a *args) hold() purchase.Hold {
	return purchase.Hold{
		Terminal: a.text("terminal", "52500017"), Receipt: a.text("receipt", "0123"), Trace: "000456",
		Amount: a.amount(), Currency: money.Currency(a.text("currency", string(currency))), Card: "411111EEEEEE1111", Brand: "VISA",
	}
}

func (a *args) detected(from purchase.Source) purchase.Detected {
	a.flag("nothing")
	return purchase.Detected{
		Source: from, OK: !a.flag("failed"), Mode: purchase.Mode(a.number("mode", 0)),
		SaaSOrderNo: a.text("no", "S1"), Unreadable: a.text("bad", ""), Msg: a.text("msg", ""), Lines: a.lines(),
	}
}

func (a *args) reported() purchase.Reported {
	n, err := strconv.Atoi(a.word(""))
	if err != nil {
		a.fail("report of which number")
	}
	answer := a.word("")
	if answer != "ok" && answer != "refused" {
		a.fail("report %q: ok or refused", answer)
	}
	return purchase.Reported{Report: n, OK: answer == "ok", Msg: a.text("msg", "")}
}

func (a *args) person() purchase.Person {
	p := purchase.Person{
		Act: purchase.PersonAct(a.word("")), Number: a.text("num", ""), Report: a.number("n", 0), Note: a.text("note", ""), Who: "uid 1000",
	}
	if v := a.text("amount", ""); v != "" {
		p.Amount = a.minor(v)
	}
	return p
}

// openAnswered is the answer to the newest request, or to number n.
func (a *args) openAnswered() func(purchase.State) (purchase.Body, error) {
	n := a.number("n", 0)
	b := purchase.OpenAnswered{Answer: purchase.OpenAnswer(a.word("")), TransID: a.text("trans", ""), Msg: a.text("msg", "")}
	return func(s purchase.State) (purchase.Body, error) {
		b.Attempt = n
		if n == 0 {
			b.Attempt = len(s.Opens)
		}
		return b, nil
	}
}

// parseTerminal understands the results and ends of commands.
func parseTerminal(verb string, a *args) func(purchase.State) (purchase.Body, error) {
	switch verb {
	case "captured":
		amount, receipt := a.amount(), a.text("receipt", "0124")
		return a.about(purchase.CmdCapture, func(id purchase.CommandID) purchase.Body {
			return purchase.Captured{Command: id, Amount: amount, Receipt: receipt, Trace: "000457"}
		})
	case "released":
		receipt := a.text("receipt", "0124")
		return a.about(purchase.CmdRelease, func(id purchase.CommandID) purchase.Body {
			return purchase.Released{Command: id, Receipt: receipt, Trace: "000457"}
		})
	case "reversed":
		amount, receipt := a.amount(), a.text("receipt", "0125")
		return a.about(purchase.CmdReverse, func(id purchase.CommandID) purchase.Body {
			return purchase.Reversed{Command: id, Amount: amount, Receipt: receipt, Trace: "000458"}
		})
	}
	a.fail("%q is not understood", verb)
	return fixed(nil)
}

func (a *args) ended(kind purchase.CommandKind) func(purchase.State) (purchase.Body, error) {
	e := purchase.Ended{
		What: kind, CardSeen: a.flag("card"), More: a.flag("more"), Acked: a.flag("acked"), Code: a.text("code", ""), Terminal: a.text("terminal", ""),
	}
	open := a.text("open", "")
	if a.flag("open") {
		open = "0123"
	}
	if open != "" {
		e.Open = []purchase.Hold{{Receipt: open}}
	}
	if last := a.text("last", ""); last != "" {
		e.Last = &purchase.Hold{Receipt: last, Amount: a.minor(a.text("booked", "0.00"))}
	}
	e.Outcome = purchase.Outcome(a.word(""))
	e.Reason = purchase.Reason(a.word(""))
	switch e.Outcome {
	case purchase.Done, purchase.NotDone, purchase.InDoubt:
	default:
		a.fail("outcome %q", e.Outcome)
	}
	return a.about(kind, func(id purchase.CommandID) purchase.Body {
		e.Command = id
		return e
	})
}

// about addresses an answer to the newest command of its kind, or to number n.
func (a *args) about(kind purchase.CommandKind, body func(purchase.CommandID) purchase.Body) func(purchase.State) (purchase.Body, error) {
	n := a.number("n", 0)
	return func(s purchase.State) (purchase.Body, error) {
		if kind == purchase.CmdArm {
			return body(armCommand()), nil
		}
		for _, op := range s.Ops {
			if op.Kind == kind && n == 0 {
				return body(purchase.CommandFor(s.Order, kind, op.N)), nil
			}
		}
		if n == 0 {
			return nil, fmt.Errorf("%w: no %s was asked for", ErrSyntax, kind)
		}
		return body(purchase.CommandFor(s.Order, kind, n)), nil
	}
}

func armCommand() purchase.CommandID { return purchase.CommandFor(Order(), purchase.CmdArm, 1) }

func short(text string) string { return strings.ReplaceAll(text, string(Order()), "ORDER") }
