package screen

import (
	"testing"
	"time"

	"edged/internal/lane"
	"edged/internal/purchase"
)

// look lets one watch see situations at given seconds and returns the last.
func look(w *Watch, s Situation, second int) Situation {
	var out Situation
	*w, out = w.Look(s, time.Duration(second)*time.Second)
	return out
}

func TestAStageGoesOnWhileItsFactsStay(t *testing.T) {
	var w Watch
	look(&w, selling(), 100)
	if got := look(&w, selling(), 107); got.LaneFor != 7*time.Second {
		t.Errorf("armed for %s, want 7s", got.LaneFor)
	}
	if got := look(&w, closedFor(lane.SaaSUnreachable), 110); got.LaneFor != 0 {
		t.Errorf("out of service for %s, want 0", got.LaneFor)
	}
}

func TestWhatHappensToTheLaneDoesNotCutATotalShort(t *testing.T) {
	var w Watch
	look(&w, bought("", many(1)...), 0)
	look(&w, bought(purchase.Paid, many(1)...), 1)
	paid := bought(purchase.Paid, many(1)...)
	paid.Armed, paid.Reasons = false, []lane.Reason{lane.SaaSUnreachable}
	got := look(&w, paid, 5)
	if got.OrderFor != 4*time.Second || Render(got, Face{}).Kind != KindTotal {
		t.Errorf("paid for %s, shown %q", got.OrderFor, Render(got, Face{}).Rows)
	}
}

func TestAReportOrALateDecisionDoesNotBringATotalBack(t *testing.T) {
	var w Watch
	look(&w, bought(""), 0)
	look(&w, bought(purchase.Paid), 1)
	closed := bought(purchase.Paid)
	closed.Order.Phase = purchase.PhaseClosed
	if got := look(&w, closed, 60); Render(got, Face{}).Kind != KindIdle {
		t.Errorf("a minute later %q is shown", Render(got, Face{}).Rows)
	}
	late := givenBack(purchase.FromDeadline, purchase.Unpaid)
	if got := look(&w, late, 3600); Render(got, Face{}).Kind != KindIdle {
		t.Errorf("an hour later %q is shown", Render(got, Face{}).Rows)
	}
}

func TestAnOrderThatWasOverBeforeAnybodyLookedIsNotShown(t *testing.T) {
	for _, c := range []struct {
		name  string
		first Situation
		s     Situation
	}{
		{"paid before a restart", Situation{}, bought(purchase.Paid)},
		{"declined before a restart", Situation{}, declined(purchase.ReasonDeclined)},
		{"refunded weeks later", selling(), bought(purchase.Paid)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w Watch
			if c.first.Armed {
				look(&w, c.first, 0)
			}
			if got := look(&w, c.s, 10); got.Order != nil {
				t.Errorf("shown: %q", Render(got, Face{}).Rows)
			}
		})
	}
}

func TestADeclinedCardIsShownAlthoughItsOrderIsOverAtOnce(t *testing.T) {
	var w Watch
	look(&w, selling(), 0)
	for second, want := range map[int]Kind{10: KindDeclined, 14: KindDeclined, 15: KindIdle} {
		w := w
		look(&w, declined(purchase.ReasonDeclined), 10)
		if got := Render(look(&w, declined(purchase.ReasonDeclined), second), Face{}); got.Kind != want {
			t.Errorf("after %d s: %s, want %s", second-10, got.Kind, want)
		}
	}
}

func TestTheNextCardCutsATotalShort(t *testing.T) {
	var w Watch
	look(&w, bought(""), 0)
	look(&w, bought(purchase.Paid), 1)
	tapped := bought(purchase.Paid)
	tapped.CardSeen = true
	if got := Render(look(&w, tapped, 2), Face{}); got.Kind != KindAuthorising {
		t.Errorf("shown: %s %q", got.Kind, got.Rows)
	}
}

func TestAReminderIsANewStage(t *testing.T) {
	var w Watch
	look(&w, phase(purchase.PhaseOpen), 0)
	reminded := phase(purchase.PhaseOpen)
	reminded.Order.Reminded = true
	if got := look(&w, reminded, 90); got.OrderFor != 0 {
		t.Errorf("reminded for %s, want 0", got.OrderFor)
	}
}
