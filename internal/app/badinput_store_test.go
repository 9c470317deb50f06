package app

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"edged/internal/queue"
	"edged/internal/sim/saassim"
)

// storeFile is the database of a daemon that has ended.
func (s *badSite) storeFile() string { return filepath.Join(s.dir, "state", "edged.db") }

// overwrite puts noise into a file, as a dying flash does.
func overwrite(t *testing.T, path string, at, n int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := rand.New(rand.NewPCG(3, uint64(at)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

// A purchase is open when the daemon ends and its store is damaged. The daemon starts
// whatever became of the file, says what was damaged and where the damaged one is
// kept; the customer's money is settled by the right amount, or the terminal's hold
// is a task for a person, and nothing is taken twice.
func TestM11_ADamagedStoreIsSetAsideAndNothingIsTakenTwice(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, path string)
		gone   bool // the open order is lost with it
		says   string
	}{
		{"its first page is noise", func(t *testing.T, p string) { overwrite(t, p, 0, 4096) }, true, "database was damaged"},
		{"a few bytes of its header", func(t *testing.T, p string) { overwrite(t, p, 16, 8) }, true, "database was damaged"},
		{"it is no database at all", func(t *testing.T, p string) {
			if err := os.WriteFile(p, []byte(strings.Repeat("<html>", 5000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, true, "database was damaged"},
		{"half of it is missing", func(t *testing.T, p string) {
			info, err := os.Stat(p)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(p, info.Size()/2); err != nil {
				t.Fatal(err)
			}
		}, true, "database was damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newBadSite(t, badOptions{saas: func(o *saassim.Options) { o.Default.NoDetect = true }})
			s.plug(s.term.ServePty)
			d := s.start(nil)
			s.status(d)
			s.tap()
			order := s.awaitPhase(d, "detecting")
			d.stop()
			c.damage(t, s.storeFile())
			if v, err := queue.Verify(s.ctx, filepath.Dir(s.storeFile())); err != nil || len(v.Problems) == 0 {
				t.Errorf("edged check finds %q, %v", v.Problems, err)
			} else {
				t.Logf("check: %q", v.Problems)
			}
			d = s.start(nil)
			s.status(d)
			if s.log.count(c.says) == 0 {
				t.Errorf("the log does not say %q", c.says)
			}
			s.endOfDamaged(d, order, c.gone)
		})
	}
}

// endOfDamaged decides the order that was open, and looks at what became of it.
func (s *badSite) endOfDamaged(d *badDaemon, order string, gone bool) {
	s.t.Helper()
	st := s.awaitProblem(d, "the database was damaged: ", "the damaged one is kept as "+s.storeFile()+".bad-1")
	if _, err := os.Stat(s.storeFile() + ".bad-1"); err != nil {
		s.t.Error(err)
	}
	s.t.Logf("status: %q", st.Problems)
	if status := s.offer(order, 250); status != 200 {
		s.t.Errorf("the decision is answered %d", status)
	}
	kept := s.orders(d)
	if !gone || len(kept) > 0 {
		s.await("the order is closed", func() bool { return s.orders(d)[0].Phase == "closed" })
		if o := s.orders(d)[0]; o.Outcome != "paid" || o.CapturedMinor != 250 {
			s.t.Errorf("order %+v", o)
		}
	} else { // a hold that only the terminal knows of is a task
		s.awaitProblem(d, "unknown_hold")
		if q, err := d.Queue(s.ctx, 10); err != nil || len(q.Entries) != 1 || q.Entries[0].Class != "callback" {
			s.t.Errorf("queue %+v, %v: want the callback kept apart", q, err)
		}
	}
	for _, h := range s.term.Ledger().HoldList() {
		if h.Captures > 1 || h.CapturedMinor > 250 {
			s.t.Errorf("the terminal captured %d in %d captures", h.CapturedMinor, h.Captures)
		}
	}
}

// A store of a newer edged must not be touched: the daemon refuses it by name.
func TestAStoreThatCannotBeUsedIsRefusedByName(t *testing.T) {
	t.Parallel()
	s := newBadSite(t, badOptions{})
	d := s.start(nil)
	s.status(d)
	if _, err := s.tryStart(nil); !errors.Is(err, queue.ErrInUse) || !strings.Contains(err.Error(), filepath.Dir(s.storeFile())) {
		t.Errorf("a second daemon: %v, want ErrInUse and the directory", err)
	}
	d.stop()
	db, err := sqlite3.Open("file:" + s.storeFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Exec("DELETE FROM meta WHERE k='queue.schema'; PRAGMA user_version=99"), db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = s.tryStart(nil)
	if !errors.Is(err, queue.ErrNewer) {
		t.Errorf("a store of a newer edged: %v, want ErrNewer", err)
	}
	t.Logf("%v", err)
}
