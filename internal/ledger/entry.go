package ledger

import (
	"fmt"
	"strconv"
	"strings"

	"edged/internal/money"
)

// Mark is when an entry was made.
type Mark struct {
	Day      Day
	Period   int  // of the terminal: it grows with each end of day that is asked for
	Unsynced bool // the clock was not synchronised: the day may be wrong
}

// Entry is one balanced change: what each account gains.
type Entry struct {
	Mark
	Amounts
}

// check says which promise a single entry breaks.
func (e Entry) check() error {
	if sum := e.Total(); sum != 0 {
		return fmt.Errorf("%w: an entry is out of balance by %d", ErrBroken, sum)
	}
	for _, a := range []Account{Released, Expired, TakenBack, Refunded, ByHand} {
		if e.Amounts[a] < 0 {
			return fmt.Errorf("%w: %d came back from %s", ErrBroken, -e.Amounts[a], a)
		}
	}
	if e.Amounts[Issuer] > 0 {
		return fmt.Errorf("%w: a hold shrank by %d", ErrBroken, e.Amounts[Issuer])
	}
	back := -e.Amounts[Captured] - e.Amounts[Unconfirmed] // taken, and now elsewhere
	if may := e.Amounts[Refunded] + e.Amounts[ByHand]; back > may {
		return fmt.Errorf("%w: %d of a capture went away, %d by refunds", ErrBroken, back, may)
	}
	return nil
}

// undoes says that e takes o back as if neither had been.
func (e Entry) undoes(o Entry) bool {
	return e.Mark == o.Mark && e.Plus(o.Amounts) == Amounts{}
}

// append writes e as day, period if there was one, a star if the clock was not
// synchronised, and a letter and amount for each account that it touches:
// 20781.3*h-5000c1250r3750.
func (e Entry) append(dst []byte) []byte {
	dst = strconv.AppendInt(dst, int64(e.Day), 10)
	if e.Period != 0 {
		dst = strconv.AppendInt(append(dst, '.'), int64(e.Period), 10)
	}
	if e.Unsynced {
		dst = append(dst, '*')
	}
	for i, m := range e.Amounts {
		if m != 0 {
			dst = strconv.AppendInt(append(dst, letters[i]), int64(m), 10)
		}
	}
	return dst
}

func parseEntry(s string) (e Entry, err error) {
	at := strings.IndexAny(s, letters)
	if at < 0 {
		at = len(s)
	}
	head, unsynced := strings.CutSuffix(s[:at], "*")
	day, period, hasPeriod := strings.Cut(head, ".")
	n, err := parseNumber(day)
	if err != nil {
		return Entry{}, err
	}
	e.Day, e.Unsynced = Day(n), unsynced
	if hasPeriod {
		if n, err = parseNumber(period); err != nil || n < 1 {
			return Entry{}, fmt.Errorf("%w: period %q", ErrText, period)
		}
		e.Period = int(n)
	}
	return e, e.parseAmounts(s[at:])
}

func (e *Entry) parseAmounts(s string) error {
	last := -1
	for s != "" {
		account := strings.IndexByte(letters, s[0])
		end := 1
		for end < len(s) && strings.IndexByte(letters, s[end]) < 0 {
			end++
		}
		n, err := parseNumber(s[1:end])
		switch {
		case err != nil:
			return err
		case account <= last || n == 0:
			return fmt.Errorf("%w: %q", ErrText, s)
		}
		e.Amounts[account], last, s = money.Minor(n), account, s[end:]
	}
	return nil
}

// parseNumber reads what AppendInt writes, and nothing else.
func parseNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%w: number %q", ErrText, s)
	}
	return n, nil
}
