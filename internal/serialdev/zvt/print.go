package zvt

// PrintAttribute says how a line is set (section 8).
type PrintAttribute byte

// Bits of PrintAttribute; the low nibble is the indent.
const (
	PrintDoubleHeight PrintAttribute = 0x10
	PrintDoubleWidth  PrintAttribute = 0x20
	PrintCentred      PrintAttribute = 0x40
	PrintLast         PrintAttribute = 0x80 // with any other bit: last line of the receipt
	PrintFeed         PrintAttribute = 0xFF // PrintLine: line feeds, the next byte counts them
)

// Last reports whether the line ends its receipt; 80 alone is reserved.
func (a PrintAttribute) Last() bool { return a&PrintLast != 0 && a != PrintLast && a != PrintFeed }

// PrintLine (06 D1) is one line of a receipt.
type PrintLine struct {
	Attribute PrintAttribute
	Feeds     byte   // number of line feeds, with PrintFeed only
	Text      string // empty: a line feed
}

// Command returns 06 D1.
func (PrintLine) Command() Command { return CmdPrintLine }

func (m PrintLine) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *PrintLine) body(c *codec) {
	c.rawByte((*byte)(&m.Attribute))
	if m.Attribute == PrintFeed && (c.encoding || c.more()) {
		c.rawByte(&m.Feeds)
	}
	if c.encoding {
		c.append(appendText(c.buf, m.Text), nil)
	} else if c.more() {
		m.Text = decodeText(c.raw(len(c.buf)))
	}
}

// PrintBlock (06 D3) is a receipt as a container.
type PrintBlock struct{ TLV TLV }

// Command returns 06 D3.
func (PrintBlock) Command() Command { return CmdPrintBlock }

func (m PrintBlock) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *PrintBlock) body(c *codec) { c.container(&m.TLV) }

// Receipt types of tag 1F07.
const (
	ReceiptMerchant byte = 0x01
	ReceiptCustomer byte = 0x02
	ReceiptAdmin    byte = 0x03
)

// NewPrintBlock returns a receipt of a type with its lines.
func NewPrintBlock(receiptType byte, lines []PrintLine) PrintBlock {
	texts := Object{Tag: TagPrintTexts}
	for _, l := range lines {
		texts.Children = append(texts.Children,
			Object{Tag: TagPrintAttribute, Value: []byte{byte(l.Attribute)}},
			Object{Tag: TagTextLine, Value: appendText(nil, l.Text)})
	}
	return PrintBlock{TLV: Wrap(Object{Tag: TagReceiptType, Value: []byte{receiptType}}, texts)}
}

// ReceiptType returns tag 1F07.
func (m PrintBlock) ReceiptType() (byte, bool) {
	o, ok := m.TLV.Find(TagReceiptType)
	if !ok || len(o.Value) != 1 {
		return 0, false
	}
	return o.Value[0], true
}

// Lines returns the lines of tag 25; an attribute is for all lines after it.
func (m PrintBlock) Lines() []PrintLine {
	texts, _ := m.TLV.Find(TagPrintTexts)
	var lines []PrintLine
	var attr PrintAttribute
	for _, o := range texts.Children {
		switch {
		case o.Tag == TagPrintAttribute && len(o.Value) == 1:
			attr = PrintAttribute(o.Value[0])
		case o.Tag == TagTextLine:
			lines = append(lines, PrintLine{Attribute: attr, Text: decodeText(o.Value)})
		}
	}
	return lines
}

// Texts returns the display texts that came in tag 24.
func (t TLV) Texts() []string {
	list, _ := t.Find(TagDisplayTexts)
	var texts []string
	for _, o := range list.Children {
		if o.Tag == TagTextLine {
			texts = append(texts, decodeText(o.Value))
		}
	}
	return texts
}
