package ledger

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"edged/internal/money"
)

// Key names a row of a sheet.
type Key struct {
	Day      Day
	Terminal string
	Currency money.Currency
}

// Text is the key in the store: it sorts by currency and day.
func (k Key) Text() string { return string(k.Currency) + " " + k.Day.String() + " " + k.Terminal }

// ParseKey reads what Text wrote. Errors: ErrText.
func ParseKey(s string) (Key, error) {
	parts := strings.SplitN(s, " ", 3)
	if len(parts) != 3 {
		return Key{}, fmt.Errorf("%w: key %.80q", ErrText, s)
	}
	day, err := ParseDay(parts[1])
	if err != nil {
		return Key{}, fmt.Errorf("%w: key %.80q", ErrText, s)
	}
	return Key{Day: day, Terminal: parts[2], Currency: money.Currency(parts[0])}, nil
}

// Moved is what went into and out of each account within one day.
type Moved struct {
	In, Out  Amounts         // neither is ever negative
	Times    [accounts]int64 // entries that increased the account
	Unsynced int64           // entries made while the clock was not synchronised
}

// Net is what the accounts gained.
func (m Moved) Net() Amounts { return m.In.Minus(m.Out) }

func (m Moved) plus(o Moved) Moved {
	m.In, m.Out = m.In.Plus(o.In), m.Out.Plus(o.Out)
	for i := range m.Times {
		m.Times[i] += o.Times[i]
	}
	m.Unsynced += o.Unsynced
	return m
}

func (m Moved) entered(e Entry) Moved {
	for i, amount := range e.Amounts {
		if amount > 0 {
			m.In[i] += amount
			m.Times[i]++
		} else {
			m.Out[i] -= amount
		}
	}
	if e.Unsynced {
		m.Unsynced++
	}
	return m
}

// stored is Moved in the store: accounts by their letter, so that a new one can be
// added.
type stored struct {
	In       map[string]money.Minor `json:"i,omitempty"`
	Out      map[string]money.Minor `json:"o,omitempty"`
	Times    map[string]int64       `json:"n,omitempty"`
	Unsynced int64                  `json:"u,omitempty"`
}

// Encode gives the bytes of a sum for the store.
func (m Moved) Encode() ([]byte, error) {
	s := stored{In: map[string]money.Minor{}, Out: map[string]money.Minor{}, Times: map[string]int64{}, Unsynced: m.Unsynced}
	for i := range m.In {
		letter := letters[i : i+1]
		s.In[letter], s.Out[letter], s.Times[letter] = m.In[i], m.Out[i], m.Times[i]
	}
	maps.DeleteFunc(s.In, func(_ string, v money.Minor) bool { return v == 0 })
	maps.DeleteFunc(s.Out, func(_ string, v money.Minor) bool { return v == 0 })
	maps.DeleteFunc(s.Times, func(_ string, v int64) bool { return v == 0 })
	return json.Marshal(s)
}

// DecodeMoved reads what Encode wrote. Errors: ErrText.
func DecodeMoved(b []byte) (m Moved, err error) {
	var s stored
	if err := json.Unmarshal(b, &s); err != nil {
		return Moved{}, fmt.Errorf("%w: sum: %w", ErrText, err)
	}
	known := 0
	for i := range m.In {
		letter := letters[i : i+1]
		m.In[i], m.Out[i], m.Times[i] = s.In[letter], s.Out[letter], s.Times[letter]
		for _, has := range []bool{m.In[i] != 0, m.Out[i] != 0, m.Times[i] != 0} {
			if has {
				known++
			}
		}
	}
	if known != len(s.In)+len(s.Out)+len(s.Times) {
		return Moved{}, fmt.Errorf("%w: a sum of accounts that are not known", ErrText)
	}
	m.Unsynced = s.Unsynced
	return m, nil
}

// Sheet is what moved, by day, terminal and currency.
type Sheet map[Key]Moved

// Add enters a line.
func (s Sheet) Add(l Line) {
	for _, e := range l.Entries {
		k := Key{e.Day, l.Terminal, l.Currency}
		s[k] = s[k].entered(e)
	}
}

// AddSum adds a sum that was kept.
func (s Sheet) AddSum(k Key, m Moved) { s[k] = s[k].plus(m) }

// Row is one day of one terminal: what its accounts held before, what moved, and
// with that what they hold after it.
type Row struct {
	Key
	Moved
	Opening Amounts
}

// Closing is what the accounts hold at the end of the day.
func (r Row) Closing() Amounts { return r.Opening.Plus(r.Net()) }

// Rows lists the sheet by terminal, currency and day.
func (s Sheet) Rows() []Row {
	keys := slices.SortedFunc(maps.Keys(s), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Terminal, b.Terminal), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Day, b.Day))
	})
	rows := make([]Row, len(keys))
	for i, k := range keys {
		rows[i] = Row{Key: k, Moved: s[k]}
		if i > 0 && rows[i-1].Terminal == k.Terminal && rows[i-1].Currency == k.Currency {
			rows[i].Opening = rows[i-1].Closing()
		}
	}
	return rows
}

// On lists every terminal and currency that the sheet knows as it was on that day,
// whether anything moved or not; a terminal first seen later is left out.
func (s Sheet) On(d Day) []Row {
	var out []Row
	for _, r := range s.Rows() {
		if r.Day > d {
			continue
		}
		if r.Day < d {
			r = Row{Key: Key{d, r.Terminal, r.Currency}, Opening: r.Closing()}
		}
		if n := len(out); n > 0 && out[n-1].Key == r.Key {
			out[n-1] = r
			continue
		}
		out = append(out, r)
	}
	return out
}

// Check says what is out of balance in the sheet. It wraps ErrBroken.
func (s Sheet) Check() error {
	for _, r := range s.Rows() {
		if sum := r.Net().Total(); sum != 0 {
			return fmt.Errorf("%w: %s is out of balance by %d", ErrBroken, r.Key.Text(), sum)
		}
	}
	return nil
}
