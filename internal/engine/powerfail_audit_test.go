package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"edged/internal/purchase"
	"edged/internal/queue"
)

// order finds what edged knows of a purchase, open or archived. Call it only while
// the loop does not run.
func (r *cutRun) order(id purchase.OrderID) (*order, error) {
	if o := r.eng.orders[id]; o != nil {
		return o, nil
	}
	bits, err := id.Bits()
	if err != nil {
		return nil, err
	}
	a, ok, err := r.store.ReadArchive(context.Background(), bits)
	if err != nil || !ok {
		return nil, err
	}
	return r.archive.decode(a)
}

// cutArchive remembers archived orders by their bytes: nearly every state holds the
// same ones, and decoding them all would take longer than the recovery.
type cutArchive struct {
	mu    sync.Mutex
	known map[string]*order
}

func (c *cutArchive) decode(a queue.Archived) (*order, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o := c.known[string(a.Blob)]; o != nil {
		return o, nil
	}
	if len(c.known) == 0 || len(c.known) > 4096 {
		c.known = map[string]*order{}
	}
	o, _, err := decodeArchived(a)
	if err == nil {
		c.known[string(a.Blob)] = o
	}
	return o, err
}

// remembers checks, before anything runs, that edged has on flash what the outside
// world believes it has.
func (r *cutRun) remembers() error {
	if rep := r.store.Report(); rep.Damage != "" || len(rep.Quarantined) > 0 {
		return fmt.Errorf("unsound: %+v", rep)
	}
	errs := slices.Clone(r.led.broken)
	for _, s := range r.led.sales {
		o, err := r.order(s.order)
		switch {
		case err != nil:
			errs = append(errs, err)
		case o == nil:
			errs = append(errs, fmt.Errorf("M3: %q: the armed order is not on flash", s.visit.name))
		default:
			errs = append(errs, s.rememberedBy(o))
		}
	}
	return errors.Join(append(errs, r.outboxHolds())...)
}

func (s *cutSale) rememberedBy(o *order) error {
	var errs []error
	miss := func(promise, what string, lost bool) {
		if lost {
			errs = append(errs, fmt.Errorf("%s: %q: %s is not on flash", promise, s.visit.name, what))
		}
	}
	st := o.state
	miss("M3", "the hold", s.held != nil && (st.Hold == nil || st.Hold.Receipt != s.receipt))
	miss("M3", "the capture", s.captured != nil && !reportedBy(st, purchase.CmdCapture))
	miss("M3", "the release", s.released != nil && !reportedBy(st, purchase.CmdRelease))
	miss("M2", "the reversal", s.reversed != nil && !reportedBy(st, purchase.CmdReverse))
	for n := range s.answered {
		miss("M6", fmt.Sprintf("callback %d", n), !slices.Contains(o.seen, s.visit.key(n)))
	}
	for _, rep := range s.reports {
		miss("M4", fmt.Sprintf("report %d", rep.n), len(st.Reports) < rep.n)
	}
	for _, n := range s.dropped {
		miss("M4", fmt.Sprintf("the end of report %d", n), len(st.Reports) < n || st.Reports[n-1].State != purchase.ReportDropped)
	}
	return errors.Join(errs...)
}

// reportedBy: the result of the newest command of its kind is there.
func reportedBy(s purchase.State, kind purchase.CommandKind) bool {
	return slices.ContainsFunc(s.Ops, func(op purchase.Op) bool { return op.Kind == kind && op.Result })
}

// outboxHolds: what the orders call queued can be sent (M4).
func (r *cutRun) outboxHolds() error {
	for _, o := range r.eng.orders {
		for _, rep := range o.state.Reports {
			if _, ok := o.reports[rep.N]; !ok && rep.State == purchase.ReportQueued {
				return fmt.Errorf("M4: order %s: report %d is not in the outbox", o.state.Order, rep.N)
			}
		}
	}
	return nil
}

// audit compares the books when nothing is to come any more.
func (r *cutRun) audit(uncut bool) error {
	errs := slices.Clone(r.led.broken)
	for _, s := range r.led.sales {
		o, err := r.order(s.order)
		if err != nil || o == nil {
			errs = append(errs, fmt.Errorf("M3: %q: the order is gone, %w", s.visit.name, err))
			continue
		}
		errs = append(errs, s.rememberedBy(o), s.auditMoney(o.state), s.auditReports(o.state), s.auditTasks(r))
		if uncut && (o.state.Outcome == nil || o.state.Outcome.Kind != s.visit.want) {
			errs = append(errs, fmt.Errorf("plan: %q ended %+v, want %s", s.visit.name, o.state.Outcome, s.visit.want))
		}
	}
	for _, l := range r.eng.lanes {
		if why := l.state.Why(); len(why) > 0 {
			errs = append(errs, fmt.Errorf("lane %s does not sell: %v", l.opts.Settings.Name, why))
		}
	}
	if st, err := r.store.Stats(context.Background()); err != nil || st.Dead > 0 {
		errs = append(errs, fmt.Errorf("%d dead letters, %w", st.Dead, err))
	}
	return errors.Join(errs...)
}

// auditMoney: every hold has ended, as what was recognised demands (M2, M3, M13).
func (s *cutSale) auditMoney(st purchase.State) error {
	bad := func(promise, format string, args ...any) error {
		return fmt.Errorf("%s: %q: %s (outcome %+v)", promise, s.visit.name, fmt.Sprintf(format, args...), st.Outcome)
	}
	total, decided := s.visit.decision()
	switch {
	case st.Outcome == nil || !st.Closed():
		return bad("M3", "it has not ended but is %s, reports %+v, door %+v", st.Phase(), st.Reports, st.Door)
	case s.open():
		return bad("M3", "the hold is still open")
	case s.captured == nil && st.Outcome.Captured != 0:
		return bad("M3", "edged believes in a capture that never was")
	case s.captured != nil && st.Outcome.Captured != s.captured.amount:
		return bad("M3", "the terminal took %d", s.captured.amount)
	case s.held == nil:
		return nil
	case !s.taken || !decided:
		if s.captured != nil {
			return bad("M2", "captured without a word of the SaaS")
		}
	case total > 0 && s.captured == nil:
		if !s.mayBeUnpaid() || st.Outcome.Kind != purchase.Unpaid || st.Outcome.Cause == "" {
			return bad("M13", "recognised %d, captured nothing", total)
		}
	case total > 0 && s.captured.amount != min(total, s.held.amount):
		return bad("M13", "recognised %d, held %d, captured %d", total, s.held.amount, s.captured.amount)
	}
	return nil
}

// mayBeUnpaid: only whoever is told after resolve_window that there were goods.
func (s *cutSale) mayBeUnpaid() bool { return s.visit.want == purchase.Unpaid }

// auditReports: what has to be reported has been acknowledged, and says the truth
// (M4). Their bytes and sequence the ledger has judged already.
func (s *cutSale) auditReports(st purchase.State) error {
	last := s.last()
	for _, rep := range st.Reports { // the person may not have heard that his word was taken
		if s.visit.refuse && rep.State == purchase.ReportDropped {
			last = max(last, rep.N)
		}
	}
	if last != len(st.Reports) {
		return fmt.Errorf("M4: %q: the SaaS has %d reports, edged made %d", s.visit.name, last, len(st.Reports))
	}
	var due, ok bool
	switch st.Outcome.Kind {
	case purchase.Paid, purchase.PaidShort, purchase.NothingTaken:
		due, ok = true, true
	case purchase.Unpaid, purchase.Expired:
		due = true
	}
	payments := slices.DeleteFunc(slices.Clone(st.Reports), func(r purchase.Report) bool { return r.Type != purchase.PayNormal })
	if len(payments) > 0 != due || due && payments[len(payments)-1].OK != ok {
		return fmt.Errorf("M4: %q: %s is reported as %+v", s.visit.name, st.Outcome.Kind, payments)
	}
	for _, f := range st.Refunds {
		if f.State != purchase.RefundDone {
			return fmt.Errorf("M4: %q: refund %+v", s.visit.name, f)
		}
	}
	return nil
}

// auditTasks: no purchase of the plan may end as a bug or an incident.
func (s *cutSale) auditTasks(r *cutRun) error {
	for k, t := range r.eng.tasks {
		if k.order == s.order && (k.kind == purchase.TaskParked || k.kind == purchase.TaskIncident || k.kind == purchase.TaskDeadReport) {
			return fmt.Errorf("%q: task %+v", s.visit.name, t.Task)
		}
	}
	return nil
}
