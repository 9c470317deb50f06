package money

import (
	"fmt"
	"math/big"

	"github.com/govalues/decimal"
)

// LineTotal is price × count in major units of c, computed exactly and rounded
// half-up to the minor unit. This is the only rounding in edged: once per line,
// never per unit and never over the sum (SaaS API notes, BuyCount and meterUnit).
// Neither factor may be negative. Errors: ErrNegative, ErrOverflow, ErrCurrency.
func LineTotal(price, count decimal.Decimal, c Currency) (Minor, error) {
	if !c.Valid() {
		return 0, fmt.Errorf("%w: %q", ErrCurrency, string(c))
	}
	if price.IsNeg() || count.IsNeg() {
		return 0, fmt.Errorf("%w: %s × %s", ErrNegative, price, count)
	}
	product := new(big.Int).Mul(coefficient(price), coefficient(count))
	total := scaleHalfUp(product, price.Scale()+count.Scale()-c.Exponent())
	if !total.IsInt64() {
		return 0, fmt.Errorf("%w: %s × %s %s", ErrOverflow, price, count, c)
	}
	return Minor(total.Int64()), nil
}

// scaleHalfUp is n / 10^digits, half rounded up; negative digits multiply. n ≥ 0.
func scaleHalfUp(n *big.Int, digits int) *big.Int {
	if digits <= 0 {
		return n.Mul(n, pow10(-digits))
	}
	divisor := pow10(digits)
	half := new(big.Int).Rsh(divisor, 1)
	return n.Quo(n.Add(n, half), divisor)
}

func coefficient(d decimal.Decimal) *big.Int { return new(big.Int).SetUint64(d.Coef()) }

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
