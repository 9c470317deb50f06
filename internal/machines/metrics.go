package machines

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics show how each cabinet is doing. NaN: not known now.
type metrics struct{ signal, celsius, locked *prometheus.GaugeVec }

func newMetrics(reg prometheus.Registerer, ids []string) (*metrics, error) {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"machine_id"})
	}
	m := &metrics{
		signal:  gauge("edged_machine_signal", "Signal of the cabinet's own connection, 0 to 5; NaN if not known."),
		celsius: gauge("edged_machine_temperature_celsius", "Temperature in the cabinet; NaN if not known."),
		locked:  gauge("edged_machine_locked", "1 while the cabinet is locked; NaN if not known."),
	}
	for _, id := range ids {
		m.unknown(id)
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.signal, m.celsius, m.locked} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) unknown(id string) {
	for _, g := range []*prometheus.GaugeVec{m.signal, m.celsius, m.locked} {
		g.WithLabelValues(id).Set(math.NaN())
	}
}

func (m *metrics) show(id string, i Info) {
	m.unknown(id)
	m.signal.WithLabelValues(id).Set(float64(i.Signal))
	if i.CelsiusKnown {
		m.celsius.WithLabelValues(id).Set(i.Celsius)
	}
	switch {
	case i.LockKnown && i.Locked:
		m.locked.WithLabelValues(id).Set(1)
	case i.LockKnown:
		m.locked.WithLabelValues(id).Set(0)
	}
}
