package zvt

import "fmt"

// Tag is a TLV tag, its bytes read as one big-endian number (26, 1F06, FF01).
type Tag uint32

// TLV tags (section 7).
const (
	TagTextLine        Tag = 0x07
	TagReceipt         Tag = 0x08
	TagPrintAttribute  Tag = 0x09
	TagCommand         Tag = 0x0A
	TagPrinterColumns  Tag = 0x12
	TagCharset         Tag = 0x14
	TagMaxAPDU         Tag = 0x1A
	TagDiagnosis       Tag = 0x1B
	TagReceiptList     Tag = 0x23
	TagDisplayTexts    Tag = 0x24
	TagPrintTexts      Tag = 0x25
	TagCommandList     Tag = 0x26
	TagEMVAID          Tag = 0x43
	TagEMVCustomer     Tag = 0x46 // EMV data to be printed for the customer
	TagEMVMerchant     Tag = 0x47
	TagCardUID         Tag = 0x4C
	TagReceiptID       Tag = 0x1F01
	TagReservation     Tag = 0x1F06
	TagReceiptType     Tag = 0x1F07
	TagCardToken       Tag = 0x1F14
	TagCardControl     Tag = 0x1F15
	TagVendorError     Tag = 0x1F16
	TagVendorText      Tag = 0x1F17
	TagTransactionID   Tag = 0x1F1F
	TagLongTrace       Tag = 0x1F2B
	TagReceiptInfo     Tag = 0x1F37
	TagTerminalID      Tag = 0x1F44
	TagLocks           Tag = 0x1F55
	TagReferencePrefix Tag = 0x1F62
	TagReferenceValue  Tag = 0x1F63
	TagSequenceID      Tag = 0x1F73
	TagDeviceInfo      Tag = 0xE4
	TagReference       Tag = 0xE9
)

const (
	maxTLVDepth = 8 // deepest nesting seen in captures is 3
	maxTagBytes = 4
)

// TLV is a container (BMP 06). A present container may be empty: in a request that
// alone permits the terminal to answer with containers (section 5).
type TLV struct {
	Present bool
	Objects []Object
}

// Object is one TLV object: a primitive one has a Value, a constructed one Children.
type Object struct {
	Tag      Tag
	Value    []byte
	Children []Object
}

// Wrap returns a present container with the objects given, maybe none.
func Wrap(objects ...Object) TLV { return TLV{Present: true, Objects: objects} }

// Find returns the first object reached by the path of tags from the outside in.
func (t TLV) Find(path ...Tag) (Object, bool) {
	objects := t.Objects
	for i, tag := range path {
		o, ok := first(objects, tag)
		if !ok || i == len(path)-1 {
			return o, ok
		}
		objects = o.Children
	}
	return Object{}, false
}

func first(objects []Object, tag Tag) (Object, bool) {
	for _, o := range objects {
		if o.Tag == tag {
			return o, true
		}
	}
	return Object{}, false
}

// Constructed reports whether objects with this tag hold further objects.
func (t Tag) Constructed() bool {
	for t > 0xFF {
		t >>= 8
	}
	return t&0x20 != 0
}

// append writes the bytes of the tag.
func (t Tag) append(dst []byte) []byte {
	for shift := 8 * (maxTagBytes - 1); shift > 0; shift -= 8 {
		if t>>shift != 0 {
			dst = append(dst, byte(t>>shift))
		}
	}
	return append(dst, byte(t))
}

// decodeTag takes a tag off b. The low five bits 1F of the first byte say that the
// tag goes on; so does bit 8 of each later byte (section 5).
func decodeTag(b []byte) (Tag, int, error) {
	if len(b) == 0 {
		return 0, 0, fmt.Errorf("tag: %w", ErrLength)
	}
	tag, n := Tag(b[0]), 1
	for more := b[0]&0x1F == 0x1F; more; n++ {
		if n == maxTagBytes {
			return 0, 0, fmt.Errorf("longer than %d bytes: %w", maxTagBytes, ErrTag)
		}
		if n == len(b) {
			return 0, 0, fmt.Errorf("tag: %w", ErrLength)
		}
		tag = tag<<8 | Tag(b[n])
		more = b[n]&0x80 != 0
	}
	return tag, n, nil
}

// tlvLength takes a length off b: 00..7F itself, 81 xx, 82 hi lo (section 5; high
// byte first, unlike the command header).
func tlvLength(b []byte) (size, n int, err error) {
	switch {
	case len(b) >= 1 && b[0] < 0x80:
		return int(b[0]), 1, nil
	case len(b) >= 2 && b[0] == 0x81:
		return int(b[1]), 2, nil
	case len(b) >= 3 && b[0] == 0x82:
		return int(b[1])<<8 | int(b[2]), 3, nil
	}
	return 0, 0, fmt.Errorf("TLV length: %w", ErrLength)
}

func appendTLVLength(dst []byte, n int) []byte {
	switch {
	case n < 0x80:
		return append(dst, byte(n))
	case n < 0x100:
		return append(dst, 0x81, byte(n))
	}
	return append(dst, 0x82, byte(n>>8), byte(n))
}

// nextObject takes tag and value of one object off b, not looking inside.
func nextObject(b []byte) (tag Tag, value []byte, n int, err error) {
	tag, n, err = decodeTag(b)
	if err != nil {
		return 0, nil, 0, err
	}
	size, m, err := tlvLength(b[n:])
	if err != nil {
		return 0, nil, 0, fmt.Errorf("tag %x: %w", uint32(tag), err)
	}
	n += m
	if len(b) < n+size {
		return 0, nil, 0, fmt.Errorf("tag %x needs %d bytes, %d are left: %w", uint32(tag), size, len(b)-n, ErrLength)
	}
	return tag, b[n : n+size], n + size, nil
}

// decodeObjects decodes the inside of a container or of a constructed object.
func decodeObjects(b []byte, depth int) ([]Object, error) {
	if depth > maxTLVDepth {
		return nil, ErrDepth
	}
	var objects []Object
	for len(b) > 0 {
		tag, value, n, err := nextObject(b)
		if err != nil {
			return nil, err
		}
		o := Object{Tag: tag}
		if !tag.Constructed() {
			o.Value = value
		} else if o.Children, err = decodeObjects(value, depth+1); err != nil {
			return nil, fmt.Errorf("in %x: %w", uint32(tag), err)
		}
		objects = append(objects, o)
		b = b[n:]
	}
	return objects, nil
}

// appendObjects writes objects with their lengths in the shortest form.
func appendObjects(dst []byte, objects []Object, depth int) ([]byte, error) {
	if depth > maxTLVDepth {
		return dst, ErrDepth
	}
	for _, o := range objects {
		value := o.Value
		if err := o.check(); err != nil {
			return dst, err
		}
		if o.Tag.Constructed() {
			var err error
			if value, err = appendObjects(nil, o.Children, depth+1); err != nil {
				return dst, err
			}
		}
		if len(value) > MaxData {
			return dst, fmt.Errorf("tag %x with %d bytes: %w", uint32(o.Tag), len(value), ErrRange)
		}
		dst = append(appendTLVLength(o.Tag.append(dst), len(value)), value...)
	}
	return dst, nil
}

// check refuses an object that would not come back as it went out.
func (o Object) check() error {
	b := o.Tag.append(nil)
	if _, n, err := decodeTag(b); err != nil || n != len(b) {
		return fmt.Errorf("%x is not a tag: %w", uint32(o.Tag), ErrTag)
	}
	if o.Tag.Constructed() && len(o.Value) > 0 {
		return fmt.Errorf("%x is constructed but has a value: %w", uint32(o.Tag), ErrTag)
	}
	if !o.Tag.Constructed() && len(o.Children) > 0 {
		return fmt.Errorf("%x is primitive but has children: %w", uint32(o.Tag), ErrTag)
	}
	return nil
}
