package modelcheck

import (
	"errors"
	"fmt"

	"edged/internal/money"
	"edged/internal/purchase"
)

func broken(promise, format string, v ...any) error {
	return fmt.Errorf("%s is broken: %s", promise, fmt.Sprintf(format, v...))
}

// audit watches one order from outside. It is a part of the world.
type audit struct {
	acked   bool  // the terminal has our word on the hold
	thisRun bool  // the hold was granted since the last start
	heard   bool  // something proves that the SaaS took OpenDoor
	atAsk   bool  // it had, when the OpenDoor under way was asked for
	left    bool  // an OpenDoor has left the gateway
	inDoubt uint8 // OpenDoor requests nobody knows the fate of
	repeats uint8 // sent although one was in doubt

	doubt bool // a capture or release may have been done
	asked bool // since then the terminal has called the hold open
	blind bool // the terminal cannot tell

	opened     bool   // the SaaS has told of an open door
	decided    bool   // the SaaS has said its first readable word
	recognised uint16 // its total
	wanted     uint16 // largest capture asked for
	back       uint16 // refunded

	made uint8 // reports put into the outbox, a bit each
	sent uint8 // reports that the SaaS has
}

// crashed: a call under way may have arrived.
func (a *audit) crashed() { a.thisRun, a.atAsk = false, false }

// asks: edged has decided to ask for the door.
func (a *audit) asks() { a.atAsk = a.heard }

// openSent: the request leaves the gateway.
func (a *audit) openSent(s purchase.State, late bool) error {
	switch {
	case s.Hold == nil:
		return broken("M1", "OpenDoor without a hold on flash")
	case s.Hold.Amount < s.Terms.MinHold:
		return broken("M1", "OpenDoor on a hold of %d, at least %d is needed", s.Hold.Amount, s.Terms.MinHold)
	case !a.acked:
		return broken("M1", "OpenDoor before the terminal took our acknowledgement")
	case late:
		return broken("M5", "OpenDoor after its deadline")
	case !a.thisRun:
		return broken("M5", "OpenDoor after a restart")
	case a.atAsk:
		return broken("M7", "OpenDoor repeated although the SaaS was heard of")
	}
	a.left = true
	if a.inDoubt > 0 {
		a.repeats++
	}
	if a.repeats > 1 {
		return broken("M7", "OpenDoor repeated more than once")
	}
	return nil
}

// watch looks at what a step is about to put on flash.
func (m *model) watch(w *world, slot int, body uint32, r orderStep) {
	a := &w.orders[slot].audit
	before, after := m.c.orders.val(w.orders[slot].state), m.c.orders.val(r.next)
	m.check(m.c.facts[r.next].bad)
	m.check(once(before, after))
	if before.Hold == nil && after.Hold != nil {
		a.thisRun = true
	}
	if before.Decision != nil || after.Decision == nil {
		return
	}
	m.check(a.gaveUp(*after.Decision))
	if open, runs := dueOf(before, purchase.DueOpen); after.Decision.Source == purchase.FromNetwork && body != m.restarted && runs && open.At > moment {
		m.fail("M5", errors.New("given up for the network before the deadline of OpenDoor"))
	}
}

func dueOf(s purchase.State, name purchase.DeadlineName) (purchase.Deadline, bool) {
	for _, d := range s.Due {
		if d.Name == name {
			return d, true
		}
	}
	return purchase.Deadline{}, false
}

// gaveUp: edged itself decided to give the hold back.
func (a *audit) gaveUp(d purchase.Decision) error {
	switch {
	case d.Source == purchase.FromSilence && a.heard:
		return broken("M13", "given up for silence, and the SaaS was heard of")
	case d.Source == purchase.FromNetwork && a.left:
		return broken("M5", "an OpenDoor that left counts as never sent")
	case d.Source == purchase.FromCancel && a.opened:
		return broken("M13", "given back for a Cancel behind an open door")
	case (d.Source == purchase.FromDetection || d.Source == purchase.FromSettlement) && !a.decided:
		return broken("M13", "decided by a word that says nothing")
	case d.Source == purchase.FromRefusal && a.inDoubt > 0:
		return broken("M7", "a refusal counts although an earlier OpenDoor is in doubt")
	}
	return nil
}

// started: a command that settles h went to the terminal for the order in slot.
func (a *audit) started(c purchase.TerminalCommand, h hold, slot int) error {
	switch {
	case int(h.slot) != slot:
		return broken("M2", "%s of another order's hold", c.Kind)
	case a.doubt && !a.asked && !a.blind:
		return broken("M7", "%s although another may have been done, without a question", c.Kind)
	case c.Kind == purchase.CmdCapture && c.Amount > money.Minor(h.amount):
		return broken("M2", "capture of %d, held %d", c.Amount, h.amount)
	case c.Kind == purchase.CmdCapture && c.Amount > money.Minor(a.recognised):
		return broken("M2", "capture of %d, recognised %d", c.Amount, a.recognised)
	case c.Kind == purchase.CmdCapture && c.Amount <= 0:
		return broken("M2", "capture of %d", c.Amount)
	}
	if c.Kind == purchase.CmdCapture {
		a.wanted = max(a.wanted, uint16(c.Amount))
	}
	a.doubt, a.asked = true, false
	return nil
}

// sure: the terminal ended a command as surely done or not done.
func (a *audit) sure() { a.doubt = false }

// listed: the terminal said whether the hold is open.
func (a *audit) listed(open bool) { a.asked = a.asked || open }

// took: money was really taken; ours: because we acknowledged it.
func (a *audit) took(amount uint16, h hold, ours bool) error {
	switch {
	case h.truth != open || h.taken > 0:
		return broken("M2", "a second capture of one hold")
	case ours && (amount > a.wanted || amount > h.amount || amount > a.recognised):
		return broken("M2", "captured %d: asked %d, held %d, recognised %d", amount, a.wanted, h.amount, a.recognised)
	}
	return nil
}

func (a *audit) takenBack() { a.asked = true }

func (a *audit) refunded(amount uint16, h hold) error {
	a.back += amount
	if a.back > h.taken {
		return broken("M2", "refunded %d, captured %d", a.back, h.taken)
	}
	return nil
}

// said: the SaaS's word is on flash.
func (a *audit) said(b purchase.Body) {
	a.heard = true
	if s, ok := b.(purchase.Sign); ok && (s.Sign == purchase.SignOpened || s.Sign == purchase.SignClosed) {
		a.opened = true
	}
	if total, ok := verdict(b); ok && !a.decided {
		a.decided, a.recognised = true, uint16(total)
	}
}

// reported: a report went into the outbox.
func (a *audit) reported(r purchase.Report) error {
	bit := uint8(1) << (r.N - 1)
	switch {
	case r.OrderNo == "":
		return broken("M4", "report %d without the SaaS's number", r.N)
	case a.made&bit != 0:
		return broken("M4", "report %d is made anew", r.N)
	case a.made != bit-1:
		return broken("M4", "report %d out of sequence", r.N)
	}
	a.made |= bit
	return nil
}

// delivered: the SaaS has the report, for the first time or again.
func (a *audit) delivered(r purchase.Report) error {
	bit := uint8(1) << (r.N - 1)
	if a.made&bit == 0 {
		return broken("M4", "report %d was never made", r.N)
	}
	a.sent |= bit
	return nil
}

// taskBit numbers the kinds of tasks.
func taskBit(k purchase.TaskKind) uint16 {
	for i, kind := range [...]purchase.TaskKind{
		purchase.TaskRefund, purchase.TaskAdjustment, purchase.TaskShort, purchase.TaskUnpaid, purchase.TaskHold, purchase.TaskConflict,
		purchase.TaskUnconfirmed, purchase.TaskIncident, purchase.TaskDeadReport, purchase.TaskUnknownHold,
	} {
		if kind == k {
			return 1 << i
		}
	}
	panic("no bit for task " + string(k))
}

func (o *slot) task(kinds ...purchase.TaskKind) bool {
	for _, k := range kinds {
		if o.tasks&taskBit(k) != 0 {
			return true
		}
	}
	return false
}

func (m *model) check(err error) {
	if err != nil && m.err == nil {
		m.err = err
	}
}

func (m *model) fail(promise string, err error) { m.check(broken(promise, "%v", err)) }

// end judges a world in which nothing happens any more.
func (m *model) end(w *world) error {
	for i := range w.orders {
		o := &w.orders[i]
		if o.state == 0 {
			continue
		}
		if err := m.endOfOrder(w, i); err != nil {
			return fmt.Errorf("order %d: %w", i, err)
		}
	}
	for i, h := range w.holds {
		if h.truth == open && w.tasks&(1<<i) == 0 && !m.cared(w, h) {
			return broken("M3", "hold %d is open, and nobody looks after it", i)
		}
	}
	return m.endOfLane(w)
}

// endOfLane: with nothing open, the next card is waited for.
func (m *model) endOfLane(w *world) error {
	for i := range w.orders {
		if o := &w.orders[i]; o.state != 0 && !m.c.facts[o.state].closed && m.c.facts[o.state].phase != purchase.PhaseArmed {
			return nil
		}
	}
	for _, h := range w.holds {
		if h.truth == open {
			return nil
		}
	}
	if !m.armed(w) {
		return broken("M3", "nothing is open, and no card is waited for: %v", m.c.lanes.val(w.lane).Why())
	}
	return nil
}

// cared: an order that is open, or a task, looks after the hold.
func (m *model) cared(w *world, h hold) bool {
	if h.slot == nobody {
		return false
	}
	o := &w.orders[h.slot]
	return o.state != 0 && !m.c.facts[o.state].closed ||
		o.task(purchase.TaskHold, purchase.TaskUnpaid, purchase.TaskUnconfirmed, purchase.TaskUnknownHold)
}

func (m *model) holdOfSlot(w *world, slot int) hold {
	for _, h := range w.holds {
		if int(h.slot) == slot && h.truth != none {
			return h
		}
	}
	return hold{}
}

func (m *model) endOfOrder(w *world, slot int) error {
	o := &w.orders[slot]
	s, f := m.c.orders.val(o.state), &m.c.facts[o.state]
	if !f.closed {
		return m.endOfOpen(o, s, f)
	}
	h := m.holdOfSlot(w, slot)
	a, out := &o.audit, s.Outcome
	switch {
	case a.made&^a.sent != 0 && !o.task(purchase.TaskDeadReport):
		return broken("M4", "closed, and reports %b of %b were delivered", a.sent, a.made)
	case money.Minor(h.taken) != out.Captured && !o.task(purchase.TaskUnconfirmed, purchase.TaskUnpaid, purchase.TaskIncident):
		return broken("M3", "%d were captured, the books say %d, and nobody is told", h.taken, out.Captured)
	case out.Captured > 0 && a.recognised == 0:
		return broken("M2", "captured %d, nothing was recognised", out.Captured)
	}
	if err := endOfTotal(a, out); err != nil {
		return err
	}
	good := w.budget.faults == m.plan.faults && w.budget.crashes == m.plan.crashes && !m.plan.expires && !m.plan.noAsk
	if good && s.Decision != nil && s.Decision.Charge && (out.Captured != min(s.Decision.Total, s.Hold.Amount) || out.Flag != "") {
		return broken("M13", "nothing went wrong, and of %d recognised %d were captured, %q", s.Decision.Total, out.Captured, out.Flag)
	}
	return endOfReports(s)
}

// endOfOpen: an order that has not ended waits for somebody.
func (m *model) endOfOpen(o *slot, s purchase.State, f *orderFacts) error {
	waits := f.phase == purchase.PhaseArmed || f.phase == purchase.PhaseOpen
	for _, r := range s.Reports {
		waits = waits || r.State == purchase.ReportWaits
	}
	if o.tasks == 0 && !waits {
		return broken("M3", "the order is %s, and waits for nobody", f.phase)
	}
	return nil
}

// endOfTotal: what was recognised is captured, or unpaid for a reason (M13).
func endOfTotal(a *audit, o *purchase.Result) error {
	switch {
	case a.recognised == 0:
	case o.Kind == purchase.Paid && o.Captured == money.Minor(a.recognised):
	case o.Kind == purchase.PaidShort && o.Captured < money.Minor(a.recognised) && o.Cause != "":
	case o.Kind == purchase.Unpaid && o.Cause != "":
	default:
		return broken("M13", "recognised %d, ended %s, captured %d, because %q", a.recognised, o.Kind, o.Captured, o.Cause)
	}
	return nil
}

// endOfReports: the outcome table of DESIGN §2.
func endOfReports(s purchase.State) error {
	var status []bool
	for _, r := range s.Reports {
		if r.Type == purchase.PayNormal {
			status = append(status, r.OK)
		}
	}
	n := len(status)
	switch s.Outcome.Kind {
	case purchase.Paid, purchase.PaidShort, purchase.NothingTaken:
		if n != 1 || !status[0] {
			return broken("M4", "%s reported as %v", s.Outcome.Kind, status)
		}
	case purchase.Unpaid:
		if n == 0 || n > 2 || status[n-1] {
			return broken("M4", "unpaid reported as %v", status)
		}
	case purchase.Cancelled, purchase.Declined, purchase.Abandoned:
		if n != 0 {
			return broken("M4", "%s reported as %v", s.Outcome.Kind, status)
		}
	}
	return nil
}
