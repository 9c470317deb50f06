package queue

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var benchDir = flag.String("queue.benchdir", "", "directory on the disk to measure; default: the temporary directory")

func diskDir(b *testing.B) string {
	if *benchDir == "" {
		return b.TempDir()
	}
	dir, err := os.MkdirTemp(*benchDir, "queue")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// step is the payload of one durable step of an order: its state, a report and a
// journal row.
type step struct{ state, report, event []byte }

func steps(n int) []step {
	rng := rand.New(rand.NewPCG(1, 1))
	list := make([]step, n)
	for i := range list {
		list[i] = step{make([]byte, 600+rng.IntN(900)), make([]byte, 400), make([]byte, 120)}
		for _, p := range [][]byte{list[i].state, list[i].report, list[i].event} {
			for j := range p {
				p[j] = byte(rng.Uint32())
			}
		}
	}
	return list
}

// rawLog is the physical limit: the same bytes, appended and synced.
type rawLog struct {
	f   *os.File
	buf []byte
}

func newRawLog(b *testing.B, dir string) *rawLog {
	f, err := os.OpenFile(filepath.Join(dir, "raw"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return &rawLog{f: f}
}

func (r *rawLog) append(b *testing.B, s step) {
	r.buf = binary.LittleEndian.AppendUint32(r.buf[:0], uint32(len(s.state)))
	r.buf = append(append(append(r.buf, s.state...), s.report...), s.event...)
	if _, err := r.f.Write(r.buf); err != nil {
		b.Fatal(err)
	}
	if err := unix.Fdatasync(int(r.f.Fd())); err != nil {
		b.Fatal(err)
	}
}

// orderStep is what the engine does for one event. Ten orders are open; each step
// adds a report and takes the oldest one away, as its acknowledgement does.
func orderStep(b *testing.B, s *Store, seqs []Seq, i int, p step) {
	seq := seqs[i%len(seqs)]
	var report N
	err := s.Commit(context.Background(), func(tx *Tx) (err error) {
		if err = tx.PutOrder(seq, idOf(seq), p.state); err != nil {
			return err
		}
		if report, err = tx.AddReport(seq, p.report); err != nil {
			return err
		}
		_, err = tx.AppendJournal(seq, p.event)
		return err
	})
	if err != nil {
		b.Error(err)
		return
	}
	s.Later(func(tx *Tx) error { return tx.DeleteReport(report) })
}

func openOrders(b *testing.B, s *Store, n int) []Seq {
	seqs := make([]Seq, n)
	commit(b, s, func(tx *Tx) (err error) {
		for i := range seqs {
			if seqs[i], err = tx.NewSeq(); err != nil {
				return err
			}
		}
		return nil
	})
	return seqs
}

// BenchmarkOrderStep measures one durable step against raw append and fdatasync
// of the same bytes, in turns on the same disk. Budgets (DESIGN §8): ratio of the
// medians at least 0.7; at most 1.02 syncs per step.
func BenchmarkOrderStep(b *testing.B) {
	dir := diskDir(b)
	s, raw := openStore(b, dir), newRawLog(b, dir)
	seqs, load := openOrders(b, s, 10), steps(256)
	var rawTimes, ours []time.Duration
	written, syncs := s.meter.written.Load(), s.meter.syncs.Load()
	i := 0
	for b.Loop() {
		start := time.Now()
		raw.append(b, load[i%len(load)])
		mid := time.Now()
		orderStep(b, s, seqs, i, load[i%len(load)])
		rawTimes, ours = append(rawTimes, mid.Sub(start)), append(ours, time.Since(mid))
		i++
	}
	b.ReportMetric(float64(median(rawTimes))/float64(median(ours)), "p50-ratio")
	b.ReportMetric(float64(median(ours).Microseconds()), "p50-µs")
	b.ReportMetric(float64(median(rawTimes).Microseconds()), "raw-p50-µs")
	b.ReportMetric(float64(s.meter.syncs.Load()-syncs)/float64(i), "syncs/op")
	b.ReportMetric(float64(s.meter.written.Load()-written)/float64(i), "B-written/op")
}

// BenchmarkOrderStep16 measures 16 callers at once against the rate of one raw
// writer. Budgets: at least 3 times that rate; at most 0.125 syncs per step.
func BenchmarkOrderStep16(b *testing.B) {
	const producers, each = 16, 50
	dir := diskDir(b)
	s, raw := openStore(b, dir), newRawLog(b, dir)
	seqs, load := openOrders(b, s, 64), steps(256)
	var rawTime, ourTime time.Duration
	written, syncs := s.meter.written.Load(), s.meter.syncs.Load()
	n := 0
	for b.Loop() {
		start := time.Now()
		for i := range each {
			raw.append(b, load[i%len(load)])
		}
		rawTime += time.Since(start)
		start = time.Now()
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for i := range each {
					orderStep(b, s, seqs, p*each+i, load[(p*each+i)%len(load)])
				}
			})
		}
		wg.Wait()
		ourTime += time.Since(start)
		n++
	}
	ops := float64(n * producers * each)
	rawRate, ourRate := float64(n*each)/rawTime.Seconds(), ops/ourTime.Seconds()
	b.ReportMetric(ourRate/rawRate, "x-raw-rate")
	b.ReportMetric(ourRate, "steps/s")
	b.ReportMetric(rawRate, "raw/s")
	b.ReportMetric(float64(s.meter.syncs.Load()-syncs)/ops, "syncs/op")
	b.ReportMetric(float64(s.meter.written.Load()-written)/ops, "B-written/op")
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// BenchmarkPurchase writes what the engine writes for a purchase: eleven commits
// with a journal row of about 200 bytes and mostly the order's state, which grows
// from 400 to 1000 bytes; the last one has the report, whose deletion rides with
// the order's move into the archive, where its line of the ledger is its brief. Budget: 48 KiB passed to write calls per
// purchase (DESIGN §8), checkpoints included.
func BenchmarkPurchase(b *testing.B) {
	s := openStore(b, diskDir(b))
	text := make([]byte, 4000)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range text {
		text[i] = byte(rng.Uint32())
	}
	written, syncs, n := s.meter.written.Load(), s.meter.syncs.Load(), 0
	for b.Loop() {
		purchase(b, s, text, n)
		n++
	}
	b.ReportMetric(float64(s.meter.written.Load()-written)/float64(n)/1024, "KiB-written/op")
	b.ReportMetric(float64(s.meter.syncs.Load()-syncs)/float64(n), "syncs/op")
}

func purchase(b *testing.B, s *Store, text []byte, n int) {
	const commits = 11
	var seq Seq
	var rows []N
	var report N
	for i := range commits {
		commit(b, s, func(tx *Tx) (err error) {
			if i == 0 {
				seq, err = tx.NewSeq()
			}
			row, rowErr := tx.AppendJournal(seq, text[i:][:140+n*17%120])
			rows = append(rows, row)
			err = errors.Join(err, rowErr, tx.PutOrder(seq, idOf(seq), text[i:][:400+i*60]))
			if i == 0 || i == 6 {
				err = errors.Join(err, tx.PutLane("front", text[i:][:40]))
			}
			if i == commits-1 {
				var addErr error
				report, addErr = tx.AddReport(seq, text[:300])
				err = errors.Join(err, addErr)
			}
			return err
		})
	}
	s.Later(func(tx *Tx) error { return tx.DeleteReport(report) })
	commit(b, s, func(tx *Tx) error {
		return errors.Join(
			tx.DeleteOrder(seq), tx.DeleteJournal(rows...),
			tx.Archive(Archived{Seq: seq, ID: idOf(seq), At: time.Unix(int64(n), 0), Blob: text[:2900], Brief: text[:60]}),
		)
	})
}
