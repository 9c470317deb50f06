package engine

import (
	"fmt"
	"slices"
	"strings"

	"edged/internal/money"
	"edged/internal/purchase"
)

// crashEnd is what counts when all is over.
type crashEnd struct {
	Captured money.Minor // by the books
	Taken    int64       // by the terminal's
	Refunded money.Minor
	Held     bool // money is still held at the issuer
	Outcome  purchase.ResultKind
	Flag     string
	Phase    purchase.Phase
	Reports  []string
	Tasks    []string
	Heard    bool // of the door: a callback or an accepting answer is on flash
}

func (w *crashWorld) ended() crashEnd {
	s := w.state()
	e := endOf(s)
	w.lockDo(func() {
		if s.Hold != nil && s.Hold.Settled == purchase.HoldExpired {
			delete(w.ledger.open, s.Hold.Receipt)
		}
		e.Held = len(w.ledger.open) > 0 && w.script.Terms.SessionLimit == 0 // a session does not outlive itself
		for _, v := range w.ledger.taken {
			e.Taken += v
		}
	})
	tasks, err := w.p.eng.Tasks(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, t := range tasks {
		e.Tasks = append(e.Tasks, string(t.Kind))
	}
	slices.Sort(e.Tasks)
	return e
}

func endOf(s purchase.State) crashEnd {
	e := crashEnd{Phase: s.Phase(), Heard: heardOf(s)}
	_, e.Captured, e.Refunded = s.Money()
	if s.Outcome != nil {
		e.Outcome, e.Flag = s.Outcome.Kind, s.Outcome.Flag
	}
	for _, r := range s.Reports {
		id := strings.ReplaceAll(r.OrderID, string(s.Order), "ORDER")
		e.Reports = append(e.Reports, fmt.Sprintf("%d %d %s %s %t %s %q", r.N, r.Type, id, r.OrderNo, r.OK, r.State, r.Message))
	}
	return e
}

// goHome lets everything come to its end: the terminal works, the SaaS answers,
// deadlines pass.
func (w *crashWorld) goHome() {
	w.trace = append(w.trace, "THE WAY HOME")
	w.lockDo(func() { w.p.live = false })
	w.home = true
	w.p.attach() // a terminal that went away comes back
	for range 500 {
		w.settle()
		if w.answerCalls() || w.answerReports() {
			continue
		}
		s := w.state()
		name, in, more := w.nextDue(false, notOfDoor)
		if s.Closed() || !more {
			return
		}
		w.pass(in)
		w.expire(name)
	}
	w.broken("M3: no end in phase %s", w.state().Phase())
}

func (w *crashWorld) answerCalls() (did bool) {
	for _, c := range w.p.calls {
		if !c.done {
			c.done, did = true, true
			c.answer <- purchase.OpenAnswered{Answer: purchase.OpenInDoubt}
		}
	}
	return did
}

func (w *crashWorld) answerReports() bool {
	for _, r := range w.state().Reports {
		if r.State == purchase.ReportQueued {
			w.reported(purchase.Event{Order: w.order, Body: purchase.Reported{Report: r.N, OK: true}}, purchase.Reported{Report: r.N, OK: true})
			return true
		}
	}
	return false
}

func (w *crashWorld) story() string { return strings.Join(w.trace, "\n") }

func heardOf(s purchase.State) bool {
	return s.Door != (purchase.DoorFacts{}) || slices.ContainsFunc(s.Opens, func(o purchase.OpenTry) bool { return o.Answer == purchase.OpenAccepted })
}
