package ledger

import (
	"slices"

	"edged/internal/money"
)

// maxDoubt bounds the ends of day in doubt that are remembered: of more, the oldest
// is taken for one that did not happen.
const maxDoubt = 8

// Periods counts the ends of day of one terminal. Each one that is asked for begins
// a new period before the terminal is told; every entry carries the period it was
// made in, so that no clock is needed to tell what came before and after.
type Periods struct {
	Now  int `json:"now"`            // the period of the next entry
	From int `json:"from,omitempty"` // the first since the last end of day that surely happened
	// Doubt holds the first period after each end of day that may have happened since,
	// the one under way included.
	Doubt []int `json:"doubt,omitempty"`
}

// Begin is the next period: an end of day is about to be asked for.
func (p Periods) Begin() Periods {
	p.Now++
	p.Doubt = append(slices.Clone(p.Doubt), p.Now)
	if len(p.Doubt) > maxDoubt {
		p.Doubt = p.Doubt[len(p.Doubt)-maxDoubt:]
	}
	return p
}

// NotDone: the end of day that was asked for surely did not happen.
func (p Periods) NotDone() Periods {
	p.Doubt = slices.DeleteFunc(slices.Clone(p.Doubt), func(n int) bool { return n == p.Now })
	return p
}

// Done: the end of day that began the period surely happened.
func (p Periods) Done(period int) Periods {
	p.From = period
	p.Doubt = slices.DeleteFunc(slices.Clone(p.Doubt), func(n int) bool { return n <= period })
	return p
}

// Booked is what edged knows a terminal to have booked in the periods that an end of
// day closes.
type Booked struct {
	Net         money.Minor // captured and unconfirmed, less what the terminal reversed
	Gross       money.Minor // the same with what it reversed
	Unconfirmed money.Minor // of Net: the terminal never confirmed it
	InDoubt     money.Minor // not in Net: it may have been captured
}

// booked is what an entry adds to what its terminal has booked.
func (a Amounts) booked() Booked {
	// What a person gave back by other means the terminal has booked all the same.
	net := a[Captured] + a[Unconfirmed] + a[ByHand]
	return Booked{Net: net, Gross: net + a[Refunded], Unconfirmed: a[Unconfirmed], InDoubt: a[InDoubt]}
}

func (b Booked) plus(o Booked) Booked {
	return Booked{b.Net + o.Net, b.Gross + o.Gross, b.Unconfirmed + o.Unconfirmed, b.InDoubt + o.InDoubt}
}

// Takings is what a terminal has booked in one currency, by period.
type Takings struct {
	terminal string
	currency money.Currency
	periods  map[int]Booked
}

// NewTakings starts to count what is booked at the terminal in cur.
func NewTakings(terminal string, cur money.Currency) Takings {
	return Takings{terminal: terminal, currency: cur, periods: map[int]Booked{}}
}

// Add counts a line, if it is the terminal's.
func (t Takings) Add(l Line) {
	if l.Terminal != t.terminal || l.Currency != t.currency {
		return
	}
	for _, e := range l.Entries {
		t.periods[e.Period] = t.periods[e.Period].plus(e.booked())
	}
}

// between sums the periods from one on up to before another.
func (t Takings) between(from, before int) (b Booked) {
	for period, booked := range t.periods {
		if period >= from && period < before {
			b = b.plus(booked)
		}
	}
	return b
}

// Result is what came of comparing a terminal's total with edged's.
type Result struct {
	Terminal money.Minor // what the terminal says
	Edged    Booked      // since the last end of day, or since the one in doubt that fits
	// Difference is the terminal's total less ours; zero if any reading of ours fits.
	Difference money.Minor
}

// Reconcile compares the total of an end of day that has happened with the takings,
// for p as it was while it was under way. Whether a terminal's total leaves out what
// it reversed is not documented (zvt.md §9.10), so both readings are good; and an
// earlier end of day that is in doubt may have taken its part already.
func Reconcile(p Periods, t Takings, total money.Minor) Result {
	r := Result{Terminal: total, Edged: t.between(p.From, p.Now)}
	r.Difference = total - r.Edged.Net
	for _, from := range append([]int{p.From}, p.Doubt...) {
		if from == p.Now { // the one under way
			continue
		}
		b := t.between(from, p.Now)
		if total == b.Net || total == b.Gross {
			return Result{Terminal: total, Edged: b}
		}
	}
	return r
}
