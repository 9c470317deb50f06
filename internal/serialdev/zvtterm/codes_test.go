package zvtterm

import (
	"testing"

	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// TestEveryResultCodeHasAReason: a class that is not in the table would be "other",
// which is neither tried again nor explained to anybody.
func TestEveryResultCodeHasAReason(t *testing.T) {
	elsewhere := map[zvt.Class]bool{ // decided in reasonFor, by the command
		zvt.ClassAborted: true, zvt.ClassReservation: true, zvt.ClassAlreadyReversed: true, zvt.ClassNotReversible: true,
	}
	for c := 1; c <= 0xFF; c++ {
		code := zvt.ResultCode(c)
		if _, ok := reasons[code.Class()]; !ok && !elsewhere[code.Class()] {
			t.Errorf("class %q of %s has no reason", code.Class(), code)
		}
	}
}

// TestACardInTheWayIsTriedAgain: it goes away when somebody takes it out. Taken for
// "other", a capture would have been given up and the goods gone for nothing.
func TestACardInTheWayIsTriedAgain(t *testing.T) {
	for _, kind := range []purchase.CommandKind{purchase.CmdArm, purchase.CmdCapture, purchase.CmdRelease} {
		for _, code := range []zvt.ResultCode{0xDC, 0xDD, 0xDE} {
			if got := reasonFor(kind, code, false); got != purchase.ReasonBusy {
				t.Errorf("%s ended by %s is %q, want %q", kind, code, got, purchase.ReasonBusy)
			}
		}
	}
}
