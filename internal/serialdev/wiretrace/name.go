package wiretrace

import "edged/internal/serialdev/zvt"

// what names the command of a frame, for people.
func (r Record) what(k Kind) string {
	head := r.Bytes
	if k == ZVTSerial {
		head = head[min(opening, len(head)):]
	}
	if r.Form != Frame || len(head) < headSize {
		return ""
	}
	return commandName(head[0], head[1])
}

func commandName(class, instr byte) string {
	const yes, no = 0x80, 0x84
	switch class {
	case yes:
		return "acknowledged"
	case no:
		if instr == 0 {
			return "acknowledged"
		}
		return "refused"
	}
	switch zvt.Command(class)<<8 | zvt.Command(instr) {
	case zvt.CmdStatusEnquiry:
		return "status enquiry"
	case zvt.CmdRegistration:
		return "registration"
	case zvt.CmdAuthorization:
		return "authorisation"
	case zvt.CmdLogOff:
		return "log-off"
	case zvt.CmdRepeatReceipt:
		return "repeat receipt"
	case zvt.CmdReservation:
		return "reservation"
	case zvt.CmdPartialReversal:
		return "partial reversal"
	case zvt.CmdBookTotal:
		return "book total"
	case zvt.CmdPreAuthReversal:
		return "release of a reservation"
	case zvt.CmdReversal:
		return "reversal"
	case zvt.CmdRefund:
		return "refund"
	case zvt.CmdEndOfDay:
		return "end of day"
	case zvt.CmdDiagnosis:
		return "diagnosis"
	case zvt.CmdInitialisation:
		return "initialisation"
	case zvt.CmdAbortByECR:
		return "abort"
	case zvt.CmdChangeBaud:
		return "change of baud rate"
	case zvt.CmdSetClock:
		return "set clock"
	case zvt.CmdStatusInformation:
		return "result"
	case zvt.CmdIntermediateStatus:
		return "intermediate status"
	case zvt.CmdCompletion:
		return "completed"
	case zvt.CmdAbortByPT:
		return "ended"
	case zvt.CmdPrintLine, zvt.CmdPrintBlock:
		return "receipt"
	}
	return ""
}
