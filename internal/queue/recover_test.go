package queue

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/ncruces/go-sqlite3/vfs"

	"edged/internal/testutil/powerfail"
)

func TestAFailedSyncBreaksTheStoreUntilItIsRecovered(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault powerfail.Fault
		cause error
	}{
		{"sync of the WAL fails", powerfail.Fault{Op: powerfail.Sync, File: "-wal", Err: syscall.EIO, Times: 1}, ErrIO},
		{"sync finds the disk full", powerfail.Fault{Op: powerfail.Sync, File: "-wal", Err: syscall.ENOSPC, Times: 1}, ErrDiskFull},
		{"write fails", powerfail.Fault{Op: powerfail.Write, File: "-wal", Err: syscall.EIO, Times: 1}, ErrIO},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := powerfail.NewFS(nil, powerfail.NewLog())
			s := simulated(t, disk)
			var seq Seq
			commit(t, s, func(tx *Tx) (err error) {
				seq, err = tx.NewSeq()
				return errors.Join(err, tx.PutLane("front", []byte("sure")))
			})
			disk.Inject(c.fault)
			err := s.Commit(t.Context(), putLane("in doubt"))
			if !errors.Is(err, ErrNotDurable) || !errors.Is(err, c.cause) {
				t.Fatalf("commit: got %v, want ErrNotDurable and %v", err, c.cause)
			}
			if err := s.Commit(t.Context(), putLane("too early")); !errors.Is(err, ErrBroken) {
				t.Fatalf("commit on a broken store: got %v, want ErrBroken", err)
			}
			if err := s.Recover(t.Context()); err != nil {
				t.Fatalf("Recover: %v", err)
			}
			if got := lane(t, s); got != "sure" {
				t.Errorf("after Recover: got %q, want the last sure content", got)
			}
			var next Seq
			commit(t, s, func(tx *Tx) (err error) {
				next, err = tx.NewSeq()
				return errors.Join(err, tx.PutLane("front", []byte("again")))
			})
			if next <= seq {
				t.Errorf("number after Recover: got %d, want above %d", next, seq)
			}
		})
	}
}

func TestRecoverKeepsTryingWhileTheDiskFails(t *testing.T) {
	disk := powerfail.NewFS(nil, powerfail.NewLog())
	s := simulated(t, disk)
	commit(t, s, putLane("sure"))
	disk.Inject(powerfail.Fault{Op: powerfail.Sync, File: "-wal", Err: syscall.EIO, Times: 1})
	if err := s.Commit(t.Context(), putLane("in doubt")); !errors.Is(err, ErrNotDurable) {
		t.Fatalf("commit: got %v, want ErrNotDurable", err)
	}
	faults := []powerfail.Fault{
		{Op: powerfail.Create, File: ".tmp", Err: syscall.ENOSPC, Times: 1},
		{Op: powerfail.Write, File: ".tmp", Err: syscall.ENOSPC, Times: 1},
		{Op: powerfail.Write, File: ".tmp", Err: syscall.EIO, Times: 1, Skip: 3},
		{Op: powerfail.Sync, File: ".tmp", Err: syscall.EIO, Times: 1},
		{Op: powerfail.Rename, File: ".tmp", Err: syscall.EROFS, Times: 1},
		{Op: powerfail.SyncDir, Err: syscall.EIO, Times: 1},
		{Op: powerfail.Remove, File: "-wal", Err: syscall.EIO, Times: 1},
		{Op: powerfail.Rename, File: ".new", Err: syscall.EIO, Times: 1},
		{Op: powerfail.Sync, File: "-journal", Err: syscall.EIO, Times: 1},
		{Op: powerfail.Sync, File: "edged.db", Err: syscall.EIO, Times: 1},
	}
	for _, f := range faults {
		remove := disk.Inject(f)
		if err := s.Recover(t.Context()); err == nil {
			t.Errorf("Recover with a failing %s of %q: got nil", f.Op, f.File)
		}
		if err := s.Commit(t.Context(), putLane("x")); !errors.Is(err, ErrBroken) {
			t.Errorf("commit after a failing %s of %q: got %v, want ErrBroken", f.Op, f.File, err)
		}
		remove()
	}
	if err := s.Recover(t.Context()); err != nil {
		t.Fatalf("Recover on a sound disk: %v", err)
	}
	if got := lane(t, s); got != "sure" {
		t.Errorf("after Recover: got %q, want %q", got, "sure")
	}
	commit(t, s, putLane("again"))
}

// brokenWithOrders is a store with 50 orders in its database whose sync has failed.
func brokenWithOrders(t *testing.T) (*powerfail.FS, *Store) {
	t.Helper()
	disk := powerfail.NewFS(nil, powerfail.NewLog())
	s := simulated(t, disk)
	for i := range 50 {
		commit(t, s, func(tx *Tx) error { return tx.PutOrder(Seq(i+1), idOf(Seq(i+1)), make([]byte, 600)) })
	}
	if err := s.do(t.Context(), func() error { return s.w.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)") }); err != nil {
		t.Fatal(err)
	}
	disk.Inject(powerfail.Fault{Op: powerfail.Sync, File: "-wal", Err: syscall.EIO, Times: 1})
	if err := s.Commit(t.Context(), putLane("in doubt")); !errors.Is(err, ErrNotDurable) {
		t.Fatalf("commit: got %v, want ErrNotDurable", err)
	}
	return disk, s
}

// unreadOnce has one read of the database fail.
func unreadOnce(t *testing.T, disk *powerfail.FS, s *Store) {
	t.Helper()
	disk.Inject(powerfail.Fault{Op: powerfail.Read, File: databaseName, Err: syscall.EIO, Skip: 20, Times: 1})
	if err := s.do(t.Context(), func() error { return s.w.db.ReleaseMemory() }); err != nil { // the page cache
		t.Fatal(err)
	}
}

func TestWhatCannotBeReadForAMomentIsNotLost(t *testing.T) {
	disk, s := brokenWithOrders(t)
	unreadOnce(t, disk, s)
	if err := s.Recover(t.Context()); !errors.Is(err, ErrIO) || s.usable() == nil {
		t.Errorf("Recover: got %v, usable %v, want ErrIO and a broken store", err, s.usable())
	}
	if err := s.Recover(t.Context()); err != nil {
		t.Fatalf("Recover again: %v", err)
	}
	if r, n := s.Report(), len(load(t, s).Orders); n != 50 || r.Damage != "" || r.MovedAside != "" {
		t.Errorf("got %d orders, report %+v, want 50 and no damage", n, r)
	}
}

func TestWhatRecoverCannotReadIsReportedAndTheOldFileKept(t *testing.T) {
	disk, s := brokenWithOrders(t)
	for range readAgain {
		unreadOnce(t, disk, s)
		if err := s.Recover(t.Context()); !errors.Is(err, ErrIO) {
			t.Fatalf("Recover: got %v, want ErrIO", err)
		}
	}
	unreadOnce(t, disk, s)
	if err := s.Recover(t.Context()); err != nil {
		t.Fatalf("Recover: %v", err)
	}
	r := s.Report()
	if there, _ := disk.Exists(r.MovedAside); r.Damage == "" || r.MovedAside == "" || !there {
		t.Errorf("report: got %+v, want the damage, and the old file kept", r)
	}
	if n := len(load(t, s).Orders); n != 50 { // read from both ends
		t.Errorf("orders: got %d, want 50", n)
	}
	var next Seq
	commit(t, s, func(tx *Tx) (err error) { next, err = tx.NewSeq(); return err })
	if next < 1<<20 {
		t.Errorf("next number: got %d, want a jump", next)
	}
}

func TestAFailedSyncOfACheckpointBreaksTheStoreButNotTheCommit(t *testing.T) {
	disk := powerfail.NewFS(nil, powerfail.NewLog())
	s := simulated(t, disk)
	disk.Inject(powerfail.Fault{Op: powerfail.Sync, File: databaseName, Err: syscall.EIO, Times: 1})
	last := ""
	for i := 0; i < 2000; i++ {
		v := fmt.Sprint(i)
		err := s.Commit(t.Context(), putLane(v))
		if errors.Is(err, ErrBroken) {
			break
		}
		if err != nil {
			t.Fatalf("commit %d: %v", i, err)
		}
		last = v
	}
	if err := s.usable(); !errors.Is(err, ErrBroken) {
		t.Fatalf("no checkpoint failed in 2000 commits")
	}
	if err := s.Recover(t.Context()); err != nil {
		t.Fatalf("Recover: %v", err)
	}
	if got := lane(t, s); got != last {
		t.Errorf("after Recover: got %q, want the last acknowledged %q", got, last)
	}
}

// TestPowerFailureAroundAFailedSync cuts the power all around a failed sync and
// the recovery from it. What was acknowledged stays; the failed commit may come
// back only if the power is lost before Recover has ended.
func TestPowerFailureAroundAFailedSync(t *testing.T) {
	log := powerfail.NewLog()
	disk := powerfail.NewFS(nil, log)
	name, unregister := disk.Register()
	defer unregister()
	s, err := Open(t.Context(), Options{Dir: t.TempDir(), VFS: name, Exclusive: true, pragmas: busyCheckpoints()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		v := fmt.Sprintf("sure %02d", i)
		commit(t, s, putLane(v))
		log.Mark(v)
		if i%8 != 5 {
			continue
		}
		disk.Inject(powerfail.Fault{Op: powerfail.Sync, File: "-wal", Err: syscall.EIO, Times: 1})
		if err := s.Commit(t.Context(), putLane(v+" doubtful")); !errors.Is(err, ErrNotDurable) {
			t.Fatalf("commit: got %v, want ErrNotDurable", err)
		}
		if err := s.Recover(t.Context()); err != nil {
			t.Fatalf("Recover: %v", err)
		}
		log.Mark("recovered")
	}
	closeStore(t, s)
	r := powerfail.Explore(t, log, powerfail.Options{States: share(20)}, checkLane)
	t.Logf("%d operations: %s", log.Len(), r)
	if r.Bad > 0 {
		t.Errorf("bad states: %s", r)
	}
}

func checkLane(st *powerfail.State) error {
	name, unregister := st.Disk.Register()
	defer unregister()
	s, err := Open(context.Background(), Options{Dir: st.Dir, VFS: name, Exclusive: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if r := s.Report(); r.Damage != "" || len(r.Quarantined) > 0 {
		return fmt.Errorf("report: %+v", r)
	}
	snap, err := s.Load(context.Background())
	if err != nil {
		return err
	}
	got, sure, doubtful := string(snap.Lanes["front"]), "", ""
	for _, m := range st.Marks {
		if v := m.(string); v == "recovered" {
			doubtful = ""
		} else {
			sure, doubtful = v, v+" doubtful"
		}
	}
	next := got > sure && !strings.HasSuffix(got, "doubtful") // its mark was cut off
	if got == sure || got == doubtful || next {
		return nil
	}
	return fmt.Errorf("lane is %q, acknowledged %q, in doubt %q", got, sure, doubtful)
}

// brittle is the operating system's VFS with syncs that fail on demand.
type brittle struct {
	*meter
	fail atomic.Bool
}

type brittleFile struct {
	*meteredFile
	b *brittle
}

func (b *brittle) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := b.meter.Open(name, flags)
	return b.wrap(f, flags, err)
}

func (b *brittle) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := b.meter.OpenFilename(name, flags)
	return b.wrap(f, flags, err)
}

func (b *brittle) wrap(f vfs.File, flags vfs.OpenFlag, err error) (vfs.File, vfs.OpenFlag, error) {
	if err != nil {
		return nil, flags, err
	}
	return &brittleFile{f.(*meteredFile), b}, flags, nil
}

func (f *brittleFile) Sync(flags vfs.SyncFlag) error {
	if f.b.fail.Load() {
		return syscall.EIO
	}
	return f.meteredFile.Sync(flags)
}

// TestRecoverOnARealDisk goes the way of production: shared memory, a second
// connection for readers, real renames.
func TestRecoverOnARealDisk(t *testing.T) {
	base, err := newMeter("")
	if err != nil {
		t.Fatal(err)
	}
	b := &brittle{meter: base}
	vfs.Register("brittle", b)
	defer vfs.Unregister("brittle")
	dir := t.TempDir()
	s, err := Open(t.Context(), Options{Dir: dir, VFS: "brittle"})
	if err != nil {
		t.Fatal(err)
	}
	addReport := func(body string) error {
		return s.Commit(t.Context(), func(tx *Tx) error { _, err := tx.AddReport(1, []byte(body)); return err })
	}
	readAll := func() (bodies string) {
		rows, err := s.ReadReports(t.Context(), 0, 100)
		if err != nil {
			t.Errorf("ReadReports: %v", err)
		}
		for _, r := range rows {
			bodies += string(r.Body)
		}
		return bodies
	}
	want := ""
	for _, v := range []string{"a", "b", "c"} {
		if err := addReport(v); err != nil {
			t.Fatalf("Commit: %v", err)
		}
		want += v
		if got := readAll(); got != want {
			t.Errorf("before the fault: got %q, want %q", got, want)
		}
		b.fail.Store(true)
		if err := addReport("?"); !errors.Is(err, ErrNotDurable) || !errors.Is(err, ErrIO) {
			t.Errorf("Commit with a failing sync: got %v, want ErrNotDurable and ErrIO", err)
		}
		if got := readAll(); got != want {
			t.Errorf("while broken: got %q, want %q", got, want)
		}
		if err := s.Recover(t.Context()); err == nil {
			t.Errorf("Recover with a failing sync: got nil")
		}
		b.fail.Store(false)
		if err := s.Recover(t.Context()); err != nil {
			t.Fatalf("Recover: %v", err)
		}
		if got := readAll(); got != want {
			t.Errorf("after Recover: got %q, want %q", got, want)
		}
	}
	closeStore(t, s)
	left, err := filepath.Glob(filepath.Join(dir, "edged*"))
	if err != nil || len(left) != 1 {
		t.Errorf("database files after Close: got %v, %v, want one", left, err)
	}
}
