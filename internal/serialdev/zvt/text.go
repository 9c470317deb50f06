package zvt

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// decodeText reads code page 437, the protocol's default (section 5). Some terminals
// send another one against the rules: texts are for people, never for logic.
func decodeText(b []byte) string {
	var s strings.Builder
	s.Grow(len(b))
	for _, c := range b {
		s.WriteRune(charmap.CodePage437.DecodeByte(c))
	}
	return s.String()
}

// Text returns the value of a text object. It is for people, never for logic.
func Text(value []byte) string { return decodeText(trimPadding(value)) }

// appendText writes s in code page 437, a question mark for what it lacks.
func appendText(dst []byte, s string) []byte {
	for _, r := range s {
		c, ok := charmap.CodePage437.EncodeRune(r)
		if !ok {
			c = '?'
		}
		dst = append(dst, c)
	}
	return dst
}

// trimPadding cuts trailing blanks and NULs.
func trimPadding(b []byte) []byte { return bytes.TrimRight(b, " \x00") }
