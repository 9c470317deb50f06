package modelcheck

import (
	"slices"

	"edged/internal/money"
	"edged/internal/purchase"
)

// A probe tells an order in a state that was reached what must change nothing there, or
// must be refused: late, wrong and repeated things, which no course of the model need
// contain. Each state is probed once.
func probe(s purchase.State, id purchase.OrderID) error {
	if s.Order == "" {
		return nil
	}
	enc, _ := s.Encode()
	p := prober{s: s, enc: string(enc), id: id}
	p.grants()
	p.results()
	p.answers()
	p.deadlines()
	p.people()
	return p.err
}

type prober struct {
	s   purchase.State
	enc string // of s
	id  purchase.OrderID
	err error
}

func (p *prober) fail(promise, format string, v ...any) {
	if p.err == nil {
		p.err = broken(promise, format, v...)
	}
}

func (p *prober) step(b purchase.Body) (purchase.State, []purchase.Effect, error) {
	next, effects, err := safeStep(p.s, purchase.Event{Order: p.id, At: now(), Body: b})
	return plain(next), effects, err
}

func refused(effects []purchase.Effect) bool {
	return slices.ContainsFunc(effects, func(e purchase.Effect) bool { _, no := e.(purchase.Refused); return no })
}

// same says whether next is the state that is probed.
func (p *prober) same(next purchase.State) bool {
	b, err := next.Encode()
	return err == nil && string(b) == p.enc
}

// nothing: b changes nothing and asks for nothing but an alarm.
func (p *prober) nothing(promise string, b purchase.Body) {
	next, effects, err := p.step(b)
	effects = slices.DeleteFunc(effects, func(e purchase.Effect) bool { _, alarm := e.(purchase.Alarm); return alarm })
	if err != nil || !p.same(next) || len(effects) > 0 {
		p.fail(promise, "%s %+v in phase %s changes something: %d effects, %v", b.Kind(), b, p.s.Phase(), len(effects), err)
	}
}

// refuse: the result b must not be accepted.
func (p *prober) refuse(promise string, b purchase.Body) {
	next, effects, err := p.step(b)
	if err != nil || !refused(effects) || next.Hold != nil && p.s.Hold == nil {
		p.fail(promise, "%s %+v is not refused in phase %s: %v", b.Kind(), b, p.s.Phase(), err)
	}
}

// bug: b answers nothing that was asked for; the order is parked.
func (p *prober) bug(b purchase.Body) {
	if next, _, err := p.step(b); err == nil {
		p.fail("M7", "%s %+v, an answer to nothing, is taken for one: %s", b.Kind(), b, next.Phase())
	}
}

// grants: approvals that may not stand.
func (p *prober) grants() {
	good := purchase.Hold{Terminal: "T1", Receipt: "0009", Amount: limit}
	wrong := func(change func(*purchase.Hold)) purchase.Body {
		h := good
		change(&h)
		return purchase.HoldGranted{Command: "x/arm/1", Hold: h}
	}
	p.refuse("M2", wrong(func(h *purchase.Hold) { h.Terminal = "T2" }))
	p.refuse("M2", wrong(func(h *purchase.Hold) { h.Currency = "USD" }))
	p.refuse("M2", wrong(func(h *purchase.Hold) { h.Amount = 0 }))
	if p.s.Hold != nil || p.s.Unused != nil || p.s.ArmDoubt {
		p.refuse("M3", purchase.HoldGranted{Command: "x/arm/1", Hold: good})
		p.nothing("M3", purchase.Abandon{})
	}
	if h := p.s.Hold; h != nil && p.s.HoldOpen() {
		if _, effects, err := p.step(purchase.HoldGranted{Command: "x/arm/1", Hold: h.Hold}); err != nil || refused(effects) {
			p.fail("M3", "an approval is accepted once, and refused when it is told again")
		}
	}
	if p.s.Hold != nil || p.s.Unused != nil {
		p.nothing("M3", purchase.HoldFound{Hold: good})
	}
	if p.s.Unused != nil || p.s.Hold != nil && p.s.Terms.SessionLimit == 0 {
		p.nothing("M3", purchase.HoldAbsent{})
	}
	p.nothing("M1", purchase.CardSeen{})
}

// results: of commands that are over, or were never asked for.
func (p *prober) results() {
	for _, op := range p.s.Ops {
		id := purchase.CommandFor(p.id, op.Kind, op.N)
		next := purchase.CommandFor(p.id, op.Kind, op.N+1)
		p.bug(purchase.Ended{Command: next, What: op.Kind, Outcome: purchase.Done})
		if op.End != "" {
			p.nothing("M7", purchase.Ended{Command: id, What: op.Kind, Outcome: purchase.Done})
			p.nothing("M7", purchase.Ended{Command: id, What: op.Kind, Outcome: purchase.NotDone, Reason: purchase.ReasonDeclined})
		}
		switch op.Kind {
		case purchase.CmdCapture:
			p.captures(op, id)
			p.bug(purchase.Captured{Command: next, Amount: op.Amount})
			p.bug(purchase.Released{Command: id})
		case purchase.CmdReverse:
			p.reversals(op, id)
		case purchase.CmdRelease:
			if op.Result {
				p.nothing("M6", purchase.Released{Command: id, Receipt: "0077"})
			}
		}
	}
	p.bug(purchase.Captured{Command: purchase.CommandFor(p.id, purchase.CmdCapture, 9), Amount: 1})
}

func (p *prober) captures(op purchase.Op, id purchase.CommandID) {
	ours := purchase.Captured{Command: id, Amount: op.Amount, Receipt: op.Receipt}
	switch {
	case op.End != "" && !(op.Result && p.s.Hold.Settled == purchase.HoldCaptured), op.Refused:
		p.refuse("M3", ours)
	case op.Result:
		if _, effects, err := p.step(ours); err != nil || refused(effects) {
			p.fail("M3", "a capture is accepted once, and refused when it is told again")
		}
		p.nothing("M6", ours)
	default:
		p.refuse("M2", purchase.Captured{Command: id, Amount: op.Amount + 1})
		p.refuse("M2", purchase.Captured{Command: id})
	}
}

func (p *prober) reversals(op purchase.Op, id purchase.CommandID) {
	ours := purchase.Reversed{Command: id, Amount: op.Amount, Receipt: op.Receipt}
	switch {
	case op.End != "" && !(op.Result && op.End == purchase.Done), op.Refused:
		p.refuse("M3", ours)
	case op.Result:
		p.nothing("M6", ours)
	default:
		p.refuse("M2", purchase.Reversed{Command: id, Amount: op.Amount + 1})
	}
}

// answers: of the SaaS, given twice or to nothing.
func (p *prober) answers() {
	for i, o := range p.s.Opens {
		if o.Answer == "" {
			continue
		}
		for _, a := range []purchase.OpenAnswer{purchase.OpenAccepted, purchase.OpenRefused, purchase.OpenNotSent, purchase.OpenInDoubt} {
			p.nothing("M7", purchase.OpenAnswered{Attempt: i + 1, Answer: a})
		}
	}
	p.bug(purchase.OpenAnswered{Attempt: len(p.s.Opens) + 1, Answer: purchase.OpenAccepted})
	p.bug(purchase.OpenAnswered{Answer: purchase.OpenRefused})
	p.bug(purchase.Reported{Report: len(p.s.Reports) + 1, OK: true})
	p.bug(purchase.Reported{OK: true})
	for _, r := range p.s.Reports {
		switch r.State {
		case purchase.ReportWaits:
			p.bug(purchase.Reported{Report: r.N, OK: true})
		case purchase.ReportAcked, purchase.ReportDropped:
			p.nothing("M4", purchase.Reported{Report: r.N, OK: true})
			p.nothing("M4", purchase.Reported{Report: r.N})
		}
	}
}

// deadlines: told too early, or twice, and what a restart may ask for.
func (p *prober) deadlines() {
	for _, name := range waits() {
		i := slices.IndexFunc(p.s.Due, func(d purchase.Deadline) bool { return d.Name == name })
		if i < 0 || p.s.Due[i].At > moment {
			p.nothing("M5", purchase.Due{Name: name})
		}
	}
	if p.s.Phase() != purchase.PhaseReview {
		p.nothing("M13", purchase.SettleNow{})
	}
	_, effects, err := p.step(purchase.Restarted{})
	if err != nil {
		p.fail("M3", "restarted: %v", err)
	}
	for _, e := range effects {
		switch e := e.(type) {
		case purchase.OpenDoor:
			p.fail("M5", "a restart asks for the door")
		case purchase.SendReport:
			if p.s.Terms.SessionLimit == 0 { // a session is lost with the restart, which may end the order
				p.fail("M4", "a restart makes report %d", e.Report.N)
			}
		}
	}
	for _, r := range p.s.Refunds {
		if p.s.Closed() && r.State != purchase.RefundDone && r.State != purchase.RefundFailed {
			p.fail("M3", "closed with refund %s %s", r.Number, r.State)
		}
	}
	if p.s.Closed() && p.s.DoorBusy() {
		p.fail("M1", "closed, and the door is still its")
	}
	if p.s.Closed() && len(p.s.Due) > 0 {
		p.fail("M3", "a closed order still waits for %v", p.s.Due)
	}
}

// people: what cannot be done is told, and changes nothing.
func (p *prober) people() {
	_, captured, refunded := p.s.Money()
	for _, a := range []purchase.Person{
		{Act: purchase.ActRefundDone, Number: "R0", Amount: 1, Note: "n"},
		{Act: purchase.ActDropReport, Report: len(p.s.Reports) + 1, Note: "n"},
		{Act: purchase.ActTaskDone, Task: purchase.TaskRefund, Subject: "R1", Outcome: "done", Note: "n"},
		{Act: purchase.ActTaskDone, Task: purchase.TaskDeadReport, Subject: "1", Outcome: "done", Note: "n"},
		{Act: purchase.ActTaskDone, Task: purchase.TaskParked, Outcome: "done", Note: "n"},
		{Act: purchase.ActTaskDone, Task: purchase.TaskUnpaid, Outcome: "done"},
		{Act: "no act"},
	} {
		p.forbid("M4", a)
	}
	for _, r := range p.s.Reports {
		p.forbid("M4", purchase.Person{Act: purchase.ActDropReport, Report: r.N})
		if r.State == purchase.ReportAcked || r.State == purchase.ReportDropped {
			p.forbid("M4", purchase.Person{Act: purchase.ActDropReport, Report: r.N, Note: "n"})
		}
	}
	for _, r := range p.s.Refunds {
		p.forbid("M2", purchase.Person{Act: purchase.ActRefundDone, Number: r.Number, Amount: captured - refunded + 1})
		p.forbid("M2", purchase.Person{Act: purchase.ActRefundDone, Number: r.Number, Amount: -1})
		if r.State != purchase.RefundTask {
			p.forbid("M2", purchase.Person{Act: purchase.ActRefundDone, Number: r.Number, Amount: 1})
			p.forbid("M4", purchase.Person{Act: purchase.ActRefundFailed, Number: r.Number})
		}
	}
	if !p.s.DoorBusy() || p.s.Door.Opened == 0 {
		p.forbid("M13", purchase.Person{Act: purchase.ActDoorClosed})
	}
}

func (p *prober) forbid(promise string, a purchase.Person) {
	if _, effects, err := p.step(a); err == nil {
		p.fail(promise, "a person may do %+v in phase %s: %d effects", a, p.s.Phase(), len(effects))
	}
}

// once: facts are written once. What was decided, held, opened or captured stays.
func once(before, after purchase.State) error {
	switch {
	case before.Decision != nil && (after.Decision == nil || after.Decision.Charge != before.Decision.Charge ||
		after.Decision.Total != before.Decision.Total || after.Decision.Source != before.Decision.Source):
		return broken("M13", "the first decision, %+v, became %+v", before.Decision, after.Decision)
	case before.Hold != nil && (after.Hold == nil || after.Hold.Hold != before.Hold.Hold):
		return broken("M3", "the hold %+v became %+v", before.Hold, after.Hold)
	case before.Hold != nil && before.Hold.Settled != "" && after.Hold.Settled != before.Hold.Settled:
		return broken("M2", "a hold that was %s is %s", before.Hold.Settled, after.Hold.Settled)
	case before.Outcome != nil && (after.Outcome == nil || after.Outcome.Captured != before.Outcome.Captured):
		return broken("M2", "the outcome %+v became %+v", before.Outcome, after.Outcome)
	case len(after.Opens) < len(before.Opens) || len(after.Reports) < len(before.Reports) || len(after.Refunds) < len(before.Refunds):
		return broken("M4", "a report, a refund or an OpenDoor is forgotten")
	}
	for i, r := range before.Reports {
		a := after.Reports[i]
		if a.OK != r.OK || a.Message != r.Message || a.OrderID != r.OrderID || r.OrderNo != "" && a.OrderNo != r.OrderNo {
			return broken("M4", "report %d was %+v and is %+v", r.N, r, a)
		}
	}
	return endOfDecision(after)
}

// endOfDecision: the outcome is the one that the decision calls for.
func endOfDecision(s purchase.State) error {
	o, d := s.Outcome, s.Decision
	if o == nil || d == nil || o.Kind == purchase.Unpaid && len(s.Conflict) > 0 {
		return nil
	}
	var want []purchase.ResultKind
	switch {
	case d.Charge:
		want = []purchase.ResultKind{purchase.Paid, purchase.PaidShort, purchase.Unpaid}
	case d.Source == purchase.FromDeadline || d.Source == purchase.FromSession:
		want = []purchase.ResultKind{purchase.Unpaid}
	case d.Source == purchase.FromShortGrant:
		want = []purchase.ResultKind{purchase.Declined, purchase.Expired}
	case d.Empty:
		want = []purchase.ResultKind{purchase.NothingTaken, purchase.Expired}
	default:
		want = []purchase.ResultKind{purchase.Cancelled, purchase.Expired}
	}
	if !slices.Contains(want, o.Kind) {
		return broken("M4", "decided by %s to charge %d, and ended %s", d.Source, d.Total, o.Kind)
	}
	if s.Hold.Settled == purchase.HoldCaptured && (o.Captured <= 0 || o.Captured > money.Minor(s.Hold.Amount)) {
		return broken("M2", "a captured hold of %d, and %d in the books", s.Hold.Amount, o.Captured)
	}
	return nil
}
