package zvt

import "fmt"

// ReadCard (06 C0) waits for a card without a payment. It ends with a status
// information, or with an AbortByPT when nobody came (section 9.15).
type ReadCard struct {
	TimeoutSeconds byte // 0 waits for ever: a collision waiting to happen, do not
	CardType       Opt[byte]
	DialogControl  Opt[byte]
	TLV            TLV
}

// Command returns 06 C0.
func (ReadCard) Command() Command { return CmdReadCard }

func (m ReadCard) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *ReadCard) body(c *codec) {
	c.rawByte(&m.TimeoutSeconds)
	c.byte(bmpPaymentType, &m.CardType)
	c.byte(bmpDialogControl, &m.DialogControl)
	c.container(&m.TLV)
}

// DisplayText (06 E0) shows up to eight lines; it has no completion.
type DisplayText struct {
	DurationSeconds Opt[byte] // 0 shows it until the next text
	Lines           []string
	Beeps           Opt[byte]
	TLV             TLV
}

// Command returns 06 E0.
func (DisplayText) Command() Command { return CmdDisplayText }

func (m DisplayText) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *DisplayText) body(c *codec) {
	const most = bmpLine8 - bmpLine1 + 1
	if len(m.Lines) > most {
		c.fail(fmt.Errorf("%d lines: %w", len(m.Lines), ErrRange))
	}
	c.byte(bmpDuration, &m.DurationSeconds)
	for i := range most {
		var line string
		if i < len(m.Lines) {
			line = m.Lines[i]
		}
		c.text(byte(bmpLine1+i), &line)
		if !c.encoding && line != "" {
			m.Lines = append(m.Lines, make([]string, i-len(m.Lines))...)
			m.Lines = append(m.Lines, line)
		}
	}
	c.byte(bmpBeeps, &m.Beeps)
	c.container(&m.TLV)
}
