package engine

import (
	"slices"
	"strings"

	"edged/internal/purchase"
)

// rule is one way in which a kill may change the end of an order, and all that may
// be different then. Where none applies the end must be the same.
type rule struct {
	name  string
	holds func(w *crashWorld, got, want crashEnd) bool
}

func crashRules() []rule {
	return []rule{
		{"the same end", func(_ *crashWorld, got, want crashEnd) bool { return got.same(want) }},
		{"the door was never heard of", (*crashWorld).neverHeard},
		{"the reader's session ended with the process", (*crashWorld).sessionEnded},
		{"the terminal cannot be asked", (*crashWorld).blindly},
		{"asked again, the terminal confirmed what it had not", (*crashWorld).surer},
		{"the capture was in doubt, and is settled otherwise in doubt", (*crashWorld).doubtful},
		{"the terminal's reversal was never heard of", (*crashWorld).reversalUnseen},
		{"the reversal of a refund is in doubt", (*crashWorld).refundInDoubt},
	}
}

// judge holds the end against that of the same transcript without a kill, and gives
// the rule that applies; "": none does.
func (w *crashWorld) judge(whole *crashWorld) string {
	w.expired = w.expired || whole.expired
	for _, r := range crashRules() {
		if r.holds(w, w.end, whole.end) {
			return r.name
		}
	}
	return ""
}

func (e crashEnd) same(o crashEnd) bool {
	return e.Captured == o.Captured && e.Taken == o.Taken && e.Refunded == o.Refunded && e.Held == o.Held &&
		e.Flag == o.Flag && e.Outcome == o.Outcome && slices.Equal(e.Reports, o.Reports) && slices.Equal(e.Tasks, o.Tasks)
}

// without drops every task of one kind.
func (e crashEnd) without(kind purchase.TaskKind) crashEnd {
	e.Tasks = slices.DeleteFunc(slices.Clone(e.Tasks), func(k string) bool { return k == string(kind) })
	return e
}

func (e crashEnd) has(kind purchase.TaskKind) bool { return slices.Contains(e.Tasks, string(kind)) }

// nothing was taken, and nothing is held.
func (e crashEnd) nothing() bool {
	return e.Captured == 0 && e.Taken == 0 && e.Refunded == 0 && !e.Held
}

// unpaidAndTold: nothing was taken, the SaaS has heard nothing but that, and a
// person has to look.
func (e crashEnd) unpaidAndTold() bool {
	failed := !slices.ContainsFunc(e.Reports, func(r string) bool { return !strings.Contains(r, " false acked ") })
	return e.nothing() && e.Outcome == purchase.Unpaid && len(e.Reports) > 0 && failed && e.has(purchase.TaskUnpaid)
}

// neverHeard: killed before OpenDoor had left, or before its answer came and no
// callback followed, the order ends without a sign of the door (M5: the request is
// not sent again). The hold goes back and nobody is told anything; a hold that the
// terminal does not give back expires, with a task. (A hold that was too small opens
// no door anyway: declined.)
func (w *crashWorld) neverHeard(got, want crashEnd) bool {
	unanswered := slices.ContainsFunc(w.found.Opens, func(o purchase.OpenTry) bool { return o.Answer == "" })
	lost := !w.sent || (unanswered && !w.heard)
	ended := got.Outcome == purchase.Cancelled || got.Outcome == purchase.Declined || (got.Outcome == purchase.Expired && got.has(purchase.TaskHold))
	got = got.without(purchase.TaskHold)
	return lost && ended && !got.Heard && got.nothing() && len(got.Reports) == 0 && subset(got.Tasks, want.Tasks)
}

// sessionEnded: an MDB session does not outlive the process (mdb.md §7). What the
// reader had reported as taken is paid and unconfirmed, anything else is not taken:
// unpaid, if the goods were recognised.
func (w *crashWorld) sessionEnded(got, want crashEnd) bool {
	h := w.found.Hold
	if w.script.Terms.SessionLimit == 0 || h == nil || h.Settled != "" || h.Gone != "" {
		return false
	}
	if op := w.capture(); op != nil && op.Result {
		return got.Captured == op.Amount && got.Flag == "unconfirmed" && got.has(purchase.TaskUnconfirmed) &&
			(got.Taken == 0 || got.Taken == int64(op.Amount)) && len(got.Reports) == 1 && strings.Contains(got.Reports[0], " true acked ")
	}
	return got.unpaidAndTold() || (want.Captured == 0 && got.nothing() && got.Outcome == want.Outcome && slices.Equal(got.Reports, want.Reports))
}

// blindly: a terminal that cannot be asked says only that a hold is settled, and not
// whether it holds money for an order that was armed when the process was killed.
func (w *crashWorld) blindly(got, want crashEnd) bool {
	if !w.blind() {
		return false
	}
	got = got.without(purchase.TaskUnknownHold)
	if got.Flag == "unconfirmed" && want.Flag == "" && got.has(purchase.TaskUnconfirmed) {
		got = got.without(purchase.TaskUnconfirmed)
		got.Flag = ""
	}
	return got.same(want) || w.surer(got, want)
}

// surer: the capture was asked for once more, and this time confirmed.
func (w *crashWorld) surer(got, want crashEnd) bool {
	if want.Flag != "unconfirmed" || got.Flag != "" || got.Taken != int64(got.Captured) {
		return false
	}
	want = want.without(purchase.TaskUnconfirmed)
	want.Flag, want.Taken = "", got.Taken
	return got.same(want)
}

// doubtful: nobody can know whether the terminal took the money, with the kill or
// without. Then it is paid as far as can be known, with a task, or unpaid with one;
// unpaid only if it was not taken.
func (w *crashWorld) doubtful(got, want crashEnd) bool {
	op := w.capture()
	if op == nil || (want.Flag == "" && want.Outcome != purchase.Unpaid && !w.expired) {
		return false
	}
	paid := got.Flag == "unconfirmed" && got.Captured == op.Amount && got.has(purchase.TaskUnconfirmed) && !got.Held &&
		(got.Taken == 0 || got.Taken == int64(got.Captured) || got.Taken == want.Taken) &&
		len(got.Reports) == 1 && strings.Contains(got.Reports[0], " true acked ")
	return paid || got.unpaidAndTold()
}

// reversalUnseen: the terminal told that it had reversed the hold after all, and
// that died with the process. It comes out when the terminal is asked, or with the
// hold's life. A door that opened then is unpaid, or at least a person's task.
func (w *crashWorld) reversalUnseen(got, want crashEnd) bool {
	h := w.found.Hold
	if i := w.find(0, "arm ended not_done"); i < 0 || h == nil || h.End != "" || !want.nothing() {
		return false
	}
	return got.unpaidAndTold() || (got.nothing() && got.Outcome == purchase.Cancelled && got.has(purchase.TaskConflict) && len(got.Reports) == 0)
}

// refundInDoubt: a reversal cannot be asked about. It becomes a person's task, and
// the report of the refund waits for that person.
func (w *crashWorld) refundInDoubt(got, want crashEnd) bool {
	under := slices.ContainsFunc(w.found.Refunds, func(r purchase.RefundFact) bool { return r.State == purchase.RefundReversing })
	return under && got.has(purchase.TaskRefund) && got.Captured == want.Captured && got.Outcome == want.Outcome && got.Flag == want.Flag &&
		got.Refunded <= want.Refunded && !got.Held && subset(unnumbered(got.Reports), unnumbered(want.Reports))
}

func unnumbered(reports []string) (out []string) {
	for _, r := range reports {
		_, rest, _ := strings.Cut(r, " ")
		out = append(out, rest)
	}
	return out
}

// capture is the order's last capture as the next process found it.
func (w *crashWorld) capture() *purchase.Op {
	for i := range w.found.Ops {
		if w.found.Ops[i].Kind == purchase.CmdCapture {
			return &w.found.Ops[i]
		}
	}
	return nil
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}
