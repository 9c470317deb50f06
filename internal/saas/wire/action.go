package wire

import "strings"

// Action is what a callback or an answer tells. The texts are on disk.
type Action string

// The actions of V2 §5 and §11. ClosedDoor (V2 §5, field) is CloseDoor (V2 §11.2).
const (
	PreOpenDoor     Action = "PreOpenDoor"     // command accepted, door not yet open
	OpenedDoor      Action = "OpenedDoor"      // door open
	CloseDoor       Action = "CloseDoor"       // door closed
	Cancel          Action = "Cancel"          // the machine failed to open, or an exception on closing
	OrderDetected   Action = "OrderDetected"   // recognition result
	OrderSettlement Action = "OrderSettlement" // merchant decision
	OrderAdjustment Action = "OrderAdjustment" // the merchant asks for a deduction
	OrderRefund     Action = "OrderRefund"     // the merchant asks for a refund
	UnknownAction   Action = "Unknown"         // none of these: stored, answered, without effect
)

// Actions lists every action that a callback can decode to.
func Actions() []Action {
	return []Action{
		PreOpenDoor, OpenedDoor, CloseDoor, Cancel,
		OrderDetected, OrderSettlement, OrderAdjustment, OrderRefund, UnknownAction,
	}
}

// parseAction recognises an action in any case.
func parseAction(text string) Action {
	if strings.EqualFold(text, "ClosedDoor") {
		return CloseDoor
	}
	for _, a := range Actions() {
		if strings.EqualFold(text, string(a)) {
			return a
		}
	}
	return UnknownAction
}

// Decides tells whether the action carries a Detection.
func (a Action) Decides() bool { return a == OrderDetected || a == OrderSettlement }
