// Package fakemdb is a cashless reader behind an MDB session adapter (mdb.md §10),
// cut down to what the engine's port of a terminal is about: one session, in which
// a card is held and one final amount is taken. It is used in tests only, to keep
// that port from being ZVT in disguise.
//
// It differs from ZVT where MDB does: a hold needs no acknowledgement and cannot be
// asked about later; a result waits for as long as it takes to become durable; what
// commits is D,END after an approval, and so would be any reset of the bus.
package fakemdb
