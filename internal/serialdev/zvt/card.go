package zvt

import "fmt"

// decodeCard reads a masked BCD card number up to its padding.
func decodeCard(b []byte) string {
	s := make([]byte, 0, 2*len(b))
	for i := range panLength(b) {
		if v := nibbleAt(b, i); v <= 9 {
			s = append(s, '0'+v)
		} else {
			s = append(s, '*')
		}
	}
	return string(s)
}

// appendCard writes digits and stars as BCD, odd length padded with F.
func appendCard(dst []byte, s string) ([]byte, error) {
	b := make([]byte, (len(s)+1)/2)
	for i := range 2 * len(b) {
		switch {
		case i >= len(s):
			setNibble(b, i, padNibble)
		case s[i] == '*':
			setNibble(b, i, maskNibble)
		case isDigit(s[i]):
			setNibble(b, i, s[i]-'0')
		default:
			return dst, fmt.Errorf("card number: %w", ErrDigit)
		}
	}
	return append(dst, b...), nil
}

// CardTypeName returns the brand of a card type id (BMP 8A), or "".
func CardTypeName(id byte) string {
	switch id {
	case 0x05:
		return "girocard"
	case 0x06:
		return "Mastercard"
	case 0x08:
		return "American Express"
	case 0x0A:
		return "Visa"
	case 0x0B:
		return "Visa Electron"
	case 0x0C:
		return "Diners"
	case 0x0D:
		return "V PAY"
	case 0x0E:
		return "JCB"
	case 0x2E:
		return "Maestro"
	}
	return ""
}
