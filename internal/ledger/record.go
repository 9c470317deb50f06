package ledger

import (
	"time"

	"edged/internal/purchase"
)

// The record of an open order is written with every commit, and a page more costs
// more than all else the ledger writes. Most of an order's life its line is one
// entry that its state tells as well: the hold was granted, on its day.

// Record is the entries as they are kept beside the order's state: without the
// first, if it says no more than the state; "" then, until the hold is settled.
func (l Line) Record(s purchase.State, zone *time.Location) string {
	rest := l
	if len(l.Entries) > 0 && l.Entries[0] == granted(s, zone) {
		rest.Entries = l.Entries[1:]
	}
	return rest.Text()
}

// FromRecord reads what Record wrote. A state without a record, from before there
// was a ledger, gets an opening entry. Errors: ErrText, with an opening entry as well.
func FromRecord(text string, s purchase.State, zone *time.Location) (Line, error) {
	if s.Hold == nil {
		return Line{}, nil
	}
	l := Line{Terminal: Till(s), Currency: s.Terms.Currency}
	first := granted(s, zone)
	entries, err := ParseText(text)
	switch {
	case err != nil || len(entries) == 0:
		return Opening(s, first.Mark), err
	case entries[0].Amounts[Issuer] == 0:
		l.Entries = append([]Entry{first}, entries...)
	default:
		l.Entries = entries
	}
	return l, nil
}

// granted is the entry of a hold that was granted while the clock was right.
func granted(s purchase.State, zone *time.Location) Entry {
	if s.Hold == nil {
		return Entry{}
	}
	e := Entry{Mark: Mark{Day: DayOf(time.UnixMilli(s.Hold.At).In(zone))}}
	e.move(Issuer, Held, s.Hold.Amount)
	return e
}
