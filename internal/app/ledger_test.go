package app

import (
	"context"
	"testing"
	"time"

	"edged/internal/engine"
	"edged/internal/ledger"
	"edged/internal/purchase"
)

// reconciliations are the tasks that an end of day has left.
func (d *daemon) reconciliations(t testing.TB) (out []engine.Task) {
	t.Helper()
	tasks, err := d.App.Engine().Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range tasks {
		if k.Kind == purchase.TaskReconciliation {
			out = append(out, k)
		}
	}
	return out
}

// TestABookingThatEdgedDoesNotKnowIsFoundAtTheEndOfDay: the whole daemon and the
// terminal's wire; staff key in a payment of 12.34 at the terminal on the third day.
func TestABookingThatEdgedDoesNotKnowIsFoundAtTheEndOfDay(t *testing.T) {
	t.Parallel()
	inBubble(t, marketOptions{terminal: `, end_of_day: "03:30"`}, func(b *bubble, d *daemon) {
		t := b.t
		day := func(n int) {
			b.awaitSelling(d, 10*time.Minute)
			for range n {
				b.mustServe(visit("a cola"), 10*time.Minute)
			}
			time.Sleep(24 * time.Hour)
		}
		day(2)
		day(0)
		if ends := b.endsOfDay(); ends != 2 {
			t.Fatalf("%d ends of day, want 2", ends)
		}
		if tasks := d.reconciliations(t); len(tasks) != 0 {
			t.Fatalf("everything is known, and there are tasks: %+v", tasks)
		}
		b.terminal().BookByHand(1234)
		day(1)
		tasks := d.reconciliations(t)
		if len(tasks) != 1 || tasks[0].Amount != 1234 || tasks[0].Lane != marketLane {
			t.Fatalf("tasks are %+v, want one of 12.34", tasks)
		}
		b.showsLedger(t, d)
		b.audit(d, 0)
	})
}

// showsLedger asks for the ledger as the local API gives it.
func (b *bubble) showsLedger(t testing.TB, d *daemon) {
	t.Helper()
	v := &adminView{a: d.App}
	l, err := v.Ledger(context.Background(), "", 50)
	if err != nil || len(l.EndsOfDay) != 1 || l.EndsOfDay[0].Difference != 1234 {
		t.Fatalf("ends of day are %+v (%v), want one that differs by 1234", l.EndsOfDay, err)
	}
	captured := int64(0)
	for _, r := range l.Rows {
		sum := int64(0)
		for _, a := range r.Accounts {
			sum += a.Closing
			if a.Account == ledger.Captured.String() {
				captured += a.In
			}
		}
		if sum != 0 || r.Unsynced != 0 {
			t.Errorf("%s: the accounts add up to %d, %d unsynced", r.Day, sum, r.Unsynced)
		}
	}
	taken := int64(0)
	for _, h := range b.terminal().Ledger().Holds {
		taken += h.CapturedMinor
	}
	if captured != taken || taken == 0 {
		t.Errorf("the ledger captured %d, the terminal %d", captured, taken)
	}
	if _, err := v.Ledger(context.Background(), "yesterday", 50); err != nil {
		t.Errorf("yesterday: %v", err)
	}
	if _, err := v.Ledger(context.Background(), "24.11.2026", 50); err == nil {
		t.Error("a day that is none was taken")
	}
}
