package purchase

import "edged/internal/errcode"

// ErrCode is the code under which a person finds what the task is.
func (k TaskKind) ErrCode() errcode.Code {
	switch k {
	case TaskRefund:
		return errcode.PayRefund
	case TaskAdjustment:
		return errcode.PayAdjustment
	case TaskShort:
		return errcode.PayShort
	case TaskUnpaid:
		return errcode.PayUnpaid
	case TaskHold:
		return errcode.PayHold
	case TaskConflict:
		return errcode.PayConflict
	case TaskUnconfirmed:
		return errcode.PayUnconfirmed
	case TaskIncident:
		return errcode.PayIncident
	case TaskDeadReport:
		return errcode.SaaSDeadReport
	case TaskUnknownHold:
		return errcode.PayUnknownHold
	case TaskParked:
		return errcode.PayParked
	case TaskLedger:
		return errcode.PayLedger
	case TaskReconciliation:
		return errcode.PayReconciliation
	}
	return ""
}

// ErrCode is the code of what the alarm is about: that of its task, if it has one.
func (k AlarmKind) ErrCode() errcode.Code {
	switch k {
	case AlarmHoldReversed:
		return errcode.PayHoldReversed
	case AlarmReview:
		return errcode.PayReview
	case AlarmNoDetection:
		return errcode.PayNoDetection
	case AlarmConflict:
		return errcode.PayConflict
	case AlarmOrderNo:
		return errcode.PayTwoNumbers
	case AlarmNoOrderNo:
		return errcode.CallbackMissing
	case AlarmDoorOpen:
		return errcode.PayDoorOpen
	case AlarmHoldAge:
		return errcode.PayHoldAge
	case AlarmUnpaid:
		return errcode.PayUnpaid
	case AlarmDeadReport:
		return errcode.SaaSDeadReport
	case AlarmIncident:
		return errcode.PayIncident
	case AlarmNoDecision:
		return errcode.PayNoDecision
	case AlarmExpired:
		return errcode.PayHold
	}
	return ""
}

// ErrCode is the code of why a command was not done; "" for ReasonNone.
func (r Reason) ErrCode() errcode.Code {
	switch r {
	case ReasonDeclined:
		return errcode.TermDeclined
	case ReasonTimeout:
		return errcode.TermNobodyCame
	case ReasonAborted:
		return errcode.TermAborted
	case ReasonCardError:
		return errcode.TermCardError
	case ReasonHostOffline:
		return errcode.TermHostOffline
	case ReasonNotOpen:
		return errcode.TermNotOpen
	case ReasonReversed:
		return errcode.TermReversed
	case ReasonUnsupported:
		return errcode.TermUnsupported
	case ReasonBusy:
		return errcode.TermBusy
	case ReasonConfig:
		return errcode.TermSetup
	case ReasonLine:
		return errcode.TermLine
	case ReasonRefused:
		return errcode.TermRefused
	case ReasonOther:
		return errcode.TermOther
	}
	return ""
}
