package zvt

import "fmt"

// Commands the register sends (section 9).
const (
	CmdStatusEnquiry   Command = 0x0501
	CmdRegistration    Command = 0x0600
	CmdAuthorization   Command = 0x0601
	CmdLogOff          Command = 0x0602
	CmdReset           Command = 0x0618
	CmdRepeatReceipt   Command = 0x0620
	CmdReservation     Command = 0x0622
	CmdPartialReversal Command = 0x0623 // also the enquiry of open reservations
	CmdBookTotal       Command = 0x0624
	CmdPreAuthReversal Command = 0x0625
	CmdReversal        Command = 0x0630
	CmdRefund          Command = 0x0631
	CmdEndOfDay        Command = 0x0650
	CmdDiagnosis       Command = 0x0670
	CmdInitialisation  Command = 0x0693
	CmdAbortByECR      Command = 0x06B0
	CmdReadCard        Command = 0x06C0
	CmdDisplayText     Command = 0x06E0
	CmdChangeBaud      Command = 0x0840
	CmdAck             Command = 0x8000
	classNack          byte    = 0x84 // the second byte is a result code
)

// Commands the terminal sends while it is master (section 8).
const (
	CmdSetClock           Command = 0x0401
	CmdStatusInformation  Command = 0x040F
	CmdIntermediateStatus Command = 0x04FF
	CmdCompletion         Command = 0x060F
	CmdAbortByPT          Command = 0x061E
	CmdPrintLine          Command = 0x06D1
	CmdPrintBlock         Command = 0x06D3
)

// String returns the command as in the specification, "06 22".
func (c Command) String() string { return fmt.Sprintf("%02x %02x", byte(c>>8), byte(c)) }
