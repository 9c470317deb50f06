package zvt

// EUR is the currency of BMP 49: an ISO 4217 number.
const EUR = "978"

// Config is the config byte of Registration (section 9.1).
type Config byte

// Bits of Config, and two settings for a cabinet without printer.
const (
	ConfigPrintReceipts   Config = 0x02 // the register prints payment receipts
	ConfigPrintAdmin      Config = 0x04 // the register prints administration receipts
	ConfigIntermediate    Config = 0x08 // send intermediate status
	ConfigLockAmountEntry Config = 0x10 // no amounts typed at the terminal
	ConfigLockAdmin       Config = 0x20 // no administration at the terminal
	ConfigPrintCommands   Config = 0x80 // send receipts as 06 D1 and 06 D3

	ConfigKiosk           = ConfigPrintReceipts | ConfigPrintAdmin | ConfigIntermediate | ConfigLockAmountEntry | ConfigLockAdmin
	ConfigKioskWithPrints = ConfigKiosk | ConfigPrintCommands
)

// Bits of the service byte, which means something else in each command.
const (
	ServiceHideMenu    byte = 0x01 // Registration, StatusEnquiry: no service menu at the function key
	ServiceOmitVersion byte = 0x02 // StatusEnquiry: leave out the version
	ServiceMoreTLV     byte = 0x04 // StatusEnquiry: send device data and locks
	ServiceSendStatus  byte = 0x01 // RepeatReceipt: send the status information again
	ServiceDoNotPrint  byte = 0x02 // RepeatReceipt: send nothing to print
)

// Bits of Completion.Status after Registration.
const (
	RegisteredInitialise  byte = 0x01 // initialisation needed
	RegisteredDiagnose    byte = 0x02 // diagnosis needed
	RegisteredPersonalise byte = 0x04 // OPT action needed
	RegisteredFuelStation byte = 0x08 // the terminal works for a filling station
	RegisteredVendingMode byte = 0x10 // the terminal works for a vending machine
)

// Registration (06 00) tells the terminal who commands it; to be sent after every
// connect and every restart of the terminal. Currency is mandatory on the wire if a
// service byte or container follows: EUR if empty then.
type Registration struct {
	Password Password
	Config   Config
	Currency string // ISO 4217 number
	Service  Opt[byte]
	TLV      TLV // even an empty one permits the terminal to send containers
}

// Command returns 06 00.
func (Registration) Command() Command { return CmdRegistration }

func (m Registration) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Registration) body(c *codec) {
	c.rawPassword(&m.Password)
	c.rawByte((*byte)(&m.Config))
	if c.encoding && m.Currency == "" && (m.Service.Set || m.TLV.Present) {
		m.Currency = EUR
	}
	if c.more() || c.encoding && m.Currency != "" {
		c.rawCurrency(&m.Currency)
	}
	c.byte(bmpService, &m.Service)
	c.container(&m.TLV)
}

// LogOff (06 02) ends the registration; it has no completion.
type LogOff struct{ TLV TLV }

// Command returns 06 02.
func (LogOff) Command() Command { return CmdLogOff }

func (m LogOff) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *LogOff) body(c *codec) { c.container(&m.TLV) }

// Reset (06 18) restarts the terminal (section 9.17).
type Reset struct{ TLV TLV }

// Command returns 06 18.
func (Reset) Command() Command { return CmdReset }

func (m Reset) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Reset) body(c *codec) { c.container(&m.TLV) }

// AbortByECR (06 B0) asks the terminal to stop waiting. Its acknowledgement says
// nothing about the transaction, whose dialogue still ends by itself (section 9.14).
type AbortByECR struct{ TLV TLV }

// Command returns 06 B0.
func (AbortByECR) Command() Command { return CmdAbortByECR }

func (m AbortByECR) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *AbortByECR) body(c *codec) { c.container(&m.TLV) }
