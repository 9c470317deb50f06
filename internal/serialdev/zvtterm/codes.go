package zvtterm

import (
	"fmt"

	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// codeText is a result code as it is stored and looked up (`edged explain`).
func codeText(c zvt.ResultCode) string { return fmt.Sprintf("zvt %02X", byte(c)) }

// reasonFor maps a result code (section 12). aborted: we sent 06 B0 because
// somebody wished it; without that, 6C from an armed terminal means that nobody came.
func reasonFor(kind purchase.CommandKind, c zvt.ResultCode, aborted bool) purchase.Reason {
	settles := kind == purchase.CmdCapture || kind == purchase.CmdRelease
	switch c.Class() {
	case zvt.ClassWait:
		if aborted {
			return purchase.ReasonAborted
		}
	case zvt.ClassAborted:
		if kind == purchase.CmdArm && !aborted {
			return purchase.ReasonTimeout
		}
		return purchase.ReasonAborted
	case zvt.ClassReservation:
		if settles && c == zvt.ResultPreAuth {
			return purchase.ReasonNotOpen
		}
		return purchase.ReasonRefused
	case zvt.ClassAlreadyReversed, zvt.ClassNotReversible:
		return purchase.ReasonNotOpen
	case zvt.ClassEndOfDay: // it is locked: what it does not list now it may list afterwards
		if kind == purchase.CmdAsk {
			return purchase.ReasonUnsupported
		}
	case zvt.ClassCardUnsuitable: // debit cards often cannot be booked partly (section 15)
		if settles {
			return purchase.ReasonUnsupported
		}
	}
	if r, ok := reasons[c.Class()]; ok {
		return r
	}
	return purchase.ReasonOther
}

// reasons are the classes that mean the same for every command.
var reasons = map[zvt.Class]purchase.Reason{
	zvt.ClassDeclined:       purchase.ReasonDeclined,
	zvt.ClassUnreadable:     purchase.ReasonCardError,
	zvt.ClassCardInserted:   purchase.ReasonBusy, // until somebody takes it out
	zvt.ClassCardUnsuitable: purchase.ReasonDeclined,
	zvt.ClassOffline:        purchase.ReasonHostOffline,
	zvt.ClassWait:           purchase.ReasonBusy,
	zvt.ClassMissing:        purchase.ReasonUnsupported,
	zvt.ClassAmount:         purchase.ReasonRefused,
	zvt.ClassEndOfDay:       purchase.ReasonConfig,
	zvt.ClassNoEndOfDay:     purchase.ReasonRefused,
	zvt.ClassNotRegistered:  purchase.ReasonConfig,
	zvt.ClassDiagnosis:      purchase.ReasonConfig,
	zvt.ClassInitialisation: purchase.ReasonConfig,
	zvt.ClassConfiguration:  purchase.ReasonConfig,
	zvt.ClassHardware:       purchase.ReasonOther,
	zvt.ClassProtocol:       purchase.ReasonOther,
	zvt.ClassOther:          purchase.ReasonOther,
}

// cardWasSeen says whether a code can only come after a card was presented.
func cardWasSeen(c zvt.ResultCode) bool {
	switch c.Class() {
	case zvt.ClassDeclined, zvt.ClassUnreadable, zvt.ClassCardUnsuitable:
		return true
	}
	return false
}

// shows says whether an intermediate status means that a card was presented: all
// do, except those that ask for one or tell of the terminal itself (section 8).
// Whoever is wrong here costs one order id too many, never money.
func showsCard(m zvt.IntermediateStatus) bool {
	base, remove := m.Status.Base()
	if remove {
		return true
	}
	switch base {
	case zvt.IntermediateConfirmAmount, zvt.IntermediatePINPad, zvt.IntermediatePINPad + 1,
		zvt.IntermediateInsertCard, zvt.IntermediateAborted, zvt.IntermediateWait, waitToo,
		autoEndOfDay, serviceMode, autoDiagnosis, autoInitialisation, dialling, connected, textOnly:
		return false
	}
	return true
}

// Intermediate codes that say nothing about a card (section 8).
const (
	waitToo            zvt.IntermediateCode = 0x0E
	autoEndOfDay       zvt.IntermediateCode = 0x0F
	serviceMode        zvt.IntermediateCode = 0x1A
	autoDiagnosis      zvt.IntermediateCode = 0xC9
	autoInitialisation zvt.IntermediateCode = 0xCA
	dialling           zvt.IntermediateCode = 0xD2
	connected          zvt.IntermediateCode = 0xD3
	textOnly           zvt.IntermediateCode = 0xFF
)
