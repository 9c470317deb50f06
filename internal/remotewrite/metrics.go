package remotewrite

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// What becomes of a sample.
const (
	resultSent    = "sent"
	resultRefused = "refused"  // by the receiver, for good
	resultFull    = "full"     // it gave way to newer ones
	resultOld     = "old"      // it waited longer than MaxAge
	resultNoClock = "no_clock" // its time was not known
)

// What becomes of a request.
const (
	requestOK        = "ok"
	requestRefused   = "refused"
	requestThrottled = "throttled"
	requestFailed    = "failed"
)

type metrics struct {
	samples  *prometheus.CounterVec
	requests *prometheus.CounterVec
	success  prometheus.Gauge
}

func newMetrics(b *buffer, r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		samples: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edged_remote_write_samples_total",
			Help: "Samples for the receiver of remote write, by what became of them: all but \"sent\" are lost to it.",
		}, []string{"result"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edged_remote_write_requests_total",
			Help: "Requests to the receiver of remote write, by their answer; \"throttled\" and \"failed\" are repeated.",
		}, []string{"result"}),
		success: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edged_remote_write_last_success_timestamp_seconds",
			Help: "Time of the last request that the receiver of remote write took; 0 before it.",
		}),
	}
	for _, result := range []string{resultSent, resultRefused, resultFull, resultOld, resultNoClock} {
		m.samples.WithLabelValues(result)
	}
	for _, result := range []string{requestOK, requestRefused, requestThrottled, requestFailed} {
		m.requests.WithLabelValues(result)
	}
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "edged_remote_write_buffer_samples",
		Help: "Samples that wait for the receiver of remote write, in RAM.",
	}, func() float64 { n, _ := b.state(); return float64(n) })
	age := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "edged_remote_write_buffer_age_seconds",
		Help: "How long the oldest sample has waited for the receiver of remote write.",
	}, func() float64 { _, d := b.state(); return d.Seconds() })
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.samples, m.requests, m.success, waiting, age} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
