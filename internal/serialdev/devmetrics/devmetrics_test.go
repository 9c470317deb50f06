package devmetrics

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestDevicesOfSeveralLanesShareTheMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	terminal, err := New(reg, "front", "terminal")
	if err != nil {
		t.Fatal(err)
	}
	display, err := New(reg, "front", "display")
	if err != nil {
		t.Fatalf("second device: %v", err)
	}
	terminal.Up(true)
	terminal.Reconnected()
	display.Up(true)
	display.Up(false)

	want := `
# HELP edged_device_reconnects_total How often the device came back after it was lost.
# TYPE edged_device_reconnects_total counter
edged_device_reconnects_total{device="display",lane="front"} 0
edged_device_reconnects_total{device="terminal",lane="front"} 1
# HELP edged_device_up 1 while the device answers, 0 otherwise.
# TYPE edged_device_up gauge
edged_device_up{device="display",lane="front"} 0
edged_device_up{device="terminal",lane="front"} 1
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func TestANameTakenByAnotherMetricIsAnError(t *testing.T) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "edged_device_up", Help: "something else"}))
	if _, err := New(reg, "front", "terminal"); err == nil {
		t.Error("New succeeded, want an error")
	}
}

func TestWithoutRegistryOrDeviceNothingIsCounted(t *testing.T) {
	d, err := New(nil, "front", "terminal")
	if err != nil {
		t.Fatal(err)
	}
	d.Up(true)
	if got := testutil.ToFloat64(d.up); got != 1 {
		t.Errorf("up = %v, want 1", got)
	}
	var none *Device
	none.Up(true)
	none.Reconnected()
}
