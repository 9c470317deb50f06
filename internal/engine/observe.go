package engine

import (
	"math"

	"edged/internal/clock"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// observe counts what one committed change has done; before is nil for a new order.
func (m *metrics) observe(before, after *order) {
	if before == nil {
		before = &order{}
	}
	was, now := before.state, after.state
	m.moved(was, now)
	if was.Outcome == nil && now.Outcome != nil {
		m.orders.WithLabelValues(string(now.Outcome.Kind)).Inc()
		if now.Hold != nil {
			m.phases.WithLabelValues(string(phaseTotal)).Observe(float64(now.Outcome.At-now.Hold.At) / 1000)
		}
	}
	m.holds.WithLabelValues(now.Terms.Lane).Add(bit(now.HoldOpen()) - bit(was.HoldOpen()))
	m.dead.WithLabelValues(classReport).Add(float64(len(after.dead) - len(before.dead)))
}

// moved counts money. What a capture leaves of its hold goes back to the customer.
func (m *metrics) moved(was, now purchase.State) {
	add := func(kind string, d money.Minor) {
		if d > 0 {
			m.money.WithLabelValues(kind, string(now.Terms.Currency)).Add(float64(d))
		}
	}
	_, capturedBefore, refundedBefore := was.Money()
	held, captured, refunded := now.Money()
	if was.Hold == nil {
		add("held", held)
	}
	add("captured", captured-capturedBefore)
	add("refunded", refunded-refundedBefore)
	if was.Outcome != nil || now.Outcome == nil {
		return
	}
	switch {
	case now.Outcome.Kind == purchase.Expired:
		add("expired", held)
	default:
		add("released", held-captured)
	}
	if now.Outcome.Kind == purchase.Unpaid && now.Decision != nil {
		add("unpaid", now.Decision.Total)
	}
}

// currency makes the series of a currency that the lanes sell in.
func (m *metrics) currency(c money.Currency) {
	if c == "" {
		return
	}
	for _, kind := range moneyKinds() {
		m.money.WithLabelValues(kind, string(c))
	}
	m.open.currency(c)
}

// left counts the time an order spent in the phase it has left. Time of another boot
// is not counted: nobody knows how long that was.
func (e *Engine) left(before, after *order) {
	now := e.o.Clock.Read()
	phase := after.state.Phase()
	after.entered = now
	if before == nil {
		return
	}
	was := before.state.Phase()
	switch {
	case was == phase:
		after.entered = before.entered
	case before.entered.Boot == now.Boot && before.entered != (clock.Reading{}):
		e.metrics.phases.WithLabelValues(string(was)).Observe((now.SinceBoot - before.entered.SinceBoot).Seconds())
	}
}

// recount sets the gauges that only change by differences, from what was loaded.
func (e *Engine) recount(snap *queue.Snapshot) {
	open := map[string]float64{}
	for name := range e.lanes {
		open[name] = 0
	}
	for _, o := range e.orders {
		open[o.state.Terms.Lane] += bit(o.state.HoldOpen())
		e.metrics.currency(o.state.Terms.Currency)
		o.eligible = map[int]int64{}
		for _, r := range o.state.Reports {
			if r.State == purchase.ReportQueued && r.Type == purchase.PayNormal && o.state.Outcome != nil {
				o.eligible[r.N] = o.state.Outcome.At
			}
		}
	}
	for name, n := range open {
		e.metrics.holds.WithLabelValues(name).Set(n)
	}
	dead := map[string]float64{}
	for _, d := range snap.Dead {
		dead[d.Class]++
	}
	e.metrics.dead.WithLabelValues(classReport).Set(dead[classReport])
	e.metrics.dead.WithLabelValues(classCallback).Set(dead[classCallback])
}

// queued keeps since when each report may be sent.
func (o *order) queued(before *order, now purchase.Stamp) {
	o.eligible = map[int]int64{}
	for n := range o.reports {
		o.eligible[n] = now.Wall
		if before != nil && before.eligible[n] != 0 {
			o.eligible[n] = before.eligible[n]
		}
	}
}

// measure sets the gauges that change by time alone.
func (e *Engine) measure(now purchase.Stamp) {
	expiry := map[string]float64{}
	for name := range e.lanes {
		expiry[name] = math.Inf(1)
	}
	oldest, open := now.Wall, newOpenCount()
	for _, o := range e.orders {
		open.add(o.state)
		for _, at := range o.eligible {
			oldest = min(oldest, at)
		}
		if !o.state.HoldOpen() {
			continue
		}
		for _, d := range o.state.Due {
			if d.Name == purchase.DueHoldTTL {
				expiry[o.state.Terms.Lane] = min(expiry[o.state.Terms.Lane], d.Left(now).Seconds())
			}
		}
	}
	for name, s := range expiry {
		e.metrics.expiry.WithLabelValues(name).Set(s)
	}
	e.metrics.eligible.WithLabelValues(classReport).Set(float64(now.Wall-oldest) / 1000)
	e.metrics.open.set(open)
}
