package zvtterm

import (
	"slices"
	"testing"

	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/sim/readersim"
)

func purchaseMinor(v int64) money.Minor { return money.Minor(v) }

func TestASaleIsHeldCapturedAndListedNoMore(t *testing.T) {
	for _, capture := range []Capture{CapturePartialReversal, CaptureBookTotal} {
		t.Run(string(capture), func(t *testing.T) {
			inBubble(t, func(o *Options, s *readersim.Options) {
				o.Capture = capture
				s.Capture = readersim.CaptureMode(capture)
			}, func(r *rig) {
				hold := r.hold(1)
				if got, want := r.engine.ackedIDs(), []purchase.CommandID{armCommand(1).ID}; !slices.Equal(got, want) {
					t.Errorf("acked %v, want %v", got, want)
				}
				if got := r.engine.count(purchase.KindCardSeen, armCommand(1).ID); got != 1 {
					t.Errorf("card seen posted %d times, want 1", got)
				}
				ask := settleCommand(purchase.CmdAsk, 1, 0, purchase.Hold{})
				if end := r.do(ask); len(end.Open) != 1 || !end.Open[0].Same(hold) || end.Open[0].Amount != 5000 {
					t.Errorf("asked with the hold open: %+v", end)
				}
				end := r.do(settleCommand(purchase.CmdCapture, 1, 1735, hold))
				if end.Outcome != purchase.Done || !end.Acked {
					t.Errorf("capture ended %+v", end)
				}
				if end := r.do(settleCommand(purchase.CmdAsk, 2, 0, purchase.Hold{})); end.Outcome != purchase.Done || len(end.Open) != 0 {
					t.Errorf("asked after the capture: %+v", end)
				}
				h := r.sim.Ledger().HoldList()
				if len(h) != 1 || h[0].State != readersim.Captured || h[0].CapturedMinor != 1735 {
					t.Errorf("ledger %+v, want one hold captured for 1735", h)
				}
			})
		})
	}
}

func TestAReleasedHoldIsGone(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		hold := r.hold(1)
		if end := r.do(settleCommand(purchase.CmdRelease, 1, 0, hold)); end.Outcome != purchase.Done || !end.Acked {
			t.Errorf("release ended %+v", end)
		}
		if end := r.do(settleCommand(purchase.CmdRelease, 2, 0, hold)); end.Outcome != purchase.NotDone || end.Reason != purchase.ReasonNotOpen {
			t.Errorf("second release ended %+v, want not_open", end)
		}
		if h := r.sim.Ledger().HoldList(); h[0].State != readersim.Released {
			t.Errorf("ledger says %s, want released", h[0].State)
		}
	})
}
