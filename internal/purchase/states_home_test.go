package purchase_test

import (
	"slices"
	"strings"
	"testing"

	"edged/internal/ledger"
	"edged/internal/money"
	"edged/internal/purchase"
)

// TestM3_EveryKeptStateComesHome takes every order that an older edged may have left
// in the store to its end: loaded, after a kill or a power cut, with every truth that
// terminal and SaaS may know about it, with the callbacks still to come or none any
// more, and with a person who does the tasks. It must end closed, and the auditor of
// the model (M1–M7, M13) and the ledger (M2) watch.
func TestM3_EveryKeptStateComesHome(t *testing.T) {
	ways := 0
	for _, k := range statesV1() {
		t.Run(k.name, func(t *testing.T) {
			_, s := k.load(t)
			for _, tr := range truths(s) {
				for _, way := range []string{"kill", "kill, callbacks", "power cut", "power cut, callbacks"} {
					ways++
					w := reloaded(k, s, tr)
					if err := w.home(strings.HasPrefix(way, "power"), strings.HasSuffix(way, "callbacks")); err != nil {
						t.Errorf("%s, hold really %s (taken %d), door taken %t: %v\n%s", way, tr.hold, tr.taken, tr.got, err, stored(w.s))
					}
				}
			}
		})
	}
	t.Logf("%d states, %d ways home", len(statesV1()), ways)
}

// known is what only terminal, issuer and SaaS know.
type known struct {
	hold  truth
	taken money.Minor
	got   bool // the SaaS took OpenDoor
}

// truths are all that fit a stored state.
func truths(s purchase.State) (out []known) {
	for _, got := range doorTruths(s) {
		for _, k := range holdTruths(s) {
			k.got = got
			out = append(out, k)
		}
	}
	return out
}

func doorTruths(s purchase.State) []bool {
	if s.Door != (purchase.DoorFacts{}) {
		return []bool{true}
	}
	var out []bool
	for _, o := range s.Opens {
		if o.Answer == purchase.OpenAccepted {
			return []bool{true}
		}
		if o.Answer == purchase.OpenInDoubt || o.Answer == "" {
			out = []bool{true, false}
		}
	}
	if out == nil {
		return []bool{false}
	}
	return out
}

func holdTruths(s purchase.State) []known {
	switch {
	case s.Unused != nil || (s.Hold == nil && s.Outcome != nil):
		return []known{{hold: none}}
	case s.Hold == nil:
		return []known{{hold: none}, {hold: open}}
	case s.Hold.Gone != "":
		return []known{{hold: gone}}
	case s.Hold.Settled == purchase.HoldCaptured:
		return capturedTruths(s)
	case s.Hold.Settled == purchase.HoldReleased:
		return []known{{hold: released}}
	case s.Hold.Settled == purchase.HoldExpired:
		return []known{{hold: gone}}
	}
	return openTruths(s)
}

func capturedTruths(s purchase.State) []known {
	out := []known{{hold: captured, taken: s.Outcome.Captured}}
	if s.Hold.Unsure {
		out = append(out, known{hold: gone})
	}
	if n := len(s.Ops); n > 0 && s.Ops[n-1].Kind == purchase.CmdReverse {
		done := known{hold: released, taken: s.Outcome.Captured}
		if op := s.Ops[n-1]; op.End == purchase.Done {
			return []known{done}
		} else if op.End != purchase.NotDone {
			out = append(out, done)
		}
	}
	return out
}

// openTruths: the hold is open as far as is known; what was asked for may be done.
func openTruths(s purchase.State) []known {
	out := []known{{hold: open}}
	if s.Hold.End != purchase.Done {
		out = append(out, known{hold: gone})
	}
	for _, op := range s.Ops {
		if op.End == purchase.Done || (op.End == purchase.NotDone && !op.Doubt) {
			continue
		}
		switch op.Kind {
		case purchase.CmdCapture:
			out = append(out, known{hold: captured, taken: op.Amount})
		case purchase.CmdRelease:
			out = append(out, known{hold: released})
		}
	}
	return out
}

// reloaded is the world around a stored order, with a history for the auditor that
// fits its facts.
func reloaded(k keptOrder, s purchase.State, tr known) *world {
	p := &plan{
		name: k.name, says: []purchase.Body{sign("closed"), word(purchase.FromDetection, 0, 1)},
		session: s.Terms.SessionLimit > 0, noAsk: s.Terms.SessionLimit > 0 || (s.Hold != nil && s.Hold.NoAsk),
		keep: s.Terms.OnDeadline == purchase.KeepOnDeadline, reverse: s.Terms.ReverseByReceipt,
	}
	w := &world{plan: p, s: s, enc: timeless(s), now: k.clock().Now, hold: tr.hold, taken: tr.taken, got: tr.got, quiet: true}
	w.line = w.line.Post(purchase.State{}, s, ledger.Mark{})
	w.audit = history(s, tr)
	w.remember()
	return w
}

func history(s purchase.State, tr known) auditor {
	a := auditor{Taken: tr.taken, NoAsk: s.Hold != nil && s.Hold.NoAsk, Heard: s.Door != (purchase.DoorFacts{})}
	if s.Hold != nil {
		a.Held = s.Hold.Amount
	}
	if d := s.Decision; d != nil {
		a.Decided = d.Source == purchase.FromDetection || d.Source == purchase.FromSettlement
		if a.Decided && d.Charge {
			a.Recognised = d.Total
		}
	}
	for _, o := range s.Opens {
		a.Heard = a.Heard || o.Answer == purchase.OpenAccepted
		a.Left = a.Left || o.Answer != purchase.OpenNotSent
		if o.Answer == purchase.OpenInDoubt {
			a.InDoubt++
		}
	}
	for _, op := range s.Ops {
		if op.Kind == purchase.CmdCapture {
			a.Wanted = max(a.Wanted, op.Amount)
		}
		settles := op.Kind == purchase.CmdCapture || op.Kind == purchase.CmdRelease
		a.Doubt = a.Doubt || (settles && (op.Doubt || op.End == "" || op.End == purchase.InDoubt))
	}
	for _, r := range s.Refunds {
		if r.State == purchase.RefundDone {
			a.Refunds += r.Number + " "
			a.Refunded += r.Amount
		}
	}
	return a
}

// remember gives the world what the queue keeps beside the order: reports that have
// no answer, and tasks.
func (w *world) remember() {
	for _, r := range w.s.Reports {
		switch r.State {
		case purchase.ReportWaits:
			continue
		case purchase.ReportQueued:
			w.outbox = append(w.outbox, r.N)
		case purchase.ReportDead:
			w.dead = append(w.dead, r.N)
		}
		w.fail2(w.audit.reported(r))
		if r.State == purchase.ReportAcked || r.State == purchase.ReportDropped {
			w.audit.answered()
		}
	}
	if o := w.s.Outcome; o != nil && o.Kind == purchase.Unpaid {
		w.tasks = append(w.tasks, string(purchase.TaskUnpaid))
	}
	if o := w.s.Outcome; o != nil && o.Flag != "" {
		w.tasks = append(w.tasks, string(purchase.TaskUnconfirmed))
	}
	if slices.ContainsFunc(w.s.Ops, func(op purchase.Op) bool { return op.Refused }) {
		w.tasks = append(w.tasks, string(purchase.TaskIncident))
	}
}

// longWayHome bounds the good course of an order whose door stays open until its
// decision is due and reminds somebody all the time.
const longWayHome = 20_000

// home starts the daemon on the stored order and goes the good course; when nothing
// happens any more, people do what is theirs. It says what is broken.
func (w *world) home(reboot, callbacks bool) error {
	w.crash(reboot)
	for range longWayHome {
		if w.err != nil {
			return w.err
		}
		if a, ok := w.good(callbacks); ok {
			a.do(w)
			continue
		}
		if !w.person() {
			break
		}
	}
	w.fail2(w.audit.end(w.ending()))
	if !w.s.Closed() {
		w.fail(broken("M3", "it is still %s", w.s.Phase()))
	}
	if w.s.HoldOpen() {
		w.fail(broken("M3", "closed and its hold open"))
	}
	return w.err
}

// person does one thing that waits for somebody.
func (w *world) person() bool {
	for _, r := range w.s.Refunds {
		if r.State == purchase.RefundTask {
			w.refundByHand(r)
			return true
		}
	}
	for _, r := range w.s.Reports {
		if r.State == purchase.ReportWaits {
			w.post(purchase.Person{Act: purchase.ActDropReport, Report: r.N, Note: "the SaaS never numbered it", Who: "uid 0"})
			return true
		}
	}
	if w.s.DoorBusy() && w.s.Door.Opened != 0 {
		w.post(purchase.Person{Act: purchase.ActDoorClosed, Who: "uid 0"})
		return true
	}
	return false
}

// refundByHand: the person looks at the terminal first, and gives nothing back twice.
func (w *world) refundByHand(r purchase.RefundFact) {
	if w.taken == 0 || w.hold == released {
		w.post(purchase.Person{Act: purchase.ActRefundFailed, Number: r.Number, Note: "nothing to give back", Who: "uid 0"})
		return
	}
	w.fail2(w.audit.refunded(r.Number, r.Amount))
	w.post(purchase.Person{Act: purchase.ActRefundDone, Number: r.Number, Who: "uid 0"})
}
