package zvt

// Payment types of BMP 19 in requests (section 9.3).
const (
	PaymentByTerminal byte = 0x40 // the terminal decides
	PaymentLastCard   byte = 0x02 // added: use the card read before
	PaymentPrinterUp  byte = 0x04 // added: the register's printer is ready
)

// Values of tag 1F06, what a Reservation is (section 7; 01, 04 and 05 are deprecated).
const (
	ReservationNew      byte = 0x02
	ReservationExtended byte = 0x03
)

// NoReceipt is the receipt number that stands for "none" (section 9.5).
const NoReceipt = "FFFF"

// Reservation (06 22) holds an amount on a card that the customer presents. It has no
// password. The status information that answers it carries the granted amount, which
// may be lower, and the receipt number by which it is captured or released.
type Reservation struct {
	AmountMinor  Opt[int64] // absent: the terminal's default for the card
	Currency     string
	PaymentType  Opt[byte]
	GoodsTimeout Opt[byte] // seconds to wait for goods
	MaxStatus    Opt[byte] // how often the status information may be repeated
	// Trace and Authorisation of an earlier reservation make this its extension,
	// unless tag 1F06 says otherwise (section 9.4).
	Trace         string
	Authorisation AuthID
	Text          string
	CardType      Opt[byte]
	TLV           TLV
}

// Extends reports whether m enlarges an earlier reservation: tag 1F06 says so, or it
// names a trace number and the tag is not there (section 9.4). AmountMinor is the new
// total then. Few terminals do it, and for credit cards only (section 10).
func (m Reservation) Extends() bool {
	if o, ok := m.TLV.Find(TagReservation); ok && len(o.Value) == 1 {
		return o.Value[0] == ReservationExtended
	}
	_, long := m.TLV.Find(TagLongTrace)
	return m.Trace != "" || long
}

// Command returns 06 22.
func (Reservation) Command() Command { return CmdReservation }

func (m Reservation) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Reservation) body(c *codec) {
	c.need("authorisation to extend", !m.Extends() || !m.Authorisation.IsZero())
	c.amount(&m.AmountMinor)
	c.currency(&m.Currency)
	c.byte(bmpPaymentType, &m.PaymentType)
	c.byte(bmpTimeout, &m.GoodsTimeout)
	c.byte(bmpMaxStatus, &m.MaxStatus)
	c.digits(bmpTrace, &m.Trace)
	c.authorisation(&m.Authorisation)
	c.text(bmpText, &m.Text)
	c.byte(bmpCardType, &m.CardType)
	c.container(&m.TLV)
}

// PartialReversal (06 23) captures a reservation by giving back what was not used.
//
// UnusedMinor is the part to give back, so the customer pays reserved minus
// UnusedMinor. Absent it means 0 on the wire, everything is captured: writing refuses
// that, 0 must be said.
type PartialReversal struct {
	Receipt       string
	UnusedMinor   Opt[int64]
	Currency      string
	PaymentType   Opt[byte]
	Text          string
	Trace         string
	Authorisation AuthID
	TLV           TLV
}

// Command returns 06 23.
func (PartialReversal) Command() Command { return CmdPartialReversal }

func (m PartialReversal) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *PartialReversal) body(c *codec) {
	c.need("receipt number", m.Receipt != "" && m.Receipt != NoReceipt)
	c.need("amount to give back", m.UnusedMinor.Set)
	c.digits(bmpReceipt, &m.Receipt)
	c.amount(&m.UnusedMinor)
	c.currency(&m.Currency)
	c.byte(bmpPaymentType, &m.PaymentType)
	c.text(bmpText, &m.Text)
	c.digits(bmpTrace, &m.Trace)
	c.authorisation(&m.Authorisation)
	c.container(&m.TLV)
}

// parsePartialReversal tells the enquiry, receipt FFFF, from the capture.
func parsePartialReversal(data []byte) (Message, error) {
	fields, _, err := splitFields(data)
	if err != nil {
		return nil, err
	}
	if v, ok := fields[bmpReceipt]; ok && nibbles(v) == NoReceipt {
		return parseBody(data, (*PendingEnquiry).body)
	}
	return parseBody(data, (*PartialReversal).body)
}

// BookTotal (06 24) captures a reservation by saying what was used: TotalMinor is
// what the customer pays, the opposite meaning of PartialReversal's amount. Absent it
// means everything: writing refuses that.
type BookTotal struct {
	Receipt       string
	TotalMinor    Opt[int64]
	Currency      string
	PaymentType   Opt[byte]
	Trace         string
	Time          string // HHMMSS of the reservation; CC wants it, Date and TerminalID
	Date          string // MMDD
	TerminalID    string
	Authorisation AuthID
	Text          string
	CardType      Opt[byte]
	TLV           TLV
}

// Command returns 06 24.
func (BookTotal) Command() Command { return CmdBookTotal }

func (m BookTotal) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *BookTotal) body(c *codec) {
	c.need("receipt number", m.Receipt != "" && m.Receipt != NoReceipt)
	c.need("amount used", m.TotalMinor.Set)
	c.digits(bmpReceipt, &m.Receipt)
	c.amount(&m.TotalMinor)
	c.currency(&m.Currency)
	c.byte(bmpPaymentType, &m.PaymentType)
	c.digits(bmpTrace, &m.Trace)
	c.note(bmpTime, &m.Time)
	c.note(bmpDate, &m.Date)
	c.digits(bmpTerminalID, &m.TerminalID)
	c.authorisation(&m.Authorisation)
	c.text(bmpText, &m.Text)
	c.byte(bmpCardType, &m.CardType)
	c.container(&m.TLV)
}

// PreAuthReversal (06 25) releases a reservation whole. The status information that
// answers it has a new receipt number of its own (section 9.7).
type PreAuthReversal struct {
	Receipt     string
	AmountMinor Opt[int64]
	Currency    string
	PaymentType Opt[byte]
	TLV         TLV
}

// Command returns 06 25.
func (PreAuthReversal) Command() Command { return CmdPreAuthReversal }

func (m PreAuthReversal) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *PreAuthReversal) body(c *codec) {
	c.need("receipt number", m.Receipt != "" && m.Receipt != NoReceipt)
	c.digits(bmpReceipt, &m.Receipt)
	c.amount(&m.AmountMinor)
	c.currency(&m.Currency)
	c.byte(bmpPaymentType, &m.PaymentType)
	c.container(&m.TLV)
}

// Reference returns tag E9: an id of two letters and a value that the host keeps with
// the transaction (section 7).
func Reference(prefix, value string) Object {
	return Object{Tag: TagReference, Children: []Object{
		{Tag: TagReferencePrefix, Value: []byte(prefix)},
		{Tag: TagReferenceValue, Value: []byte(value)},
	}}
}
