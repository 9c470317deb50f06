package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"

	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/testutil/powerfail"
)

// unsyncedDisk is a disk under a store with synchronous=NORMAL: a commit writes its
// pages into the WAL, and does not sync them.
type unsyncedDisk struct{ *powerfail.FS }

// Open implements vfs.VFS.
func (d unsyncedDisk) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := d.FS.Open(name, flags)
	if err == nil && flags&vfs.OPEN_WAL != 0 {
		f = unsyncedFile{f}
	}
	return f, flags, err
}

type unsyncedFile struct{ vfs.File }

// Sync implements vfs.File.
func (unsyncedFile) Sync(vfs.SyncFlag) error { return nil }

// hasty answers events of the given kinds before they are committed.
func hasty(kinds ...purchase.Kind) func(Post) Post {
	return func(post Post) Post {
		return func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error) {
			for _, k := range kinds {
				if ev.Body.Kind() == k {
					go func() {
						time.Sleep(time.Millisecond)
						_, _ = post(context.WithoutCancel(ctx), ev)
					}()
					return purchase.Accept, nil
				}
			}
			return post(ctx, ev)
		}
	}
}

// generous hears of every recognition that nothing was taken.
func generous(post Post) Post {
	return func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error) {
		if d, ok := ev.Body.(purchase.Detected); ok {
			d.Lines = nil
			ev.Body = d
		}
		return post(ctx, ev)
	}
}

// TestTheHarnessNamesWhatIsSabotaged keeps the power-fail test from going blind.
func TestTheHarnessNamesWhatIsSabotaged(t *testing.T) {
	for _, c := range []struct {
		name     string
		sabotage func(*cutOptions)
		want     string
	}{
		{"a store that does not sync its commits forgets", func(o *cutOptions) { o.vfs = unsyncedDisk{o.disk} }, "is not on flash"},
		{"a hold that is acknowledged before its commit", func(o *cutOptions) { o.post = hasty(purchase.KindHoldGranted) }, "M3"},
		{"a capture that is acknowledged before its commit", func(o *cutOptions) { o.post = hasty(purchase.KindCaptured) }, "M3"},
		{"a callback that is answered before its commit", func(o *cutOptions) { o.post = hasty(purchase.KindDetected, purchase.KindSign) }, "M6"},
		{"reports that go nowhere", func(o *cutOptions) { o.deaf = true }, "M4"},
		{"goods for nothing", func(o *cutOptions) { o.post = generous }, "M13"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan := cutPlan()[:8]
			log := recordCut(t, plan, c.sabotage)
			var named error
			r := powerfail.Explore(t, log, powerfail.Options{States: 150, StopAfter: 12, Workers: 1, NoRecut: true}, func(st *powerfail.State) error {
				err := checkCut(t, plan, st, nil, c.sabotage)
				if err != nil && strings.Contains(err.Error(), c.want) {
					named = err
				}
				return err
			})
			t.Logf("%d states, %d bad: %v", r.States, r.Bad, named)
			if named == nil {
				t.Errorf("no state in %d is called %q; first: %v", r.States, c.want, r.First)
			}
		})
	}
}

// TestTheLedgerSeesBrokenPromises feeds the ledger with what no edged may do.
func TestTheLedgerSeesBrokenPromises(t *testing.T) {
	const id = purchase.OrderID("order")
	start := cutFact{kind: cutStarted, inc: 1, boot: 1}
	tap := cutFact{kind: cutTapped, lane: "front", order: id, receipt: "0001"}
	fact := func(kind cutKind, change func(*cutFact)) cutFact {
		f := cutFact{kind: kind, lane: "front", order: id, receipt: "0001", inc: 1, boot: 1}
		if change != nil {
			change(&f)
		}
		return f
	}
	held := fact(cutHeld, func(f *cutFact) { f.amount = 5000 })
	capture := fact(cutAsked, func(f *cutFact) { f.command = purchase.CmdCapture })
	taken := func(amount money.Minor) cutFact {
		return fact(cutCaptured, func(f *cutFact) { f.amount = amount })
	}
	report := func(n int, body string) cutFact {
		return fact(cutReported, func(f *cutFact) { f.n, f.body = n, body })
	}
	for _, c := range []struct {
		name  string
		facts []cutFact
		want  string
	}{
		{"a sale as it should be", []cutFact{tap, held, fact(cutDoorAsked, nil), capture, taken(1400), report(1, "a"), report(1, "a"), report(2, "b")}, ""},
		{"a door without a hold", []cutFact{tap, fact(cutDoorAsked, nil)}, "M1"},
		{"a door for an order nobody knows", []cutFact{fact(cutDoorAsked, func(f *cutFact) { f.receipt = "" })}, "M1"},
		{"a door after a restart", []cutFact{tap, held, fact(cutDoorAsked, func(f *cutFact) { f.inc = 2 })}, "M5"},
		{"a door after its deadline", []cutFact{tap, held, fact(cutDoorAsked, func(f *cutFact) { f.mono = cutOpen + 1 })}, "M5"},
		{"a third OpenDoor", []cutFact{tap, held, fact(cutDoorAsked, nil), fact(cutDoorAsked, nil), fact(cutDoorAsked, nil)}, "M7"},
		{"two captures", []cutFact{tap, held, taken(1400), taken(1400)}, "M2"},
		{"more than was recognised", []cutFact{tap, held, taken(1401)}, "M2"},
		{"a capture repeated without a question", []cutFact{tap, held, capture, capture}, "M7"},
		{"a capture repeated after a question", []cutFact{tap, held, capture, fact(cutListed, nil), capture}, ""},
		{"a report with other bytes", []cutFact{tap, held, report(1, "a"), report(1, "b")}, "M4"},
		{"a report before the one before it", []cutFact{tap, held, report(2, "b")}, "M4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			marks := []any{start}
			for _, f := range c.facts {
				marks = append(marks, f)
			}
			err := errors.Join(newCutLedger(cutPlan(), powerfail.NewLog(), marks).broken...)
			if got := err != nil; got != (c.want != "") || got && !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
