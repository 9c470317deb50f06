package engine

import (
	"errors"

	"edged/internal/errcode"
)

var (
	// ErrStopped is returned when the engine no longer takes events.
	ErrStopped = errors.New("engine is stopped")

	// ErrUnknownOrder is returned for an event of an order nobody here knows.
	ErrUnknownOrder = errors.New("unknown order")

	// ErrUnknownLane is returned for a lane that is not configured.
	ErrUnknownLane = errors.New("unknown lane")

	// ErrUnknownTask is returned for a task that is not open.
	ErrUnknownTask = errors.New("unknown task")

	// ErrNotParked is returned for going on with an order that is not parked.
	ErrNotParked = errors.New("order is not parked")

	// ErrTooManyEvents is returned for the 65th distinct callback of one order.
	ErrTooManyEvents = errcode.New(errcode.CallbackTooMany, "too many distinct events of one order")

	// ErrLedgerMoves is returned when the ledger cannot be read, because the archive
	// is being pruned; a moment later it can.
	ErrLedgerMoves = errors.New("ledger is being added up")

	// ErrParked is returned for an event of an order that is parked until a
	// person has looked at it; the event is kept in its journal.
	ErrParked = errcode.New(errcode.PayParked, "order is parked")
)
