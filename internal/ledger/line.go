package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"edged/internal/money"
	"edged/internal/purchase"
)

// Line is what one order has in the ledger: its entries, oldest first.
type Line struct {
	Terminal string
	Currency money.Currency
	Entries  []Entry
}

// Till names the terminal of an order: its id, or the lane if it tells none.
func Till(s purchase.State) string {
	if s.Hold != nil && s.Hold.Terminal != "" {
		return s.Hold.Terminal
	}
	if s.Terms.Terminal != "" {
		return s.Terms.Terminal
	}
	return LaneTill(s.Terms.Lane)
}

// LaneTill stands for the terminal of a lane that tells no id.
func LaneTill(lane string) string { return "lane:" + lane }

// Opening is the line of an order that has none: one entry for all that its facts
// say, on the given day.
func Opening(s purchase.State, m Mark) Line {
	return Line{}.Post(purchase.State{}, s, m)
}

// Post enters what one step of the order has moved. l is not changed.
func (l Line) Post(before, after purchase.State, m Mark) Line {
	l.Terminal, l.Currency = Till(after), after.Terms.Currency
	moved := Entry{Mark: m, Amounts: Position(after).Minus(Position(before))}
	if moved.Amounts == (Amounts{}) {
		return l
	}
	if moved.booked() == (Booked{}) {
		moved.Period = 0 // no end of day asks for it
	}
	if n := len(l.Entries); n > 0 && moved.undoes(l.Entries[n-1]) {
		l.Entries = slices.Clone(l.Entries[:n-1])
		return l
	}
	l.Entries = append(slices.Clone(l.Entries), moved)
	return l
}

// Balance is what the entries add up to.
func (l Line) Balance() (a Amounts) {
	for _, e := range l.Entries {
		a = a.Plus(e.Amounts)
	}
	return a
}

// Check says which promises of the ledger the line of an order in state s breaks.
// It wraps ErrBroken.
func (l Line) Check(s purchase.State) error {
	var broken []error
	for _, e := range l.Entries {
		broken = append(broken, e.check())
	}
	b := l.Balance()
	if p := Position(s); b != p {
		broken = append(broken, fmt.Errorf("%w: the entries add up to %v, the order stands at %v", ErrBroken, b, p))
	}
	for _, a := range Accounts()[1:] {
		if b[a] < 0 {
			broken = append(broken, fmt.Errorf("%w: %s is %d", ErrBroken, a, b[a]))
		}
	}
	return errors.Join(append(broken, b.agree(s))...)
}

// agree compares a balance with what the order says of its money, by another way
// than Position.
func (a Amounts) agree(s purchase.State) error {
	held, taken, refunded := s.Money()
	gone := a[Refunded] + a[ByHand]
	fact := func(what string, got, want money.Minor) error {
		if got == want {
			return nil
		}
		return fmt.Errorf("%w: %s is %d, the order says %d", ErrBroken, what, got, want)
	}
	open := money.Minor(0)
	if s.HoldOpen() {
		open = held
	}
	errs := []error{
		fact("what was ever held", -a[Issuer], held),
		fact("the open hold", a[Held]+a[InDoubt], open),
		fact("what was refunded", gone, refunded),
	}
	if s.Outcome != nil {
		errs = append(errs, fact("what was captured", a[Captured]+a[Unconfirmed]+gone, taken))
	}
	return errors.Join(errs...)
}

// String is the line for the store: currency, entries and terminal, or a dash for an
// order that never held money.
func (l Line) String() string {
	if len(l.Entries) == 0 {
		return "-"
	}
	return string(l.Currency) + "|" + l.Text() + "|" + l.Terminal
}

// Text is the entries alone, for where terminal and currency are known.
func (l Line) Text() string {
	var b []byte
	for i, e := range l.Entries {
		if i > 0 {
			b = append(b, ' ')
		}
		b = e.append(b)
	}
	return string(b)
}

// ParseLine reads what String wrote. Errors: ErrText.
func ParseLine(s string) (Line, error) {
	if s == "-" {
		return Line{}, nil
	}
	parts := strings.SplitN(s, "|", 3)
	if len(parts) != 3 || parts[1] == "" {
		return Line{}, fmt.Errorf("%w: %.80q", ErrText, s)
	}
	entries, err := ParseText(parts[1])
	return Line{Terminal: parts[2], Currency: money.Currency(parts[0]), Entries: entries}, err
}

// ParseText reads what Text wrote. Errors: ErrText.
func ParseText(s string) (entries []Entry, err error) {
	if s == "" {
		return nil, nil
	}
	for _, text := range strings.Split(s, " ") {
		e, err := parseEntry(text)
		if err != nil {
			return nil, fmt.Errorf("%w in %.80q", err, s)
		}
		entries = append(entries, e)
	}
	return entries, nil
}
