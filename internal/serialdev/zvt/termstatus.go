package zvt

import "fmt"

// TerminalStatus is the last byte of a status enquiry's completion (section 13).
type TerminalStatus byte

// StatusReady says that the terminal takes commands.
const StatusReady TerminalStatus = 0x00

// Remedy is what a terminal status asks for. The strings are fit for metric labels.
type Remedy string

// The remedies. A status that is not in the table asks for RemedyService.
const (
	RemedyNone           Remedy = "none"
	RemedyWait           Remedy = "wait"
	RemedyDiagnosis      Remedy = "diagnosis"
	RemedyInitialisation Remedy = "initialisation"
	RemedyEndOfDay       Remedy = "end_of_day"
	RemedyCard           Remedy = "card"    // a card is in the way; usable, or eject by 06 B0
	RemedyService        Remedy = "service" // a person
)

// Remedy returns what the status asks for.
func (s TerminalStatus) Remedy() Remedy { return s.info().remedy }

// Text returns the meaning for an operator.
func (s TerminalStatus) Text() string { return s.info().text }

// String returns code and text.
func (s TerminalStatus) String() string { return fmt.Sprintf("%02x %s", byte(s), s.Text()) }

type statusInfo struct {
	remedy Remedy
	text   string
}

func (s TerminalStatus) info() statusInfo {
	if info, ok := statusTable[s]; ok {
		return info
	}
	return statusInfo{RemedyService, "unknown status"}
}

// statusTable is section 13.
var statusTable = map[TerminalStatus]statusInfo{
	StatusReady: {RemedyNone, "ready"},
	0x51:        {RemedyInitialisation, "initialisation required"},
	0x62:        {RemedyDiagnosis, "clock wrong"},
	0x9C:        {RemedyWait, "please wait"},
	0x9D:        {RemedyNone, "goods issued partly"},
	0xB1:        {RemedyEndOfDay, "memory full"},
	0xB2:        {RemedyEndOfDay, "journal full"},
	0xBF:        {RemedyService, "power supply too low"},
	0xC0:        {RemedyService, "card lock defect"},
	0xC1:        {RemedyService, "merchant card locked"},
	0xC2:        {RemedyDiagnosis, "diagnosis required"},
	0xC4:        {RemedyService, "card profiles invalid"},
	0xCC:        {RemedyService, "printer not ready"},
	0xDC:        {RemedyCard, "card inserted"},
	0xDF:        {RemedyService, "out of order"},
	0xE0:        {RemedyWait, "remote maintenance"},
	0xE1:        {RemedyCard, "card not fully removed"},
	0xE2:        {RemedyService, "card reader defect"},
	0xE3:        {RemedyService, "shutter closed"},
	0xE4:        {RemedyInitialisation, "activation required"},
	0xF0:        {RemedyEndOfDay, "end of day is open"},
	0xF6:        {RemedyService, "personalisation required"},
}
