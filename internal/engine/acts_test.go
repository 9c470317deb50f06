package engine

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"edged/internal/lane"
	"edged/internal/purchase"
)

func (b *bench) onlyTask() Task {
	b.t.Helper()
	tasks, err := b.eng.Tasks(b.t.Context())
	if err != nil || len(tasks) != 1 {
		b.t.Fatalf("tasks %+v, %v; want one", tasks, err)
	}
	return tasks[0]
}

func (b *bench) noTask() {
	b.t.Helper()
	if tasks, err := b.eng.Tasks(b.t.Context()); err != nil || len(tasks) != 0 {
		b.t.Errorf("tasks %+v, %v; want none", tasks, err)
	}
}

func TestATaskOfAnArchivedOrderIsDoneAndItsJournalTellsByWhom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		id := b.sell()
		b.post(id, "other", purchase.Detected{Source: purchase.FromSettlement, OK: true, Lines: []purchase.Line{{Price: "9.00", Count: "1"}}})
		task := b.onlyTask()
		if task.Kind != purchase.TaskConflict {
			t.Fatalf("task %+v, want a conflict", task)
		}
		if err := b.eng.TaskDone(t.Context(), task.N+1, "settled", "by phone", "uid 7"); !errors.Is(err, ErrUnknownTask) {
			t.Errorf("an unknown task: %v, want ErrUnknownTask", err)
		}
		if err := b.eng.TaskDone(t.Context(), task.N, "settled", "", "uid 7"); !errors.Is(err, purchase.ErrPerson) {
			t.Errorf("without a note: %v, want ErrPerson", err)
		}
		if err := b.eng.TaskDone(t.Context(), task.N, "settled", "by phone", "uid 7"); err != nil {
			t.Fatal(err)
		}
		b.noTask()
		b.restart()
		b.noTask()
		v, err := b.eng.Order(t.Context(), id)
		if err != nil || !v.Archived {
			t.Fatalf("archived %v, %v", v.Archived, err)
		}
		last, ok := v.Journal[len(v.Journal)-1].Body.(purchase.Person)
		if want := (purchase.Person{Act: purchase.ActTaskDone, Task: purchase.TaskConflict, Subject: task.Subject, Outcome: "settled", Note: "by phone", Who: "uid 7"}); !ok || last != want {
			t.Errorf("the journal ends with %+v, want %+v", v.Journal[len(v.Journal)-1].Body, want)
		}
	})
}

func TestARefundIsNotTickedOffAsATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		id := b.sell()
		b.post(id, "refund", purchase.Refund{Number: "R1", Lines: []purchase.Line{{Price: "1.50", Count: "1"}}})
		task := b.onlyTask()
		if err := b.eng.TaskDone(t.Context(), task.N, "done", "paid in cash", "uid 7"); !errors.Is(err, purchase.ErrPerson) || !strings.Contains(err.Error(), "refund-done") {
			t.Errorf("%v, want the way a refund is ended", err)
		}
		b.post(id, "", purchase.Person{Act: purchase.ActRefundDone, Number: "R1", Note: "cash", Who: "uid 7"})
		b.noTask()
	})
}

func TestAParkedOrderIsGoneOnWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		if err := b.eng.Unpark(t.Context(), id, "uid 7"); !errors.Is(err, ErrNotParked) {
			t.Errorf("an order that is not parked: %v, want ErrNotParked", err)
		}
		// the answer to a report that was never made is a bug of ours
		if _, err := b.eng.Post(t.Context(), purchase.Event{Order: id, Body: purchase.Reported{Report: 9}}); !errors.Is(err, purchase.ErrBug) {
			t.Fatalf("%v, want ErrBug", err)
		}
		if task := b.onlyTask(); task.Kind != purchase.TaskParked {
			t.Fatalf("task %+v, want a parked order", task)
		}
		b.restart()
		if err := b.eng.Unpark(t.Context(), id, "uid 7"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.noTask()
		b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
		b.post(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
		b.post(id, "detected", purchase.Detected{Source: purchase.FromDetection, OK: true, Lines: []purchase.Line{{Price: "1.50", Count: "2"}}})
		synctest.Wait()
		b.post(id, "", purchase.Reported{Report: 1, OK: true})
		v, err := b.eng.Order(t.Context(), id)
		if err != nil || v.Phase != purchase.PhaseClosed || v.State.Outcome.Captured != 300 {
			t.Errorf("phase %s, outcome %+v, %v; want it sold and closed", v.Phase, v.State.Outcome, err)
		}
	})
}

func TestWhatPeopleDoIsRememberedOverARestartWithinABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		for range maxDeeds + 10 {
			n, err := b.eng.Begin(t.Context(), Deed{Who: "uid 7", Act: "lane out", Object: "front", Note: "glass broken"})
			if err == nil && n != maxDeeds+10 {
				err = b.eng.End(t.Context(), n, "done")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		b.restart()
		deeds, err := b.eng.Deeds(t.Context())
		if err != nil || len(deeds) != maxDeeds || deeds[0].N != 11 {
			t.Fatalf("%d deeds from number %d, %v; want %d from 11", len(deeds), deeds[0].N, err, maxDeeds)
		}
		if d := deeds[0]; d.Result != "done" || d.Who != "uid 7" || d.At == 0 || d.Object != "front" {
			t.Errorf("the oldest is %+v", d)
		}
		if d := deeds[maxDeeds-1]; d.Result != "" {
			t.Errorf("the newest is %+v, want no result: it was cut off", d)
		}
	})
}

func TestWhoBroughtALaneBackIsInTheJournalOfItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
		if err := b.eng.Lane(t.Context(), "front", lane.In{Who: "uid 7"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		v, err := b.eng.Order(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		last, ok := v.Journal[len(v.Journal)-1].Body.(purchase.Person)
		if !ok || last.Act != purchase.ActDoorClosed || last.Who != "uid 7" {
			t.Errorf("the journal ends with %+v, want who saw the door closed", v.Journal[len(v.Journal)-1].Body)
		}
	})
}
