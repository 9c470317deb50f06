package lane

import "edged/internal/errcode"

// ErrCode is the code of a reason against selling. Its last digits are those that the
// display shows (screen.Code).
func (r Reason) ErrCode() errcode.Code {
	switch r {
	case Starting:
		return errcode.LaneStarting
	case SaaSUnreachable:
		return errcode.LaneSaaSUnreachable
	case MachineLocked:
		return errcode.LaneMachineLocked
	case DiskReserve:
		return errcode.LaneDiskReserve
	case StoreBroken:
		return errcode.LaneStoreBroken
	case NoConfig:
		return errcode.LaneNoConfig
	case LimitUnknown:
		return errcode.LaneLimitUnknown
	case Operator:
		return errcode.LaneOperator
	case TerminalDown:
		return errcode.LaneTerminalDown
	case TerminalWork:
		return errcode.LaneTerminalWork
	case NoRoom:
		return errcode.LaneNoRoom
	case DoorOpen:
		return errcode.LaneDoorOpen
	case Restocking:
		return errcode.LaneRestocking
	case UnknownHolds:
		return errcode.LaneUnknownHolds
	case Draining:
		return errcode.LaneDraining
	}
	return errcode.LaneOther
}
