package supervise

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of this room. The label is the service's name, a fixed set.
type metrics struct {
	restarts *prometheus.CounterVec
	running  *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		restarts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edged_service_restarts_total",
			Help: "Restarts of an inner service of the daemon after an error or a panic.",
		}, []string{"service", "reason"}),
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "edged_service_up",
			Help: "1 while an inner service of the daemon runs, 0 while it waits for its restart or is down.",
		}, []string{"service"}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.restarts, m.running} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

// announce makes the series exist at zero, so that the first restart shows.
func (m *metrics) announce(service string) {
	for _, reason := range []string{"error", "panic"} {
		m.restarts.WithLabelValues(service, reason)
	}
	m.up(service, false)
}

func (m *metrics) restarted(service, reason string) {
	m.restarts.WithLabelValues(service, reason).Inc()
}

func (m *metrics) up(service string, up bool) {
	value := 0.0
	if up {
		value = 1
	}
	m.running.WithLabelValues(service).Set(value)
}
