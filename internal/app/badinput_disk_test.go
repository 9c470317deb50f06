package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"edged/internal/clock"
	"edged/internal/queue"
	"edged/internal/sim/saassim"
	"edged/internal/testutil/powerfail"
)

// smallDisk is a file system of so many bytes; only root can have one.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs a file system of its own; as another user, the injected faults of TestADiskThatFails… stand for it")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("no file system of its own here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes all the space that is left.
func fill(t *testing.T, dir string) (undo func()) {
	t.Helper()
	path := filepath.Join(dir, "somebody's log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 64 << 10; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// leaping is a clock that a test may put ahead: the store is looked after every 30 s.
type leaping struct {
	clock.Clock
	ahead atomic.Int64
}

func (l *leaping) Read() clock.Reading {
	r := l.Clock.Read()
	r.SinceBoot += time.Duration(l.ahead.Load())
	return r
}

// leap gives the daemon a clock to put ahead by the time between two looks.
func leap(t *testing.T) (set func(*Options), on func()) {
	t.Helper()
	real, err := clock.NewSystem()
	if err != nil {
		t.Fatal(err)
	}
	l := &leaping{Clock: real}
	return func(o *Options) { o.Clock = l }, func() { l.ahead.Add(int64(31 * time.Second)) }
}

// Somebody's log fills the disk while a customer's goods are being recognised: the
// purchase is settled and reported from the money reserve, and no further card is
// taken until there is room again.
func TestAFullDiskSettlesWhatIsOpenAndTakesNoCards(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "size=6m")
	s := newBadSite(t, badOptions{
		state: filepath.Join(dir, "state"),
		saas:  func(o *saassim.Options) { o.Default.NoDetect = true },
	})
	s.plug(s.term.ServePty)
	clocked, later := leap(t)
	d := s.start(clocked)
	s.status(d)
	s.tap()
	order := s.awaitPhase(d, "detecting")
	undo := fill(t, dir)
	s.decide(order, 250)
	s.await("the order is closed", func() bool { return s.orders(d)[0].Phase == "closed" })
	if o := s.orders(d)[0]; o.Outcome != "paid" || o.CapturedMinor != 250 || o.Reports[0].State != "acked" {
		t.Errorf("on a full disk: order %+v", o)
	}
	st := s.awaitProblem(d, "lane front is out of service: disk_reserve (E03)", "the disk reserve for money is not there")
	t.Logf("%q", st.Problems)
	if n := s.log.count("disk is full"); n < 1 || n > 3 {
		t.Errorf("the log says %d times that the disk is full", n)
	}
	undo()
	later()
	s.awaitSelling(d)
	if st := s.status(d); len(st.Problems) > 0 {
		t.Errorf("with room again: %q", st.Problems)
	}
}

func TestADaemonStartsOnAFullDiskAndSaysSo(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "size=6m")
	s := newBadSite(t, badOptions{state: filepath.Join(dir, "state")})
	s.plug(s.term.ServePty)
	d := s.start(nil)
	s.awaitSelling(d)
	d.stop()
	undo := fill(t, dir)
	clocked, later := leap(t)
	d = s.start(clocked)
	s.awaitProblem(d, "disk_reserve (E03)")
	undo()
	later()
	s.awaitSelling(d)
	if o := s.sell(d); o.Outcome != "paid" {
		t.Errorf("with room again: order %+v", o)
	}
}

func TestADaemonDoesNotStartOnAReadOnlyDisk(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "size=6m")
	s := newBadSite(t, badOptions{state: filepath.Join(dir, "state")})
	d := s.start(nil)
	s.status(d)
	d.stop()
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	_, err := s.tryStart(nil)
	if !errors.Is(err, queue.ErrReadOnly) || !strings.Contains(err.Error(), filepath.Join(dir, "state")) {
		t.Errorf("started with %v, want ErrReadOnly and the directory", err)
	}
	t.Logf("%v", err)
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	s.status(s.start(nil))
}

// The disk becomes read-only or fails while the daemon runs: nothing can be kept, so
// nothing is taken; what is open waits, and ends when the disk is back.
func TestADiskThatFailsClosesTheLaneAndLosesNothing(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults []powerfail.Fault
		says   []string
	}{
		{"read-only", faultsOf(syscall.EROFS, powerfail.Write, powerfail.Create, powerfail.Truncate), []string{"lane front is out of service: store_broken (E04)", "the store commits nothing: commit: disk is read-only"}},
		{"input/output errors", faultsOf(syscall.EIO, powerfail.Write), []string{"lane front is out of service: store_broken (E04)", "disk input/output error"}},
		{"syncs that fail", faultsOf(syscall.EIO, powerfail.Sync), []string{"lane front is out of service: store_broken (E04)", "the store commits nothing: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newBadSite(t, badOptions{saas: func(o *saassim.Options) { o.Default.NoDetect = true }})
			disk := powerfail.NewFS(nil, powerfail.NewLog())
			name, unregister := disk.Register()
			t.Cleanup(unregister)
			s.plug(s.term.ServePty)
			clocked, later := leap(t)
			d := s.start(func(o *Options) { o.StoreVFS, o.StoreAlone = name, true; clocked(o) })
			s.status(d)
			s.tap()
			order := s.awaitPhase(d, "detecting")
			var mend []func()
			for _, f := range c.faults {
				mend = append(mend, disk.Inject(f))
			}
			if status := s.offer(order, 250); status != 503 {
				t.Errorf("a decision that cannot be kept is answered %d, want 503", status)
			}
			st := s.awaitProblem(d, c.says...)
			t.Logf("%q", st.Problems)
			if o := s.orders(d)[0]; o.Phase != "detecting" || o.CapturedMinor != 0 {
				t.Errorf("without a disk: order %+v", o)
			}
			for _, undo := range mend {
				undo()
			}
			s.await("the decision is kept", func() bool { return s.offer(order, 250) == 200 })
			s.await("the order is closed", func() bool { return s.orders(d)[0].Phase == "closed" })
			if o := s.orders(d)[0]; o.Outcome != "paid" || o.CapturedMinor != 250 {
				t.Errorf("with the disk back: order %+v", o)
			}
			later()
			s.awaitSelling(d)
			if n := s.log.size(); n > 16<<10 {
				t.Errorf("%d bytes were logged about it", n)
			}
		})
	}
}

func faultsOf(err error, kinds ...powerfail.Kind) (out []powerfail.Fault) {
	for _, k := range kinds {
		out = append(out, powerfail.Fault{Op: k, Err: err})
	}
	return out
}
