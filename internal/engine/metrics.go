package engine

import (
	"math"
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
	expiry       *prometheus.GaugeVec
	eligible     *prometheus.GaugeVec
	selling      *prometheus.GaugeVec
	out          *prometheus.GaugeVec
	alarms       *prometheus.CounterVec
	commitFailed prometheus.Counter
	ledgerBroken prometheus.Counter
	// reconciliation is no name of DESIGN §7, which has none for it.
	reconciliation *prometheus.GaugeVec
	open           openMetrics
}

func newMetrics(reg prometheus.Registerer, lanes []LaneOptions) (*metrics, error) {
	m := &metrics{
		orders:       counter("edged_orders_total", "Orders that ended, by outcome.", "outcome"),
		phases:       histogram("edged_phase_duration_seconds", "Wall time an order spent until it left a phase.", "phase"),
		money:        counter("edged_money_minor_units_total", "Money in minor units, by what became of it: what was held is captured, released or expired in the end, or still open.", "kind", "currency"),
		holds:        gauge("edged_holds_open", "Holds that are open at the issuer.", "lane"),
		tasksOpen:    gauge("edged_tasks_open", "Tasks that wait for a person.", "kind"),
		dead:         gauge("edged_dead_letters", "Refused reports, which are sent again every 6 h, and callbacks of unknown orders.", "class"),
		selling:      gauge("edged_lane_selling", "1 while the lane takes cards.", "lane"),
		out:          gauge("edged_lane_out_of_service", "1 while the reason stands against selling.", "lane", "reason"),
		alarms:       counter("edged_alarms_total", "Alarms raised, by kind.", "kind"),
		commitFailed: prometheus.NewCounter(prometheus.CounterOpts{Name: "edged_commit_failures_total", Help: "Commits that failed; nothing of them was applied."}),
	}
	m.expiry = gauge("edged_hold_expiry_seconds", "Powered-on seconds until the first of the lane's open holds expires; +Inf while none is open.", "lane")
	m.eligible = gauge("edged_queue_oldest_eligible_seconds", "Age of the oldest entry that may be sent; 0 without one.", "class")
	m.ledgerBroken = prometheus.NewCounter(prometheus.CounterOpts{Name: "edged_ledger_violations_total", Help: "Promises of the ledger that did not hold; always 0 but for a fault of edged."})
	m.reconciliation = gauge("edged_reconciliation_difference_minor_units", "What the lane's terminal counted at its last end of day less what edged booked; 0 also before the first.", "lane")
	m.open = newOpenMetrics()
	m.zero(lanes)
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.orders, m.phases, m.money, m.holds, m.tasksOpen, m.dead, m.expiry, m.eligible, m.selling, m.out, m.alarms, m.commitFailed, m.ledgerBroken, m.reconciliation, m.open.orders, m.open.money} {
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
	for _, c := range []string{classReport, classCallback} {
		m.dead.WithLabelValues(c)
	}
	for _, c := range []string{classReport, classEvent} {
		m.eligible.WithLabelValues(c)
	}
	for _, p := range append(phases(), phaseTotal) {
		m.phases.WithLabelValues(string(p))
	}
	m.open.set(newOpenCount())
	for _, k := range alarmKinds() {
		m.alarms.WithLabelValues(k)
	}
	for _, l := range lanes {
		m.selling.WithLabelValues(l.Settings.Name)
		m.holds.WithLabelValues(l.Settings.Name)
		m.reconciliation.WithLabelValues(l.Settings.Name)
		m.expiry.WithLabelValues(l.Settings.Name).Set(math.Inf(1))
		m.currency(l.Currency)
		for _, r := range lane.Reasons() {
			m.out.WithLabelValues(l.Settings.Name, string(r))
		}
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
