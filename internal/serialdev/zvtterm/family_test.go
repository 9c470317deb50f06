package zvtterm

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
	"edged/internal/sim/readersim"
)

// onFamily runs f with a driver that has the profile of the simulated family.
func onFamily(t *testing.T, name string, serial bool, f func(*customer)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *Options, s *readersim.Options) {
			o.Serial, o.Profile, o.MaxHolds, s.Family = serial, name, 2, name
			if name == "card-complete" {
				o.Capture = CaptureBookTotal
			}
			if name != "feig" {
				s.MaxHolds = 2
			}
		})
		defer r.close()
		r.attach()
		f(&customer{rig: r, holds: map[string]string{}})
	})
}

// everyFamily is every profile with the simulator of the same family; the generic
// one is the simulator as it comes.
func everyFamily(t *testing.T, f func(t *testing.T, name string, serial bool)) {
	t.Helper()
	for _, name := range append(readersim.Families(), "") {
		for _, serial := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s serial=%v", name, serial), func(t *testing.T) { f(t, name, serial) })
		}
	}
}

func TestADayWithEachFamily(t *testing.T) {
	everyFamily(t, func(t *testing.T, name string, serial bool) {
		onFamily(t, name, serial, func(c *customer) {
			c.day()
			c.agrees()
		})
	})
}

// TestEveryProfileHasItsSimulator and the other way round: one without the other is
// a guess that nothing holds.
func TestEveryProfileHasItsSimulator(t *testing.T) {
	var names []string
	for _, p := range Profiles() {
		if p.Name != Generic {
			names = append(names, p.Name)
		}
	}
	if !slices.Equal(names, readersim.Families()) {
		t.Errorf("profiles %q, simulators %q", names, readersim.Families())
	}
}

// TestNoEndOfDayWithAHoldOpen: what card complete would take, Verifone strand and the
// others refuse is never asked of them.
func TestNoEndOfDayWithAHoldOpen(t *testing.T) {
	everyFamily(t, func(t *testing.T, name string, serial bool) {
		onFamily(t, name, serial, func(c *customer) {
			h := c.hold()
			end := c.do(purchase.TerminalCommand{ID: "front/end_of_day/1", Kind: purchase.CmdEndOfDay})
			if end.Outcome != purchase.NotDone || end.Reason != purchase.ReasonRefused || len(end.Open) != 1 || !end.Open[0].Same(h) {
				t.Errorf("ended %+v, want it refused because of hold %s", end, h.Receipt)
			}
			for _, e := range c.sim.Ledger().Events {
				if e.Kind == readersim.Wire && e.Dir == "rx" && e.Command == "06 50" {
					t.Error("06 50 went out")
				}
			}
			c.capture(h, 1735)
			c.bring(purchase.CmdEndOfDay, 0, purchase.Hold{}, never)
			c.agrees()
		})
	})
}

// TestTheReceiptOfEachFamily: printed or, where nothing is, told by the result.
func TestTheReceiptOfEachFamily(t *testing.T) {
	everyFamily(t, func(t *testing.T, name string, serial bool) {
		onFamily(t, name, serial, func(c *customer) {
			h := c.hold()
			end := c.do(settleCommand(purchase.CmdCapture, 1, 1735, h))
			slip := strings.Join(end.Slip, "\n")
			want := []string{"RECEIPT 0002", "TRACE 000002", "Visa 476173******0010", "TOTAL 17.35"}
			if name == "card-complete" {
				want = []string{"receipt   0002", "card      Visa 476173******0010", "paid      17.35 EUR"}
			}
			for _, line := range want {
				if strings.Count(slip, line) != 1 {
					t.Errorf("receipt\n%s\nhas %q %d times, want once", slip, line, strings.Count(slip, line))
				}
			}
		})
	})
}

// TestAnUpdateAfterTheEndOfDayIsWaitedFor: the terminal is deaf for minutes, and sells
// again by itself.
func TestAnUpdateAfterTheEndOfDayIsWaitedFor(t *testing.T) {
	inBubble(t, func(o *Options, s *readersim.Options) {
		o.Profile, o.Capture = "card-complete", CaptureBookTotal
		s.Family, s.Timing.Boot = "card-complete", 3*time.Minute
	}, func(r *rig) {
		c := &customer{rig: r, holds: map[string]string{}, pause: 10 * time.Second}
		c.bring(purchase.CmdEndOfDay, 0, purchase.Hold{}, never)
		c.capture(c.hold(), 1735)
		c.agrees()
	})
}
