package engine

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/lane"
	"edged/internal/purchase"
)

// metrics of the engine; the names are DESIGN §7's.
type metrics struct {
	orders       *prometheus.CounterVec
	phases       *prometheus.HistogramVec
	money        *prometheus.CounterVec
	holds        *prometheus.GaugeVec
	tasksOpen    *prometheus.GaugeVec
	dead         *prometheus.GaugeVec
	selling      *prometheus.GaugeVec
	out          *prometheus.GaugeVec
	alarms       *prometheus.CounterVec
	commitFailed prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, lanes []LaneOptions) (*metrics, error) {
	m := &metrics{
		orders:       counter("edged_orders_total", "Orders that ended, by outcome.", "outcome"),
		phases:       histogram("edged_phase_duration_seconds", "Wall time an order spent until it left a phase.", "phase"),
		money:        counter("edged_money_minor_units_total", "Money that was held, captured, released, refunded or left unpaid, in minor units.", "kind", "currency"),
		holds:        gauge("edged_holds_open", "Holds that are open at the issuer.", "lane"),
		tasksOpen:    gauge("edged_tasks_open", "Tasks that wait for a person.", "kind"),
		dead:         gauge("edged_dead_letters", "Entries that nobody retries by itself.", "class"),
		selling:      gauge("edged_lane_selling", "1 while the lane takes cards.", "lane"),
		out:          gauge("edged_lane_out_of_service", "1 while the reason stands against selling.", "lane", "reason"),
		alarms:       counter("edged_alarms_total", "Alarms raised, by kind.", "kind"),
		commitFailed: prometheus.NewCounter(prometheus.CounterOpts{Name: "edged_commit_failures_total", Help: "Commits that failed; nothing of them was applied."}),
	}
	m.zero(lanes)
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.orders, m.phases, m.money, m.holds, m.tasksOpen, m.dead, m.selling, m.out, m.alarms, m.commitFailed} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: []float64{.1, .3, 1, 3, 10, 30, 100, 300, 1000, 3600, 36000},
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 64, NativeHistogramMinResetDuration: time.Hour,
	}, labels)
}

// zero makes every label set exist from the start, so that increase() sees the
// first event.
func (m *metrics) zero(lanes []LaneOptions) {
	for _, k := range results() {
		m.orders.WithLabelValues(string(k))
	}
	for _, k := range taskKinds() {
		m.tasksOpen.WithLabelValues(string(k))
	}
	for _, c := range []string{classReport, classCallback, classOrder} {
		m.dead.WithLabelValues(c)
	}
	for _, l := range lanes {
		m.selling.WithLabelValues(l.Settings.Name)
		m.holds.WithLabelValues(l.Settings.Name)
		for _, r := range lane.Reasons() {
			m.out.WithLabelValues(l.Settings.Name, string(r))
		}
	}
}

func results() []purchase.ResultKind {
	return []purchase.ResultKind{
		purchase.Paid, purchase.PaidShort, purchase.NothingTaken, purchase.Cancelled,
		purchase.Unpaid, purchase.Expired, purchase.Declined, purchase.Abandoned,
	}
}

func taskKinds() []purchase.TaskKind {
	return []purchase.TaskKind{
		purchase.TaskRefund, purchase.TaskAdjustment, purchase.TaskShort, purchase.TaskUnpaid, purchase.TaskHold,
		purchase.TaskConflict, purchase.TaskUnconfirmed, purchase.TaskIncident, purchase.TaskDeadReport,
		purchase.TaskUnknownHold, purchase.TaskParked,
	}
}

// observe counts what one committed change has done.
func (m *metrics) observe(before, after *order) {
	var was purchase.State
	if before != nil {
		was = before.state
	}
	now := after.state
	cur := string(now.Terms.Currency)
	if was.Hold == nil && now.Hold != nil {
		m.money.WithLabelValues("held", cur).Add(float64(now.Hold.Amount))
	}
	_, capturedBefore, refundedBefore := was.Money()
	_, captured, refunded := now.Money()
	if d := captured - capturedBefore; d > 0 {
		m.money.WithLabelValues("captured", cur).Add(float64(d))
	}
	if d := refunded - refundedBefore; d > 0 {
		m.money.WithLabelValues("refunded", cur).Add(float64(d))
	}
	if was.Outcome == nil && now.Outcome != nil {
		m.orders.WithLabelValues(string(now.Outcome.Kind)).Inc()
		if now.Outcome.Kind == purchase.Unpaid && now.Decision != nil {
			m.money.WithLabelValues("unpaid", cur).Add(float64(now.Decision.Total))
		}
		if now.Hold != nil {
			m.phases.WithLabelValues("total").Observe(float64(now.Outcome.At-now.Hold.At) / 1000)
		}
	}
	lane := now.Terms.Lane
	if was.HoldOpen() != now.HoldOpen() {
		d := 1.0
		if was.HoldOpen() {
			d = -1
		}
		m.holds.WithLabelValues(lane).Add(d)
	}
}

func (m *metrics) tasks(open map[taskKey]task) {
	n := map[purchase.TaskKind]int{}
	for k := range open {
		n[k.kind]++
	}
	for _, k := range taskKinds() {
		m.tasksOpen.WithLabelValues(string(k)).Set(float64(n[k]))
	}
}

func (m *metrics) lane(name string, why, all []lane.Reason) {
	m.selling.WithLabelValues(name).Set(bit(len(why) == 0))
	for _, r := range all {
		m.out.WithLabelValues(name, string(r)).Set(bit(slices.Contains(why, r)))
	}
}

func bit(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
