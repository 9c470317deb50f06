package sender

import "github.com/prometheus/client_golang/prometheus"

type metrics struct{ tries *prometheus.CounterVec }

// rateLimited is the reason of a try that was turned away unread.
const rateLimited = "rate_limited"

// reasons are the values of the label; anything else counts as "other".
func reasons() []string {
	return []string{"acked", "refused", "network", "timeout", "auth", rateLimited, "server", "protocol", "other_account", "other"}
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{tries: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "edged_queue_retries_total", Help: "Tries to deliver an entry, by what became of them.",
	}, []string{"class", "reason"})}
	for _, r := range reasons() {
		m.tries.WithLabelValues("report", r)
	}
	if reg == nil {
		return m, nil
	}
	return m, reg.Register(m.tries)
}

func reasonOf(r Result) string {
	if r.Verdict == Acked || r.Verdict == Refused {
		return string(r.Verdict)
	}
	for _, known := range reasons() {
		if r.Reason == known {
			return known
		}
	}
	return "other"
}
