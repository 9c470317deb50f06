package zvt

// Authorization (06 01) sells in one dialogue; the register's answer to the status
// information says whether the goods came out (section 9.3).
type Authorization struct {
	AmountMinor  Opt[int64]
	Currency     string
	PaymentType  Opt[byte]
	GoodsTimeout Opt[byte] // seconds to wait for goods
	MaxStatus    Opt[byte] // how often the status information may be repeated
	TLV          TLV
}

// Command returns 06 01.
func (Authorization) Command() Command { return CmdAuthorization }

func (m Authorization) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Authorization) body(c *codec) {
	c.need("amount", m.AmountMinor.Set)
	c.amount(&m.AmountMinor)
	c.currency(&m.Currency)
	c.byte(bmpPaymentType, &m.PaymentType)
	c.byte(bmpTimeout, &m.GoodsTimeout)
	c.byte(bmpMaxStatus, &m.MaxStatus)
	c.container(&m.TLV)
}

// Reversal (06 30) undoes a payment that has not been settled, whole. One family of
// terminals undoes the last transaction whatever the receipt number says: compare the
// answer (section 9.8).
type Reversal struct {
	Password    Password
	Receipt     string
	AmountMinor Opt[int64]
	Currency    string
	PaymentType Opt[byte]
	Trace       string // CC wants it, Time, Date and TerminalID for a reservation
	Time        string // HHMMSS
	Date        string // MMDD
	TerminalID  string
	TLV         TLV
}

// Command returns 06 30.
func (Reversal) Command() Command { return CmdReversal }

func (m Reversal) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Reversal) body(c *codec) {
	c.rawPassword(&m.Password)
	c.need("receipt number", m.Receipt != "" && m.Receipt != NoReceipt)
	c.digits(bmpReceipt, &m.Receipt)
	c.amount(&m.AmountMinor)
	c.currency(&m.Currency)
	c.byte(bmpPaymentType, &m.PaymentType)
	c.digits(bmpTrace, &m.Trace)
	c.note(bmpTime, &m.Time)
	c.note(bmpDate, &m.Date)
	c.digits(bmpTerminalID, &m.TerminalID)
	c.container(&m.TLV)
}

// Refund (06 31) credits a card that the customer presents, independent of any sale.
type Refund struct {
	Password      Password
	AmountMinor   Opt[int64]
	Currency      string
	PaymentType   Opt[byte]
	Authorisation AuthID
	TLV           TLV
}

// Command returns 06 31.
func (Refund) Command() Command { return CmdRefund }

func (m Refund) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Refund) body(c *codec) {
	c.rawPassword(&m.Password)
	c.need("amount", m.AmountMinor.Set)
	c.amount(&m.AmountMinor)
	c.currency(&m.Currency)
	c.byte(bmpPaymentType, &m.PaymentType)
	c.authorisation(&m.Authorisation)
	c.container(&m.TLV)
}
