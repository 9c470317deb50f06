package zvt

import "strconv"

// IntermediateStatus (04 FF) tells how far a transaction is.
type IntermediateStatus struct {
	Status IntermediateCode
	// T4Minutes, if set, is the new value of timer T4 (section 2.5).
	T4Minutes Opt[int]
	TLV       TLV
}

// Command returns 04 FF.
func (IntermediateStatus) Command() Command { return CmdIntermediateStatus }

func (m IntermediateStatus) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *IntermediateStatus) body(c *codec) {
	c.rawByte((*byte)(&m.Status))
	if c.encoding {
		m.encodeT4(c)
	} else if hasT4(c.buf) {
		m.decodeT4(c)
	}
	c.container(&m.TLV)
}

// hasT4 reports whether b, what follows the status, starts with a timeout. It does
// unless it is a container that exactly fills the command: S forbids one without a
// timeout, and has one in its own example (section 8).
func hasT4(b []byte) bool {
	if len(b) == 0 || b[0] != bmpTLV {
		return len(b) > 0
	}
	_, n, err := nextField(b)
	return err != nil || n != len(b)
}

// decodeT4 ignores a value that is no number: a timer is not worth a payment.
func (m *IntermediateStatus) decodeT4(c *codec) {
	if b := c.raw(1); b != nil {
		if v, err := strconv.Atoi(nibbles(b)); err == nil {
			m.T4Minutes = Some(v)
		}
	}
}

func (m *IntermediateStatus) encodeT4(c *codec) {
	if !m.T4Minutes.Set {
		return
	}
	v := m.T4Minutes.Value
	if v < 0 || v > 99 {
		c.fail(ErrRange)
		return
	}
	c.append(append(c.buf, byte(v/10<<4|v%10)), nil)
}

// IntermediateCode is the status of an IntermediateStatus (section 8).
type IntermediateCode byte

// Codes a customer display reacts to.
const (
	IntermediateConfirmAmount IntermediateCode = 0x00
	IntermediatePINPad        IntermediateCode = 0x01
	IntermediateHost          IntermediateCode = 0x04
	IntermediateAutoReversal  IntermediateCode = 0x05
	IntermediateInsertCard    IntermediateCode = 0x0A
	IntermediateRemoveCard    IntermediateCode = 0x0B
	IntermediateUnreadable    IntermediateCode = 0x0C
	IntermediateAborted       IntermediateCode = 0x0D
	IntermediateWait          IntermediateCode = 0x17
	IntermediateDeclined      IntermediateCode = 0x1D
	IntermediateCardDetected  IntermediateCode = 0x68

	removeCard     = 0x40 // added: the same, and "please remove the card"
	firstRemovable = 0x41
	lastRemovable  = 0x5D
)

// Base returns the code without "please remove the card", and whether it said so.
func (s IntermediateCode) Base() (base IntermediateCode, remove bool) {
	if s >= firstRemovable && s <= lastRemovable {
		return s - removeCard, true
	}
	return s, false
}

// Text returns the meaning for an operator, "" for a code that is not known. It is
// not for customers: they see the texts of package screen.
func (s IntermediateCode) Text() string {
	base, _ := s.Base()
	return intermediateTexts[base]
}

var intermediateTexts = [256]string{
	0x00: "waiting for confirmation of the amount",
	0x01: "look at the PIN pad", 0x02: "look at the PIN pad",
	0x03: "not accepted",
	0x04: "waiting for the host",
	0x05: "sending an automatic reversal",
	0x06: "sending later bookings",
	0x07: "card not admitted",
	0x08: "card unknown",
	0x09: "card expired",
	0x0A: "insert or present a card",
	0x0B: "remove the card",
	0x0C: "card not readable",
	0x0D: "aborted",
	0x0E: "please wait",
	0x0F: "automatic end of day starts",
	0x10: "invalid card",
	0x11: "balance",
	0x12: "system fault",
	0x13: "payment not possible",
	0x14: "credit not sufficient",
	0x15: "PIN wrong",
	0x16: "limit not sufficient",
	0x17: "please wait",
	0x18: "too many wrong PINs",
	0x1A: "service mode",
	0x1B: "approved, please fill up",
	0x1C: "approved, please take the goods",
	0x1D: "declined",
	0x68: "card insertion detected",
	0xC9: "automatic diagnosis starts",
	0xCA: "automatic initialisation starts",
	0xD2: "dialling",
	0xD3: "connected",
	0xF1: "offline",
	0xF2: "online",
	0xFF: "see the text sent with it",
}
