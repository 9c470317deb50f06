package cells

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Charset is what a display can show. The zero value is none.
type Charset string

// The charsets: the code pages that have the same number on all families of displays
// (section 1.5), and ASCII for boxes that show nothing else reliably. CP858 and CP1252
// have the euro sign; CP858 is the one that all of them have.
const (
	ASCII  Charset = "ascii"
	CP437  Charset = "cp437"
	CP850  Charset = "cp850"
	CP858  Charset = "cp858"
	CP1252 Charset = "cp1252"
)

// Charsets lists them, the usual one first.
func Charsets() []Charset { return []Charset{CP858, CP1252, CP850, CP437, ASCII} }

// Valid tells whether c is one of Charsets.
func (c Charset) Valid() bool { return slices.Contains(Charsets(), c) }

// page is the table of the bytes from 80 up; nil: ASCII has none.
func (c Charset) page() *charmap.Charmap {
	switch c {
	case CP437:
		return charmap.CodePage437
	case CP850:
		return charmap.CodePage850
	case CP858:
		return charmap.CodePage858
	case CP1252:
		return charmap.Windows1252
	}
	return nil
}

// replacement stands for what can be shown in no way.
const replacement = '?'

// Encode turns a text into cells; there may be more or fewer of them than runes.
func (c Charset) Encode(s string) []byte {
	out := make([]byte, 0, len(s))
	for _, r := range norm.NFC.String(s) {
		out = c.appendRune(out, r)
	}
	return out
}

// Shown is a text as a display shows it: one rune a cell. It is what rows are laid
// out of, so that an amount beside a name stays in its place (section 1.5: encode
// first, lay out afterwards).
func (c Charset) Shown(s string) string { return c.Decode(c.Encode(s)) }

// Decode returns what a display with this charset shows for cells. Bytes that it does
// not show are blanks.
func (c Charset) Decode(b []byte) string {
	page := c.page()
	var s strings.Builder
	for _, x := range b {
		switch {
		case !Printable(x) || x > unicode.MaxASCII && page == nil:
			s.WriteByte(' ')
		case x < unicode.MaxASCII:
			s.WriteByte(x)
		default:
			s.WriteRune(page.DecodeByte(x))
		}
	}
	return s.String()
}

// AppendRow writes a text as exactly so many cells: padded with blanks, cut at the
// last one.
func (c Charset) AppendRow(dst []byte, text string, cols int) []byte {
	row := c.Encode(text)
	dst = append(dst, row[:min(len(row), cols)]...)
	for range cols - len(row) {
		dst = append(dst, ' ')
	}
	return dst
}

// Printable reports whether b is written into a cell: it is no control byte.
func Printable(b byte) bool { return b >= 0x20 && b != 0x7F }

// appendRune follows the order of section 1.5: as it is, without its accent, spelt out,
// a question mark.
func (c Charset) appendRune(dst []byte, r rune) []byte {
	switch {
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return dst // commands, joiners, marks of direction, soft hyphens
	case unicode.Is(unicode.Zs, r):
		return append(dst, ' ')
	}
	if b, ok := c.cell(r); ok {
		return append(dst, b)
	}
	if b, ok := c.cell(baseLetter(r)); ok {
		return append(dst, b)
	}
	if s, ok := spelling(r); ok {
		return append(dst, s...)
	}
	if unicode.Is(unicode.Mn, r) {
		return dst // an accent without a letter to sit on
	}
	return append(dst, replacement)
}

// cell returns the byte that shows r itself.
func (c Charset) cell(r rune) (byte, bool) {
	if r < unicode.MaxASCII {
		return byte(r), Printable(byte(r))
	}
	page := c.page()
	if page == nil {
		return 0, false
	}
	b, ok := page.EncodeRune(r)
	return b, ok && Printable(b)
}

// baseLetter returns the letter below the accents of r, or r.
func baseLetter(r rune) rune {
	for _, base := range norm.NFD.String(string(r)) {
		return base
	}
	return r
}
