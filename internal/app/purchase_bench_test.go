package app

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// BenchmarkWholePurchase sells through the whole daemon over ptys and sockets: tap,
// hold, door, recognition, capture, report. In turns with each round of customers, as
// many appends and syncs of as many bytes as the daemon passed to its disk. Memory
// counts the daemon and its simulators together: they share the process.
func BenchmarkWholePurchase(b *testing.B) {
	for _, lanes := range []int{1, 8} {
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) { wholePurchases(b, lanes) })
	}
}

func wholePurchases(b *testing.B, lanes int) {
	m := onRealWires(b, swift(lanes), nil)
	d := m.start()
	defer d.end()
	raw := newRawLog(b, m)
	awaitArmed(b, d)
	var ours, base time.Duration
	var syncs, written int64
	sold := 0
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	stored := d.size(m)
	for i := 0; b.Loop(); i++ {
		syncsBefore, writtenBefore := d.disk(m.ctx)
		start := time.Now()
		m.round(lanes, i)
		ours += time.Since(start)
		syncsAfter, writtenAfter := d.disk(m.ctx)
		syncs, written, sold = syncs+syncsAfter-syncsBefore, written+writtenAfter-writtenBefore, sold+lanes
		base += raw.sync(writtenAfter-writtenBefore, syncsAfter-syncsBefore)
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(sold), "allocs/purchase")
	b.ReportMetric(float64(sold)/ours.Seconds(), "purchases/s")
	b.ReportMetric(float64(syncs)/float64(sold), "syncs/purchase")
	b.ReportMetric(float64(written)/float64(sold)/1024, "KiB-written/purchase")
	b.ReportMetric(base.Seconds()/ours.Seconds(), "raw-ratio")
	b.ReportMetric(float64(d.size(m)-stored)/float64(sold)/1024, "KiB-kept/purchase")
}

// size is what the database holds, in bytes.
func (d *daemon) size(m *market) int64 {
	d.t.Helper()
	st, err := d.store.Stats(m.ctx)
	if err != nil {
		d.t.Fatal(err)
	}
	return st.DatabaseBytes - st.FreeBytes
}

// round is one customer on each lane, all at once, until their money has come to rest.
func (m *market) round(lanes, i int) {
	m.t.Helper()
	var all sync.WaitGroup
	for l := range lanes {
		all.Go(func() {
			v, err := m.serve(swiftVisit(laneName(l), i), 0)
			if err != nil || len(v.OrderIDs) != 1 {
				m.t.Errorf("customer on %s: %+v, %v", laneName(l), v, err)
			}
		})
	}
	all.Wait()
}
