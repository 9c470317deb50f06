package money

import (
	"fmt"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 alphabetic code in upper case, e.g. "EUR". The zero
// value and any other text are invalid; ParseCurrency makes only valid ones.
type Currency string

// ParseCurrency reads an alphabetic code in any case ("EUR", "usd") or a numeric
// one ("978", "0978" as terminals print it). Errors: ErrCurrency.
func ParseCurrency(s string) (Currency, error) {
	if n, err := strconv.ParseUint(s, 10, 16); err == nil {
		return CurrencyByNumeric(uint16(n))
	}
	c := Currency(strings.ToUpper(s))
	if !c.Valid() {
		return "", fmt.Errorf("%w: %q", ErrCurrency, s)
	}
	return c, nil
}

// CurrencyByNumeric finds a currency by its ISO 4217 numeric code, e.g. 978.
// Errors: ErrCurrency.
func CurrencyByNumeric(n uint16) (Currency, error) {
	want := fmt.Sprintf("%03d", n)
	for i := 0; i < len(isoTable); i += isoRecord {
		if isoTable[i+3:i+6] == want {
			return Currency(isoTable[i : i+3]), nil
		}
	}
	return "", fmt.Errorf("%w: numeric %d", ErrCurrency, n)
}

// Valid tells whether c is in the table.
func (c Currency) Valid() bool { return c.record() != "" }

// Exponent is the number of decimal digits of the minor unit: 2 for EUR, 0 for
// JPY, 3 for KWD; 0 for an invalid currency, which every function of this
// package refuses anyway.
func (c Currency) Exponent() int {
	if r := c.record(); r != "" {
		return int(r[6] - '0')
	}
	return 0
}

// Numeric is the ISO 4217 numeric code, e.g. 978; 0 for an invalid currency.
func (c Currency) Numeric() uint16 {
	r := c.record()
	if r == "" {
		return 0
	}
	n, err := strconv.ParseUint(r[3:6], 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// record is the table's line of c, or "".
func (c Currency) record() string {
	if len(c) != 3 {
		return ""
	}
	lo, hi := 0, len(isoTable)/isoRecord
	for lo < hi {
		mid := (lo + hi) / 2
		r := isoTable[mid*isoRecord : (mid+1)*isoRecord]
		switch strings.Compare(r[:3], string(c)) {
		case 0:
			return r
		case -1:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return ""
}
