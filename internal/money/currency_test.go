package money

import (
	"errors"
	"testing"
)

func TestCurrencyTableIsSortedUniqueAndWellFormed(t *testing.T) {
	seen := map[uint16]Currency{}
	previous, count := "", 0
	for i := 0; i < len(isoTable); i += isoRecord {
		r := isoTable[i : i+isoRecord]
		c := Currency(r[:3])
		if r[:3] <= previous {
			t.Errorf("%s comes after %s", r[:3], previous)
		}
		if r[6] < '0' || r[6] > '4' || r[7] != ' ' {
			t.Errorf("record %q is malformed", r)
		}
		if other, ok := seen[c.Numeric()]; ok || c.Numeric() == 0 {
			t.Errorf("%s has the numeric code %d of %s", c, c.Numeric(), other)
		}
		seen[c.Numeric()] = c
		if got, err := ParseCurrency(string(c)); err != nil || got != c {
			t.Errorf("ParseCurrency(%q) = %q, %v", c, got, err)
		}
		if got, err := CurrencyByNumeric(c.Numeric()); err != nil || got != c {
			t.Errorf("CurrencyByNumeric(%d) = %q, %v", c.Numeric(), got, err)
		}
		previous = r[:3]
		count++
	}
	if count < 150 {
		t.Errorf("table has %d currencies, want at least 150", count)
	}
}

func TestCurrencyFacts(t *testing.T) {
	tests := []struct {
		in       string
		want     Currency
		exponent int
		numeric  uint16
	}{
		{"EUR", "EUR", 2, 978},
		{"usd", "USD", 2, 840},
		{"978", "EUR", 2, 978},
		{"0978", "EUR", 2, 978},
		{"036", "AUD", 2, 36},
		{"36", "AUD", 2, 36},
		{"JPY", "JPY", 0, 392},
		{"KWD", "KWD", 3, 414},
		{"CLF", "CLF", 4, 990},
		{"XCG", "XCG", 2, 532},
	}
	for _, tt := range tests {
		got, err := ParseCurrency(tt.in)
		if err != nil || got != tt.want {
			t.Errorf("ParseCurrency(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
		if got.Exponent() != tt.exponent || got.Numeric() != tt.numeric {
			t.Errorf("%s: exponent %d numeric %d, want %d %d", got, got.Exponent(), got.Numeric(), tt.exponent, tt.numeric)
		}
	}
}

func TestUnknownCurrenciesAreRefused(t *testing.T) {
	for _, in := range []string{"", "EU", "EURO", "XXX", "XAU", "€", "0", "999", "99999", "-978", "EUR "} {
		if got, err := ParseCurrency(in); !errors.Is(err, ErrCurrency) {
			t.Errorf("ParseCurrency(%q) = %q, %v, want ErrCurrency", in, got, err)
		}
	}
	if c := Currency("eur"); c.Valid() || c.Numeric() != 0 || c.Exponent() != 0 {
		t.Errorf("lower case %q counts as valid", c)
	}
}
