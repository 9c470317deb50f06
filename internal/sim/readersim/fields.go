package readersim

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// fields are the bitmaps of a message by their tag; the last of a kind wins (§5).
type fields map[byte][]byte

var errFields = errors.New("readersim: malformed bitmaps")

// fixedLen gives the length of the bitmaps that have one (§6).
var fixedLen = map[byte]int{
	0x01: 1, 0x02: 1, 0x03: 1, 0x04: 6, 0x05: 1, 0x0B: 3, 0x0C: 3, 0x0D: 2, 0x0E: 2,
	0x17: 2, 0x19: 1, 0x27: 1, 0x29: 4, 0x2A: 15, 0x37: 3, 0x3A: 2, 0x3B: 8, 0x3D: 3,
	0x49: 2, 0x87: 2, 0x88: 3, 0x8A: 1, 0x8C: 1, 0xA0: 1, 0xAA: 3, 0xBA: 5, 0xD2: 1,
	0xFA: 1, 0xFB: 1, 0xFC: 1, 0xFD: 1, 0xF0: 1, 0xF9: 1,
}

// varDigits gives the number of length bytes of LLVAR and LLLVAR bitmaps.
var varDigits = map[byte]int{
	0x22: 2, 0x23: 2, 0x2D: 2, 0x4C: 2, 0x8B: 2, 0xA7: 2,
	0xF1: 2, 0xF2: 2, 0xF3: 2, 0xF4: 2, 0xF5: 2, 0xF6: 2, 0xF7: 2, 0xF8: 2,
	0x24: 3, 0x2E: 3, 0x3C: 3, 0x60: 3, 0x9A: 3, 0xAF: 3,
}

func parseFields(b []byte) (fields, error) {
	f := fields{}
	for len(b) > 0 {
		tag := b[0]
		v, n, err := fieldValue(tag, b[1:])
		if err != nil {
			return f, fmt.Errorf("%w: %02x", err, tag)
		}
		f[tag] = v
		b = b[1+n:]
	}
	return f, nil
}

// fieldValue returns the value that follows tag and the bytes it takes with its length.
func fieldValue(tag byte, b []byte) ([]byte, int, error) {
	size, at := fixedLen[tag], 0
	switch {
	case tag == 0x06:
		n, used, err := tlvLen(b)
		if err != nil {
			return nil, 0, err
		}
		size, at = n, used
	case varDigits[tag] > 0:
		for range varDigits[tag] {
			if at >= len(b) || b[at]>>4 != 0xF || b[at]&0xF > 9 {
				return nil, 0, errFields
			}
			size, at = size*10+int(b[at]&0xF), at+1
		}
	case size == 0:
		return nil, 0, errFields
	}
	if len(b) < at+size {
		return nil, 0, errFields
	}
	return b[at : at+size], at + size, nil
}

// tlvLen reads a TLV length: 00-7F, 81 xx, 82 hi lo (§5).
func tlvLen(b []byte) (n, used int, err error) {
	switch {
	case len(b) >= 1 && b[0] < 0x80:
		return int(b[0]), 1, nil
	case len(b) >= 2 && b[0] == 0x81:
		return int(b[1]), 2, nil
	case len(b) >= 3 && b[0] == 0x82:
		return int(binary.BigEndian.Uint16(b[1:])), 3, nil
	}
	return 0, 0, errFields
}

func (f fields) has(tag byte) bool { return f[tag] != nil }

// amount reads BMP 04.
func (f fields) amount() (int64, bool, error) {
	if !f.has(0x04) {
		return 0, false, nil
	}
	n, err := fromBCD(f[0x04])
	return n, true, err
}

// builder writes bitmaps one after the other.
type builder []byte

func (b builder) raw(tag byte, v ...byte) builder { return append(append(b, tag), v...) }

func (b builder) bcd(tag byte, v int64, size int) builder {
	return append(append(b, tag), toBCD(v, size)...)
}

func (b builder) text(tag byte, s string) builder {
	b = append(b, tag)
	for _, d := range fmt.Sprintf("%0*d", varDigits[tag], len(s)) {
		b = append(b, 0xF0|byte(d-'0'))
	}
	return append(b, s...)
}

// tlv writes one data object, or the container if tag is 06.
func tlv(tag uint16, v []byte) []byte {
	var b []byte
	if tag > 0xFF {
		b = append(b, byte(tag>>8))
	}
	b = append(b, byte(tag))
	switch n := len(v); {
	case n < 0x80:
		b = append(b, byte(n))
	case n < 0x100:
		b = append(b, 0x81, byte(n))
	default:
		b = append(b, 0x82, byte(n>>8), byte(n))
	}
	return append(b, v...)
}

func toBCD(v int64, size int) []byte {
	b := make([]byte, size)
	for i := size - 1; i >= 0; i-- {
		b[i] = byte(v%10) | byte(v/10%10)<<4
		v /= 100
	}
	return b
}

func fromBCD(b []byte) (int64, error) {
	var v int64
	for _, x := range b {
		if x>>4 > 9 || x&0xF > 9 {
			return 0, errFields
		}
		v = v*100 + int64(x>>4)*10 + int64(x&0xF)
	}
	return v, nil
}

// digitBytes packs a string of digits, E for a masked one, F as padding.
func digitBytes(s string) []byte {
	s = strings.Map(func(r rune) rune {
		if r == '*' || r == 'x' {
			return 'E'
		}
		return r
	}, s)
	if len(s)%2 == 1 {
		s += "F"
	}
	b := make([]byte, len(s)/2)
	for i := range b {
		n, err := strconv.ParseUint(s[2*i:2*i+2], 16, 8)
		if err != nil {
			n = 0xEE
		}
		b[i] = byte(n)
	}
	return b
}

func padded(s string, size int, fill byte) []byte {
	return append([]byte(s), bytes.Repeat([]byte{fill}, size-len(s))...)
}
