package audit

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
)

// Books are what is compared. Nothing in them is changed.
type Books struct {
	World     *world.Ledger
	SaaS      *saassim.Ledger
	Orders    []Order
	Terminals map[string]*readersim.Ledger // by lane

	// OpenDeadline is the gateway's open_deadline; 0 is 15 s.
	OpenDeadline time.Duration
	// RestartPause is how long a killed gateway surely stays dead; 0 is 50 ms. What
	// arrives within it was sent before.
	RestartPause time.Duration
}

// Finding is one broken promise.
type Finding struct {
	Rule  string // M1 … M7, M13
	Order string // order id, if it is known
	Visit string // of the customer, if it is known
	Text  string
}

func (f Finding) String() string {
	s := f.Rule + ": "
	if f.Order != "" {
		s += "order " + f.Order + ": "
	}
	s += f.Text
	if f.Visit != "" {
		s += " (customer " + f.Visit + ")"
	}
	return s
}

// slack is what two books may differ in time by the scheduling of goroutines and
// the milliseconds edged counts in.
const slack = 50 * time.Millisecond

// auditor is one audit under way.
type auditor struct {
	Books
	sales []*sale
	found []Finding
}

// Check compares the books and names what was broken, in the order of the rules.
func Check(b Books) []Finding {
	b.OpenDeadline = cmp.Or(b.OpenDeadline, 15*time.Second)
	b.RestartPause = cmp.Or(b.RestartPause, 50*time.Millisecond)
	a := &auditor{Books: b}
	a.match()
	for _, s := range a.sales {
		for _, rule := range []func(*sale){
			a.doorNeedsHold, a.captures, a.refunds, a.deductions, a.holdEnds, a.durableFirst, a.reports, a.doorInTime,
			a.callbacks, a.facts, a.doorRepeats, a.outcome,
		} {
			rule(s)
		}
	}
	for _, lane := range sortedKeys(b.Terminals) {
		a.commands(lane, b.Terminals[lane])
	}
	a.visits()
	slices.SortStableFunc(a.found, func(x, y Finding) int { return cmp.Compare(rank(x.Rule), rank(y.Rule)) })
	return a.found
}

func rank(rule string) (n int) {
	_, _ = fmt.Sscanf(rule, "M%d", &n) // ours: always a number
	return n
}

func (a *auditor) find(rule string, s *sale, format string, args ...any) {
	f := Finding{Rule: rule, Text: fmt.Sprintf(format, args...)}
	if s != nil {
		f.Order, f.Visit = s.id(), s.visitID()
	}
	a.found = append(a.found, f)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// minor writes an amount; the books do not say how many digits a currency has.
func minor(n int64) string { return fmt.Sprintf("%d minor units", n) }
