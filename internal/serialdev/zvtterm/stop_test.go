package zvtterm

import (
	"context"
	"testing"
	"time"

	"edged/internal/purchase"
	"edged/internal/sim/readersim"
)

// stopWithin is what stopping may take with a terminal that answers: a service
// manager, and a capture that waits for the line, must not wait for a timer.
const stopWithin = time.Second

// atPoint calls f once when the simulated terminal passes a point of 06 22, and lets a
// moment pass there: what f makes the driver send crosses what the terminal does next.
func atPoint(name string, f func()) func(string) {
	asked, done := false, false
	return func(point string) { // by the terminal's one goroutine
		asked = asked || point == "rx 06 22"
		if asked && !done && point == name {
			done = true
			f()
			time.Sleep(time.Millisecond)
		}
	}
}

// armPoints are the points of a terminal between 06 22 and a card.
func armPoints() []string {
	return []string{
		"rx 06 22", "acked 06 22", "tx 80 00", "sent 80 00", "taken 80 00",
		"tx 04 ff", "sent 04 ff", "taken 04 ff", "answered 04 ff",
	}
}

// TestAWishThatCrossesTheTerminalsCommandIsNotLost: both sides lose what they sent
// at once, and only one of them repeats it by itself (section 2.6).
func TestAWishThatCrossesTheTerminalsCommandIsNotLost(t *testing.T) {
	for _, point := range armPoints() {
		for name, both := range map[string]bool{"the terminal loses it": false, "the terminal takes it": true} {
			t.Run(point+", "+name, func(t *testing.T) {
				var r *rig
				inBubble(t, func(_ *Options, s *readersim.Options) {
					s.TakeCollisions = both
					s.OnPoint = atPoint(point, func() { r.terminal.Abort(armCommand(1).ID) })
				}, func(now *rig) {
					r = now
					began := time.Now()
					end := r.do(armCommand(1))
					if end.Outcome != purchase.NotDone || end.Reason != purchase.ReasonAborted {
						t.Errorf("ended %+v, want it aborted", end)
					}
					if took := time.Since(began); took > stopWithin {
						t.Errorf("took %v, want %v at most", took, stopWithin)
					}
				})
			})
		}
	}
}

// TestStopsAtOnceWhileATerminalWaitsForACard stops the driver at each point, with an
// engine that asks for the next card as soon as the last wait has ended.
func TestStopsAtOnceWhileATerminalWaitsForACard(t *testing.T) {
	for _, point := range armPoints() {
		t.Run(point, func(t *testing.T) {
			var passed chan struct{}
			inBubble(t, func(_ *Options, s *readersim.Options) {
				passed = make(chan struct{})
				s.OnPoint = atPoint(point, func() { close(passed) })
			}, func(r *rig) { stopAndArmAgain(t, r, passed) })
		})
	}
}

func stopAndArmAgain(t *testing.T, r *rig, passed <-chan struct{}) {
	t.Helper()
	r.engine.answer = func(_ context.Context, ev purchase.Event) (purchase.Verdict, error) {
		if end, ok := ev.Body.(purchase.Ended); ok && end.Command == armCommand(1).ID {
			_ = r.terminal.Start(armCommand(2)) // refused, or it ends at once
		}
		return purchase.Accept, nil
	}
	r.start(armCommand(1))
	<-passed
	began := time.Now()
	r.halt()
	<-r.halted
	end := r.engine.ended(t, armCommand(1).ID)
	if took := time.Since(began); end.Outcome != purchase.NotDone || took > stopWithin {
		t.Errorf("ended %+v and stopped after %v, want not done within %v", end, took, stopWithin)
	}
	asked := 0
	for _, e := range r.sim.Ledger().Events {
		if e.Kind == readersim.Wire && e.Dir == "rx" && e.Command == "06 22" {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("a card was asked for %d times, want 1: not after the stop", asked)
	}
}
