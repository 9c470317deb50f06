// Package money owns amounts: integer minor units with an ISO 4217 currency,
// exact decimal parsing, and the one rounding rule of edged.
//
// It promises that no digit is ever lost in silence: a text that does not fit is
// an error, a sum or product that does not fit is an error, and rounding happens
// in LineTotal only. It is pure, knows no prices or orders, and refuses floats.
package money

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Minor is an amount in the minor units of its currency: 5000 is 50.00 EUR, and
// 5000 JPY. The currency travels beside it.
type Minor int64

// Parse reads an amount in major units: "50", "50.00" and "3.0" are fine for EUR.
// More fraction digits than the currency has are accepted only if they are zeros.
// No exponent, no grouping, no spaces, no currency sign, no sign.
// Errors: ErrSyntax, ErrPrecision, ErrNegative, ErrOverflow, ErrCurrency.
func Parse(s string, c Currency) (Minor, error) {
	m, err := ParseSigned(s, c)
	if err == nil && (m < 0 || strings.HasPrefix(s, "-")) {
		return 0, fmt.Errorf("%w: %q", ErrNegative, s)
	}
	return m, err
}

// ParseSigned is Parse for the places where a leading minus has a meaning.
func ParseSigned(s string, c Currency) (Minor, error) {
	if !c.Valid() {
		return 0, fmt.Errorf("%w: %q", ErrCurrency, string(c))
	}
	n, err := scan(s)
	if err == nil && n.exponent {
		err = ErrSyntax
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %q", err, s)
	}
	m, err := n.minor(c.Exponent())
	if err != nil {
		return 0, fmt.Errorf("%w: %q as %s", err, s, c)
	}
	return m, nil
}

// Format writes m with its currency: "50.00 EUR", "-0.05 EUR", "500 JPY".
func Format(m Minor, c Currency) string { return FormatBare(m, c) + " " + string(c) }

// FormatBare writes m in major units with exactly the currency's digits: "50.00".
// An invalid currency has no known digits: the bare minor units are written.
func FormatBare(m Minor, c Currency) string {
	digits, sign := strconv.FormatUint(magnitude(m), 10), ""
	if m < 0 {
		sign = "-"
	}
	exp := c.Exponent()
	if exp == 0 {
		return sign + digits
	}
	if missing := exp + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - exp
	return sign + digits[:point] + "." + digits[point:]
}

// Sum adds amounts of one currency; no amounts are 0. Errors: ErrOverflow.
func Sum(amounts ...Minor) (Minor, error) {
	var total Minor
	for _, m := range amounts {
		if m > 0 && total > math.MaxInt64-m || m < 0 && total < math.MinInt64-m {
			return 0, fmt.Errorf("%w: %d + %d", ErrOverflow, total, m)
		}
		total += m
	}
	return total, nil
}

// magnitude is |m|, also for the most negative amount.
func magnitude(m Minor) uint64 {
	if m < 0 {
		return -uint64(m)
	}
	return uint64(m)
}
