package queue

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
)

// BenchmarkBacklog measures what a million waiting reports cost. Budgets (DESIGN
// §8): an enqueue at most 1.2 times as slow as into an empty store (medians);
// opening within 2 s and 40 MB RSS.
func BenchmarkBacklog(b *testing.B) {
	const entries = 1_000_000
	empty := openStore(b, diskDir(b))
	dir := diskDir(b)
	s := openStore(b, dir)
	fillReports(b, s, entries)
	closeStore(b, s)

	debug.FreeOSMemory()
	before := residentBytes(b)
	start := time.Now()
	s = openStore(b, dir)
	opened := time.Since(start)
	after := residentBytes(b)
	if n := s.currentCounts().reports; n != entries {
		b.Fatalf("reports: got %d, want %d", n, entries)
	}

	body := make([]byte, 400)
	enqueue := func(s *Store) time.Duration {
		start := time.Now()
		commit(b, s, func(tx *Tx) error { _, err := tx.AddReport(1, body); return err })
		return time.Since(start)
	}
	var none, many []time.Duration
	for b.Loop() {
		none, many = append(none, enqueue(empty)), append(many, enqueue(s))
	}
	b.ReportMetric(float64(median(many))/float64(median(none)), "enqueue-ratio")
	b.ReportMetric(float64(opened.Milliseconds()), "open-ms")
	b.ReportMetric(float64(after-before)/1e6, "open-MB")
	b.ReportMetric(float64(after)/1e6, "RSS-MB")
	b.ReportMetric(drainRate(b, s), "drained/s")
}

func fillReports(b testing.TB, s *Store, n int) {
	rng := rand.New(rand.NewPCG(1, 1))
	body := make([]byte, 400)
	for i := range body {
		body[i] = byte(rng.Uint32())
	}
	for done := 0; done < n; done += 10_000 {
		commit(b, s, func(tx *Tx) error {
			for range 10_000 {
				if _, err := tx.AddReport(1, body); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// drainRate reads and deletes a part of the reports, 256 at a time.
func drainRate(b *testing.B, s *Store) float64 {
	const part = 50_000
	start := time.Now()
	for done, after := 0, N(0); done < part; {
		rows, err := s.ReadReports(context.Background(), after, laterCount)
		if err != nil {
			b.Fatal(err)
		}
		commit(b, s, func(tx *Tx) error {
			for _, r := range rows {
				if err := tx.DeleteReport(r.N); err != nil {
					return err
				}
			}
			return nil
		})
		done, after = done+len(rows), rows[len(rows)-1].N
	}
	return part / time.Since(start).Seconds()
}

// residentBytes is the RSS of this process, everything else in it included.
func residentBytes(b *testing.B) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	kb, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb << 10
}
