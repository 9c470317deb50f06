package zvt

import "slices"

// Ack (80 00) is the positive answer to a command of either side.
type Ack struct {
	TLV      TLV
	Unparsed []byte
}

// Command returns 80 00.
func (Ack) Command() Command { return CmdAck }

func (m Ack) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Ack) body(c *codec) {
	c.container(&m.TLV)
	c.unparsed(&m.Unparsed)
}

// Nack (84 xx) is the answer that is not 80 00. From the terminal it is a refusal,
// and ends the dialogue. From the register, to a status information with result 00,
// code 00 means "goods issued", 9C "ask again", 9D "issued partly", every other "not
// issued": the terminal reverses (section 9.3).
type Nack struct {
	Code ResultCode
	// IssuedMinor is the value of the goods that came out, with code 9D only.
	IssuedMinor Opt[int64]
	// Data is what a code other than 9D brings along; its layout depends on the code.
	Data []byte
}

// Command returns 84 and the code.
func (m Nack) Command() Command { return Command(classNack)<<8 | Command(m.Code) }

func (m Nack) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Nack) body(c *codec) {
	switch {
	case m.Code == ResultPartlyIssued:
		c.need("value of the issued goods", m.IssuedMinor.Set)
		c.amount(&m.IssuedMinor)
	case c.encoding:
		c.append(append(c.buf, m.Data...), nil)
	case c.more():
		m.Data = slices.Clone(c.raw(len(c.buf)))
	}
}
