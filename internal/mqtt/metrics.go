package mqtt

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Results of messages, as the label says them.
const (
	resultAcked   = "acked"
	resultUnacked = "unacked" // the connection ended before: sent again
	resultThinned = "thinned"
)

type metrics struct {
	connected prometheus.Gauge
	messages  *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edged_mqtt_connected", Help: "1 while the fleet broker holds a connection and has acknowledged its birth message.",
		}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edged_mqtt_messages_total",
			Help: "Messages to the fleet broker: acknowledged; not acknowledged before the connection ended, and sent again; thinned, never to be sent.",
		}, []string{"result"}),
	}
	for _, result := range []string{resultAcked, resultUnacked, resultThinned} {
		m.messages.WithLabelValues(result)
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.connected, m.messages} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

// Absent registers the metrics of a gateway without a broker, so that they are there.
func Absent(r prometheus.Registerer) error {
	_, err := newMetrics(r)
	return err
}

func (m *metrics) count(result string, n int) { m.messages.WithLabelValues(result).Add(float64(n)) }
