package ledger

import (
	"errors"

	"edged/internal/errcode"
)

var (
	// ErrBroken is returned when a promise of the ledger does not hold: a bug of
	// edged, or a state that was altered in the store.
	ErrBroken = errcode.New(errcode.PayLedger, "ledger does not hold")
	// ErrText is returned when a stored line cannot be read.
	ErrText = errors.New("not a line of the ledger")
	// ErrDay is returned when a text is no date.
	ErrDay = errors.New("not a day")
)
