// Package devmetrics is the two metrics that every device driver of a lane
// feeds, whatever it drives (DESIGN §7): edged_device_up{lane,device} and
// edged_device_reconnects_total{lane,device}.
//
// It owns their names, so that the drivers of several devices and lanes can
// share one registry. It promises not to block, and refuses to know what "up"
// means: the driver says it.
package devmetrics

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Device feeds the metrics of one device of one lane. Its methods may be called
// from any goroutine. A nil Device counts nothing.
type Device struct {
	up         prometheus.Gauge
	reconnects prometheus.Counter
}

// New registers the metrics, or finds them registered by another device, and
// makes the two series of this one (down, no reconnects). A nil reg gives a
// Device that nobody scrapes. The error is the registry's: another metric has
// the name.
func New(reg prometheus.Registerer, lane, device string) (*Device, error) {
	labels := []string{"lane", "device"}
	up, err := register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "edged_device_up",
		Help: "1 while the device answers, 0 otherwise.",
	}, labels))
	if err != nil {
		return nil, err
	}
	again, err := register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "edged_device_reconnects_total",
		Help: "How often the device came back after it was lost.",
	}, labels))
	if err != nil {
		return nil, err
	}
	return &Device{up: up.WithLabelValues(lane, device), reconnects: again.WithLabelValues(lane, device)}, nil
}

// register returns c, or the equal collector that is already there.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) (C, error) {
	if reg == nil {
		return c, nil
	}
	err := reg.Register(c)
	var there prometheus.AlreadyRegisteredError
	if errors.As(err, &there) {
		if old, ok := there.ExistingCollector.(C); ok {
			return old, nil
		}
	}
	if err != nil {
		return c, fmt.Errorf("register device metrics: %w", err)
	}
	return c, nil
}

// Up says whether the device answers.
func (d *Device) Up(up bool) {
	switch {
	case d == nil:
	case up:
		d.up.Set(1)
	default:
		d.up.Set(0)
	}
}

// Reconnected counts one return of a lost device.
func (d *Device) Reconnected() {
	if d != nil {
		d.reconnects.Inc()
	}
}
