package zvt

// What identifies a card is overwritten before anything else looks at the bytes
// (DESIGN M8): card numbers keep their first six and last four digits, all else
// becomes maskByte. The length of the command never changes.

const (
	maskByte   = 0xEE // E is the protocol's own mark of a masked digit (section 5)
	maskNibble = 0x0E
	padNibble  = 0x0F
	sepNibble  = 0x0D

	panKeepFirst = 6
	panKeepLast  = 4
	panMin       = 13 // ISO/IEC 7812-1: shorter numbers keep only the last four
	panMax       = 19
	panTooShort  = 8 // shorter still: nothing is kept
)

// Redact returns a copy of a command fit for a log: card data masked, passwords
// hidden. It takes any bytes, also a broken or incomplete command, but a command, not
// a serial frame: doubled DLEs would hide what it looks for.
func Redact(apdu []byte) []byte {
	out := append([]byte(nil), apdu...)
	if data, cmd, ok := dataOf(out); ok {
		pw, skip := prefixOf(cmd, data)
		fill(data[:pw])
		maskData(cmd, data[skip:], true)
	} else {
		scan(out)
	}
	return out
}

// maskCard masks the card data of a command in place, leaving passwords.
func maskCard(cmd Command, data []byte) {
	_, skip := prefixOf(cmd, data)
	maskData(cmd, data[skip:], false)
}

// dataOf returns the data part of a command, as much of it as there is and whatever
// follows it.
func dataOf(apdu []byte) ([]byte, Command, bool) {
	head, _, ok := header(apdu)
	if !ok {
		return nil, 0, false
	}
	return apdu[head:], Command(apdu[0])<<8 | Command(apdu[1]), true
}

// prefixOf returns how many bytes of password a command starts with, and where its
// BMPs start.
func prefixOf(cmd Command, data []byte) (pw, skip int) {
	switch cmd {
	case CmdRegistration:
		pw, skip = 3, 6 // password, config byte, currency
	case CmdStatusEnquiry, CmdRepeatReceipt, CmdReversal, CmdRefund, CmdEndOfDay, CmdInitialisation,
		0x0610, 0x061B, 0x0691: // turnover totals, set terminal id, set date (section 9.17)
		pw, skip = 3, 3
	case CmdReadCard, CmdAbortByPT, CmdIntermediateStatus, CmdChangeBaud:
		skip = 1
	}
	return min(pw, len(data)), min(skip, len(data))
}

func maskData(cmd Command, data []byte, passwords bool) {
	switch cmd {
	case CmdPrintLine:
		ScrubText(data)
	case CmdIntermediateStatus:
		if hasT4(data) {
			data = data[1:]
		}
		maskFields(data, passwords)
	default:
		maskFields(data, passwords)
	}
}

// maskFields masks BMPs as far as they can be told apart and searches the rest.
func maskFields(data []byte, passwords bool) {
	for len(data) > 0 {
		f, n, err := nextField(data)
		if err != nil || n == 0 {
			scan(data)
			return
		}
		maskField(f, passwords)
		data = data[n:]
	}
}

func maskField(f field, passwords bool) {
	switch {
	case f.tag == bmpPAN:
		maskPAN(f.value)
	case isCardField(f.tag) || f.tag == bmpCVV || (passwords && f.tag == bmpPassword):
		fill(f.value)
	case f.tag == bmpTLV:
		maskObjects(f.value, 1)
	case f.tag == bmpText || f.tag >= bmpLine1 && f.tag <= bmpLine8:
		ScrubText(f.value)
	}
}

// isCardField names the BMPs of variable length that hold card data whole.
func isCardField(tag byte) bool {
	switch tag {
	case bmpTrack1, bmpTrack2, bmpTrack3, bmpChipData, bmpEFID, bmpEFInfo, bmpGeldKarte:
		return true
	}
	return false
}

// isCardObject names the TLV tags that hold card data (section 14) or stand for a card.
func isCardObject(tag Tag) bool {
	return tag >= 0x1F08 && tag <= 0x1F0A || tag == TagCardToken
}

func maskObjects(b []byte, depth int) {
	for len(b) > 0 {
		tag, value, n, err := nextObject(b)
		switch {
		case err != nil:
			scan(b)
			return
		case isCardObject(tag):
			fill(value)
		case !tag.Constructed() && isPAN(value):
			maskPAN(value)
		case !tag.Constructed():
			ScrubText(value)
		case depth < maxTLVDepth:
			maskObjects(value, depth+1)
		default:
			scan(value)
		}
		b = b[n:]
	}
}

// scan masks everything that could be a card field, at any offset: in bytes that
// cannot be told apart, masking too much is the smaller harm.
func scan(b []byte) {
	ScrubText(b)
	for i := range b {
		switch rest := b[i:]; {
		case rest[0] == bmpPAN || isCardField(rest[0]):
			scanField(rest)
		case len(rest) > 2 && rest[0] == 0x1F && isCardObject(Tag(rest[0])<<8|Tag(rest[1])):
			if size, n, err := tlvLength(rest[2:]); err == nil {
				fill(rest[2+n : min(2+n+size, len(rest))])
			}
		}
	}
	scanDigits(b)
}

// scanDigits overwrites whole what could be a card number in BCD, wherever it begins: the
// tag that would say so may be in front of what can be told apart. Two may overlap of
// which one is a number by chance, so all are looked for before any is gone.
func scanDigits(b []byte) {
	before := append([]byte(nil), b...)
	for i := range b {
		for n := panMin/2 + 1; n <= (panMax+1)/2 && i+n <= len(b); n++ {
			if isPAN(before[i : i+n]) {
				fill(b[i : i+n])
			}
		}
	}
}

// isPAN says whether a value whose tag tells nothing is a card number in BCD: digits that
// cards begin with (ISO/IEC 7812: 3 to 6, and 22 to 27), a right check digit, and nothing
// behind it but padding or track data.
func isPAN(b []byte) bool {
	n := panLength(b)
	if n < panMin || n > panMax || !startsCard(b[0]) {
		return false
	}
	var digits [panMax]byte
	for i := range n {
		if digits[i] = '0' + nibbleAt(b, i); !isDigit(digits[i]) {
			return false
		}
	}
	return luhn(digits[:n])
}

func startsCard(b byte) bool { return b >= 0x30 && b < 0x70 || b >= 0x22 && b <= 0x27 }

func scanField(b []byte) {
	size, n, err := varLength(b[1:], -int(bmpLengths[b[0]]))
	if err != nil {
		return
	}
	value := b[1+n : min(1+n+size, len(b))]
	if b[0] == bmpPAN && len(value) == size {
		maskPAN(value)
		return
	}
	fill(value)
}

// maskPAN masks the BCD card number of BMP 22 in place. What follows a separator is
// not card number but track data, and goes.
func maskPAN(b []byte) {
	n := panLength(b)
	first, last := panKeepFirst, panKeepLast
	switch {
	case n < panTooShort:
		first, last = 0, 0
	case n < panMin:
		first = 0
	}
	for i := range 2 * len(b) {
		switch {
		case i >= n:
			setNibble(b, i, padNibble)
		case i >= first && i < n-last || nibbleAt(b, i) > 9:
			setNibble(b, i, maskNibble)
		}
	}
}

// panLength returns the number of digits before padding or separator.
func panLength(b []byte) int {
	for i := range 2 * len(b) {
		if v := nibbleAt(b, i); v == padNibble || v == sepNibble {
			return i
		}
	}
	return 2 * len(b)
}

func nibbleAt(b []byte, i int) byte {
	if i%2 == 0 {
		return b[i/2] >> 4
	}
	return b[i/2] & 0x0F
}

func setNibble(b []byte, i int, v byte) {
	if i%2 == 0 {
		b[i/2] = v<<4 | b[i/2]&0x0F
	} else {
		b[i/2] = b[i/2]&0xF0 | v
	}
}

func fill(b []byte) {
	for i := range b {
		b[i] = maskByte
	}
}
