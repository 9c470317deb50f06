package saas

import (
	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/saas/wire"
)

// noAction is the action label of what was refused before it was read.
const noAction wire.Action = "none"

// newCallbackTotal makes edged_callbacks_total with every series it can have.
func newCallbackTotal() *prometheus.CounterVec {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "edged_callbacks_total",
		Help: "Callbacks by action and how they were answered.",
	}, []string{"action", "verdict"})
	for _, v := range []Verdict{VerdictForged, VerdictMethod, VerdictTooLarge, VerdictSlow, VerdictUnreadable, VerdictBusy} {
		total.WithLabelValues(string(noAction), string(v))
	}
	for _, a := range wire.Actions() {
		for _, v := range []Verdict{
			Verdict(Stored), Verdict(Repeated), Verdict(UnknownOrder), Verdict(TooMany),
			VerdictMismatch, VerdictNotDurable,
		} {
			total.WithLabelValues(string(a), string(v))
		}
	}
	return total
}

func (h *CallbackHandler) count(a wire.Action, v Verdict) Verdict {
	h.total.WithLabelValues(string(a), string(v)).Inc()
	return v
}
