package engine

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"edged/internal/lane"
	book "edged/internal/ledger"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// buys makes one purchase of price, from the card to the acknowledged report.
func (b *bench) buys(price string) purchase.OrderID {
	b.t.Helper()
	id := b.detected(price)
	b.post(id, "", purchase.Reported{Report: 1, OK: true})
	if got := b.phase(id); got != purchase.PhaseClosed {
		b.t.Fatalf("phase is %s, want %s", got, purchase.PhaseClosed)
	}
	synctest.Wait()
	return id
}

// detected makes a purchase up to its capture.
func (b *bench) detected(price string) purchase.OrderID {
	b.t.Helper()
	synctest.Wait()
	b.term.taps <- struct{}{}
	synctest.Wait()
	id := b.saas.opened[len(b.saas.opened)-1]
	b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
	b.post(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
	b.post(id, "detected", purchase.Detected{Source: purchase.FromDetection, OK: true, Lines: []purchase.Line{{Price: price, Count: "1"}}})
	synctest.Wait()
	return id
}

// balance is what the accounts of the one terminal hold at the end of all days.
func (b *bench) balance() book.Amounts {
	b.t.Helper()
	sheet, _, err := b.eng.Ledger(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := sheet.Check(); err != nil {
		b.t.Error(err)
	}
	rows := sheet.Rows()
	if len(rows) == 0 {
		return book.Amounts{}
	}
	return rows[len(rows)-1].Closing()
}

func amounts(s string) (a book.Amounts) {
	if entries, err := book.ParseText("1" + s); err == nil && s != "" {
		a = entries[0].Amounts
	}
	return a
}

func TestTheLedgerHoldsOpenAndClosedOrdersOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		b.buys("3.00")
		b.detected("1.50") // captured, not reported
		want := amounts("i-10000c450r9550")
		if got := b.balance(); got != want {
			t.Errorf("balance is %v, want %v", got, want)
		}
		b.restart()
		if got := b.balance(); got != want {
			t.Errorf("balance after a restart is %v, want %v", got, want)
		}
		b.term.taps <- struct{}{}
		synctest.Wait()
		if got, want := b.balance(), amounts("i-15000h5000c450r9550"); got != want {
			t.Errorf("balance with an open hold is %v, want %v", got, want)
		}
	})
}

// TestOrdersFromBeforeTheLedgerAreInIt: records of the first version have no line and
// no brief.
func TestOrdersFromBeforeTheLedgerAreInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		closed, open := b.buys("3.00"), b.detected("1.50")
		b.rewrite(closed, open)
		b.restart()
		if got, want := b.balance(), amounts("i-10000c450r9550"); got != want {
			t.Errorf("balance is %v, want %v", got, want)
		}
	})
}

// rewrite takes the ledger out of a closed and an open order, as an edged without one
// has left them.
func (b *bench) rewrite(closed, open purchase.OrderID) {
	b.t.Helper()
	var o order
	if err := b.eng.do(b.t.Context(), func() { o = *b.eng.orders[open] }); err != nil {
		b.t.Fatal(err)
	}
	o.line = book.Line{}
	bytes, err := o.encode()
	if err != nil || strings.Contains(string(bytes), `"l":`) {
		b.t.Fatalf("record is %s (%v)", bytes, err)
	}
	closedID, _ := closed.Bits()
	openID, _ := open.Bits()
	a, _, err := b.store.ReadArchive(b.t.Context(), closedID)
	if err != nil {
		b.t.Fatal(err)
	}
	a.Blob = []byte(cutLine(string(a.Blob)))
	err = b.store.Commit(b.t.Context(), func(tx *queue.Tx) error {
		if err := tx.Archive(a); err != nil {
			return err
		}
		return tx.PutOrder(o.seq, openID, bytes)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// cutLine removes the member "l" of a record.
func cutLine(s string) string {
	before, after, ok := strings.Cut(s, `,"l":"`)
	if !ok {
		return s
	}
	_, after, _ = strings.Cut(after, `"`)
	return before + after
}

func TestPrunedOrdersStayInTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		first := b.buys("3.00")
		b.buys("1.50")
		before, _, err := b.eng.Ledger(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(keepArchive + time.Hour)
		for range 10 {
			time.Sleep(careEvery + tickEvery)
			synctest.Wait()
		}
		if _, err := b.eng.Order(t.Context(), first); err == nil {
			t.Fatal("the order is not pruned")
		}
		after, _, err := b.eng.Ledger(t.Context())
		if err != nil || len(after) != len(before) {
			t.Fatalf("%d rows, want %d (%v)", len(after), len(before), err)
		}
		for k, want := range before {
			if after[k] != want {
				t.Errorf("%s is %v, want %v", k.Text(), after[k], want)
			}
		}
	})
}

func TestABrokenLedgerIsToldOnceAndStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		id := b.detected("3.00")
		err := b.eng.do(t.Context(), func() {
			b.eng.o.Audit = nil
			o := b.eng.orders[id]
			o.line.Entries = o.line.Entries[:1] // the capture is lost
			b.eng.audit()
			b.eng.audit()
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := testutil.ToFloat64(b.eng.metrics.ledgerBroken); got != 1 {
			t.Errorf("%v violations, want 1", got)
		}
		tasks, err := b.eng.Tasks(t.Context())
		if err != nil || len(tasks) != 1 || tasks[0].Kind != purchase.TaskLedger || tasks[0].Order != id {
			t.Errorf("tasks are %v (%v), want one of the ledger for %s", tasks, err, id)
		}
		b.post(id, "", purchase.Reported{Report: 1, OK: true})
		if got := b.phase(id); got != purchase.PhaseClosed {
			t.Errorf("phase is %s, want %s", got, purchase.PhaseClosed)
		}
		b.buys("1.00")
	})
}

// TestAStepThatDoesNotAddUpIsToldInItsCommit: the entries of the order were altered
// before its next event.
func TestAStepThatDoesNotAddUpIsToldInItsCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		err := b.eng.do(t.Context(), func() {
			b.eng.o.Audit = nil
			o := b.eng.orders[id]
			o.line.Entries = []book.Entry{{Amounts: amounts("i-4000h4000")}}
		})
		if err != nil {
			t.Fatal(err)
		}
		b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
		b.post(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
		tasks, err := b.eng.Tasks(t.Context())
		if err != nil || len(tasks) != 1 || tasks[0].Kind != purchase.TaskLedger || tasks[0].Order != id {
			t.Errorf("tasks are %v (%v), want one of the ledger", tasks, err)
		}
		if got := testutil.ToFloat64(b.eng.metrics.alarms.WithLabelValues(alarmLedger)); got != 1 {
			t.Errorf("%v alarms, want 1", got)
		}
		if got := b.phase(id); got != purchase.PhaseDetecting {
			t.Errorf("phase is %s, want %s", got, purchase.PhaseDetecting)
		}
	})
}

func total(m money.Minor) purchase.Ended {
	return purchase.Ended{Outcome: purchase.Done, Acked: true, Total: &m}
}

// closeDay runs an end of day that ends as it says, and gives the tasks for it.
func (b *bench) closeDay(ends purchase.Ended) []Task {
	b.t.Helper()
	b.term.day = ends
	if err := b.eng.Lane(b.t.Context(), "front", lane.EndOfDayNow{}); err != nil {
		b.t.Fatal(err)
	}
	for range 3 { // the lane asks for the open holds again before it sells
		time.Sleep(tickEvery)
		synctest.Wait()
	}
	tasks, err := b.eng.Tasks(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	var out []Task
	for _, k := range tasks {
		if k.Kind == purchase.TaskReconciliation {
			out = append(out, k)
		}
	}
	return out
}

func TestAtTheEndOfDayTheTerminalsTotalIsCompared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		b.buys("3.00")
		b.buys("1.50")
		if tasks := b.closeDay(total(450)); len(tasks) != 0 {
			t.Fatalf("the totals agree, and there is a task: %v", tasks)
		}
		b.buys("2.00")
		b.restart()
		b.buys("1.00")
		tasks := b.closeDay(total(1300))
		if len(tasks) != 1 || tasks[0].Amount != 1000 || tasks[0].Currency != "EUR" || tasks[0].Lane != "front" {
			t.Fatalf("tasks are %+v, want one of 10.00 EUR", tasks)
		}
		want := "At its end of day terminal 12345678 counted 13.00 EUR; edged booked 3.00 EUR there since the one before: the terminal has 10.00 EUR that edged does not know of."
		if tasks[0].Text != want {
			t.Errorf("task says\n%s\nwant\n%s", tasks[0].Text, want)
		}
		if got := testutil.ToFloat64(b.eng.metrics.reconciliation.WithLabelValues("front")); got != 1000 {
			t.Errorf("metric is %v, want 1000", got)
		}
		_, ends, err := b.eng.Ledger(t.Context())
		if err != nil || len(ends) != 1 || ends[0].Difference != 1000 || ends[0].Counted != 1300 || ends[0].Booked != 300 {
			t.Errorf("ends of day are %+v (%v)", ends, err)
		}
		b.restart()
		if tasks := b.closeDay(total(0)); len(tasks) != 1 {
			t.Errorf("tasks are %v, want the old one only", tasks)
		}
		if got := testutil.ToFloat64(b.eng.metrics.reconciliation.WithLabelValues("front")); got != 0 {
			t.Errorf("metric is %v after a day that agrees, want 0", got)
		}
	})
}

func TestAnEndOfDayThatMayHaveHappenedIsNoDifference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		b.buys("3.00")
		b.closeDay(purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine})
		b.buys("1.50")
		if tasks := b.closeDay(total(150)); len(tasks) != 0 {
			t.Errorf("it had happened: tasks are %v, want none", tasks)
		}
		b.buys("3.00")
		b.closeDay(purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine})
		b.buys("1.50")
		if tasks := b.closeDay(total(450)); len(tasks) != 0 {
			t.Errorf("it had not: tasks are %v, want none", tasks)
		}
		b.buys("3.00")
		b.closeDay(purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonRefused})
		b.buys("1.50")
		if tasks := b.closeDay(total(150)); len(tasks) != 1 || tasks[0].Amount != -300 {
			t.Errorf("it had surely not: tasks are %v, want one of -3.00", tasks)
		}
	})
}
