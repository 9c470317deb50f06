package engine

import (
	"slices"
	"strings"
	"time"

	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

// awaitList waits until the lane asks for the list, if the order needs it.
func (w *crashWorld) awaitList() (asked bool) {
	for range 10 {
		w.lockDo(func() { asked = w.p.cmd != nil && w.p.cmd.Kind == purchase.CmdAsk && w.p.cmd.Order == "" })
		if asked || w.p.isDead() || !w.listWaits() {
			return asked
		}
		w.pass(time.Second)
	}
	return false
}

// awaitArmed waits until the terminal waits for a card for a new order.
func (w *crashWorld) awaitArmed() {
	for range 60 {
		if w.p.isDead() {
			return
		}
		if w.pending(purchase.CmdArm) != nil {
			w.next()
			return
		}
		w.pass(time.Second)
	}
	w.t.Fatalf("nothing is armed\n%s", strings.Join(w.trace, "\n"))
}

// awaitCommand waits for a command that was asked for and that the lane still keeps
// back, after a failed one.
func (w *crashWorld) awaitCommand(kind purchase.CommandKind) {
	if kind == "" || kind == purchase.CmdArm {
		return
	}
	for range 10 {
		s := w.state()
		asked := slices.ContainsFunc(s.Ops, func(o purchase.Op) bool { return o.Kind == kind && o.End == "" })
		if !asked && w.loose {
			asked = w.pauses(s)
		}
		if w.p.isDead() || !asked || w.pending(kind) != nil {
			return
		}
		w.pass(time.Second)
	}
}

// pauses: after a kill the terminal has been told more often, and the next try may
// be paused for longer than the script waits.
func (w *crashWorld) pauses(s purchase.State) bool {
	return slices.ContainsFunc(s.Due, func(d purchase.Deadline) bool { return d.Name == purchase.DueMoneyRetry })
}

// wait lets time pass and every deadline be told. After a kill it waits, besides,
// for those deadlines that passed in it when nobody was killed.
func (w *crashWorld) wait(l transcript.Wait) {
	if !w.waiting {
		w.waiting, w.left, w.passed = true, l.For, nil
	}
	if l.Untold {
		w.clock.Pass(w.left)
		w.waiting = false
		w.next()
		return
	}
	_ = w.p.eng.SaaSHeard(w.t.Context(), !l.Unreachable)
	for w.waitForDue(l.Unreachable, func(purchase.DeadlineName) time.Duration { return w.left }) {
	}
	rest := w.left
	w.left = 0
	w.pass(rest)
	for w.loose && w.waitForDue(l.Unreachable, w.missing) {
	}
	if w.p.isDead() {
		return
	}
	if !w.loose {
		w.passes[w.at] = w.passed
	}
	_ = w.p.eng.SaaSHeard(w.t.Context(), true)
	w.waiting = false
	w.next()
}

// missing: a deadline that passed in this wait when nobody was killed is waited for.
func (w *crashWorld) missing(name purchase.DeadlineName) time.Duration {
	if slices.Contains(w.passes[w.at], name) && !slices.Contains(w.passed, name) {
		return 400 * 24 * time.Hour
	}
	return -1
}

// waitForDue waits for the next deadline, if that is allowed to take so long.
func (w *crashWorld) waitForDue(unreachable bool, atMost func(purchase.DeadlineName) time.Duration) bool {
	if w.p.isDead() {
		return false
	}
	d, in, ok := w.nextDue(unreachable, everyDeadline)
	if !ok || in > atMost(d) || len(w.passed) > 2000 {
		return false
	}
	w.left -= in
	w.passed = append(w.passed, d)
	w.lull(d)
	defer w.lull("")
	w.pass(in)
	w.expire(d)
	return true
}

// lull: the same deadline again and again brings the same again and again; after the
// third time there is no point in it at which the process is killed.
func (w *crashWorld) lull(name purchase.DeadlineName) {
	n := len(w.passed)
	again := name != "" && !torture() && n > 3 && w.passed[n-2] == name && w.passed[n-3] == name && w.passed[n-4] == name
	w.lockDo(func() { w.p.live = !w.home && !again })
}

// expire: the issuer drops the hold when its life is over.
func (w *crashWorld) expire(name purchase.DeadlineName) {
	if s := w.state(); name == purchase.DueHoldTTL && s.Hold != nil {
		delete(w.ledger.open, s.Hold.Receipt)
		w.expired = true
	}
}

func everyDeadline(purchase.Deadline) bool { return true }

// notOfDoor leaves out what only tells of an open door, again and again.
func notOfDoor(d purchase.Deadline) bool {
	return d.Name != purchase.DueDoorAlarm && d.Name != purchase.DueDoorRemind
}

// nextDue is the deadline of the order that is over first, of those that count.
func (w *crashWorld) nextDue(unreachable bool, counts func(purchase.Deadline) bool) (name purchase.DeadlineName, in time.Duration, ok bool) {
	s, now := w.state(), purchase.Stamp{}
	_ = w.p.eng.do(w.t.Context(), func() { now = w.p.eng.stamp() })
	for _, d := range s.Due {
		left := max(d.Left(now), 0)
		if !counts(d) || (d.Clock == purchase.OnReach && unreachable && left > 0) {
			continue
		}
		if !ok || left < in {
			name, in, ok = d.Name, left, true
		}
	}
	return name, in, ok
}
