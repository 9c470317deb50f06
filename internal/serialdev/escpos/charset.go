package escpos

import (
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Charset is what a display can show.
type Charset string

// The charsets. CP858 is the one code page with a euro sign that displays number alike
// (section 1.5); cheap boxes show no more than ASCII.
const (
	CP858 Charset = "cp858"
	ASCII Charset = "ascii"
)

// Code page numbers of OpCodePage, as Epson's (section 1.5). Of those with a euro sign
// only CP858 has the same number everywhere.
const (
	PageCP437  byte = 0
	PageCP850  byte = 2
	PageCP860  byte = 3
	PageCP863  byte = 4
	PageCP865  byte = 5
	PageCP1252 byte = 16
	PageCP866  byte = 17
	PageCP852  byte = 18
	PageCP858  byte = 19
)

// replacement stands for what can be shown in no way.
const replacement = '?'

// Encode turns a text into cells; there may be more or fewer of them than runes, so
// lay out what Encode returns. No cell is a control byte.
func (c Charset) Encode(s string) []byte {
	cells := make([]byte, 0, len(s))
	for _, r := range norm.NFC.String(s) {
		cells = c.appendRune(cells, r)
	}
	return cells
}

// Width returns how many cells a text takes.
func (c Charset) Width(s string) int { return len(c.Encode(s)) }

// appendRune follows the order of section 1.5: as it is, without its accent, spelt out,
// a question mark.
func (c Charset) appendRune(cells []byte, r rune) []byte {
	switch {
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return cells // commands, joiners, marks of direction, soft hyphens
	case unicode.Is(unicode.Zs, r):
		return append(cells, ' ')
	}
	if b, ok := c.cell(r); ok {
		return append(cells, b)
	}
	if b, ok := c.cell(baseLetter(r)); ok {
		return append(cells, b)
	}
	if s, ok := spellings[r]; ok {
		return append(cells, s...)
	}
	if unicode.Is(unicode.Mn, r) {
		return cells // an accent without a letter to sit on
	}
	return append(cells, replacement)
}

// cell returns the byte that shows r itself.
func (c Charset) cell(r rune) (byte, bool) {
	if r < unicode.MaxASCII {
		return byte(r), printable(byte(r))
	}
	if c == ASCII {
		return 0, false
	}
	b, ok := charmap.CodePage858.EncodeRune(r)
	return b, ok && printable(b)
}

// baseLetter returns the letter below the accents of r, or r.
func baseLetter(r rune) rune {
	for _, base := range norm.NFD.String(string(r)) {
		return base
	}
	return r
}

// spellings in ASCII of what has no base letter.
var spellings = map[rune]string{
	'€': "EUR", '£': "GBP", '¥': "JPY", '¢': "c",
	'ß': "ss", 'ẞ': "SS", 'Ø': "O", 'ø': "o", 'Ł': "L", 'ł': "l", 'Đ': "D", 'đ': "d", 'ı': "i",
	'Æ': "AE", 'æ': "ae", 'Œ': "OE", 'œ': "oe", 'Þ': "Th", 'þ': "th", 'Ð': "D", 'ð': "d",
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '′': "'", '‹': "'", '›': "'", '´': "'",
	'“': `"`, '”': `"`, '„': `"`, '‟': `"`, '″': `"`, '«': `"`, '»': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-",
	'…': "...", '×': "x", '÷': "/", '·': ".", '•': "*", '°': "o", '±': "+-",
	'½': "1/2", '¼': "1/4", '¾': "3/4", '²': "2", '³': "3", '¹': "1",
	'™': "TM", '®': "(R)", '©': "(C)", '№': "No.",
}

// DecodeCells returns what a display with a code page shows for cells: for simulators.
// Pages it has no table for show CP437. Bytes that a display does not show are blanks.
func DecodeCells(page byte, cells []byte) string {
	table := pageTable(page)
	var s strings.Builder
	for _, b := range cells {
		if printable(b) {
			s.WriteRune(table.DecodeByte(b))
		} else {
			s.WriteByte(' ')
		}
	}
	return s.String()
}

func pageTable(page byte) *charmap.Charmap {
	switch page {
	case PageCP850:
		return charmap.CodePage850
	case PageCP860:
		return charmap.CodePage860
	case PageCP863:
		return charmap.CodePage863
	case PageCP865:
		return charmap.CodePage865
	case PageCP1252:
		return charmap.Windows1252
	case PageCP866:
		return charmap.CodePage866
	case PageCP852:
		return charmap.CodePage852
	case PageCP858:
		return charmap.CodePage858
	}
	return charmap.CodePage437
}
