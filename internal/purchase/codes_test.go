package purchase_test

import (
	"testing"

	"edged/internal/errcode"
	"edged/internal/purchase"
)

// TestCodesStayWhatTheyAre: what is written in a ticket today is looked up next year.
func TestCodesStayWhatTheyAre(t *testing.T) {
	for value, want := range map[interface{ ErrCode() errcode.Code }]errcode.Code{
		purchase.TaskUnpaid: "EDG-PAY-001", purchase.TaskShort: "EDG-PAY-002", purchase.TaskHold: "EDG-PAY-003",
		purchase.TaskUnconfirmed: "EDG-PAY-004", purchase.TaskConflict: "EDG-PAY-005", purchase.TaskRefund: "EDG-PAY-006",
		purchase.TaskAdjustment: "EDG-PAY-007", purchase.TaskIncident: "EDG-PAY-008", purchase.TaskUnknownHold: "EDG-PAY-009",
		purchase.TaskParked: "EDG-PAY-010", purchase.TaskLedger: "EDG-PAY-011", purchase.TaskReconciliation: "EDG-PAY-012",
		purchase.TaskDeadReport: "EDG-SAAS-010", purchase.TaskKind("newer"): "",

		purchase.AlarmUnpaid: "EDG-PAY-001", purchase.AlarmExpired: "EDG-PAY-003", purchase.AlarmConflict: "EDG-PAY-005",
		purchase.AlarmIncident: "EDG-PAY-008", purchase.AlarmHoldReversed: "EDG-PAY-013", purchase.AlarmReview: "EDG-PAY-014",
		purchase.AlarmNoDetection: "EDG-PAY-015", purchase.AlarmNoDecision: "EDG-PAY-016", purchase.AlarmDoorOpen: "EDG-PAY-017",
		purchase.AlarmHoldAge: "EDG-PAY-018", purchase.AlarmOrderNo: "EDG-PAY-019", purchase.AlarmNoOrderNo: "EDG-CB-008",
		purchase.AlarmDeadReport: "EDG-SAAS-010", purchase.AlarmKind("newer"): "",

		purchase.ReasonNone: "", purchase.ReasonDeclined: "EDG-ZVT-001", purchase.ReasonTimeout: "EDG-ZVT-002",
		purchase.ReasonAborted: "EDG-ZVT-003", purchase.ReasonCardError: "EDG-ZVT-004", purchase.ReasonHostOffline: "EDG-ZVT-005",
		purchase.ReasonNotOpen: "EDG-ZVT-006", purchase.ReasonReversed: "EDG-ZVT-007", purchase.ReasonUnsupported: "EDG-ZVT-008",
		purchase.ReasonBusy: "EDG-ZVT-009", purchase.ReasonConfig: "EDG-ZVT-010", purchase.ReasonLine: "EDG-ZVT-011",
		purchase.ReasonRefused: "EDG-ZVT-012", purchase.ReasonOther: "EDG-ZVT-013", purchase.Reason("newer"): "",
	} {
		if got := value.ErrCode(); got != want {
			t.Errorf("%T %q: %q, want %q", value, value, got, want)
		}
	}
}
