package saas

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the client's (DESIGN §7). Every series exists from the start.
type metrics struct {
	requests    *prometheus.CounterVec
	lastSuccess prometheus.Gauge
	now         func() time.Time
}

func newMetrics(reg prometheus.Registerer, now func() time.Time, tokenLeft func() time.Duration) (*metrics, error) {
	m := &metrics{
		now: now,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edged_saas_requests_total",
			Help: "Exchanges with the SaaS by call and how they ended.",
		}, []string{"call", "reason"}),
		lastSuccess: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edged_saas_last_success_timestamp_seconds",
			Help: "When the SaaS last answered a call with success; 0 if never. The probe does not count.",
		}),
	}
	expiry := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "edged_saas_token_expiry_seconds",
		Help: "Seconds for which the access token may still be used; 0 without one.",
	}, func() float64 { return tokenLeft().Seconds() })
	for _, call := range Calls() {
		for _, class := range Classes() {
			m.requests.WithLabelValues(string(call), string(class))
		}
	}
	return m, register(reg, m.requests, m.lastSuccess, expiry)
}

func register(reg prometheus.Registerer, collectors ...prometheus.Collector) error {
	for _, c := range collectors {
		if err := reg.Register(c); err != nil {
			return fmt.Errorf("register metric: %w", err)
		}
	}
	return nil
}

func (m *metrics) observe(call Call, class Class) {
	m.requests.WithLabelValues(string(call), string(class)).Inc()
	if class == ClassOK && call != CallProbe {
		m.lastSuccess.Set(float64(m.now().UnixMilli()) / 1000)
	}
}
