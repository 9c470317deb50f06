package queue

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/testutil/powerfail"
)

// simulated opens a store on a simulated disk.
func simulated(t testing.TB, disk *powerfail.FS) *Store {
	t.Helper()
	name, unregister := disk.Register()
	t.Cleanup(unregister)
	s, err := Open(context.Background(), Options{Dir: t.TempDir(), VFS: name, Exclusive: true})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func putLane(value string) func(*Tx) error {
	return func(tx *Tx) error { return tx.PutLane("front", []byte(value)) }
}

func lane(t testing.TB, s *Store) string {
	t.Helper()
	return string(load(t, s).Lanes["front"])
}

func TestAFullDiskFailsCommitsAndIsOverWhenThereIsSpace(t *testing.T) {
	for name, full := range map[string]error{
		"no space":          syscall.ENOSPC,
		"quota":             syscall.EDQUOT,
		"as os.File has it": &fs.PathError{Op: "write", Path: "edged.db-wal", Err: syscall.ENOSPC},
	} {
		t.Run(name, func(t *testing.T) {
			disk := powerfail.NewFS(nil, powerfail.NewLog())
			s := simulated(t, disk)
			commit(t, s, putLane("before"))
			remove := disk.Inject(powerfail.Fault{Op: powerfail.Write, Err: full, Short: 100})
			for range 3 {
				err := s.Commit(t.Context(), putLane("full"))
				if !errors.Is(err, ErrDiskFull) || !errors.Is(err, ErrNotDurable) || errors.Is(err, ErrBroken) || s.usable() != nil {
					t.Fatalf("commit on a full disk: got %v, want ErrDiskFull and ErrNotDurable", err)
				}
			}
			if got := lane(t, s); got != "before" {
				t.Errorf("after failed commits: got %q, want %q", got, "before")
			}
			remove()
			commit(t, s, putLane("after"))
			if got := lane(t, s); got != "after" {
				t.Errorf("with space again: got %q, want %q", got, "after")
			}
		})
	}
}

func TestDeferredWritesSurviveAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := powerfail.NewLog()
		disk := powerfail.NewFS(nil, log)
		s := simulated(t, disk)
		remove := disk.Inject(powerfail.Fault{Op: powerfail.Write, Err: syscall.ENOSPC})
		s.Later(putLane("later"))
		if err := s.Commit(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, ErrDiskFull) {
			t.Fatalf("commit on a full disk: got %v, want ErrDiskFull", err)
		}
		remove()
		load(t, s)
		time.Sleep(laterRetry - time.Millisecond)
		synctest.Wait()
		if got := lane(t, s); got != "" {
			t.Errorf("before the next try: got %q, want nothing", got)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if got := lane(t, s); got != "later" {
			t.Errorf("deferred write: got %q, want %q", got, "later")
		}
		closeStore(t, s)
	})
}

func TestAReadOnlyDiskIsNamed(t *testing.T) {
	disk := powerfail.NewFS(nil, powerfail.NewLog())
	s := simulated(t, disk)
	commit(t, s, putLane("before"))
	disk.Inject(powerfail.Fault{Op: powerfail.Write, Err: syscall.EROFS, Times: 1})
	if err := s.Commit(t.Context(), putLane("x")); !errors.Is(err, ErrReadOnly) || !errors.Is(err, ErrNotDurable) {
		t.Errorf("commit on a read-only disk: got %v, want ErrReadOnly", err)
	}
	if got := lane(t, s); got != "before" {
		t.Errorf("got %q, want %q", got, "before")
	}
}

func TestOpeningOnADeadDiskIsAClearError(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"full", syscall.ENOSPC, ErrDiskFull},
		{"read-only", syscall.EROFS, ErrReadOnly},
		{"failing", syscall.EIO, ErrIO},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := powerfail.NewFS(nil, nil)
			for _, k := range []powerfail.Kind{powerfail.Write, powerfail.Create, powerfail.Sync} {
				disk.Inject(powerfail.Fault{Op: k, Err: c.err})
			}
			name, unregister := disk.Register()
			defer unregister()
			_, err := Open(t.Context(), Options{Dir: t.TempDir(), VFS: name, Exclusive: true})
			if !errors.Is(err, c.want) {
				t.Errorf("Open: got %v, want %v", err, c.want)
			}
		})
	}
}

func TestAFullDiskAtTheStartCostsTheReserveNotTheStart(t *testing.T) {
	disk := powerfail.NewFS(nil, nil)
	disk.Inject(powerfail.Fault{Op: powerfail.Create, File: "-wal", Err: syscall.ENOSPC, Times: 1})
	name, unregister := disk.Register()
	defer unregister()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, reserveName), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Dir: dir, VFS: name, Exclusive: true, ReserveBytes: 1 << 20})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer closeStore(t, s)
	if !s.Report().ReserveFreed || s.ReserveIntact() {
		t.Errorf("report: got %+v, reserve intact %t, want it given up", s.Report(), s.ReserveIntact())
	}
	if err := s.RebuildReserve(); err != nil || !s.ReserveIntact() {
		t.Errorf("RebuildReserve: %v, intact %t", err, s.ReserveIntact())
	}
	commit(t, s, putLane("x"))
}

func TestASalvageThatCannotWriteLosesNothing(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 30)
	damage(t, dir, leaf(t, dir, "orders"))
	bad, err := os.ReadFile(filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	disk := powerfail.NewFS(powerfail.Files{databaseName: bad}, nil)
	name, unregister := disk.Register()
	defer unregister()
	o := Options{Dir: t.TempDir(), VFS: name, Exclusive: true}
	for skip := 0; ; skip++ {
		remove := disk.Inject(powerfail.Fault{Op: powerfail.Write, File: suffixTmp, Err: syscall.EIO, Skip: skip, Times: 1})
		s, err := Open(t.Context(), o)
		remove()
		if err == nil { // the fault came too late to be met
			defer closeStore(t, s)
			if n := len(load(t, s).Orders); n != 29 || skip < 20 {
				t.Errorf("salvaged with write %d failing: got %d orders, want 29 of 30", skip, n)
			}
			return
		}
		if !errors.Is(err, ErrIO) {
			t.Fatalf("Open with write %d failing: got %v, want ErrIO", skip, err)
		}
	}
}

// A device that answers nothing for a while says nothing about what is on it.
func TestADatabaseThatCannotBeOpenedForAMomentIsNotReplaced(t *testing.T) {
	for name, f := range map[string]powerfail.Fault{
		"not opened": {Op: powerfail.Open, File: databaseName, Err: syscall.EIO},
		"not read":   {Op: powerfail.Read, File: databaseName, Err: syscall.EIO},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				disk := powerfail.NewFS(nil, nil)
				vfsName, unregister := disk.Register()
				defer unregister()
				o := Options{Dir: t.TempDir(), VFS: vfsName, Exclusive: true}
				s, err := Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				commit(t, s, putLane("kept"))
				closeStore(t, s)
				remove := disk.Inject(f)
				if _, err := Open(t.Context(), o); !errors.Is(err, ErrIO) {
					t.Errorf("Open without an answer: got %v, want ErrIO", err)
				}
				time.AfterFunc(readAgainAfter+time.Second/2, remove)
				if s, err = Open(t.Context(), o); err != nil {
					t.Fatalf("Open with a late answer: %v", err)
				}
				if r := s.Report(); r.Damage != "" || lane(t, s) != "kept" {
					t.Errorf("got lane %q, report %+v, want it kept and no damage", lane(t, s), r)
				}
				closeStore(t, s)
			})
		})
	}
}
