package zvt

import "fmt"

// MaxAmountMinor is the largest amount BMP 04 can carry: twelve decimal digits.
const MaxAmountMinor = 999_999_999_999

const (
	amountBytes = 6
	hexDigits   = "0123456789ABCDEF"
)

// decodeAmount reads a 6-byte BCD amount in minor units.
func decodeAmount(b []byte) (int64, error) {
	if len(b) != amountBytes {
		return 0, fmt.Errorf("amount of %d bytes: %w", len(b), ErrLength)
	}
	var v int64
	for _, c := range b {
		hi, lo := c>>4, c&0x0F
		if hi > 9 || lo > 9 {
			return 0, fmt.Errorf("amount: %w", ErrDigit)
		}
		v = v*100 + int64(hi)*10 + int64(lo)
	}
	return v, nil
}

// appendAmount writes v as a 6-byte BCD amount.
func appendAmount(dst []byte, v int64) ([]byte, error) {
	if v < 0 || v > MaxAmountMinor {
		return dst, fmt.Errorf("amount %d: %w", v, ErrRange)
	}
	var b [amountBytes]byte
	for i := amountBytes - 1; i >= 0; i-- {
		b[i] = byte(v/10%10)<<4 | byte(v%10)
		v /= 100
	}
	return append(dst, b[:]...), nil
}

// nibbles returns b as upper-case hex: BCD digits, and whatever else is there.
func nibbles(b []byte) string {
	s := make([]byte, 0, 2*len(b))
	for _, c := range b {
		s = append(s, hexDigits[c>>4], hexDigits[c&0x0F])
	}
	return string(s)
}

// decodeDigits reads BCD that must hold decimal digits only.
func decodeDigits(b []byte) (string, error) {
	s := nibbles(b)
	if !isDigits(s) {
		return "", fmt.Errorf("%q: %w", s, ErrDigit)
	}
	return s, nil
}

// appendNibbles writes a string of hex digits as exactly n bytes.
func appendNibbles(dst []byte, s string, n int) ([]byte, error) {
	if len(s) != 2*n {
		return dst, fmt.Errorf("%q is not %d digits: %w", s, 2*n, ErrRange)
	}
	for i := 0; i < len(s); i += 2 {
		hi, lo := nibble(s[i]), nibble(s[i+1])
		if hi < 0 || lo < 0 {
			return dst, fmt.Errorf("%q: %w", s, ErrDigit)
		}
		dst = append(dst, byte(hi<<4|lo))
	}
	return dst, nil
}

// appendDigits writes a string of decimal digits as exactly n bytes.
func appendDigits(dst []byte, s string, n int) ([]byte, error) {
	if !isDigits(s) {
		return dst, fmt.Errorf("%q: %w", s, ErrDigit)
	}
	return appendNibbles(dst, s, n)
}

// nibble returns the value of an upper-case hex digit, or -1.
func nibble(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
