package app

import (
	"fmt"
	"testing"
	"time"
)

// floodBlock is how many customers buy in a row with the flood, and without it.
const floodBlock = 20

// BenchmarkApprovalToOpenDoorInAFlood measures as BenchmarkApprovalToOpenDoor does, in
// turns without a flood, with one that a process aims at itself, and with the same one
// at the daemon. Attacker, simulators and daemon share the processors: the second shows
// what that alone costs. Budget: the p99 with the flood is at most 1.5 times that without.
func BenchmarkApprovalToOpenDoorInAFlood(b *testing.B) {
	m, d, watch := watchedMarket(b)
	defer d.end()
	awaitArmed(b, d)
	watch.purchase(m, d, 0)
	closed := m.openOrder(d, "closed")
	var quiet, beside, flooded []time.Duration
	var n [2]float64
	var lasted [2]time.Duration
	for b.Loop() {
		quiet = watch.block(m, d, quiet)
		for i, to := range []struct {
			addr string
			took *[]time.Duration
		}{{"", &beside}, {m.callbackAddr(), &flooded}} {
			attack := m.floodAt(to.addr, closed)
			*to.took = watch.block(m, d, *to.took)
			tally := attack.stop()
			sent, _ := tally.total()
			n[i], lasted[i] = n[i]+float64(sent), lasted[i]+tally.Took
		}
	}
	b.ReportMetric(0, "ns/op") // of no meaning
	for name, list := range map[string][]time.Duration{"quiet": quiet, "beside": beside, "flood": flooded} {
		b.ReportMetric(milliseconds(quantile(list, 0.5)), name+"-p50-ms")
		b.ReportMetric(milliseconds(quantile(list, 0.99)), name+"-p99-ms")
	}
	for _, q := range []float64{0.5, 0.99} {
		b.ReportMetric(float64(quantile(flooded, q))/float64(quantile(quiet, q)), fmt.Sprintf("p%.0f-ratio", 100*q))
		b.ReportMetric(float64(quantile(flooded, q))/float64(quantile(beside, q)), fmt.Sprintf("p%.0f-ratio-beside", 100*q))
	}
	b.ReportMetric(n[0]/lasted[0].Seconds(), "beside/s")
	b.ReportMetric(n[1]/lasted[1].Seconds(), "hostile/s")
}

// block is floodBlock purchases.
func (w *stopwatch) block(m *market, d *daemon, took []time.Duration) []time.Duration {
	m.t.Helper()
	for range floodBlock {
		t, _, _ := w.purchase(m, d, len(took))
		took = append(took, t)
	}
	return took
}
