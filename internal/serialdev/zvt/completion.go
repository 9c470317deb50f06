package zvt

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Completion (06 0F) ends a dialogue. Without a status information with result 00
// before it, nothing was paid (section 8).
type Completion struct {
	Result     Opt[ResultCode] // E0, FC: maintenance follows (section 9.10)
	Status     Opt[byte]       // after Registration: bits Registered…
	TerminalID string
	Currency   string
	TLV        TLV
	Unparsed   []byte
}

// Command returns 06 0F.
func (Completion) Command() Command { return CmdCompletion }

func (m Completion) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *Completion) body(c *codec) {
	c.result(&m.Result)
	c.byte(bmpPaymentType, &m.Status)
	c.digits(bmpTerminalID, &m.TerminalID)
	c.currency(&m.Currency)
	c.container(&m.TLV)
	c.unparsed(&m.Unparsed)
}

// StatusCompletion is the completion (06 0F) of a StatusEnquiry.
type StatusCompletion struct {
	Version  string // of the terminal's software
	Status   TerminalStatus
	TLV      TLV
	Unparsed []byte
}

// Command returns 06 0F.
func (StatusCompletion) Command() Command { return CmdCompletion }

func (m StatusCompletion) encode() ([]byte, error) {
	var head []byte
	if m.Version != "" {
		v, err := appendField(nil, bmpText, appendText(nil, m.Version))
		if err != nil {
			return nil, fmt.Errorf("version: %w", err)
		}
		head = v[1:] // an LLLVAR without a tag
	}
	tail, err := encodeBody(m.body)
	return append(head, tail...), err
}

func (m *StatusCompletion) body(c *codec) {
	c.rawByte((*byte)(&m.Status))
	c.container(&m.TLV)
	c.unparsed(&m.Unparsed)
}

// ParseStatusCompletion decodes the completion of a status enquiry, which has no tag
// before the version and the status: a single byte is the status whatever it is; else
// three bytes Fx are the length of the version (section 9.12).
func ParseStatusCompletion(a APDU) (StatusCompletion, error) {
	if a.Command() != CmdCompletion {
		return StatusCompletion{}, fmt.Errorf("decode %s as status completion: %w", a.Command(), ErrUnknownCommand)
	}
	m, err := parseStatusCompletion(slices.Clone(a.Data))
	if err != nil {
		return StatusCompletion{}, fmt.Errorf("decode status completion: %w", err)
	}
	return m, nil
}

func parseStatusCompletion(data []byte) (m StatusCompletion, err error) {
	if len(data) > 3 && data[0]&data[1]&data[2] >= 0xF0 {
		size, n, err := varLength(data, 3)
		if err != nil {
			return m, fmt.Errorf("version: %w", err)
		}
		if len(data) < n+size {
			return m, fmt.Errorf("version of %d bytes: %w", size, ErrLength)
		}
		m.Version, data = decodeText(data[n:n+size]), data[n+size:]
	}
	if len(data) > 1 {
		maskFields(data[1:], false)
	}
	return m, decodeBody(data, m.body)
}

// Locks returns tag 1F55 of a status completion, bit 15 first (section 7). Sources
// disagree on its bits (section 17): show it, do not act on it.
func (m StatusCompletion) Locks() (bits uint16, ok bool) {
	o, ok := m.TLV.Find(TagLocks)
	if !ok || len(o.Value) != 2 {
		return 0, false
	}
	return binary.BigEndian.Uint16(o.Value), true
}

// AbortByPT (06 1E) ends a dialogue that failed, and is the regular answer to the
// enquiry of open reservations.
type AbortByPT struct {
	Code     ResultCode
	Receipt  string // of an open reservation, NoReceipt for none
	Text     string
	TLV      TLV
	Unparsed []byte
}

// Command returns 06 1E.
func (AbortByPT) Command() Command { return CmdAbortByPT }

func (m AbortByPT) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *AbortByPT) body(c *codec) {
	c.rawByte((*byte)(&m.Code))
	c.receipt(&m.Receipt)
	c.text(bmpText, &m.Text)
	c.container(&m.TLV)
	c.unparsed(&m.Unparsed)
}

// Pending is the answer to a PendingEnquiry.
type Pending struct {
	Receipts []string // receipt numbers of open reservations
	More     bool     // there may be others: resolve the one reported and ask again
}

// Pending reads m as the answer to a PendingEnquiry. ok is false if the enquiry itself
// failed, or if part of the answer could not be read, so that nothing is known about
// open reservations.
//
// Code B8 with receipt FFFF, or with neither receipt nor list, means that none is
// open (section 9.5).
func (m AbortByPT) Pending() (p Pending, ok bool) {
	list, listed := m.TLV.Find(TagReceiptList)
	if listed {
		if p.Receipts, ok = receiptsOf(list); !ok {
			return Pending{}, false
		}
	}
	switch {
	case m.Receipt == "" && !listed:
		return p, m.Code == ResultPreAuth && len(m.Unparsed) == 0
	case m.Receipt != "" && m.Receipt != NoReceipt && !slices.Contains(p.Receipts, m.Receipt):
		p.Receipts = append(p.Receipts, m.Receipt)
		p.More = !listed
	}
	return p, true
}

// receiptsOf reads tag 23; ok is false if it holds a receipt number that is none.
func receiptsOf(list Object) (receipts []string, ok bool) {
	for _, o := range list.Children {
		if o.Tag != TagReceipt {
			continue
		}
		r := nibbles(o.Value)
		if r == NoReceipt {
			continue
		}
		if len(o.Value) != 2 || !isDigits(r) {
			return nil, false
		}
		receipts = append(receipts, r)
	}
	return receipts, true
}

// PendingList returns the answer to a PendingEnquiry that lists all open reservations.
func PendingList(receipts []string) (AbortByPT, error) {
	list := Object{Tag: TagReceiptList}
	for _, r := range receipts {
		v, err := appendDigits(nil, r, 2)
		if err != nil {
			return AbortByPT{}, fmt.Errorf("receipt: %w", err)
		}
		list.Children = append(list.Children, Object{Tag: TagReceipt, Value: v})
	}
	return AbortByPT{Code: ResultPreAuth, TLV: Wrap(list)}, nil
}
