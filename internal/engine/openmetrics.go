package engine

import (
	"github.com/prometheus/client_golang/prometheus"

	book "edged/internal/ledger"
	"edged/internal/money"
	"edged/internal/purchase"
)

// openMetrics say what is under way now: orders by phase, and the money that is
// neither taken nor given back. They are no names of DESIGN §7, which has counters
// and open holds only; a fleet must see tonight what lies where.
type openMetrics struct {
	orders *prometheus.GaugeVec
	money  *prometheus.GaugeVec
	known  map[money.Currency]bool // whose series exist; of the loop
}

func newOpenMetrics() openMetrics {
	return openMetrics{
		orders: gauge("edged_orders_open", "Orders with something left to do, by phase.", "phase"),
		money:  gauge("edged_money_open_minor_units", "Money that is held, or that a capture may have taken, in minor units.", "account", "currency"),
		known:  map[money.Currency]bool{},
	}
}

// currency makes the series of a currency, which stay.
func (m openMetrics) currency(c money.Currency) {
	for _, a := range openAccounts() {
		m.money.WithLabelValues(a.String(), string(c))
	}
	m.known[c] = true
}

func openAccounts() []book.Account { return []book.Account{book.Held, book.InDoubt} }

// openCount is one count over all open orders.
type openCount struct {
	phases map[purchase.Phase]float64
	money  map[money.Currency]book.Amounts
}

func newOpenCount() openCount {
	return openCount{phases: map[purchase.Phase]float64{}, money: map[money.Currency]book.Amounts{}}
}

func (c openCount) add(s purchase.State) {
	c.phases[s.Phase()]++
	if s.HoldOpen() {
		c.money[s.Terms.Currency] = c.money[s.Terms.Currency].Plus(book.Position(s))
	}
}

// set shows a count.
func (m openMetrics) set(c openCount) {
	for _, p := range phases() {
		m.orders.WithLabelValues(string(p)).Set(c.phases[p])
	}
	for _, a := range openAccounts() {
		for cur := range m.known {
			m.money.WithLabelValues(a.String(), string(cur)).Set(float64(c.money[cur][a]))
		}
	}
}
