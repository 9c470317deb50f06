package lane_test

import (
	"testing"

	"edged/internal/errcode"
	"edged/internal/lane"
)

// TestCodesStayWhatTheyAre: their last digits are on the displays of the field.
func TestCodesStayWhatTheyAre(t *testing.T) {
	want := map[lane.Reason]errcode.Code{
		lane.SaaSUnreachable: "EDG-LANE-001", lane.MachineLocked: "EDG-LANE-002", lane.DiskReserve: "EDG-LANE-003",
		lane.StoreBroken: "EDG-LANE-004", lane.NoConfig: "EDG-LANE-005", lane.LimitUnknown: "EDG-LANE-006",
		lane.Operator: "EDG-LANE-007", lane.Starting: "EDG-LANE-008", lane.TerminalDown: "EDG-LANE-011",
		lane.TerminalWork: "EDG-LANE-012", lane.NoRoom: "EDG-LANE-013", lane.DoorOpen: "EDG-LANE-014",
		lane.Restocking: "EDG-LANE-015", lane.UnknownHolds: "EDG-LANE-016", lane.Draining: "EDG-LANE-017",
	}
	for _, r := range append(lane.Reasons(), "newer") {
		if want[r] == "" {
			want[r] = errcode.LaneOther
		}
		if got := r.ErrCode(); got != want[r] {
			t.Errorf("%s: %s, want %s", r, got, want[r])
		}
	}
}

func TestAReasonThatTheEngineToldStandsUntilItIsTakenBack(t *testing.T) {
	s := lane.State{}
	for _, on := range []bool{true, false} {
		var err error
		if s, _, err = lane.Step(s, lane.Event{Body: lane.Condition{Reason: lane.StoreBroken, On: on}}); err != nil {
			t.Fatal(err)
		}
		if s.Has(lane.StoreBroken) != on || s.Has(lane.DiskReserve) {
			t.Errorf("told %v: store broken %v, disk %v", on, s.Has(lane.StoreBroken), s.Has(lane.DiskReserve))
		}
	}
}
