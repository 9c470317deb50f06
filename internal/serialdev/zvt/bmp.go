package zvt

import "fmt"

// BMP tags (section 6). A BMP is one tag byte and a value whose length the tag tells.
const (
	bmpTimeout         = 0x01
	bmpMaxStatus       = 0x02
	bmpService         = 0x03
	bmpAmount          = 0x04
	bmpPump            = 0x05
	bmpTLV             = 0x06
	bmpTrace           = 0x0B
	bmpTime            = 0x0C
	bmpDate            = 0x0D
	bmpExpiry          = 0x0E
	bmpCardSequence    = 0x17
	bmpPaymentType     = 0x19
	bmpPAN             = 0x22
	bmpTrack2          = 0x23
	bmpTrack3          = 0x24
	bmpResult          = 0x27
	bmpTerminalID      = 0x29
	bmpMerchantID      = 0x2A
	bmpTrack1          = 0x2D
	bmpChipData        = 0x2E
	bmpOriginalTrace   = 0x37
	bmpCVV             = 0x3A
	bmpAuthorisation   = 0x3B
	bmpText            = 0x3C
	bmpPassword        = 0x3D
	bmpCurrency        = 0x49
	bmpGoodsGroups     = 0x4C
	bmpTotals          = 0x60
	bmpReceipt         = 0x87
	bmpTurnover        = 0x88
	bmpCardType        = 0x8A
	bmpCardName        = 0x8B
	bmpNetworkCardType = 0x8C
	bmpGeldKarte       = 0x9A
	bmpHostResult      = 0xA0
	bmpEFID            = 0xA7
	bmpFullDate        = 0xAA
	bmpEFInfo          = 0xAF
	bmpAIDParameter    = 0xBA
	bmpCardOutput      = 0xD2
	bmpDuration        = 0xF0
	bmpLine1           = 0xF1
	bmpLine8           = 0xF8
	bmpBeeps           = 0xF9
	bmpReaderActive    = 0xFA
	bmpOKRequired      = 0xFB
	bmpDialogControl   = 0xFC
	bmpDisplayDevice   = 0xFD
)

// Kinds of length in bmpLengths; a positive entry is the number of value bytes.
const (
	lenTLV    = -1 // BER-like length, see tlv.go
	lenLLVAR  = -2 // two bytes Fx Fy: 10x+y
	lenLLLVAR = -3 // three bytes Fx Fy Fz
)

// bmpLengths tells how long the value of a BMP is; 0 means the tag is unknown.
var bmpLengths = [256]int8{
	bmpTimeout: 1, bmpMaxStatus: 1, bmpService: 1, bmpAmount: 6, bmpPump: 1, bmpTLV: lenTLV,
	bmpTrace: 3, bmpTime: 3, bmpDate: 2, bmpExpiry: 2, bmpCardSequence: 2, bmpPaymentType: 1,
	bmpPAN: lenLLVAR, bmpTrack2: lenLLVAR, bmpTrack3: lenLLLVAR, bmpTrack1: lenLLVAR, bmpChipData: lenLLLVAR,
	bmpResult: 1, bmpTerminalID: 4, bmpMerchantID: 15, bmpOriginalTrace: 3, bmpCVV: 2, bmpAuthorisation: 8,
	bmpText: lenLLLVAR, bmpPassword: 3, bmpCurrency: 2, bmpGoodsGroups: lenLLVAR, bmpTotals: lenLLLVAR,
	bmpReceipt: 2, bmpTurnover: 3, bmpCardType: 1, bmpCardName: lenLLVAR, bmpNetworkCardType: 1,
	bmpGeldKarte: lenLLLVAR, bmpHostResult: 1, bmpEFID: lenLLVAR, bmpFullDate: 3, bmpEFInfo: lenLLLVAR,
	bmpAIDParameter: 5, bmpCardOutput: 1, bmpDuration: 1, bmpBeeps: 1,
	bmpReaderActive: 1, bmpOKRequired: 1, bmpDialogControl: 1, bmpDisplayDevice: 1,
	0xF1: lenLLVAR, 0xF2: lenLLVAR, 0xF3: lenLLVAR, 0xF4: lenLLVAR,
	0xF5: lenLLVAR, 0xF6: lenLLVAR, 0xF7: lenLLVAR, 0xF8: lenLLVAR,
}

// field is one BMP; value is a part of the input.
type field struct {
	tag   byte
	value []byte
}

// nextField takes one BMP off b, which must not be empty. An unknown tag gives n == 0
// and no error: nobody can tell where it ends (section 5).
func nextField(b []byte) (f field, n int, err error) {
	tag := b[0]
	head, size := 1, int(bmpLengths[tag])
	switch size {
	case 0:
		return field{}, 0, nil
	case lenTLV:
		size, n, err = tlvLength(b[1:])
	case lenLLVAR, lenLLLVAR:
		size, n, err = varLength(b[1:], -size)
	}
	if err != nil {
		return field{}, 0, fmt.Errorf("bmp %02x: %w", tag, err)
	}
	head += n
	if len(b) < head+size {
		return field{}, 0, fmt.Errorf("bmp %02x needs %d bytes, %d are left: %w", tag, head+size, len(b), ErrLength)
	}
	return field{tag: tag, value: b[head : head+size]}, head + size, nil
}

// varLength reads an LLVAR or LLLVAR length of n bytes: one decimal digit in each
// low nibble, F in each high one. Length zero is legal and occurs (section 5).
func varLength(b []byte, n int) (size, head int, err error) {
	if len(b) < n {
		return 0, 0, fmt.Errorf("variable length: %w", ErrLength)
	}
	for _, c := range b[:n] {
		if c>>4 != 0xF || c&0x0F > 9 {
			return 0, 0, fmt.Errorf("variable length byte %02x: %w", c, ErrLength)
		}
		size = size*10 + int(c&0x0F)
	}
	return size, n, nil
}

// appendField writes tag, length and value of a BMP; the value must fit the tag.
func appendField(dst []byte, tag byte, value []byte) ([]byte, error) {
	dst = append(dst, tag)
	switch kind := bmpLengths[tag]; kind {
	case lenTLV:
		dst = appendTLVLength(dst, len(value))
	case lenLLVAR, lenLLLVAR:
		if (kind == lenLLVAR && len(value) > 99) || len(value) > 999 {
			return dst, fmt.Errorf("bmp %02x with %d bytes: %w", tag, len(value), ErrRange)
		}
		if kind == lenLLLVAR {
			dst = append(dst, 0xF0|byte(len(value)/100))
		}
		dst = append(dst, 0xF0|byte(len(value)/10%10), 0xF0|byte(len(value)%10))
	default:
		if len(value) != int(kind) {
			return dst, fmt.Errorf("bmp %02x with %d bytes: %w", tag, len(value), ErrRange)
		}
	}
	return append(dst, value...), nil
}

// splitFields cuts b into BMPs. Order is free, a repeated one replaces the earlier
// (section 5). rest starts with the first unknown tag; it is empty if there was none.
func splitFields(b []byte) (fields map[byte][]byte, rest []byte, err error) {
	fields = make(map[byte][]byte)
	for len(b) > 0 {
		f, n, err := nextField(b)
		if err != nil {
			return nil, nil, err
		}
		if n == 0 {
			return fields, b, nil
		}
		fields[f.tag] = f.value
		b = b[n:]
	}
	return fields, nil, nil
}
