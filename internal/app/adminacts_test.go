package app

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"edged/internal/admin"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// sellThen runs the daemon and sells twice cola; claims come after the report.
func sellThen(t *testing.T, script saassim.Script) (*site, *admin.Client) {
	t.Helper()
	s := newSite(t)
	script.Shop = &saassim.Shop{
		OpenAfter: 10 * time.Millisecond, CloseAfter: 50 * time.Millisecond,
		Take: []saassim.Line{{ID: "1", Name: "Cola", Count: "2", PriceMinor: 250}},
	}
	s.saas.AddScript("2412090001", 1, script)
	a := s.app(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	tapCtx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if res, err := s.term.Tap(tapCtx, readersim.Card{}); err != nil || !res.Approved {
		t.Fatalf("tap: %+v, %v", res, err)
	}
	return s, admin.NewClient(filepath.Join(s.dir, "edged.sock"))
}

// awaitTask waits for the only task.
func awaitTask(t *testing.T, c *admin.Client) (task admin.Task) {
	t.Helper()
	await(t, func() bool {
		l, err := c.Tasks(t.Context())
		if err != nil || len(l.Tasks) != 1 {
			return false
		}
		task = l.Tasks[0]
		return true
	})
	return task
}

// reported counts the reports of a pay type that the SaaS took, by their status.
func (s *site) reported(payType int) (ok, failed int) {
	for _, o := range s.saas.Ledger().Orders {
		for _, r := range o.Reports {
			switch {
			case r.PayType == payType && r.PayStatus == 1:
				ok++
			case r.PayType == payType:
				failed++
			}
		}
	}
	return ok, failed
}

func TestARefundIsDoneByHandAndReported(t *testing.T) {
	t.Parallel() // most of it is waiting for a terminal
	s, c := sellThen(t, saassim.Script{Refund: &saassim.Claim{Lines: []saassim.Line{{ID: "1", Name: "Cola", Count: "1", PriceMinor: 250}}}})
	task := awaitTask(t, c)
	if task.Kind != "refund" || task.AmountMinor != 250 || task.Subject == "" {
		t.Fatalf("task %+v, want a refund of 250", task)
	}
	ctx := t.Context()
	if _, err := c.TaskDone(ctx, task.N, admin.TaskDone{Outcome: "done", Note: "cash"}); err == nil {
		t.Error("a refund was ticked off without a report")
	}
	if _, err := c.RefundEnded(ctx, task.OrderID, task.Subject, admin.RefundEnded{Done: true, AmountMinor: 501, Note: "cash"}); err == nil {
		t.Error("more was refunded than captured")
	}
	if _, err := c.RefundEnded(ctx, task.OrderID, task.Subject, admin.RefundEnded{Done: true, Note: "cash"}); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { ok, _ := s.reported(2); return ok == 1 })
	await(t, func() bool {
		o, err := c.Order(ctx, task.OrderID)
		return err == nil && o.Archived && o.RefundedMinor == 250 && len(o.Tasks) == 0
	})
	audit, err := c.Audit(ctx, 50)
	if err != nil || len(audit.Deeds) != 3 {
		t.Fatalf("audit %+v, %v; want three actions", audit, err)
	}
	for i, want := range []string{"task done", "order refund-done", "order refund-done"} {
		d := audit.Deeds[i]
		if d.Act != want || d.Who == "" || (d.Result == "done") != (i == 2) {
			t.Errorf("action %d: %+v, want %s, and only the last one done", i, d, want)
		}
	}
}

func TestADeductionIsReportedAsFailedAndLeftToAPerson(t *testing.T) {
	t.Parallel() // as above
	s, c := sellThen(t, saassim.Script{Adjust: &saassim.Claim{Lines: []saassim.Line{{ID: "1", Name: "Cola", Count: "1", PriceMinor: 250}}}})
	task := awaitTask(t, c)
	if task.Kind != "adjustment" || task.AmountMinor != 0 { // the hold covered the total: nothing is owed
		t.Fatalf("task %+v, want an adjustment of nothing", task)
	}
	await(t, func() bool { _, failed := s.reported(1); return failed == 1 })
	ctx := t.Context()
	if _, err := c.TaskDone(ctx, task.N, admin.TaskDone{Outcome: "waived", Note: "ticket 4711"}); err != nil {
		t.Fatal(err)
	}
	if l, err := c.Tasks(ctx); err != nil || len(l.Tasks) != 0 {
		t.Errorf("tasks %+v, %v; want none", l.Tasks, err)
	}
	if o, err := c.Order(ctx, task.OrderID); err != nil || o.CapturedMinor != 500 {
		t.Errorf("captured %d, %v; want 500: nothing is taken without the card", o.CapturedMinor, err)
	}
}

func TestATerminalSettlesWhenAPersonAsks(t *testing.T) {
	t.Parallel() // as above
	s, c := sellThen(t, saassim.Script{})
	ctx := t.Context()
	await(t, func() bool { ok, _ := s.reported(0); return ok == 1 })
	if _, err := c.EndOfDay(ctx, "front"); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool {
		st, err := c.Status(ctx)
		return err == nil && st.Lanes[0].Terminal.EndOfDay != "asked" && st.Lanes[0].Armed
	})
	holds := s.term.Ledger().HoldList()
	if len(holds) != 1 || holds[0].SettledAt.IsZero() {
		t.Errorf("the terminal has %+v, want one capture that is settled", holds)
	}
	if _, err := c.EndOfDay(ctx, "side"); err == nil {
		t.Error("a lane that is not there was settled")
	}
}
