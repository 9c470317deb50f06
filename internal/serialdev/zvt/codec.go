package zvt

import (
	"fmt"
	"slices"
)

// codec walks the body of one message in either direction. A message describes its
// body once, as a list of calls in wire order; each call writes its variable or sets
// it. After the first error all calls do nothing.
//
// Calls named raw… are for bytes at fixed places before the first BMP.
type codec struct {
	encoding bool
	buf      []byte // encoding: what is written; decoding: what is not yet read
	split    bool   // decoding: buf has been cut into fields and rest
	fields   map[byte][]byte
	rest     []byte
	err      error
}

// encodeBody runs a body for writing.
func encodeBody(body func(*codec)) ([]byte, error) {
	c := codec{encoding: true}
	body(&c)
	return c.buf, c.err
}

// decodeBody runs a body for reading data, which the message may keep.
func decodeBody(data []byte, body func(*codec)) error {
	c := codec{buf: data}
	body(&c)
	if c.err == nil && !c.split && len(c.buf) > 0 {
		return fmt.Errorf("%d bytes too many: %w", len(c.buf), ErrLength)
	}
	return c.err
}

// need makes writing fail unless a value that must be sent is there.
func (c *codec) need(what string, present bool) {
	if c.encoding && !present {
		c.fail(fmt.Errorf("%s: %w", what, ErrMissing))
	}
}

func (c *codec) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// raw takes n bytes from the fixed part.
func (c *codec) raw(n int) []byte {
	if c.err != nil {
		return nil
	}
	if len(c.buf) < n {
		c.fail(fmt.Errorf("%d bytes needed, %d are left: %w", n, len(c.buf), ErrLength))
		return nil
	}
	b := c.buf[:n]
	c.buf = c.buf[n:]
	return b
}

// more reports, when reading, whether anything is left.
func (c *codec) more() bool { return !c.encoding && c.err == nil && len(c.buf) > 0 }

func (c *codec) rawByte(p *byte) {
	if c.encoding {
		c.buf = append(c.buf, *p)
	} else if b := c.raw(1); b != nil {
		*p = b[0]
	}
}

func (c *codec) rawDigits(p *string, n int) {
	if c.encoding {
		c.append(appendDigits(c.buf, *p, n))
	} else if b := c.raw(n); b != nil {
		s, err := decodeDigits(b)
		*p = s
		c.check(err)
	}
}

func (c *codec) rawPassword(p *Password) {
	s := string(*p)
	c.need("password", s != "")
	c.rawDigits(&s, 3)
	*p = Password(s)
}

func (c *codec) append(b []byte, err error) {
	if c.err == nil {
		c.buf = b
		c.check(err)
	}
}

func (c *codec) check(err error) {
	if err != nil {
		c.fail(err)
	}
}

// get returns the value of a BMP, cutting the input into BMPs the first time.
func (c *codec) get(tag byte) ([]byte, bool) {
	if c.err == nil && !c.split {
		c.split = true
		var err error
		c.fields, c.rest, err = splitFields(c.buf)
		c.check(err)
	}
	if c.err != nil {
		return nil, false
	}
	v, ok := c.fields[tag]
	return v, ok
}

// put writes a BMP.
func (c *codec) put(tag byte, value []byte, err error) {
	if err != nil {
		c.fail(fmt.Errorf("bmp %02x: %w", tag, err))
		return
	}
	c.append(appendField(c.buf, tag, value))
}

func (c *codec) took(tag byte, err error) {
	if err != nil {
		c.fail(fmt.Errorf("bmp %02x: %w", tag, err))
	}
}

func (c *codec) byte(tag byte, p *Opt[byte]) {
	if c.encoding {
		if p.Set {
			c.put(tag, []byte{p.Value}, nil)
		}
	} else if v, ok := c.get(tag); ok {
		*p = Some(v[0])
	}
}

func (c *codec) result(p *Opt[ResultCode]) {
	b := Opt[byte]{Value: byte(p.Value), Set: p.Set}
	c.byte(bmpResult, &b)
	*p = Opt[ResultCode]{Value: ResultCode(b.Value), Set: b.Set}
}

func (c *codec) amount(p *Opt[int64]) {
	if c.encoding {
		if p.Set {
			v, err := appendAmount(nil, p.Value)
			c.put(bmpAmount, v, err)
		}
	} else if v, ok := c.get(bmpAmount); ok {
		n, err := decodeAmount(v)
		*p = Some(n)
		c.took(bmpAmount, err)
	}
}

// digits is a number by which something is found again: decimal digits only.
func (c *codec) digits(tag byte, p *string) {
	if c.encoding {
		if *p != "" {
			v, err := appendDigits(nil, *p, int(bmpLengths[tag]))
			c.put(tag, v, err)
		}
	} else if v, ok := c.get(tag); ok {
		s, err := decodeDigits(v)
		*p = s
		c.took(tag, err)
	}
}

// note is a number that nobody counts on: a nibble A to F in it costs no payment.
func (c *codec) note(tag byte, p *string) {
	if c.encoding {
		if *p != "" {
			v, err := appendNibbles(nil, *p, int(bmpLengths[tag]))
			c.put(tag, v, err)
		}
	} else if v, ok := c.get(tag); ok {
		*p = nibbles(v)
	}
}

// receipt is BMP 87, which may also be NoReceipt.
func (c *codec) receipt(p *string) {
	if c.encoding && *p == NoReceipt {
		c.put(bmpReceipt, []byte{0xFF, 0xFF}, nil)
	} else if v, ok := c.peek(bmpReceipt); ok && nibbles(v) == NoReceipt {
		*p = NoReceipt
	} else {
		c.digits(bmpReceipt, p)
	}
}

// peek is get when reading and nothing when writing.
func (c *codec) peek(tag byte) ([]byte, bool) {
	if c.encoding {
		return nil, false
	}
	return c.get(tag)
}

func (c *codec) currency(p *string) {
	s := wideCurrency(*p)
	c.digits(bmpCurrency, &s)
	*p = shortCurrency(s)
}

func (c *codec) rawCurrency(p *string) {
	s := wideCurrency(*p)
	c.rawDigits(&s, 2)
	*p = shortCurrency(s)
}

// wideCurrency and shortCurrency add and take the leading zero of BMP 49 (09 78 is
// ISO 4217 number 978).
func wideCurrency(s string) string {
	if len(s) == 3 {
		return "0" + s
	}
	return s
}

func shortCurrency(s string) string {
	if len(s) == 4 && s[0] == '0' {
		return s[1:]
	}
	return s
}

func (c *codec) authorisation(p *AuthID) {
	if c.encoding {
		if !p.IsZero() {
			c.put(bmpAuthorisation, p[:], nil)
		}
	} else if v, ok := c.get(bmpAuthorisation); ok {
		copy(p[:], v)
	}
}

// text is a text of variable length.
func (c *codec) text(tag byte, p *string) {
	if c.encoding {
		if *p != "" {
			c.put(tag, appendText(nil, *p), nil)
		}
	} else if v, ok := c.get(tag); ok {
		*p = decodeText(v)
	}
}

// padded is BMP 2A: a text filled up with blanks.
func (c *codec) padded(tag byte, p *string) {
	if c.encoding {
		if *p != "" {
			v := appendText(nil, *p)
			for len(v) < int(bmpLengths[tag]) {
				v = append(v, ' ')
			}
			c.put(tag, v, nil)
		}
	} else if v, ok := c.get(tag); ok {
		*p = decodeText(trimPadding(v))
	}
}

// terminated is BMP 8B: a text with a NUL behind it.
func (c *codec) terminated(tag byte, p *string) {
	if c.encoding {
		if *p != "" {
			c.put(tag, append(appendText(nil, *p), 0), nil)
		}
	} else if v, ok := c.get(tag); ok {
		*p = decodeText(trimPadding(v))
	}
}

// card is BMP 22 as digits, a star for each masked one. Reading sees it masked only.
func (c *codec) card(p *string) {
	if c.encoding {
		if *p != "" {
			v, err := appendCard(nil, *p)
			c.put(bmpPAN, v, err)
		}
	} else if v, ok := c.get(bmpPAN); ok {
		*p = decodeCard(v)
	}
}

func (c *codec) container(p *TLV) {
	if c.encoding {
		if p.Present || len(p.Objects) > 0 {
			v, err := appendObjects(nil, p.Objects, 1)
			c.put(bmpTLV, v, err)
		}
	} else if v, ok := c.get(bmpTLV); ok {
		objects, err := decodeObjects(v, 1)
		*p = Wrap(objects...)
		c.took(bmpTLV, err)
	}
}

// unparsed is what follows the first unknown BMP.
func (c *codec) unparsed(p *[]byte) {
	if c.encoding {
		c.append(append(c.buf, *p...), nil)
	} else if c.get(0); len(c.rest) > 0 {
		*p = slices.Clone(c.rest)
	}
}
