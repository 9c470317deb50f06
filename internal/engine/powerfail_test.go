package engine

import (
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/testutil/powerfail"
)

// recordCut plays the whole plan, uncut, and gives what happened to the disk.
func recordCut(t *testing.T, plan []cutVisit, sabotage func(*cutOptions)) *powerfail.Log {
	t.Helper()
	log := powerfail.NewLog()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := cutOptions{plan: plan, disk: powerfail.NewFS(nil, log), dir: dir}
		if sabotage != nil {
			sabotage(&o)
		}
		r, err := startCut(o)
		if err != nil {
			t.Fatal(err)
		}
		r.saas.awayFrom, r.saas.awayTill = 30*time.Second, 2*time.Minute
		stop, books := r.run(), error(nil)
		r.customers()
		r.rest()
		r.atEnd(func() { books = r.audit(true) })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if sabotage == nil && books != nil {
			t.Errorf("the run was wrong before anything was cut: %v", books)
		}
		if len(r.led.sales) != len(plan) {
			t.Errorf("%d customers of %d were served", len(r.led.sales), len(plan))
		}
	})
	return log
}

// checkCut starts edged on what a cut has left and looks whether anything is lost,
// then lets it come to rest and balances the books.
func checkCut(t *testing.T, plan []cutVisit, st *powerfail.State, archive *cutArchive, sabotage func(*cutOptions)) error {
	var broken error
	synctest.Test(t, func(t *testing.T) {
		o := cutOptions{plan: plan, disk: st.Disk, dir: st.Dir, marks: st.Marks, killed: st.Mode == powerfail.Keep, archive: archive}
		if sabotage != nil {
			sabotage(&o)
		}
		r, err := startCut(o)
		if err != nil {
			broken = err
			return
		}
		if broken = r.remembers(); broken != nil {
			_ = r.stopAll() // the state is bad already
			return
		}
		stop := r.run()
		r.rest()
		r.atEnd(func() { broken = r.audit(false) })
		if err := stop(); err != nil && broken == nil {
			broken = err
		}
	})
	return broken
}

// cutStates is how many states to check after a first cut; half as many more are
// those after a second. EDGED_STATES=N says how many, EDGED_TORTURE=1 a million.
func cutStates() int {
	if n, err := strconv.Atoi(os.Getenv("EDGED_STATES")); err == nil {
		return n
	}
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		return 1_000_000
	case testing.Short():
		return 160
	}
	return 3400
}

// TestPowerFailureKeepsM1ToM7AndM13 cuts the power at every operation of two mixed
// runs on the disk.
func TestPowerFailureKeepsM1ToM7AndM13(t *testing.T) {
	plan := cutPlan()
	half := len(plan) / 2
	for _, c := range []struct {
		name string
		plan []cutVisit
	}{{"the first half of the customers", plan[:half]}, {"the second half of the customers", plan[half:]}} {
		t.Run(c.name, func(t *testing.T) { exploreCut(t, c.plan, cutStates()/2) })
	}
}

func exploreCut(t *testing.T, plan []cutVisit, states int) {
	log := recordCut(t, plan, nil)
	archive := &cutArchive{}
	var mu sync.Mutex
	first, again := map[powerfail.Mode]int{}, map[powerfail.Mode]int{}
	points := map[[2]int]bool{}
	start := time.Now()
	r := powerfail.Explore(t, log, powerfail.Options{States: states, StopAfter: 20}, func(st *powerfail.State) error {
		mu.Lock()
		if points[[2]int{st.At, int(st.Mode)}] = true; st.Recut {
			again[st.Mode]++
		} else {
			first[st.Mode]++
		}
		mu.Unlock()
		return checkCut(t, plan, st, archive, nil)
	})
	t.Logf("%d customers, %d operations, %d syncs: %s (%s)", len(plan), log.Len(), log.Count(powerfail.Sync), r, time.Since(start).Round(time.Millisecond))
	for _, m := range powerfail.Modes() {
		t.Logf("writes %s: %d states, %d cut again", m, first[m], again[m])
	}
	t.Logf("%d of %d prefixes in a mode", len(points), (log.Len()+1)*len(powerfail.Modes()))
	if r.Bad > 0 {
		t.Errorf("bad states: %s", r)
	}
}
