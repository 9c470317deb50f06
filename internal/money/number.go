package money

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/govalues/decimal"
)

// maxExponent bounds the exponent of a scanned number, so that "1e999999999"
// costs nothing.
const maxExponent = 40

// number is a scanned decimal: digits (no leading zeros, "" for zero) times
// 10^-scale, without trailing fraction zeros.
type number struct {
	negative bool
	digits   string
	scale    int
	exponent bool // was written with an exponent
}

// ParseDecimal reads a decimal of the JSON number grammar, widened by leading
// zeros and a leading plus ("3", "3.00", "2.5e1"), exactly: where decimal.Parse
// would round to 19 digits it returns ErrPrecision. Negative numbers are read;
// LineTotal refuses them. Errors: ErrSyntax, ErrPrecision, ErrOverflow.
func ParseDecimal(s string) (decimal.Decimal, error) {
	n, err := scan(s)
	if err == nil && n.scale > decimal.MaxScale {
		err = ErrPrecision
	}
	if err == nil && len(n.digits) > decimal.MaxPrec {
		if n.scale == 0 {
			err = ErrOverflow
		} else {
			err = ErrPrecision
		}
	}
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("%w: %q", err, s)
	}
	d, err := decimal.Parse(n.text())
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("%w: %q: %w", ErrOverflow, s, err)
	}
	return d, nil
}

// scan reads [+-]digits[.digits][e[+-]digits].
func scan(s string) (number, error) {
	var n number
	rest := s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		n.negative = rest[0] == '-'
		rest = rest[1:]
	}
	mantissa, exp, err := splitExponent(rest)
	if err != nil {
		return number{}, err
	}
	whole, frac, point := strings.Cut(mantissa, ".")
	if !allDigits(whole) || point && !allDigits(frac) {
		return number{}, ErrSyntax
	}
	n.exponent = len(mantissa) != len(rest)
	n.digits, n.scale = whole+frac, len(frac)-exp
	n.normalise()
	return n, nil
}

// splitExponent cuts off an exponent, which must lie within ±maxExponent.
func splitExponent(s string) (mantissa string, exp int, err error) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, nil
	}
	exp, err = strconv.Atoi(s[i+1:])
	switch {
	case err != nil:
		return "", 0, ErrSyntax
	case exp > maxExponent:
		return "", 0, ErrOverflow
	case exp < -maxExponent:
		return "", 0, ErrPrecision
	}
	return s[:i], exp, nil
}

// normalise drops leading zeros and trailing fraction zeros and makes scale ≥ 0.
func (n *number) normalise() {
	n.digits = strings.TrimLeft(n.digits, "0")
	if n.digits == "" {
		n.scale, n.negative = 0, false
		return
	}
	for n.scale > 0 && strings.HasSuffix(n.digits, "0") {
		n.digits = n.digits[:len(n.digits)-1]
		n.scale--
	}
	if n.scale < 0 {
		n.digits += strings.Repeat("0", -n.scale)
		n.scale = 0
	}
}

// minor is the number times 10^exp as an integer; it must be one.
func (n number) minor(exp int) (Minor, error) {
	if n.scale > exp {
		return 0, ErrPrecision
	}
	digits := n.digits + strings.Repeat("0", exp-n.scale)
	if n.digits == "" {
		digits = "0"
	}
	u, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || u > math.MaxInt64 {
		return 0, ErrOverflow
	}
	if n.negative {
		return -Minor(u), nil
	}
	return Minor(u), nil
}

// text writes the number in plain notation.
func (n number) text() string {
	digits := n.digits
	if missing := n.scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - n.scale
	out := digits[:point]
	if n.scale > 0 {
		out += "." + digits[point:]
	}
	if n.negative {
		return "-" + out
	}
	return out
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
