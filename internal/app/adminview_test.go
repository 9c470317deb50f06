package app

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edged/internal/admin"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// sellWithRefusedReports runs the daemon and sells once; the SaaS refuses the first
// reports. It returns the client of the daemon's socket and the order.
func sellWithRefusedReports(t *testing.T, refusals int) (*admin.Client, string) {
	t.Helper()
	s := newSite(t)
	s.saas.AddScript("2412090001", 1, saassim.Script{
		Shop: &saassim.Shop{
			OpenAfter: 10 * time.Millisecond, CloseAfter: 50 * time.Millisecond,
			Take: []saassim.Line{{ID: "1", Name: "Cola", Count: "2", PriceMinor: 250}},
		},
		Calls: []saassim.CallFault{{Call: saassim.CallReport, Kind: saassim.BodyCode, Code: http.StatusBadRequest, Times: refusals}},
	})
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
	c := admin.NewClient(filepath.Join(s.dir, "edged.sock"))
	var order string
	await(t, func() bool {
		q, err := c.Queue(ctx, 10)
		if err != nil || len(q.Entries) != 1 || q.Entries[0].State != admin.StateDead {
			return false
		}
		order = q.Entries[0].OrderID
		return true
	})
	return c, order
}

// await asks again and again: what the daemon does on real wires tells nobody here
// when it is done.
func await(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatal("it did not come about in 20 s")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestADeadLetterIsSentAgainByHandUntilTheSaaSTakesIt(t *testing.T) {
	t.Parallel() // most of it is waiting for a terminal
	c, order := sellWithRefusedReports(t, 2)
	ctx := t.Context()
	q, err := c.Queue(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	n := q.Entries[0].N
	e, err := c.QueueEntry(ctx, n)
	if err != nil || e.Report.N != 1 || !e.Report.OK || !e.AccountOK || !strings.Contains(string(e.Body), order) {
		t.Errorf("entry %+v with body %s, %v", e.QueueEntry, e.Body, err)
	}
	st, err := c.Status(ctx)
	if err != nil || st.Queue.Dead != 1 || len(st.Money) != 1 || st.Money[0].Unreported != 1 || st.Money[0].OpenHolds != 0 {
		t.Errorf("status: queue %+v, money %+v, %v", st.Queue, st.Money, err)
	}
	if len(st.Devices) != 1 || !st.Devices[0].Up || !st.SaaS.Reachable || st.SaaS.LastSuccess.IsZero() {
		t.Errorf("devices %+v, SaaS %+v", st.Devices, st.SaaS)
	}
	if _, err := c.Retry(ctx, n); !errors.Is(err, admin.ErrConflict) {
		t.Errorf("the SaaS refuses it again, told: %v", err)
	}
	if d, err := c.Retry(ctx, n); err != nil || !strings.Contains(d.Message, "acknowledged") {
		t.Errorf("the SaaS takes it, told: %+v, %v", d, err)
	}
	o, err := c.Order(ctx, order)
	if err != nil || o.Phase != "closed" || o.Outcome != "paid" || o.CapturedMinor != 500 || !o.Archived || len(o.Tasks) != 0 {
		t.Errorf("order %+v, %v", o.Order, err)
	}
	if last := o.Journal[len(o.Journal)-1]; last.Kind != "reported" {
		t.Errorf("the journal ends with %s: %s", last.Kind, last.Text)
	}
	if q, err := c.Queue(ctx, 10); err != nil || len(q.Entries) != 0 {
		t.Errorf("left in the queue: %+v, %v", q, err)
	}
}

func TestADeadLetterIsDroppedForItsOrderOnlyAndInSomebodysName(t *testing.T) {
	t.Parallel() // most of it is waiting for a terminal
	c, order := sellWithRefusedReports(t, 1)
	ctx := t.Context()
	q, err := c.Queue(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	n := q.Entries[0].N
	if _, err := c.Drop(ctx, n, admin.Drop{Order: "another", Reason: "by phone"}); !errors.Is(err, admin.ErrConflict) {
		t.Errorf("for another order: %v", err)
	}
	if _, err := c.Drop(ctx, n+1, admin.Drop{Order: order, Reason: "by phone"}); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("another number: %v", err)
	}
	if o, err := c.Order(ctx, order); err != nil || o.Reports[0].State != "dead" || len(o.Tasks) != 1 {
		t.Errorf("after wrong drops: reports %+v, tasks %+v, %v", o.Reports, o.Tasks, err)
	}
	if _, err := c.Drop(ctx, n, admin.Drop{Order: order, Reason: "by phone"}); err != nil {
		t.Fatal(err)
	}
	o, err := c.Order(ctx, order)
	if err != nil || o.Phase != "closed" || o.Reports[0].State != "dropped" {
		t.Errorf("order %s, reports %+v, %v", o.Phase, o.Reports, err)
	}
	last := o.Journal[len(o.Journal)-1].Text
	if !strings.Contains(last, "by phone") || !strings.Contains(last, "uid ") {
		t.Errorf("the journal ends with %q", last)
	}
}

func TestALaneIsTakenOutAndBackByHand(t *testing.T) {
	t.Parallel() // most of it is waiting for a terminal
	s := newSite(t)
	a := s.app(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	c := admin.NewClient(filepath.Join(s.dir, "edged.sock"))
	selling := func() bool {
		st, err := c.Status(ctx)
		return err == nil && len(st.Lanes) == 1 && st.Lanes[0].Selling
	}
	await(t, selling)
	if _, err := c.LaneOut(ctx, "front", "glass broken"); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return !selling() })
	if _, err := c.LaneIn(ctx, "front"); err != nil {
		t.Fatal(err)
	}
	await(t, selling)
	if _, err := c.LaneIn(ctx, "back"); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("a lane nobody knows: %v", err)
	}
}
