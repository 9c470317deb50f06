package zvtterm

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/sim/readersim"
)

// faultyDay runs a day with a fault, and notes the wire points it passed.
func faultyDay(t *testing.T, serial bool, points *pointSet, faults ...readersim.Fault) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *Options, s *readersim.Options) {
			o.Serial = serial
			o.Logger = slog.New(slog.DiscardHandler)
			s.MaxHolds = 2
			s.TakeCollisions = true
			if points != nil {
				s.OnPoint = points.add
			}
		})
		defer r.close()
		r.sim.AddFault(faults...)
		r.attach()
		shop := &customer{rig: r, holds: map[string]string{}, loose: slices.ContainsFunc(faults, forgets)}
		shop.day()
		shop.agrees()
	})
}

// forgets says whether a fault takes the terminal's power between its 06 for our
// acknowledgement and its own commit. No driver can know of that.
func forgets(f readersim.Fault) bool {
	return f.Kind == readersim.PowerOut && slices.Contains([]string{
		readersim.PointAcked + "answer to 04 0f", readersim.PointAnswered + "04 0f",
	}, f.At)
}

// pointSet counts how often a day passes each wire point.
type pointSet struct {
	mu  sync.Mutex
	all map[string]int
}

func (p *pointSet) add(point string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[point]++
}

// faultsAt are the faults that make sense at a point.
func faultsAt(point string, serial bool) []readersim.Fault {
	f := func(k readersim.FaultKind) readersim.Fault { return readersim.Fault{At: point, Kind: k} }
	var all []readersim.Fault
	for _, off := range []time.Duration{time.Second, time.Minute} {
		cut, silent := f(readersim.PowerOut), f(readersim.Silence)
		cut.For, silent.For = off, off
		all = append(all, cut, silent)
	}
	if strings.HasPrefix(point, readersim.PointTx) {
		all = append(all, f(readersim.Duplicate), f(readersim.LongForm))
		extend := f(readersim.Extend)
		extend.Hex = "c70102" // a bitmap that nobody knows
		insert := f(readersim.Insert)
		insert.Hex = "0fa100" // a command that nobody knows
		all = append(all, extend, insert)
	}
	if !serial {
		return all
	}
	switch {
	case strings.HasPrefix(point, readersim.PointRx):
		all = append(all, f(readersim.SendNAK), f(readersim.DropACK), f(readersim.Deaf))
		dead := f(readersim.Deaf)
		dead.Times = 3
		all = append(all, dead)
	case strings.HasPrefix(point, readersim.PointTx):
		noise, split := f(readersim.Garbage), f(readersim.Split)
		noise.Hex = "00ff1b061015"
		split.For = 300 * time.Millisecond // longer than T1
		broken := f(readersim.CorruptCRC)
		broken.Times = 3
		all = append(all, f(readersim.CorruptCRC), broken, noise, split)
	}
	return all
}

// everyPass makes each fault happen at each of n passes of its point.
func everyPass(faults []readersim.Fault, n int) (all []readersim.Fault) {
	for _, f := range faults {
		for f.Skip = range n {
			all = append(all, f)
		}
	}
	return all
}

// failing names the case at which f fails, and ends the test there.
func failing(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Log("with " + name)
		}
	}()
	if f(); t.Failed() {
		t.FailNow()
	}
}

// TestEveryFaultAtEveryPoint lets the terminal misbehave in every way at every point
// of every dialogue: the ledger and the events agree all the same.
func TestEveryFaultAtEveryPoint(t *testing.T) {
	for _, serial := range []bool{true, false} {
		t.Run(fmt.Sprintf("serial=%v", serial), func(t *testing.T) {
			t.Parallel()
			points := &pointSet{all: map[string]int{}}
			faultyDay(t, serial, points)
			runs, passes, tried, step := 0, 0, 0, stride()
			for _, point := range slices.Sorted(maps.Keys(points.all)) {
				passes += points.all[point]
				for _, f := range everyPass(faultsAt(point, serial), points.all[point]) {
					if runs++; runs%step != 0 {
						continue
					}
					failing(t, fmt.Sprintf("%s for %v, %d times, at pass %d of %q", f.Kind, f.For, f.Times, f.Skip, point), func() {
						faultyDay(t, serial, nil, f)
					})
					tried++
				}
			}
			t.Logf("%d of %d faults, at %d passes of %d points", tried, runs, passes, len(points.all))
		})
	}
}
