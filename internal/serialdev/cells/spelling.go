package cells

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// spelling is r in printable ASCII, if there is a way that keeps its meaning: from the
// table, or as Unicode takes it apart (full-width forms, ligatures, units in one cell).
func spelling(r rune) (string, bool) {
	if s, ok := spellings[r]; ok {
		return s, true
	}
	s := norm.NFKD.String(string(r))
	if s == string(r) {
		return "", false
	}
	for _, part := range s {
		if part >= unicode.MaxASCII || !Printable(byte(part)) {
			return "", false
		}
	}
	return s, true
}

// spellings of what has no base letter (section 1.5, step 5). Currencies are spelt by
// their code: the amount beside them must not change its meaning. A Spanish mark that
// opens a sentence is left out: the one that ends it says the same.
var spellings = map[rune]string{
	'€': "EUR", '£': "GBP", '¥': "JPY", '¢': "c", '₩': "KRW", '₹': "INR", '₽': "RUB", '₺': "TRY", '₫': "VND", '₪': "ILS", '₴': "UAH",
	'ß': "ss", 'ẞ': "SS", 'Ø': "O", 'ø': "o", 'Ł': "L", 'ł': "l", 'Đ': "D", 'đ': "d", 'ı': "i", 'Ħ': "H", 'ħ': "h",
	'Æ': "AE", 'æ': "ae", 'Œ': "OE", 'œ': "oe", 'Þ': "Th", 'þ': "th", 'Ð': "D", 'ð': "d", 'Ŋ': "N", 'ŋ': "n",
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '′': "'", '‹': "'", '›': "'", '´': "'",
	'“': `"`, '”': `"`, '„': `"`, '‟': `"`, '″': `"`, '«': `"`, '»': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-",
	'…': "...", '×': "x", '÷': "/", '·': ".", '•': "*", '°': "o", '±': "+-", '≤': "<=", '≥': ">=", '≈': "~",
	'½': "1/2", '¼': "1/4", '¾': "3/4", '²': "2", '³': "3", '¹': "1", 'ª': "a", 'º': "o", '¿': "", '¡': "",
	'™': "TM", '®': "(R)", '©': "(C)", '№': "No.", '、': ",", '。': ".",
}
