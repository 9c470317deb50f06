package engine

import (
	"edged/internal/errcode"
	"edged/internal/purchase"
)

// The values of the metrics' labels, so that every series is there from the start
// and no other ever is.

func results() []purchase.ResultKind {
	return []purchase.ResultKind{
		purchase.Paid, purchase.PaidShort, purchase.NothingTaken, purchase.Cancelled,
		purchase.Unpaid, purchase.Expired, purchase.Declined, purchase.Abandoned,
	}
}

func taskKinds() []purchase.TaskKind {
	return []purchase.TaskKind{
		purchase.TaskRefund, purchase.TaskAdjustment, purchase.TaskShort, purchase.TaskUnpaid, purchase.TaskHold,
		purchase.TaskConflict, purchase.TaskUnconfirmed, purchase.TaskIncident, purchase.TaskDeadReport,
		purchase.TaskUnknownHold, purchase.TaskParked, purchase.TaskLedger, purchase.TaskReconciliation,
	}
}

// phaseTotal is the whole purchase, from the hold to its outcome.
const phaseTotal purchase.Phase = "total"

func phases() []purchase.Phase {
	return []purchase.Phase{
		purchase.PhaseArmed, purchase.PhaseUnclear, purchase.PhaseOpening, purchase.PhaseInDoubt, purchase.PhaseOpen,
		purchase.PhaseDetecting, purchase.PhaseReview, purchase.PhaseCapturing, purchase.PhaseReleasing,
		purchase.PhaseReporting, purchase.PhaseRefunding,
	}
}

func moneyKinds() []string {
	return []string{"held", "captured", "released", "expired", "refunded", "unpaid"}
}

func alarmKinds() []string {
	kinds := []string{alarmLane, alarmRestock, alarmUnreadable, alarmParked, alarmLedger, alarmReconciliation}
	for _, k := range []purchase.AlarmKind{
		purchase.AlarmHoldReversed, purchase.AlarmReview, purchase.AlarmNoDetection, purchase.AlarmConflict, purchase.AlarmOrderNo,
		purchase.AlarmNoOrderNo, purchase.AlarmDoorOpen, purchase.AlarmHoldAge, purchase.AlarmUnpaid, purchase.AlarmDeadReport,
		purchase.AlarmIncident, purchase.AlarmNoDecision, purchase.AlarmExpired,
	} {
		kinds = append(kinds, string(k))
	}
	return kinds
}

// alarmCode is the code of what an alarm is about; "" if it has none.
func alarmCode(kind string) errcode.Code {
	switch kind {
	case alarmLane:
		return errcode.PayTerminalDay
	case alarmRestock:
		return errcode.PayRestockRefused
	case alarmUnreadable:
		return errcode.PayUnreadable
	case alarmParked:
		return errcode.PayParked
	case alarmLedger:
		return errcode.PayLedger
	case alarmReconciliation:
		return errcode.PayReconciliation
	}
	return purchase.AlarmKind(kind).ErrCode()
}

// Alarms of the engine's own, beside the cores'.
const (
	alarmLane       = "lane"
	alarmRestock    = "restock_refused"
	alarmUnreadable = "unreadable"
	alarmParked     = "parked"
	alarmLedger     = "ledger" // the money of an order does not add up
	// alarmReconciliation: a terminal counted other money than edged.
	alarmReconciliation = "reconciliation"
)
