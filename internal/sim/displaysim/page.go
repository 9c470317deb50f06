package displaysim

import "golang.org/x/text/encoding/charmap"

// page is a code page: how bytes from 80 up look.
type page struct{ table *charmap.Charmap }

var page437 = page{charmap.CodePage437}

// unknownGlyph is shown for what no table has.
const unknownGlyph = '□'

// pageByNumber is the numbering of ESC t on the Epson family (§1.5); pages that
// are vendor fonts have no table.
func pageByNumber(n byte) page {
	switch n {
	case 0:
		return page437
	case 2:
		return page{charmap.CodePage850}
	case 3:
		return page{charmap.CodePage860}
	case 4:
		return page{charmap.CodePage863}
	case 5:
		return page{charmap.CodePage865}
	case 16:
		return page{charmap.Windows1252}
	case 17:
		return page{charmap.CodePage866}
	case 18:
		return page{charmap.CodePage852}
	case 19:
		return page{charmap.CodePage858}
	default:
		return page{}
	}
}

// pageByLetter is ESC c of a CD5220 (§1.8).
func pageByLetter(c byte) page {
	switch c {
	case 'A':
		return page437
	case 'P':
		return page{charmap.CodePage858}
	case 'W':
		return page{charmap.Windows1252}
	default:
		return page{}
	}
}

// intlPlaces are the positions an international set overwrites (§1.6).
const intlPlaces = "\x23\x24\x40\x5b\x5c\x5d\x5e\x60\x7b\x7c\x7d\x7e"

// intlSet gives the characters at intlPlaces for ESC R n.
func intlSet(n int) []rune {
	sets := [...]string{
		"#$@[\\]^`{|}~", "#$à°ç§^`éùè¨", "#$§ÄÖÜ^`äöüß", "£$@[\\]^`{|}~", "#$@ÆØÅ^`æøå~", "#¤ÉÄÖÅÜéäöåü",
		"#$@°\\é^ùàòèì", "₧$@¡Ñ¿^`¨ñ}~", "#$@[¥]^`{|}~", "#¤ÉÆØÅÜéæøåü", "#$ÉÆØÅÜéæøåü",
	}
	if n < 0 || n >= len(sets) {
		n = 0
	}
	return []rune(sets[n])
}

// decode says how a byte looks.
func (p page) decode(b byte, intl int) rune {
	for i := range len(intlPlaces) {
		if intlPlaces[i] == b {
			return intlSet(intl)[i]
		}
	}
	switch {
	case b < 0x7F:
		return rune(b)
	case p.table == nil || b == 0x7F:
		return unknownGlyph
	}
	return p.table.DecodeByte(b)
}
