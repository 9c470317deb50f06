package app

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"edged/internal/sim/readersim"
	"edged/internal/sim/world"
)

var benchDir = flag.String("app.benchdir", "", "directory on the disk to measure; default: the temporary directory")

// swift are simulators that take no time of their own worth speaking of, so that what
// is measured is the daemon, its disk and the wires.
func swift(lanes int) marketOptions {
	o := quick()
	o.lanes, o.dir = lanes, *benchDir
	o.world = func(w *world.Options) {
		w.OpenAfter, w.SaaS.DetectAfter = time.Microsecond, time.Microsecond
		for i := range w.Lanes {
			w.Lanes[i].Terminal.Timing = shortTiming()
			w.Lanes[i].Terminal.Timing.Host = time.Microsecond
		}
	}
	return o
}

// swiftVisit is a customer who takes no time either.
func swiftVisit(lane string, i int) world.Scenario {
	sc := visit(fmt.Sprintf("%s %d", lane, i))
	sc.Lane, sc.Shop.OpenFor = lane, time.Microsecond
	return sc
}

// rawLog is the physical limit: bytes appended and synced, on the daemon's disk.
type rawLog struct {
	b   *testing.B
	f   *os.File
	buf []byte
}

func newRawLog(b *testing.B, m *market) *rawLog {
	b.Helper()
	f, err := os.OpenFile(filepath.Join(m.dir, "raw"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return &rawLog{b: b, f: f}
}

// sync appends n bytes in so many pieces, each synced, and says how long it took.
func (r *rawLog) sync(n, pieces int64) time.Duration {
	r.b.Helper()
	if pieces == 0 {
		return 0
	}
	r.buf = append(r.buf[:0], make([]byte, n/pieces)...)
	start := time.Now()
	for range pieces {
		if _, err := r.f.Write(r.buf); err != nil {
			r.b.Fatal(err)
		}
		if err := unix.Fdatasync(int(r.f.Fd())); err != nil {
			r.b.Fatal(err)
		}
	}
	return time.Since(start)
}

// disk is what the daemon has passed to its disk so far.
func (d *daemon) disk(ctx context.Context) (syncs, written int64) {
	st, err := d.store.Stats(ctx)
	if err != nil {
		d.t.Error(err)
	}
	return st.Syncs, st.WrittenBytes
}

// stopwatch stands at both sockets.
type stopwatch struct {
	daemon *daemon

	mu             sync.Mutex
	approved       time.Time     // the last byte of the approval was written to the pty
	took           time.Duration // from there to the arrival of OpenDoor
	syncs, written int64         // of the store, in between
	start          struct{ syncs, written int64 }
}

// approving is how a Status Information begins on a serial line (DLE STX 04 0F).
var approving = []byte{0x10, 0x02, 0x04, 0x0F}

// watched is a terminal's end of a pty whose approvals start the watch.
type watched struct {
	*os.File
	watch *stopwatch
}

func (w *watched) Write(b []byte) (int, error) {
	if !bytes.HasPrefix(b, approving) {
		return w.File.Write(b)
	}
	syncs, written := w.watch.daemon.disk(context.Background())
	n, err := w.File.Write(b)
	w.watch.mu.Lock()
	defer w.watch.mu.Unlock()
	w.watch.approved, w.watch.start.syncs, w.watch.start.written = time.Now(), syncs, written
	return n, err
}

// point stops the watch when the SaaS has received an OpenDoor.
func (w *stopwatch) point(name string) {
	if name != "OpenDoor received" {
		return
	}
	now := time.Now()
	syncs, written := w.daemon.disk(context.Background())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.took, w.syncs, w.written = now.Sub(w.approved), syncs-w.start.syncs, written-w.start.written
}

// watchedMarket is a market of one lane whose approvals are watched, and its daemon.
func watchedMarket(b *testing.B) (*market, *daemon, *stopwatch) {
	b.Helper()
	watch := &stopwatch{}
	o := swift(1)
	change := o.world
	o.world = func(w *world.Options) {
		change(w)
		w.SaaS.OnPoint = watch.point
	}
	m := onRealWires(b, o, func(l *world.Lane) func(context.Context, *os.File) error {
		return func(ctx context.Context, master *os.File) error {
			return l.Terminal.Attach(ctx, &watched{File: master, watch: watch}, readersim.Serial)
		}
	})
	watch.daemon = m.start()
	return m, watch.daemon, watch
}

// BenchmarkApprovalToOpenDoor measures, at the two sockets, from the last byte of the
// terminal's approval to the arrival of OpenDoor at the SaaS: the daemon, its commit,
// the terminal's receipt of our acknowledgement and both wires. In turns with it, as
// many appends and syncs of as many bytes as lay in between. Budget (DESIGN §8): the
// gateway's own share is at most one sync and 2 ms, p99.
func BenchmarkApprovalToOpenDoor(b *testing.B) {
	m, d, watch := watchedMarket(b)
	defer d.end()
	raw := newRawLog(b, m)
	awaitArmed(b, d)
	var ours, base, beyond []time.Duration
	var syncs int64
	for i := 0; b.Loop(); i++ {
		took, n, written := watch.purchase(m, d, i)
		ours, syncs = append(ours, took), syncs+n
		limit := raw.sync(written, n)
		base, beyond = append(base, limit), append(beyond, took-limit)
	}
	b.ReportMetric(milliseconds(quantile(ours, 0.5)), "p50-ms")
	b.ReportMetric(milliseconds(quantile(ours, 0.99)), "p99-ms")
	b.ReportMetric(milliseconds(quantile(base, 0.5)), "raw-p50-ms")
	b.ReportMetric(milliseconds(quantile(base, 0.99)), "raw-p99-ms")
	b.ReportMetric(milliseconds(quantile(beyond, 0.5)), "beyond-raw-p50-ms")
	b.ReportMetric(float64(syncs)/float64(len(ours)), "syncs/op")
	b.ReportMetric(float64(quantile(base, 0.5))/float64(quantile(ours, 0.5)), "p50-ratio")
}

// purchase is one purchase, of which the time, the syncs and the bytes between the two
// sockets are told.
func (w *stopwatch) purchase(m *market, d *daemon, i int) (took time.Duration, syncs, written int64) {
	m.t.Helper()
	awaitArmed(m.t, d)
	m.mustServe(swiftVisit(marketLane, i), 0)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.took, w.syncs, w.written
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// quantile of at least one duration.
func quantile(list []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
