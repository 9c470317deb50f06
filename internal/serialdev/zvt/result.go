package zvt

import "fmt"

// ResultCode is BMP 27, the first byte of 06 1E and the second of 84 xx. It is a
// binary number: host codes 1 to 99 are 01 to 63 (section 12).
type ResultCode byte

// Codes that somebody compares with. The others are in resultTable.
const (
	ResultOK              ResultCode = 0x00
	ResultDeclined        ResultCode = 0x05
	ResultReaderError     ResultCode = 0x66
	ResultNotRegistered   ResultCode = 0x6B
	ResultAborted         ResultCode = 0x6C
	ResultCurrency        ResultCode = 0x6F
	ResultNoEndOfDay      ResultCode = 0x77
	ResultNoHost          ResultCode = 0x7D
	ResultUnknownCommand  ResultCode = 0x83
	ResultProtocolError   ResultCode = 0x9A
	ResultWait            ResultCode = 0x9C
	ResultPartlyIssued    ResultCode = 0x9D
	ResultNotReady        ResultCode = 0xA0
	ResultAlreadyReversed ResultCode = 0xB4
	ResultNotReversible   ResultCode = 0xB5
	ResultPreAuthAmount   ResultCode = 0xB7
	ResultPreAuth         ResultCode = 0xB8 // also the regular answer to PendingEnquiry
	ResultPrinter         ResultCode = 0xCC
	ResultMaintenance     ResultCode = 0xE0
	ResultOpenEndOfDay    ResultCode = 0xF0
	ResultOther           ResultCode = 0xFF
)

// Class groups result codes by what can be done about them. The strings are fit for
// metric labels and for storing.
type Class string

// The classes. What is not in the table is ClassOther: failed, no goods.
const (
	ClassOK              Class = "ok"
	ClassDeclined        Class = "declined"         // by issuer or card: another card
	ClassUnreadable      Class = "unreadable"       // present the card again
	ClassCardUnsuitable  Class = "card_unsuitable"  // not this kind of card for this
	ClassCardInserted    Class = "card_inserted"    // a card is in the way: ask to remove it
	ClassAborted         Class = "aborted"          // timeout or abort key
	ClassOffline         Class = "offline"          // host not reached: later again
	ClassWait            Class = "wait"             // terminal busy: ask again
	ClassMissing         Class = "missing"          // terminal cannot do this
	ClassAlreadyReversed Class = "already_reversed" // it was done before: verify
	ClassNotReversible   Class = "not_reversible"
	ClassReservation     Class = "reservation"    // look at receipt, list and amount
	ClassAmount          Class = "amount"         // too high or too small
	ClassEndOfDay        Class = "end_of_day"     // end of day first
	ClassNoEndOfDay      Class = "no_end_of_day"  // resolve reservations first
	ClassNotRegistered   Class = "not_registered" // registration first
	ClassDiagnosis       Class = "diagnosis"      // diagnosis first
	ClassInitialisation  Class = "initialisation" // initialisation first
	ClassConfiguration   Class = "configuration"
	ClassHardware        Class = "hardware"
	ClassProtocol        Class = "protocol" // our message was bad
	ClassOther           Class = "other"
)

type resultInfo struct {
	class Class
	text  string
}

// Class returns what can be done about the code.
func (r ResultCode) Class() Class { return r.info().class }

// Text returns the meaning for an operator. Meanings of 01 to 63 depend on the card
// network: prefer the text that the terminal sends.
func (r ResultCode) Text() string { return r.info().text }

// String returns code and text, "6c timeout or abort key".
func (r ResultCode) String() string { return fmt.Sprintf("%02x %s", byte(r), r.Text()) }

const lastHostCode ResultCode = 0x63

func (r ResultCode) info() resultInfo {
	if info, ok := resultTable[r]; ok {
		return info
	}
	if r <= lastHostCode {
		return resultInfo{ClassDeclined, "refused by host or issuer"}
	}
	return resultInfo{ClassOther, "unknown result code"}
}

// resultTable is section 12, with the names of S chapter 10 and what it lists beyond.
var resultTable = map[ResultCode]resultInfo{
	ResultOK:       {ClassOK, "ok"},
	ResultDeclined: {ClassDeclined, "declined"},
	0x33:           {ClassDeclined, "no cover"},
	0x36:           {ClassDeclined, "card expired"},
	0x37:           {ClassDeclined, "PIN wrong"},
	0x38:           {ClassDeclined, "too many wrong PINs"},
	0x39:           {ClassDeclined, "wrong card"},
	0x5F:           {ClassOffline, "host asks to try later"},
	0x62:           {ClassDiagnosis, "extended diagnosis required"},

	0x64:                  {ClassUnreadable, "card not readable"},
	0x65:                  {ClassUnreadable, "no card data"},
	ResultReaderError:     {ClassHardware, "card reader processing error"},
	0x67:                  {ClassCardUnsuitable, "function not allowed for debit cards"},
	0x68:                  {ClassCardUnsuitable, "function not allowed for credit cards"},
	0x6A:                  {ClassEndOfDay, "turnover store full"},
	ResultNotRegistered:   {ClassNotRegistered, "terminal not registered"},
	ResultAborted:         {ClassAborted, "timeout or abort key"},
	0x6E:                  {ClassDeclined, "card is on the block list"},
	ResultCurrency:        {ClassConfiguration, "wrong currency"},
	0x71:                  {ClassDeclined, "credit on card too low"},
	0x72:                  {ClassUnreadable, "chip error"},
	0x73:                  {ClassUnreadable, "card data wrong"},
	0x74:                  {ClassHardware, "key store exhausted"},
	0x76:                  {ClassCardUnsuitable, "card not accepted"},
	ResultNoEndOfDay:      {ClassNoEndOfDay, "end of day not possible"},
	0x78:                  {ClassDeclined, "card expired"},
	0x79:                  {ClassDeclined, "card not yet valid"},
	0x7A:                  {ClassCardUnsuitable, "card unknown"},
	0x7B:                  {ClassCardUnsuitable, "no fallback to the magnetic stripe"},
	0x7C:                  {ClassCardUnsuitable, "no fallback to the magnetic stripe"},
	ResultNoHost:          {ClassOffline, "no communication with the host"},
	0x7E:                  {ClassCardUnsuitable, "no fallback to the magnetic stripe"},
	ResultUnknownCommand:  {ClassMissing, "function not possible"},
	0x85:                  {ClassHardware, "cryptographic key missing"},
	0x89:                  {ClassHardware, "PIN pad defect"},
	ResultProtocolError:   {ClassProtocol, "protocol error"},
	0x9B:                  {ClassOffline, "communication fault"},
	ResultWait:            {ClassWait, "please wait"},
	ResultPartlyIssued:    {ClassOther, "goods issued partly"},
	ResultNotReady:        {ClassInitialisation, "receiver not ready"},
	0xA1:                  {ClassOffline, "host does not answer"},
	0xA3:                  {ClassOffline, "no connection"},
	0xA5:                  {ClassConfiguration, "forbidden by card security rules"},
	0xB1:                  {ClassEndOfDay, "memory full"},
	0xB2:                  {ClassEndOfDay, "journal full"},
	ResultAlreadyReversed: {ClassAlreadyReversed, "already reversed"},
	ResultNotReversible:   {ClassNotReversible, "reversal not possible"},
	ResultPreAuthAmount:   {ClassReservation, "reservation: amount too high or wrong"},
	ResultPreAuth:         {ClassReservation, "reservation error"},
	0xBF:                  {ClassHardware, "power supply too low"},
	0xC0:                  {ClassHardware, "card lock defect"},
	0xC1:                  {ClassHardware, "merchant card locked"},
	0xC2:                  {ClassDiagnosis, "diagnosis required"},
	0xC3:                  {ClassAmount, "amount too high"},
	0xC4:                  {ClassConfiguration, "card profiles invalid"},
	0xC5:                  {ClassCardUnsuitable, "payment method not supported"},
	0xC6:                  {ClassConfiguration, "currency not applicable"},
	0xC8:                  {ClassAmount, "amount too small"},
	0xC9:                  {ClassAmount, "limit too low"},
	0xCB:                  {ClassConfiguration, "only possible in euro"},
	ResultPrinter:         {ClassConfiguration, "printer not ready"},
	0xCD:                  {ClassMissing, "cashback not possible"},
	0xD2:                  {ClassCardUnsuitable, "function not allowed for bank customer cards"},
	0xDC:                  {ClassCardInserted, "card inserted"},
	0xDD:                  {ClassCardInserted, "card eject error"},
	0xDE:                  {ClassCardInserted, "card insertion error"},
	ResultMaintenance:     {ClassWait, "remote maintenance"},
	0xE2:                  {ClassHardware, "card reader defect"},
	0xE3:                  {ClassHardware, "shutter closed"},
	0xE4:                  {ClassInitialisation, "activation required"},
	0xE7:                  {ClassConfiguration, "no goods group found"},
	0xE8:                  {ClassConfiguration, "no table of goods groups"},
	0xE9:                  {ClassCardUnsuitable, "restriction code not permitted"},
	0xEA:                  {ClassCardUnsuitable, "card code not permitted"},
	0xEB:                  {ClassHardware, "PIN algorithm unknown"},
	0xEC:                  {ClassHardware, "PIN processing not possible"},
	0xED:                  {ClassHardware, "PIN pad defect"},
	ResultOpenEndOfDay:    {ClassEndOfDay, "end of day is open"},
	0xF1:                  {ClassDiagnosis, "girocard offline error"},
	0xF5:                  {ClassDiagnosis, "personalisation (OPT) error"},
	0xF6:                  {ClassDiagnosis, "personalisation (OPT) data missing"},
	0xFA:                  {ClassDiagnosis, "clearing error"},
	0xFB:                  {ClassEndOfDay, "turnover store damaged"},
	0xFC:                  {ClassHardware, "a needed device is missing or defect"},
	0xFD:                  {ClassConfiguration, "baud rate not supported"},
	0xFE:                  {ClassConfiguration, "register unknown"},
	ResultOther:           {ClassOther, "other error, see the vendor's code and text"},
}
