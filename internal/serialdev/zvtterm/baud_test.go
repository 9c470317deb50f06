package zvtterm

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
	"edged/internal/sim/readersim"
)

// ratedPipe is the terminal's end of a line that the driver opened at a rate.
type ratedPipe struct {
	net.Conn
	baud int
}

func (p ratedPipe) Baud() int { return p.baud }

// atRates is a rig whose line is open at 115200 baud, or at the default rate. It
// returns the rate of the newest line.
func atRates(t *testing.T, change func(*readersim.Options)) (*rig, *atomic.Int64) {
	t.Helper()
	now := &atomic.Int64{}
	var r *rig
	open := func(baud int) func(context.Context) (Line, error) {
		return func(context.Context) (Line, error) {
			now.Store(int64(baud))
			ours, theirs := net.Pipe()
			r.wg.Go(func() { _ = r.sim.Attach(r.ctx, ratedPipe{theirs, baud}, readersim.Serial) })
			return ours, nil
		}
	}
	r = newRig(t, func(o *Options, s *readersim.Options) {
		o.Serial, o.Baud = true, 115200
		o.Open, o.OpenDefault = open(115200), open(9600)
		if change != nil {
			change(s)
		}
	})
	return r, now
}

// TestATerminalThatIsBackAtItsDefaultRateIsFoundAndSwitched: with the rate of the
// configuration only, a terminal that lost its power would never sell again.
func TestATerminalThatIsBackAtItsDefaultRateIsFoundAndSwitched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, now := atRates(t, nil)
		defer r.close()
		r.attach()
		h := r.hold(1)
		if got := now.Load(); got != 115200 {
			t.Errorf("sold at %d baud, want 115200", got)
		}
		r.sim.PowerCut(time.Minute)
		time.Sleep(5 * time.Minute)
		end := r.do(settleCommand(purchase.CmdCapture, 1, 1735, h))
		if end.Outcome != purchase.Done || now.Load() != 115200 {
			t.Errorf("captured at %d baud: %+v", now.Load(), end)
		}
	})
}

func TestATerminalThatKeepsItsRateIsServedAtIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, now := atRates(t, func(s *readersim.Options) { s.FixedBaud = true })
		defer r.close()
		r.attach()
		r.hold(1)
		if got := now.Load(); got != 9600 {
			t.Errorf("sold at %d baud, want 9600", got)
		}
	})
}

// TestNoOtherRateIsTriedWithoutOne: it would be noise to whatever is there.
func TestNoOtherRateIsTriedWithoutOne(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"not configured": func(o *Options) { o.OpenDefault = nil },
		"the same":       func(o *Options) { o.Baud = 9600 },
		"TCP":            func(o *Options) { o.Serial = false },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(o *Options, _ *readersim.Options) {
				o.Baud, o.OpenDefault = 115200, o.Open
				change(o)
			})
			if r.terminal.otherRate(errSilent); r.terminal.slow {
				t.Error("the other rate would be tried")
			}
		})
	}
}
