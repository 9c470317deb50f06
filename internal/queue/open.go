package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"edged/internal/logkey"
)

// OpenReport tells what Open found and did beside opening.
type OpenReport struct {
	Created      bool          // there was no database
	MigratedFrom int           // schema version found; equal to Version when nothing was done
	Version      int           // schema version now
	SwapFinished bool          // an interrupted Recover was completed
	Damage       string        // why the database was replaced; "" when it was sound
	MovedAside   string        // path of the damaged database
	Quarantined  []Quarantined // records that were moved to quarantine/
	ReserveFreed bool          // the disk was full: the money reserve was given up to open at all
	ReserveError error         // why there is no money reserve now
}

// quickCheckBelow bounds the file that is checked whole at every start. A longer
// one is checked in the tables that are loaded anyway: a backlog of reports must
// not delay the start by its size.
const quickCheckBelow = 4 << 20

// open leaves s.w connected to a sound database and s.snap loaded from it.
func (s *Store) open(ctx context.Context) error {
	var err error
	if s.report.SwapFinished, err = s.finishSwap(); err != nil {
		return classify("finish interrupted swap", err)
	}
	err = s.openSound(ctx)
	if errors.Is(err, ErrDiskFull) && s.reserveThere() {
		s.log.Error("disk is full, giving up the money reserve to open the store", logkey.Err, err)
		if err = errors.Join(s.w.close(false), s.ReleaseReserve()); err == nil {
			s.report.ReserveFreed = true
			err = s.openSound(ctx)
		}
	}
	if damaged(err) {
		s.log.Error("database is damaged, replacing it by what can be read", logkey.Path, s.path, logkey.Err, err)
		s.report.Damage = err.Error()
		if err = s.salvage(ctx); err == nil {
			err = s.openSound(ctx)
		}
	}
	if err == nil && !s.report.ReserveFreed {
		s.report.ReserveError = s.RebuildReserve()
	}
	return err
}

// damaged tells errors that a replacement of the database can mend. A device that
// cannot read one block is one: if it cannot write either, the salvage fails too.
func damaged(err error) bool {
	return errors.Is(err, ErrCorrupt) || errors.Is(err, ErrIO)
}

func (s *Store) openSound(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	if err := s.quickCheck(); err != nil {
		return err
	}
	return s.reload(ctx)
}

// connect opens the write connection and brings the schema up to date.
func (s *Store) connect(ctx context.Context) error {
	there, err := s.files.Exists(s.path)
	if err != nil {
		return classify("look for database", err)
	}
	if s.w, err = dial(ctx, s.path, s.vfsName); err != nil {
		return err
	}
	if err := s.w.configure(s.o.pragmas); err != nil {
		return err
	}
	from, err := s.w.migrate(s.o.steps)
	if err != nil {
		return err
	}
	s.report.MigratedFrom, s.report.Version = from, len(s.o.steps)
	if !there {
		s.report.Created, s.report.MigratedFrom = true, len(s.o.steps)
		return classify("sync state directory", s.files.SyncDir(s.o.Dir))
	}
	return nil
}

// quickCheck looks for damaged pages.
func (s *Store) quickCheck() error {
	pages, err := s.w.number("PRAGMA page_count")
	if err != nil {
		return classify("count pages", err)
	}
	if pages*pageSize <= s.o.smallFile {
		return s.w.quickCheck("PRAGMA quick_check(1)")
	}
	for _, table := range []string{"meta", "lanes", "orders", "journal", "dead", "tasks"} {
		if err := s.w.quickCheck("PRAGMA quick_check(" + table + ")"); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) quickCheck(pragma string) error {
	answer, err := c.text(pragma)
	if err != nil {
		return err
	}
	if answer != "ok" {
		return fmt.Errorf("%w: %s: %s", ErrCorrupt, pragma, answer)
	}
	return nil
}

// reload reads the snapshot, quarantines what is bad, and sets the counters.
func (s *Store) reload(ctx context.Context) error {
	old := s.w.db.SetInterrupt(ctx)
	defer s.w.db.SetInterrupt(old)
	sc, err := s.w.scan()
	if err != nil {
		return classify("load", err)
	}
	s.removeBad(sc.bad)
	s.startIDs(sc)
	s.countMu.Lock()
	s.counts = sc.counts
	s.countMu.Unlock()
	s.snapMu.Lock()
	s.snap = &sc.Snapshot
	s.snapMu.Unlock()
	return nil
}

// startIDs sets the counter above everything that may have been given. When the
// database was damaged, numbers above what is left may be known to the SaaS: they
// are jumped over, by a random distance when nothing is left to go by.
func (s *Store) startIDs(sc *scanned) {
	next := max(sc.highWater, sc.maxID+1, s.ids.next, 1)
	if s.report.Damage != "" {
		const jump = 1 << 20
		next += jump
		if sc.highWater == 0 {
			next += 1<<40 + rand.Int64N(1<<40)
		}
	}
	s.ids = idBlock{next: next, reserved: next}
}
