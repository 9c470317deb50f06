package money

import (
	"errors"
	"math/big"
	"testing"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

func TestLineTotal(t *testing.T) {
	tests := []struct {
		name         string
		price, count string
		c            Currency
		want         Minor
		err          error
	}{
		{"pieces", "3.00", "2", "EUR", 600, nil},
		{"a weight below the unit", "4.99", "0.35", "EUR", 175, nil},
		{"exactly half goes up", "0.01", "0.5", "EUR", 1, nil},
		{"half goes up where half-even would go down", "0.05", "0.1", "EUR", 1, nil},
		{"half goes up to an odd cent", "0.25", "0.1", "EUR", 3, nil},
		{"just below half goes down", "0.01", "0.4999999999999999999", "EUR", 0, nil},
		{"no rounding of the price before the product", "0.005", "100", "EUR", 50, nil},
		{"nineteen digits on both sides stay exact", "1.000000000000000001", "1.000000000000000001", "EUR", 100, nil},
		{"a currency without minor unit", "99.5", "1", "JPY", 100, nil},
		{"more minor digits than the factors have", "1", "2", "KWD", 2000, nil},
		{"a price written with an exponent", "2.5e1", "2", "EUR", 5000, nil},
		{"nothing taken", "3.00", "0", "EUR", 0, nil},
		{"the largest total", "92233720368547758.07", "1", "EUR", 9223372036854775807, nil},
		{"one above the largest", "92233720368547758.08", "1", "EUR", 0, ErrOverflow},
		{"half above the largest", "3689348814741910323", "2.5", "JPY", 0, ErrOverflow},
		{"both factors huge", "9999999999999999999", "9999999999999999999", "EUR", 0, ErrOverflow},
		{"a negative price", "-0.01", "1", "EUR", 0, ErrNegative},
		{"a negative count", "1", "-1", "EUR", 0, ErrNegative},
		{"an unknown currency", "1", "1", "XXX", 0, ErrCurrency},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			price, count := mustDecimal(t, tt.price), mustDecimal(t, tt.count)
			got, err := LineTotal(price, count, tt.c)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("LineTotal(%s, %s, %s) = %d, %v, want %d, %v", tt.price, tt.count, tt.c, got, err, tt.want, tt.err)
			}
		})
	}
}

func TestLineTotalAgreesWithRationals(t *testing.T) {
	factor := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.MustNew(rapid.Int64Min(0).Draw(t, "coefficient"), rapid.IntRange(0, decimal.MaxScale).Draw(t, "scale"))
	})
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom([]Currency{"EUR", "JPY", "KWD"}).Draw(t, "currency")
		price, count := factor.Draw(t, "price"), factor.Draw(t, "count")
		got, err := LineTotal(price, count, c)
		want := halfUp(price, count, c)
		if !want.IsInt64() {
			if !errors.Is(err, ErrOverflow) {
				t.Fatalf("LineTotal(%s, %s, %s) = %d, %v, want ErrOverflow", price, count, c, got, err)
			}
			return
		}
		if err != nil || int64(got) != want.Int64() {
			t.Fatalf("LineTotal(%s, %s, %s) = %d, %v, want %s", price, count, c, got, err, want)
		}
	})
}

// halfUp is the rounding rule written another way: floor(2x+1)/2 over rationals.
func halfUp(price, count decimal.Decimal, c Currency) *big.Int {
	x, _ := new(big.Rat).SetString(price.String())
	y, _ := new(big.Rat).SetString(count.String())
	x.Mul(x, y).Mul(x, new(big.Rat).SetInt(pow10(c.Exponent())))
	x.Mul(x, big.NewRat(2, 1)).Add(x, big.NewRat(1, 1))
	n := new(big.Int).Quo(x.Num(), x.Denom())
	return n.Rsh(n, 1)
}

func TestParseDecimalIsExactOrRefuses(t *testing.T) {
	tests := []struct {
		in, want string
		err      error
	}{
		{"3", "3", nil},
		{"3.00", "3", nil},
		{"03.10", "3.1", nil},
		{"-0.5", "-0.5", nil},
		{"-0", "0", nil},
		{"2.5e1", "25", nil},
		{"25E-1", "2.5", nil},
		{"1e+2", "100", nil},
		{"0.0000000000000000001", "0.0000000000000000001", nil},
		{"9999999999999999999", "9999999999999999999", nil},
		{"0.00000000000000000001", "", ErrPrecision},
		{"0.0049999999999999999999", "", ErrPrecision},
		{"1.0000000000000000001", "", ErrPrecision},
		{"10000000000000000000", "", ErrOverflow},
		{"1e41", "", ErrOverflow},
		{"1e-41", "", ErrPrecision},
		{"1e", "", ErrSyntax},
		{"e5", "", ErrSyntax},
		{"1e5e5", "", ErrSyntax},
		{"", "", ErrSyntax},
		{"null", "", ErrSyntax},
		{"Infinity", "", ErrSyntax},
	}
	for _, tt := range tests {
		got, err := ParseDecimal(tt.in)
		if !errors.Is(err, tt.err) || err == nil && got.String() != tt.want {
			t.Errorf("ParseDecimal(%q) = %s, %v, want %s, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"3.00", "-0.5", "2.5e1", "1e-19", "0.0049999999999999999999", "1e41", "9999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseDecimal(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("ParseDecimal(%q) = %s, but it is no number", s, got)
		}
		have, _ := new(big.Rat).SetString(got.String())
		if have.Cmp(want) != 0 {
			t.Fatalf("ParseDecimal(%q) = %s", s, got)
		}
	})
}

func mustDecimal(t *testing.T, s string) decimal.Decimal {
	t.Helper()
	d, err := ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
