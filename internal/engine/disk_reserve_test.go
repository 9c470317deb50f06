package engine

import (
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"

	"edged/internal/lane"
	"edged/internal/testutil/powerfail"
)

// fullDisk has no space while it is full, save what the money reserve sets free.
type fullDisk struct {
	*powerfail.FS
	dir  string
	full atomic.Bool
}

// Open implements vfs.VFS.
func (d *fullDisk) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := d.FS.Open(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return fullFile{f, d}, flags, nil
}

type fullFile struct {
	vfs.File
	disk *fullDisk
}

// WriteAt implements io.WriterAt.
func (f fullFile) WriteAt(p []byte, off int64) (int, error) {
	if f.disk.full.Load() && f.disk.reserved() {
		return 0, syscall.ENOSPC
	}
	return f.File.WriteAt(p, off)
}

func (d *fullDisk) reserved() bool {
	_, err := os.Stat(filepath.Join(d.dir, "reserve"))
	return err == nil
}

// fill fills the disk or frees it again. A directory in its place keeps the reserve
// from being built.
func (d *fullDisk) fill(t *testing.T, full bool) {
	t.Helper()
	d.full.Store(full)
	obstacle := filepath.Join(d.dir, "reserve.tmp")
	err := os.Remove(obstacle)
	if full {
		err = os.Mkdir(obstacle, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// onFullDisk runs fn with the engine at rest, and balances the books behind it.
func onFullDisk(t *testing.T, fn func(t *testing.T, r *cutRun, disk *fullDisk)) {
	synctest.Test(t, func(t *testing.T) {
		disk := &fullDisk{FS: powerfail.NewFS(nil, powerfail.NewLog()), dir: t.TempDir()}
		r, err := startCut(cutOptions{plan: diskPlan(), disk: disk.FS, vfs: disk, dir: disk.dir, reserve: 1 << 16})
		if err != nil {
			t.Fatal(err)
		}
		r.atEnd(func() { err = r.audit(false) })
		stop := r.run()
		time.Sleep(time.Minute)
		fn(t, r, disk)
		r.rest()
		if closed := stop(); err != nil || closed != nil {
			t.Errorf("books: %v, close: %v", err, closed)
		}
	})
}

func (r *cutRun) why(name string) []lane.Reason {
	for _, l := range r.eng.Lanes() {
		if l.Name == name {
			return l.Why
		}
	}
	return nil
}

func (r *cutRun) sale(i int) (s cutSale) {
	r.led.look(func() { s = *r.led.sales[i] })
	return s
}

func TestM9_AFullDiskTakesLanesOutBeforeTheReserve(t *testing.T) {
	onFullDisk(t, func(t *testing.T, r *cutRun, disk *fullDisk) {
		disk.fill(t, true)
		r.terms["front"].taps <- 0
		for range 30 { // also behind every look after the store
			time.Sleep(10 * time.Second)
			if why := r.why("front"); !slices.Contains(why, lane.DiskReserve) || !r.store.ReserveIntact() {
				t.Fatalf("out of service for %v, reserve intact %t; want %s and the reserve untouched", why, r.store.ReserveIntact(), lane.DiskReserve)
			}
		}
		if s := r.sale(0); s.held != nil || len(s.doors) > 0 {
			t.Errorf("a card was taken that could not be stored: %+v", s)
		}
		disk.fill(t, false)
		time.Sleep(40 * time.Second)
		r.terms["front"].taps <- 1
		r.rest()
		if s := r.sale(1); s.captured == nil {
			t.Errorf("with space again the next customer is not served: %+v", s)
		}
	})
}

func TestM9_TheMoneyReserveSettlesWhatIsOpen(t *testing.T) {
	onFullDisk(t, func(t *testing.T, r *cutRun, disk *fullDisk) {
		r.terms["front"].taps <- 0
		time.Sleep(500 * time.Millisecond) // the hold stands, the door is asked for
		disk.fill(t, true)
		time.Sleep(5 * time.Minute)
		s := r.sale(0)
		if s.captured == nil || len(s.reports) != 1 {
			t.Errorf("on a full disk: captured %v, %d reports; want both", s.captured, len(s.reports))
		}
		if why := r.why("back"); !slices.Contains(why, lane.DiskReserve) || r.store.ReserveIntact() {
			t.Errorf("back lane out for %v, reserve intact %t; want %s and the reserve given up", why, r.store.ReserveIntact(), lane.DiskReserve)
		}
		disk.fill(t, false)
		time.Sleep(40 * time.Second)
		if why := r.why("front"); len(why) > 0 || !r.store.ReserveIntact() {
			t.Errorf("with space again: front lane out for %v, reserve intact %t", why, r.store.ReserveIntact())
		}
	})
}
