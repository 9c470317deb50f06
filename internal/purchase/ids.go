package purchase

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// OrderID names one order: 128 random bits as 26 characters of Crockford's
// base32 (DESIGN §7). The engine draws the bits; this package only spells them.
type OrderID string

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ErrOrderID is returned when a text is not an order id.
var ErrOrderID = errors.New("not an order id (26 characters of Crockford base32)")

// NewOrderID spells 128 bits.
func NewOrderID(bits [16]byte) OrderID {
	var out [26]byte
	// 130 bits of base32 hold 128: the first character carries only three.
	var acc uint
	var have uint
	pos := len(out) - 1
	for i := len(bits) - 1; i >= 0; i-- {
		acc |= uint(bits[i]) << have
		have += 8
		for have >= 5 {
			out[pos] = crockford[acc&31]
			acc >>= 5
			have -= 5
			pos--
		}
	}
	out[pos] = crockford[acc&31]
	return OrderID(out[:])
}

// Bits gives the 128 bits back. It accepts only what NewOrderID spells.
func (id OrderID) Bits() ([16]byte, error) {
	var bits [16]byte
	if len(id) != 26 || id[0] > '7' {
		return bits, fmt.Errorf("%q: %w", string(id), ErrOrderID)
	}
	var acc, have uint
	at := len(bits) - 1
	for i := len(id) - 1; i >= 0; i-- {
		v := strings.IndexByte(crockford, id[i])
		if v < 0 {
			return bits, fmt.Errorf("%q: %w", string(id), ErrOrderID)
		}
		acc |= uint(v) << have
		have += 5
		for have >= 8 && at >= 0 {
			bits[at] = byte(acc)
			acc >>= 8
			have -= 8
			at--
		}
	}
	return bits, nil
}

// RefundID is our number for the n-th refund (from 1) of the order: the order
// id, "R" and the ordinal (saas-api README, PayType 2).
func (id OrderID) RefundID(n int) string { return string(id) + "R" + strconv.Itoa(n) }

// CommandID names one command to a terminal: what asked for it, its kind and
// its ordinal, as in "01J…/capture/2". It is the idempotency key of the effect.
type CommandID string

// CommandFor builds the id of an order's n-th command of a kind.
func CommandFor(order OrderID, kind CommandKind, n int) CommandID {
	return CommandID(string(order) + "/" + string(kind) + "/" + strconv.Itoa(n))
}
