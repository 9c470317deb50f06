package engine

import (
	"errors"
	"syscall"
	"testing"
	"testing/synctest"

	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/testutil/powerfail"
)

// parkOne sells to a customer whose order edged itself fails on while he shops.
func (b *bench) parkOne() purchase.OrderID {
	b.t.Helper()
	synctest.Wait()
	b.term.taps <- struct{}{}
	synctest.Wait()
	id := b.saas.opened[0]
	b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
	if _, err := b.eng.Post(b.t.Context(), purchase.Event{Order: id, Body: purchase.Reported{Report: 9}}); !errors.Is(err, purchase.ErrBug) {
		b.t.Fatalf("%v, want ErrBug", err)
	}
	return id
}

func (b *bench) missed(id purchase.OrderID, key string, body purchase.Body) {
	b.t.Helper()
	if _, err := b.eng.Post(b.t.Context(), purchase.Event{Order: id, Key: key, Body: body}); !errors.Is(err, ErrParked) {
		b.t.Errorf("%s of a parked order: %v, want ErrParked", body.Kind(), err)
	}
}

func goods(price string) purchase.Detected {
	return purchase.Detected{Source: purchase.FromDetection, OK: true, SaaSOrderNo: "S1", Lines: []purchase.Line{{Price: price, Count: "1"}}}
}

func TestM13_WhatTheSaaSToldOfAParkedOrderCountsWhenItGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		id := b.parkOne()
		b.missed(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
		b.missed(id, "detected", goods("3.00"))
		b.restart()
		if err := b.eng.Unpark(t.Context(), id, "uid 7"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.post(id, "", purchase.Reported{Report: 1, OK: true})
		v, err := b.eng.Order(t.Context(), id)
		if err != nil || v.Phase != purchase.PhaseClosed || v.State.Outcome.Captured != 300 {
			t.Errorf("phase %s, outcome %+v, %v; want 3.00 captured", v.Phase, v.State.Outcome, err)
		}
		b.noTask()
	})
}

func TestM9_AParkedOrderKeepsABoundedNumberOfRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		id := b.parkOne()
		before, err := b.eng.Order(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 * maxMissed {
			b.missed(id, "", purchase.Reported{Report: 1, OK: true})
		}
		after, err := b.eng.Order(t.Context(), id)
		if n := len(after.Journal) - len(before.Journal); err != nil || n >= maxMissed || n == 0 {
			t.Errorf("%d repeats are kept (%v), want some and less than %d", n, err, maxMissed)
		}
	})
}

func TestM6_ACallbackOfAParkedOrderIsNotStoredWhenTheCommitFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := powerfail.NewFS(nil, powerfail.NewLog())
		name, unregister := disk.Register()
		defer unregister()
		b := newBenchOn(t, queue.Options{VFS: name, Exclusive: true})
		defer func() { b.stop() }()
		id := b.parkOne()
		remove := disk.Inject(powerfail.Fault{Op: powerfail.Write, File: "-wal", Err: syscall.EROFS, Times: 1})
		defer remove()
		_, err := b.eng.Post(t.Context(), purchase.Event{Order: id, Key: "detected", Body: goods("3.00")})
		if !errors.Is(err, queue.ErrNotDurable) || errors.Is(err, ErrParked) {
			t.Errorf("%v, want that it is not durable", err)
		}
	})
}

// TestM4_AnAcknowledgedReportIsGoneThoughItsCommitNeededTheReserve: what the first
// try of the commit did to the order in memory must not be believed by the second.
func TestM4_AnAcknowledgedReportIsGoneThoughItsCommitNeededTheReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := powerfail.NewFS(nil, powerfail.NewLog())
		name, unregister := disk.Register()
		defer unregister()
		b := newBenchOn(t, queue.Options{VFS: name, Exclusive: true, ReserveBytes: 1 << 16})
		defer func() { b.stop() }()
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		b.post(id, "detected", goods("3.00"))
		synctest.Wait()
		disk.Inject(powerfail.Fault{Op: powerfail.Write, File: "-wal", Err: syscall.ENOSPC, Times: 1})
		b.post(id, "", purchase.Reported{Report: 1, OK: true})
		if b.store.ReserveIntact() {
			t.Errorf("the reserve is intact: the commit did not need it")
		}
		rows, err := b.store.ReadReports(t.Context(), 0, 10)
		if err != nil || len(rows) != 0 {
			t.Errorf("the outbox has %d rows (%v), want none", len(rows), err)
		}
	})
}
