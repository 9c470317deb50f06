package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
)

func TestALoopThatIsKeptBusyPutsNothingOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		for range 30 { // somebody looks at the orders all the time
			time.Sleep(time.Second)
			if _, err := b.eng.Orders(t.Context(), 1, true); err != nil {
				t.Fatal(err)
			}
		}
		var late time.Duration
		if err := b.eng.do(t.Context(), func() { late = since(b.eng.stamp(), b.eng.ticked) }); err != nil {
			t.Fatal(err)
		}
		if late > tickEvery {
			t.Errorf("the last tick was %s ago, want at most %s", late, tickEvery)
		}
	})
}

// slowSaaS answers in doubt, after its time-out.
type slowSaaS struct{ asked, answered atomic.Int64 }

func (s *slowSaaS) OpenDoor(context.Context, OpenRequest) purchase.OpenAnswered {
	s.asked.Add(1)
	time.Sleep(5 * time.Second)
	s.answered.Add(1)
	return purchase.OpenAnswered{Answer: purchase.OpenInDoubt}
}

func TestStoppingWaitsForTheCallsThatAnAnswerAskedForMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		saas := &slowSaaS{}
		b.eng.o.SaaS = saas
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		b.stop()
		if asked, answered := saas.asked.Load(), saas.answered.Load(); asked != 2 || answered != 2 {
			t.Errorf("%d doors were asked for, %d answers awaited; want both of both", asked, answered)
		}
	})
}

func TestM10_TimeSinceTheLastSaveIsNotReachableTimeAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		heard := func(up bool) {
			t.Helper()
			if err := b.eng.SaaSHeard(t.Context(), up); err != nil {
				t.Fatal(err)
			}
		}
		heard(true)
		time.Sleep(2 * saveEvery) // so that the next commit saves it
		b.saas.answer = purchase.OpenInDoubt
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		heard(false)
		time.Sleep(12 * time.Minute)
		b.restart()
		synctest.Wait()
		if got := b.phase(id); got != purchase.PhaseInDoubt {
			t.Errorf("phase %s although no callback could arrive for 12 minutes, want %s", got, purchase.PhaseInDoubt)
		}
		heard(true)
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		if got := b.phase(id); got != purchase.PhaseClosed {
			t.Errorf("phase %s after 11 minutes in which callbacks could arrive, want %s", got, purchase.PhaseClosed)
		}
	})
}
