package engine

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
	"edged/internal/testutil/powerfail"
)

// diskPlan: two customers while the disk is in trouble, and one when it is back.
func diskPlan() []cutVisit {
	var plan []cutVisit
	for _, name := range []string{"first", "second", "third"} {
		plan = append(plan, cutVisit{name: name, lane: "front", says: cutSigns(name, cutGoods(name, purchase.FromDetection, 2)), want: purchase.Paid})
	}
	return plan
}

// trouble is one way in which a disk fails, at one of its operations.
type trouble struct {
	name  string
	fault powerfail.Fault
	lasts time.Duration // zero: it fails once

	before *powerfail.Fault // another that comes first; nil: none
}

func troubles() []trouble {
	var out []trouble
	add := func(name string, f powerfail.Fault) {
		once, lasting := f, f
		once.Times = 1
		out = append(out, trouble{name: name + ", once", fault: once}, trouble{name: name + " for three minutes", fault: lasting, lasts: 3 * time.Minute})
	}
	add("no space", powerfail.Fault{Op: powerfail.Write, Err: syscall.ENOSPC})
	add("no space behind half a page", powerfail.Fault{Op: powerfail.Write, Err: syscall.ENOSPC, Short: 512})
	add("failing writes", powerfail.Fault{Op: powerfail.Write, Err: syscall.EIO})
	add("short writes", powerfail.Fault{Op: powerfail.Write, Err: syscall.EIO, Short: 100})
	add("read-only", powerfail.Fault{Op: powerfail.Write, Err: syscall.EROFS})
	add("failing syncs", powerfail.Fault{Op: powerfail.Sync, Err: syscall.EIO})
	add("syncs without space", powerfail.Fault{Op: powerfail.Sync, Err: syscall.ENOSPC})
	return out
}

// troubledRun is a run whose disk fails behind the fault's Skip operations.
type troubledRun struct {
	*cutRun
	met   atomic.Bool
	hits  atomic.Int64 // but for those of the witness
	first atomic.Int64 // since the boot, in nanoseconds
}

// play lets the customers come, and says whether the fault was met at all.
func (x *troubledRun) play(tr trouble) (met bool, err error) {
	stop := x.run()
	time.Sleep(time.Minute)
	f := tr.fault
	f.Hit = func(file string) {
		x.met.Store(true)
		if strings.HasSuffix(file, "witness") {
			return // a second eye behind a commit that is durable: the next one meets the disk
		}
		if x.hits.Add(1) == 1 {
			x.first.Store(int64(x.clock.Read().SinceBoot))
		}
	}
	if tr.before != nil {
		x.disk.Inject(*tr.before)
	}
	mend := x.disk.Inject(f)
	var outside sync.WaitGroup
	outside.Go(func() {
		for i := range 2 {
			x.terms["front"].taps <- i
		}
	})
	if tr.lasts > 0 {
		time.Sleep(tr.lasts)
		if st, _ := x.store.Stats(x.ctx); f.Op == powerfail.Write || f.Op == powerfail.Sync || st.Broken != nil || st.Failed != nil {
			err = x.closedToCustomers()
		}
		mend()
	}
	outside.Wait()
	x.rest()
	mend()
	x.terms["front"].taps <- 2
	x.rest()
	x.atEnd(func() {
		if err == nil {
			err = x.audit(false)
		}
	})
	if stopped := stop(); err == nil {
		err = stopped
	}
	if n := x.hits.Load(); err == nil && n > int64(tr.lasts/time.Second)*3+20 {
		err = fmt.Errorf("%d operations failed in %s: the engine does not pause", n, tr.lasts)
	}
	return x.met.Load(), err
}

// closedToCustomers: while a disk that is known to be bad stays bad, no lane sells.
func (x *troubledRun) closedToCustomers() error {
	if x.hits.Load() == 0 {
		return nil
	}
	for _, l := range x.eng.Lanes() {
		if len(l.Why) == 0 {
			return fmt.Errorf("lane %s sells on a bad disk", l.Name)
		}
	}
	var late error
	x.led.look(func() {
		for _, s := range x.led.sales {
			if at := time.Duration(x.first.Load()); s.tapped > at+time.Second {
				late = fmt.Errorf("%q: a card was taken %s after the disk had failed", s.visit.name, s.tapped-at)
			}
		}
	})
	return late
}

// TestDiskTroubleAtEveryOperation lets the disk fail at each of the store's calls
// that two purchases make, or at every fifth in the ordinary form. No restart: the disk comes back, everything settles, and
// the next customer is served.
func TestDiskTroubleAtEveryOperation(t *testing.T) {
	stride := 5
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		stride = 1
	case testing.Short():
		stride = 23
	}
	for _, tr := range troubles() {
		t.Run(tr.name, func(t *testing.T) {
			runs := 0
			step := stride
			if tr.fault.Op == powerfail.Sync && !testing.Short() {
				step = 1 // there are few
			}
			for skip := 0; ; skip += step {
				met, err := false, error(nil)
				tr.fault.Skip = skip
				synctest.Test(t, func(t *testing.T) {
					r, open := startCut(cutOptions{plan: diskPlan(), disk: powerfail.NewFS(nil, powerfail.NewLog()), dir: t.TempDir()})
					if open != nil {
						t.Fatal(open)
					}
					met, err = (&troubledRun{cutRun: r}).play(tr)
				})
				if err != nil {
					t.Fatalf("from operation %d on: %v", skip, err)
				}
				if !met {
					break
				}
				runs++
			}
			t.Logf("%d operations failed", runs)
			if runs == 0 {
				t.Errorf("the fault was met %d times", runs)
			}
		})
	}
}
