package queue

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the store. What is counted elsewhere is read when it is collected.
type metrics struct {
	commit      prometheus.Histogram
	quarantined *prometheus.CounterVec
	all         []prometheus.Collector
}

func newMetrics(s *Store, reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "edged_commit_duration_seconds",
			Help:    "Duration of a durable commit, its sync included.",
			Buckets: prometheus.ExponentialBuckets(0.0002, 2, 16), // 0.2 ms to 6.6 s

			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 64, NativeHistogramMinResetDuration: time.Hour,
		}),
		quarantined: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edged_quarantined_total",
			Help: "Bad records and damaged databases moved aside, by table or \"database\".",
		}, []string{"kind"}),
	}
	for _, kind := range []string{"database", "meta", "lanes", "orders", "archive", "journal", "reports", "dead", "tasks", "events"} {
		m.quarantined.WithLabelValues(kind)
	}
	written := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "edged_store_written_bytes_total",
		Help: "Bytes passed to write calls for the database and its log.",
	}, func() float64 { return float64(s.meter.written.Load()) })
	free := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "edged_disk_free_bytes",
		Help: "Space an unprivileged process can still use on the file system of the state directory; -1 when unknown.",
	}, func() float64 { return float64(diskFree(s.o.Dir)) })
	m.all = []prometheus.Collector{m.commit, m.quarantined, written, free, classCollector{s}}
	return m, m.register(reg)
}

func (m *metrics) register(reg prometheus.Registerer) error {
	if reg == nil {
		return nil
	}
	for i, c := range m.all {
		if err := reg.Register(c); err != nil {
			for _, done := range m.all[:i] {
				reg.Unregister(done)
			}
			return errors.Join(errors.New("register metrics of the store"), err)
		}
	}
	return nil
}

func (m *metrics) unregister(reg prometheus.Registerer) {
	if reg == nil {
		return
	}
	for _, c := range m.all {
		reg.Unregister(c)
	}
}

// classCollector reports what waits in the store, by class.
type classCollector struct{ s *Store }

func (classCollector) entries() *prometheus.Desc {
	return prometheus.NewDesc("edged_queue_entries", "Entries waiting in the store.", []string{"class"}, nil)
}

func (classCollector) bytes() *prometheus.Desc {
	return prometheus.NewDesc("edged_queue_bytes", "Bytes of the entries waiting in the store.", []string{"class"}, nil)
}

// Describe implements prometheus.Collector.
func (c classCollector) Describe(out chan<- *prometheus.Desc) {
	out <- c.entries()
	out <- c.bytes()
}

// Collect implements prometheus.Collector.
func (c classCollector) Collect(out chan<- prometheus.Metric) {
	n := c.s.currentCounts()
	gauge := func(d *prometheus.Desc, v int64, class string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), class)
	}
	gauge(c.entries(), n.reports, ClassReport)
	gauge(c.bytes(), n.reportBytes, ClassReport)
	gauge(c.entries(), n.events, ClassEvent)
	gauge(c.bytes(), n.eventBytes, ClassEvent)
}
