package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/queue"
	"edged/internal/testutil/powerfail"
)

// callFault is one call of the store that fails with one error.
type callFault struct {
	op    powerfail.Kind
	err   error
	short int
}

// callFaults are all calls that a store makes of its disk, with all errors that a
// disk has for each.
func callFaults() (out []callFault) {
	for _, op := range []powerfail.Kind{
		powerfail.Write, powerfail.Truncate, powerfail.Sync, powerfail.SyncDir, powerfail.Create, powerfail.Open, powerfail.Exists,
		powerfail.Size, powerfail.Read, powerfail.Remove, powerfail.Rename, powerfail.Lock, powerfail.Unlock,
	} {
		for _, err := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS} {
			out = append(out, callFault{op: op, err: err})
		}
	}
	return append(out,
		callFault{powerfail.Write, syscall.ENOSPC, 512}, callFault{powerfail.Write, syscall.EIO, 100}, callFault{powerfail.Write, syscall.EROFS, 1000},
	)
}

func (f callFault) String() string {
	if f.short > 0 {
		return fmt.Sprintf("%s: %v behind %d bytes", f.op, f.err, f.short)
	}
	return fmt.Sprintf("%s: %v", f.op, f.err)
}

// callTroubles are a fault's ways to last, while the store works in peace or while
// it is being written anew because a sync has failed.
func (f callFault) troubles() (out []trouble) {
	for _, recovering := range []bool{false, true} {
		for _, lasts := range []time.Duration{0, 3 * time.Minute} {
			tr := trouble{name: f.String(), fault: powerfail.Fault{Op: f.op, Err: f.err, Short: f.short}, lasts: lasts}
			if lasts == 0 {
				tr.fault.Times = 1
				tr.name += ", once"
			}
			if recovering {
				tr.before = &powerfail.Fault{Op: powerfail.Sync, Err: syscall.EIO, Times: 1}
				tr.name += ", behind a failed sync"
			}
			out = append(out, tr)
		}
	}
	return out
}

// longWAL is a killed store whose write-ahead log is nearly so long that it is
// moved into the database.
func longWAL(t *testing.T) powerfail.Files {
	t.Helper()
	disk := powerfail.NewFS(nil, nil)
	name, unregister := disk.Register()
	defer unregister()
	s, err := queue.Open(t.Context(), queue.Options{Dir: t.TempDir(), VFS: name, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	const pages = 870 // a little less than what makes the store move them
	var files powerfail.Files
	for i := 0; len(disk.Files()["edged.db-wal"]) < pages*1048; i++ {
		if err := s.Commit(t.Context(), func(tx *queue.Tx) error { return tx.PutMeta(fmt.Sprintf("padding %d", i%7), make([]byte, 900)) }); err != nil {
			t.Fatal(err)
		}
	}
	files = disk.Files()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return files
}

// callStride is how many calls lie between two that fail; most kinds of call are few.
func callStride(op powerfail.Kind) int {
	stride := 3
	switch op {
	case powerfail.Write, powerfail.Read, powerfail.Lock, powerfail.Unlock, powerfail.Size:
		stride = 97
	case powerfail.Sync, powerfail.Exists, powerfail.Open:
		stride = 8
	}
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		return 1
	case testing.Short():
		return 4 * stride
	}
	return stride
}

// TestM3_EveryStoreCallMayFailWhilePurchasesAreOpen makes every kind of call fail
// with every error, once or for three minutes, at each of the calls that two purchases
// make: with the moving of the log into the database, and with the rewriting of the
// store behind a failed sync. Nothing is restarted: open purchases settle, the books
// balance, and the next customer is served.
func TestM3_EveryStoreCallMayFailWhilePurchasesAreOpen(t *testing.T) {
	base := longWAL(t)
	runs, unmet := map[powerfail.Kind]int{}, map[powerfail.Kind]bool{}
	start := time.Now()
	for _, f := range callFaults() {
		for _, tr := range f.troubles() {
			stride := callStride(f.op)
			for skip := 0; ; skip += stride {
				met, err := diskRun(t, base, tr, skip)
				if err != nil {
					t.Errorf("%s, from call %d on: %v", tr.name, skip, err)
					break
				}
				if !met {
					break
				}
				runs[f.op]++
			}
		}
		unmet[f.op] = runs[f.op] == 0
	}
	t.Logf("calls that failed: %v (%s)", runs, time.Since(start).Round(time.Millisecond))
	for op, never := range unmet {
		if never {
			t.Errorf("no %s ever failed", op)
		}
	}
}

// diskRun is one run in trouble, from the call numbered skip on.
func diskRun(t *testing.T, base powerfail.Files, tr trouble, skip int) (met bool, err error) {
	tr.fault.Skip = skip
	synctest.Test(t, func(t *testing.T) {
		disk := powerfail.NewFS(maps.Clone(base), powerfail.NewLog())
		r, open := startCut(cutOptions{plan: diskPlan(), disk: disk, dir: t.TempDir()})
		if open != nil {
			t.Fatal(open)
		}
		met, err = (&troubledRun{cutRun: r}).play(tr)
	})
	return met, err
}

// TestEveryStoreCallMayFailWhileEdgedStarts makes each call fail that opening the
// store of two open purchases makes. edged starts, or says clearly why not; once the
// disk is well again it starts, knows everything, and settles.
func TestEveryStoreCallMayFailWhileEdgedStarts(t *testing.T) {
	plan := cutPlan()[:8]
	log := recordCut(t, plan, nil)
	at := log.Len() / 2
	files, marks := log.Crash(at, powerfail.Keep, true, rand.New(rand.NewPCG(1, 1))), log.Marks(at)
	started, refused := 0, map[string]int{}
	for _, f := range callFaults() {
		for skip, met := 0, true; met; skip += callStride(f.op) {
			for _, times := range []int{1, 0} {
				fault := powerfail.Fault{Op: f.op, Err: f.err, Short: f.short, Skip: skip, Times: times}
				hits, open, err := startInTrouble(t, plan, files, marks, fault)
				met = hits > 0
				if err != nil {
					t.Errorf("%s, call %d, times %d: %v (%v)", f, skip, times, err, open)
				}
				switch {
				case !met:
				case open == nil:
					started++
				default:
					cause := causeName(open)
					if refused[cause]++; cause == noCause {
						t.Errorf("%s, call %d, times %d: the error names no cause: %v", f, skip, times, open)
					}
				}
			}
		}
	}
	t.Logf("started %d times, refused to start: %v", started, refused)
	if started == 0 || len(refused) == 0 {
		t.Errorf("started %d times, refused %v; want both", started, refused)
	}
}

const noCause = "no cause"

func causeName(err error) string {
	for _, cause := range []error{queue.ErrDiskFull, queue.ErrReadOnly, queue.ErrIO, queue.ErrCorrupt} {
		if errors.Is(err, cause) {
			return cause.Error()
		}
	}
	return noCause
}

// startInTrouble starts edged with a fault, and if it does not start, once more
// without.
func startInTrouble(t *testing.T, plan []cutVisit, files powerfail.Files, marks []any, f powerfail.Fault) (hits int, open, err error) {
	synctest.Test(t, func(t *testing.T) {
		disk := powerfail.NewFS(maps.Clone(files), powerfail.NewLog())
		f.Hit = func(string) { hits++ }
		mend := disk.Inject(f)
		o := cutOptions{plan: plan, disk: disk, dir: t.TempDir(), marks: marks, killed: true}
		r, first := startCut(o)
		mend()
		if open = first; first != nil {
			if r, err = startCut(o); err != nil {
				err = fmt.Errorf("does not start on a disk that is well again: %w", err)
				return
			}
		}
		if hits == 0 {
			err = r.stopAll()
			return
		}
		if err = r.contents(); err != nil {
			_ = r.stopAll()
			return
		}
		stop := r.run()
		r.rest()
		r.atEnd(func() { err = r.audit(false) })
		if stopped := stop(); err == nil {
			err = stopped
		}
	})
	return hits, open, err
}

// contents checks that edged remembers all. What could not be read for a moment may
// be called damaged.
func (r *cutRun) contents() error {
	var errs []error
	for _, s := range r.led.sales {
		o, err := r.order(s.order)
		switch {
		case err != nil || o == nil:
			errs = append(errs, fmt.Errorf("M3: %q: the order is gone, %w", s.visit.name, err))
		default:
			errs = append(errs, s.rememberedBy(o))
		}
	}
	if _, err := r.store.Stats(context.Background()); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, r.outboxHolds())...)
}
