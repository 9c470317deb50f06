package purchase

import (
	"errors"

	"edged/internal/errcode"
)

var (
	// ErrBug is returned when an answer comes to something this order never
	// asked for, or when an invariant is broken: a fault of edged itself. The
	// order is parked with its state; nothing is lost.
	ErrBug = errcode.New(errcode.RunBug, "broken promise inside edged")

	// ErrPerson is returned when somebody asks by hand for what the order cannot
	// do (an unknown refund number, more money than was captured). The order is
	// unchanged.
	ErrPerson = errors.New("not possible for this order")
)
