package app

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"edged/internal/version"
)

// registerMetrics adds what belongs to the process and to no room of it.
func (a *App) registerMetrics() {
	v := version.Get()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "edged_build_info", Help: "1; the labels say what is running.",
		ConstLabels: prometheus.Labels{"version": v.Version, "revision": v.Revision, "go": v.Go, "arch": v.Arch},
	})
	build.Set(1)
	a.reg.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "edged_clock_synced", Help: "1 while the wall clock was set from a time server in this boot.",
		}, a.clockSynced),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "edged_clock_offset_seconds", Help: "Wall clock minus the SaaS's clock, by its Date header; 0 before its first answer.",
		}, a.clockOffset),
	)
}

func (a *App) clockSynced() float64 {
	if a.o.Clock != nil && a.o.Clock.Read().Synced {
		return 1
	}
	return 0
}

// clockOffset is a second or so wrong: the header has whole seconds.
func (a *App) clockOffset() float64 {
	if a.client == nil || a.o.Clock == nil {
		return 0
	}
	return a.client.Offset(a.o.Clock.Read().Wall).Seconds()
}
