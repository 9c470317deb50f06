package money

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		in   string
		c    Currency
		want Minor
		err  error
	}{
		{"whole major units", "50", "EUR", 5000, nil},
		{"all digits", "50.00", "EUR", 5000, nil},
		{"fewer digits", "3.0", "EUR", 300, nil},
		{"more digits that are zeros", "3.0000", "EUR", 300, nil},
		{"one cent", "0.01", "EUR", 1, nil},
		{"leading zeros", "0050.10", "EUR", 5010, nil},
		{"zero", "0", "EUR", 0, nil},
		{"a currency without minor unit", "500", "JPY", 500, nil},
		{"zeros behind a currency without minor unit", "500.00", "JPY", 500, nil},
		{"three digits", "1.234", "KWD", 1234, nil},
		{"the largest amount", "92233720368547758.07", "EUR", math.MaxInt64, nil},
		{"a leading plus", "+5", "EUR", 500, nil},
		{"one above the largest", "92233720368547758.08", "EUR", 0, ErrOverflow},
		{"far too large", strings.Repeat("9", 400), "EUR", 0, ErrOverflow},
		{"a third digit", "3.001", "EUR", 0, ErrPrecision},
		{"a fraction of a yen", "1.5", "JPY", 0, ErrPrecision},
		{"negative", "-1", "EUR", 0, ErrNegative},
		{"negative zero", "-0", "EUR", 0, ErrNegative},
		{"empty", "", "EUR", 0, ErrSyntax},
		{"a lone sign", "-", "EUR", 0, ErrSyntax},
		{"no whole part", ".5", "EUR", 0, ErrSyntax},
		{"no fraction behind the point", "5.", "EUR", 0, ErrSyntax},
		{"two points", "1.2.3", "EUR", 0, ErrSyntax},
		{"decimal comma", "1,50", "EUR", 0, ErrSyntax},
		{"spaces", " 5", "EUR", 0, ErrSyntax},
		{"an exponent", "5e1", "EUR", 0, ErrSyntax},
		{"not a number", "NaN", "EUR", 0, ErrSyntax},
		{"infinity", "Inf", "EUR", 0, ErrSyntax},
		{"hexadecimal", "0x10", "EUR", 0, ErrSyntax},
		{"digits of another script", "٣", "EUR", 0, ErrSyntax},
		{"a currency that does not exist", "5", "EUX", 0, ErrCurrency},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.in, tt.c)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("Parse(%q, %s) = %d, %v, want %d, %v", tt.in, tt.c, got, err, tt.want, tt.err)
			}
		})
	}
}

func TestParseSignedReadsAMinus(t *testing.T) {
	if got, err := ParseSigned("-3.50", "EUR"); got != -350 || err != nil {
		t.Errorf("ParseSigned = %d, %v, want -350", got, err)
	}
}

func TestFormat(t *testing.T) {
	tests := []struct {
		m    Minor
		c    Currency
		want string
	}{
		{5000, "EUR", "50.00 EUR"},
		{5, "EUR", "0.05 EUR"},
		{0, "EUR", "0.00 EUR"},
		{-5, "EUR", "-0.05 EUR"},
		{500, "JPY", "500 JPY"},
		{1234, "KWD", "1.234 KWD"},
		{math.MaxInt64, "EUR", "92233720368547758.07 EUR"},
		{math.MinInt64, "EUR", "-92233720368547758.08 EUR"},
	}
	for _, tt := range tests {
		if got := Format(tt.m, tt.c); got != tt.want {
			t.Errorf("Format(%d, %s) = %q, want %q", tt.m, tt.c, got, tt.want)
		}
	}
}

func TestParseReadsWhatFormatWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom([]Currency{"EUR", "JPY", "KWD", "CLF"}).Draw(t, "currency")
		m := Minor(rapid.Int64Min(math.MinInt64+1).Draw(t, "amount"))
		if got, err := ParseSigned(FormatBare(m, c), c); got != m || err != nil {
			t.Fatalf("ParseSigned(%q) = %d, %v", FormatBare(m, c), got, err)
		}
	})
}

func TestSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOf(rapid.Map(rapid.Int64(), func(n int64) Minor { return Minor(n) })).Draw(t, "amounts")
		want, fits := new(big.Int), true
		for _, m := range amounts {
			want.Add(want, big.NewInt(int64(m)))
			fits = fits && want.IsInt64()
		}
		got, err := Sum(amounts...)
		if fits && (err != nil || int64(got) != want.Int64()) {
			t.Fatalf("Sum(%v) = %d, %v, want %s", amounts, got, err, want)
		}
		if !fits && !errors.Is(err, ErrOverflow) {
			t.Fatalf("Sum(%v) = %d, %v, want ErrOverflow", amounts, got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"50", "50.00", "3.0", "-1", "0.005", "1e5", "", ".", "92233720368547758.08", "00.10"} {
		f.Add(s, "EUR")
	}
	f.Add("500", "JPY")
	f.Fuzz(func(t *testing.T, s, code string) {
		c := Currency(code)
		got, err := Parse(s, c)
		if err != nil {
			if got != 0 {
				t.Fatalf("Parse(%q) = %d with the error %v", s, got, err)
			}
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("Parse(%q) = %d, but it is no number", s, got)
		}
		scale := new(big.Rat).SetInt(pow10(c.Exponent()))
		if want.Mul(want, scale); want.Cmp(new(big.Rat).SetInt64(int64(got))) != 0 {
			t.Fatalf("Parse(%q, %s) = %d, want %s", s, c, got, want)
		}
		if again, err := Parse(FormatBare(got, c), c); again != got || err != nil {
			t.Fatalf("second reading of %q = %d, %v", FormatBare(got, c), again, err)
		}
	})
}
