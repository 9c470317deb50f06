package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"edged/internal/errcode"
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
	KeptAside    []string      // all damaged databases in the directory and notes about lost commits, of earlier starts too, until a person removes them
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
	swapped, err := s.finishSwap()
	if err != nil {
		return classify("finish interrupted swap", err)
	}
	s.note(func(r *OpenReport) { r.SwapFinished = swapped })
	mark, err := s.readWitness()
	if err != nil {
		return err
	}
	s.ids.next = mark + 1
	err = s.openPatiently(ctx)
	if s.outOfSpace(err) && s.reserveThere() {
		err = s.openWithoutReserve(ctx, err)
	}
	if s.outOfSpace(err) {
		return fmt.Errorf("%w, and there is no reserve to give up: %w", ErrDiskFull, err)
	}
	if damaged(err) {
		err = s.openSalvaged(ctx, err)
	}
	if err != nil {
		return err
	}
	if err := s.compareWitness(mark, s.level); err != nil {
		return err
	}
	kept, err := s.keptAside()
	if err != nil {
		return classify("look for damaged databases", err)
	}
	s.note(func(r *OpenReport) { r.KeptAside = append(kept, s.lostNotes()...) })
	if !s.Report().ReserveFreed {
		err := s.RebuildReserve()
		s.note(func(r *OpenReport) { r.ReserveError = err })
	}
	return nil
}

// A device that answers nothing for a moment, as after a reset of its bus, is not
// damaged: what cannot be read is asked for again before anything is replaced.
const (
	readAgain      = 3
	readAgainAfter = time.Second
)

func (s *Store) openPatiently(ctx context.Context) error {
	err := s.openSound(ctx)
	for try := 0; try < readAgain && errors.Is(err, ErrIO) && !s.outOfSpace(err); try++ {
		s.log.Warn("database cannot be read yet", logkey.Path, s.path, logkey.Err, err, logkey.Wait, readAgainAfter, logkey.Code, errcode.Or(err, errcode.StoreIO))
		select {
		case <-time.After(readAgainAfter):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := s.disconnect(); err != nil {
			return err
		}
		err = s.openSound(ctx)
	}
	return err
}

// openWithoutReserve tries again on a full disk: what is open must be settled.
func (s *Store) openWithoutReserve(ctx context.Context, cause error) error {
	s.log.Error("disk is full, giving up the money reserve to open the store", logkey.Err, cause, logkey.Code, errcode.StoreDiskFull)
	if err := errors.Join(s.disconnect(), s.ReleaseReserve()); err != nil {
		return err
	}
	s.note(func(r *OpenReport) { r.ReserveFreed, r.ReserveError = true, ErrDiskFull })
	return s.openPatiently(ctx)
}

func (s *Store) openSalvaged(ctx context.Context, cause error) error {
	s.log.Error("database is damaged, replacing it by what can be read", logkey.Path, s.path, logkey.Err, cause, logkey.Code, errcode.Or(cause, errcode.StoreDamaged))
	if err := s.salvage(ctx, cause); err != nil {
		return err
	}
	return s.openSound(ctx)
}

// note changes the report.
func (s *Store) note(change func(*OpenReport)) {
	s.reportMu.Lock()
	defer s.reportMu.Unlock()
	change(&s.report)
}

// tooLittle is less space than the engine needs to open a database: its index of the
// write-ahead log alone takes 32 KiB.
const tooLittle = 256 << 10

// outOfSpace tells a full disk from a failing one. Where the engine wants to map
// memory into a file that the disk has no room for, it says input/output error: taken
// for damage, a sound database would be replaced by a copy of itself.
func (s *Store) outOfSpace(err error) bool {
	if errors.Is(err, ErrIO) {
		free := diskFree(s.o.Dir)
		return free >= 0 && free < tooLittle
	}
	return errors.Is(err, ErrDiskFull)
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
	return s.reload(ctx, true)
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
		return badText(err)
	}
	from, err := s.w.migrate(s.o.steps)
	if err != nil {
		return err
	}
	s.note(func(r *OpenReport) {
		r.Created, r.MigratedFrom, r.Version = !there, from, len(s.o.steps)
		if r.Created {
			r.MigratedFrom = r.Version
		}
	})
	if from == 0 && (s.reserveThere() || s.seen.mark > 0) {
		s.noteDamage(errGone)
	}
	if !there {
		return classify("sync state directory", s.files.SyncDir(s.o.Dir))
	}
	return nil
}

// errGone: the reserve is made behind a sound database and the witness behind a commit,
// so there has been one.
var errGone = errcode.New(errcode.StoreGone, "the database is gone or empty, although this directory has held one")

// disconnect gives the write connection up and leaves the file as it is.
func (s *Store) disconnect() error {
	err := s.w.close(false)
	s.w = nil
	return err
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

// reload reads the snapshot, quarantines what is bad, and sets the counters. When
// opening there is no other connection of ours, and the file is read ahead.
func (s *Store) reload(ctx context.Context, opening bool) error {
	old := s.w.db.SetInterrupt(ctx)
	defer s.w.db.SetInterrupt(old)
	s.meter.ahead.Store(opening)
	sc, err := s.w.scan()
	s.meter.ahead.Store(false)
	if err != nil {
		return classify("load", badText(err))
	}
	s.level = sc.reached
	s.startIDs(sc)
	s.removeBad(sc.bad)
	s.countMu.Lock()
	s.counts = sc.counts
	s.countMu.Unlock()
	s.snapMu.Lock()
	s.snap = &sc.Snapshot
	s.snapMu.Unlock()
	return nil
}

// badText: our questions are right, so what the engine does not understand is what the
// file says.
func badText(err error) error {
	if errors.Is(err, sqlite3.ERROR) {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// startIDs sets the counter above everything that may have been given. Without
// the mark that is not known: numbers whose rows are gone were above what is left.
func (s *Store) startIDs(sc *scanned) {
	next := max(sc.highWater, sc.maxID+1, s.ids.next, 1)
	if used := sc.maxID > 0 || len(sc.bad) > 0; used && sc.highWater == 0 {
		next += randomJump()
	}
	s.ids = idBlock{next: next, reserved: next}
}
