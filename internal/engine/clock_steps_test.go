package engine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/clock"
	"edged/internal/purchase"
	"edged/internal/testutil/powerfail"
)

// madWall steps the wall clock with every commit and every few hundred milliseconds:
// to 1970, to and fro by up to twenty years; and believes in it or not.
type madWall struct {
	clock *clock.Fake
	rng   *rand.Rand
	steps int
}

func (m *madWall) step() {
	const day = 24 * time.Hour
	m.steps++
	switch m.rng.IntN(4) {
	case 0:
		m.clock.SetWall(time.Unix(int64(m.rng.IntN(1000)), 0))
	case 1:
		m.clock.Step(20 * 365 * day)
	case 2:
		m.clock.Step(-20 * 365 * day)
	default:
		m.clock.Step(time.Duration(m.rng.Int64N(int64(40*365*day))) - 20*365*day)
	}
	m.clock.SetSynced(m.rng.IntN(2) == 0)
}

// until steps until the run is over.
func (m *madWall) until(over <-chan struct{}) {
	for {
		select {
		case <-time.After(time.Duration(100+m.rng.IntN(700)) * time.Millisecond):
			m.step()
		case <-over:
			return
		}
	}
}

// deeds is what a run has done to the world, customer by customer.
func (r *cutRun) deeds() map[string]string {
	out := map[string]string{}
	r.led.look(func() {
		for _, s := range r.led.sales {
			d := fmt.Sprintf("%d doors, taken %t, %d captures asked, reports", len(s.doors), s.taken, s.asked)
			for _, f := range []*cutFact{s.held, s.captured, s.released, s.reversed} {
				if f != nil {
					d += fmt.Sprintf(", %s %d", f.kind, f.amount)
				}
			}
			for _, rep := range s.reports {
				d += fmt.Sprintf(", %d: %t", rep.n, rep.body != "")
			}
			out[s.visit.name] = d
		}
	})
	return out
}

// playWith plays the whole plan beside something that disturbs the clock, and gives
// what was done.
func playWith(t *testing.T, disturb func(*cutRun, <-chan struct{})) (deeds map[string]string, outcomes map[string]purchase.ResultKind) {
	synctest.Test(t, func(t *testing.T) {
		plan := cutPlan()
		r, err := startCut(cutOptions{plan: plan, disk: powerfail.NewFS(nil, powerfail.NewLog()), dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		over, ended := make(chan struct{}), make(chan struct{})
		go func() { defer close(ended); disturb(r, over) }()
		stop, books := r.run(), error(nil)
		r.customers()
		r.rest()
		close(over)
		<-ended
		deeds, outcomes = r.deeds(), map[string]purchase.ResultKind{}
		r.atEnd(func() {
			books = r.audit(true)
			for _, s := range r.led.sales {
				if o, err := r.order(s.order); err == nil && o != nil && o.state.Outcome != nil {
					outcomes[s.visit.name] = o.state.Outcome.Kind
				}
			}
		})
		if err := stop(); err != nil || books != nil {
			t.Errorf("books: %v, close: %v", books, err)
		}
	})
	return deeds, outcomes
}

// TestM10_NoStepOfTheWallChangesWhatIsDone plays every kind of purchase while the wall
// clock jumps by decades all the time, believed in or not. The same doors are asked
// for, the same amounts held, captured and given back, the same reports sent.
func TestM10_NoStepOfTheWallChangesWhatIsDone(t *testing.T) {
	want, ends := playWith(t, func(*cutRun, <-chan struct{}) {})
	runs := 12
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		runs = 300
	case testing.Short():
		runs = 3
	}
	steps := 0
	for seed := range runs {
		got, kinds := playWith(t, func(r *cutRun, over <-chan struct{}) {
			m := &madWall{clock: r.clock, rng: rand.New(rand.NewPCG(uint64(seed), 10))}
			m.until(over)
			steps += m.steps
		})
		for name, w := range want {
			if got[name] != w || kinds[name] != ends[name] {
				t.Errorf("seed %d: %q: %s, %s; with a clock that stands well %s, %s", seed, name, kinds[name], got[name], ends[name], w)
			}
		}
		if len(got) != len(want) {
			t.Errorf("seed %d: %d customers, want %d", seed, len(got), len(want))
		}
	}
	t.Logf("%d steps of the wall clock in %d runs of %d purchases", steps, runs, len(want))
}

// TestM10_ARebootWithoutAClockChangesNoDecision cuts the power in the middle of
// purchases; the gateway wakes up in 1970, and its wall clock jumps about.
func TestM10_ARebootWithoutAClockChangesNoDecision(t *testing.T) {
	plan := cutPlan()
	log := recordCut(t, plan, nil)
	states := 60
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		states = 2000
	case testing.Short():
		states = 12
	}
	archive := &cutArchive{}
	res := powerfail.Explore(t, log, powerfail.Options{States: states, NoRecut: true}, func(st *powerfail.State) error {
		var broken error
		synctest.Test(t, func(t *testing.T) {
			r, err := startCut(cutOptions{
				plan: plan, disk: st.Disk, dir: st.Dir, marks: st.Marks, killed: st.Mode == powerfail.Keep, archive: archive,
				clock: func(c *clock.Fake) { c.SetWall(time.Unix(0, 0)); c.SetSynced(st.At%3 == 0) },
			})
			if err != nil {
				broken = err
				return
			}
			broken = r.remembers()
			over, ended := make(chan struct{}), make(chan struct{})
			m := &madWall{clock: r.clock, rng: rand.New(rand.NewPCG(uint64(st.At), 11))}
			go func() { defer close(ended); m.until(over) }()
			stop := r.run()
			r.rest()
			close(over)
			<-ended
			r.atEnd(func() {
				if broken == nil {
					broken = r.audit(false)
				}
			})
			if err := stop(); broken == nil {
				broken = err
			}
		})
		return broken
	})
	t.Logf("%s", res)
	if res.Bad > 0 {
		t.Errorf("bad states: %s", res)
	}
}

// TestM10_ASuspendedGatewayAsksForNoDoorTooLate suspends the gateway at any moment, for
// seconds or an hour. No door is asked for behind its deadline, every hold ends, and what
// the SaaS had no chance to say is waited for.
func TestM10_ASuspendedGatewayAsksForNoDoorTooLate(t *testing.T) {
	runs := 12
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		runs = 300
	case testing.Short():
		runs = 3
	}
	ends, slept := map[purchase.ResultKind]int{}, 0
	for seed := range runs {
		synctest.Test(t, func(t *testing.T) {
			r, err := startCut(cutOptions{plan: cutPlan(), disk: powerfail.NewFS(nil, powerfail.NewLog()), dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			over, ended := make(chan struct{}), make(chan struct{})
			rng := rand.New(rand.NewPCG(uint64(seed), 12))
			go func() {
				defer close(ended)
				for {
					select {
					case <-time.After(time.Duration(rng.Int64N(int64(20 * time.Second)))):
						r.clock.Advance([]time.Duration{time.Second, 20 * time.Second, 10 * time.Minute, time.Hour}[rng.IntN(4)])
						slept++
					case <-over:
						return
					}
				}
			}()
			stop := r.run()
			r.customers()
			r.rest()
			close(over)
			<-ended
			var books error
			r.atEnd(func() {
				books = r.audit(false)
				for _, s := range r.led.sales {
					if o, err := r.order(s.order); err == nil && o != nil && o.state.Outcome != nil {
						ends[o.state.Outcome.Kind]++
					}
				}
			})
			if err := stop(); err != nil || books != nil {
				t.Errorf("seed %d: books: %v, close: %v", seed, books, err)
			}
		})
	}
	t.Logf("suspended %d times in %d runs: %v", slept, runs, slices.Sorted(maps.Keys(ends)))
}
