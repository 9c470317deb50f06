package money

import "errors"

var (
	// ErrCurrency is returned when a currency is not in the ISO 4217 table.
	ErrCurrency = errors.New("unknown currency")
	// ErrSyntax is returned when a text is not a plain decimal number.
	ErrSyntax = errors.New("not a decimal number")
	// ErrPrecision is returned when a text has digits that would be lost: more
	// fraction digits than the currency has, or more digits than a decimal holds.
	ErrPrecision = errors.New("too many digits")
	// ErrNegative is returned when an amount, price or count is below zero where
	// that has no meaning.
	ErrNegative = errors.New("negative amount")
	// ErrOverflow is returned when a result does not fit into Minor.
	ErrOverflow = errors.New("amount too large")
)
