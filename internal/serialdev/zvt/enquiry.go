package zvt

// StatusEnquiry (05 01) asks for the terminal's state and gives it an occasion for
// its own jobs. Its completion is read by ParseStatusCompletion.
type StatusEnquiry struct {
	Password Password // may be empty if nothing follows
	Service  Opt[byte]
	TLV      TLV
}

// Command returns 05 01.
func (StatusEnquiry) Command() Command { return CmdStatusEnquiry }

func (m StatusEnquiry) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *StatusEnquiry) body(c *codec) {
	if c.more() || m.Password != "" || m.Service.Set || m.TLV.Present {
		c.rawPassword(&m.Password)
	}
	c.byte(bmpService, &m.Service)
	c.container(&m.TLV)
}

// RepeatReceipt (06 20) asks for the last transaction again; with Service 03 the
// terminal sends its status information and prints nothing (section 9.13).
type RepeatReceipt struct {
	Password Password
	Service  Opt[byte]
	TLV      TLV
}

// Command returns 06 20.
func (RepeatReceipt) Command() Command { return CmdRepeatReceipt }

func (m RepeatReceipt) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *RepeatReceipt) body(c *codec) {
	c.rawPassword(&m.Password)
	c.byte(bmpService, &m.Service)
	c.container(&m.TLV)
}

// PendingEnquiry (06 23 with receipt FFFF) asks which reservations are open. The
// answer is an AbortByPT: see its Pending.
type PendingEnquiry struct {
	// TLV permits the terminal, by being present, to answer with a list of all
	// (section 9.5).
	TLV TLV
}

// Command returns 06 23.
func (PendingEnquiry) Command() Command { return CmdPartialReversal }

func (m PendingEnquiry) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *PendingEnquiry) body(c *codec) {
	receipt := NoReceipt
	c.receipt(&receipt)
	c.container(&m.TLV)
}

// EndOfDay (06 50) closes the day with the acquirer. With reservations open it may be
// refused, or book them whole (section 15): ask by PendingEnquiry first.
type EndOfDay struct {
	Password Password
	TLV      TLV
}

// Command returns 06 50.
func (EndOfDay) Command() Command { return CmdEndOfDay }

func (m EndOfDay) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *EndOfDay) body(c *codec) {
	c.rawPassword(&m.Password)
	c.container(&m.TLV)
}

// Initialisation (06 93) makes the terminal contact its host; may take minutes.
type Initialisation struct {
	Password Password
	TLV      TLV
}

// Command returns 06 93.
func (Initialisation) Command() Command { return CmdInitialisation }

func (m Initialisation) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Initialisation) body(c *codec) {
	c.rawPassword(&m.Password)
	c.container(&m.TLV)
}

// Kinds of Diagnosis (section 9.11).
const (
	DiagnosisLine          byte = 0x01
	DiagnosisExtended      byte = 0x02
	DiagnosisConfiguration byte = 0x03
	DiagnosisEMV           byte = 0x04
)

// Diagnosis (06 70) makes the terminal test its way to the host; may take minutes.
// The kind is tag 1B of TLV, absent for the extended one: see DiagnosisOf.
type Diagnosis struct{ TLV TLV }

// DiagnosisOf returns the diagnosis of a kind: DiagnosisLine and so on.
func DiagnosisOf(kind byte) Diagnosis {
	return Diagnosis{TLV: Wrap(Object{Tag: TagDiagnosis, Value: []byte{kind}})}
}

// Command returns 06 70.
func (Diagnosis) Command() Command { return CmdDiagnosis }

func (m Diagnosis) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Diagnosis) body(c *codec) { c.container(&m.TLV) }

// SetClock (04 01) is the terminal's wish, during a diagnosis, that the register take
// its date and time. Acknowledge and ignore (section 9.11).
type SetClock struct {
	Date string // YYMMDD
	Time string // HHMMSS
}

// Command returns 04 01.
func (SetClock) Command() Command { return CmdSetClock }

func (m SetClock) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *SetClock) body(c *codec) {
	c.note(bmpFullDate, &m.Date)
	c.note(bmpTime, &m.Time)
}
