package engine

import (
	"fmt"
	"os"
	"runtime/debug"
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

// cutRound is how many states one round makes: enough for every prefix in every mode,
// with a few to spare.
const cutRound = 21_000

// cutStates is how many states to check after a first cut; half as many more are
// those after a second. EDGED_STATES=N says how many, EDGED_TORTURE=1 a million.
func cutStates() int {
	if n, err := strconv.Atoi(os.Getenv("EDGED_STATES")); err == nil {
		return n
	}
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		return 1_000_000
	case raceDetector:
		return 80
	case testing.Short():
		return 160
	}
	return 3400
}

// cutSeed is the round to begin with: EDGED_SEED=N goes on where a run has stopped.
func cutSeed() uint64 {
	n, _ := strconv.ParseUint(os.Getenv("EDGED_SEED"), 10, 64)
	return n
}

// TestPowerFailureKeepsM1ToM7AndM13 cuts the power at every operation of mixed runs on
// the disk. Each round has a seed, which decides the sequence of the customers and what
// the cruel modes leave, and tells its totals when it ends.
func TestPowerFailureKeepsM1ToM7AndM13(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // each state is a store of its own, and garbage a moment later
	begun, sum := time.Now(), powerfail.Result{}
	for seed, left := cutSeed(), cutStates(); left > 0 && !t.Failed(); seed, left = seed+1, left-cutRound {
		n := min(left, cutRound)
		for i, plan := range cutPlans(seed) {
			t.Run(fmt.Sprintf("seed %d, half %d of the customers", seed, i+1), func(t *testing.T) {
				r := exploreCut(t, plan, n/2, seed)
				sum.States, sum.Recuts, sum.Bad = sum.States+r.States, sum.Recuts+r.Recuts, sum.Bad+r.Bad
			})
		}
		t.Logf("up to seed %d: %d states and %d cut again, %d bad, in %s", seed, sum.States, sum.Recuts, sum.Bad, time.Since(begun).Round(time.Second))
	}
}

// exploreCut cuts one run. Two of the modes leave nothing to chance: all of their first
// cuts are in the first round.
func exploreCut(t *testing.T, plan []cutVisit, states int, seed uint64) powerfail.Result {
	log := recordCut(t, plan, nil)
	archive := &cutArchive{}
	var mu sync.Mutex
	first, again := map[powerfail.Mode]int{}, map[powerfail.Mode]int{}
	points := map[[2]int]bool{}
	start := time.Now()
	o := powerfail.Options{States: states, StopAfter: 20, Seed: seed}
	if seed != 0 {
		o.Modes = []powerfail.Mode{powerfail.Prefix, powerfail.Subset, powerfail.Torn, powerfail.Junk}
	}
	r := powerfail.Explore(t, log, o, func(st *powerfail.State) error {
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
	modes := len(powerfail.Modes())
	if o.Modes != nil {
		modes = len(o.Modes)
	}
	all := (log.Len() + 1) * modes
	t.Logf("%d of %d prefixes in a mode", len(points), all)
	if states >= cutRound/2 && len(points) < all && r.Bad == 0 {
		t.Errorf("a whole round leaves out %d prefixes in a mode", all-len(points))
	}
	if r.Bad > 0 {
		t.Errorf("bad states: %s", r)
	}
	return r
}
