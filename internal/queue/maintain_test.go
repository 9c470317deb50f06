package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

func TestTheReserveIsGivenUpAndRebuilt(t *testing.T) {
	const size = 1 << 20
	dir := t.TempDir()
	s, err := Open(t.Context(), Options{Dir: dir, ReserveBytes: size})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if fi, err := os.Stat(filepath.Join(dir, reserveName)); err != nil || fi.Size() != size || !s.ReserveIntact() {
		t.Fatalf("reserve after Open: %v, %v, intact %t", fi, err, s.ReserveIntact())
	}
	for range 2 {
		if err := s.ReleaseReserve(); err != nil || s.ReserveIntact() {
			t.Errorf("ReleaseReserve: %v, intact %t", err, s.ReserveIntact())
		}
	}
	for range 2 {
		if err := s.RebuildReserve(); err != nil || !s.ReserveIntact() {
			t.Errorf("RebuildReserve: %v, intact %t", err, s.ReserveIntact())
		}
	}
}

func TestAReserveWithoutBlocksIsNotIntact(t *testing.T) {
	const size = 1 << 20
	dir := t.TempDir()
	path := filepath.Join(dir, reserveName)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil { // sparse
		t.Fatal(err)
	}
	s := &Store{o: Options{Dir: dir, ReserveBytes: size}}
	if s.ReserveIntact() {
		t.Errorf("a sparse reserve is called intact")
	}
	if err := s.RebuildReserve(); err != nil || !s.ReserveIntact() {
		t.Errorf("RebuildReserve: %v, intact %t", err, s.ReserveIntact())
	}
}

func TestAReserveThatDoesNotFitIsReportedButDoesNotStopTheStore(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Options{Dir: dir, ReserveBytes: 1 << 60})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer closeStore(t, s)
	if s.Report().ReserveError == nil || s.ReserveIntact() {
		t.Errorf("report: %+v, intact %t", s.Report(), s.ReserveIntact())
	}
	if _, err := os.Stat(filepath.Join(dir, reserveName+".tmp")); !os.IsNotExist(err) {
		t.Errorf("half a reserve is left: %v", err)
	}
	commit(t, s, putLane("x"))
}

// backlog adds and deletes so many reports that their pages are free.
func backlog(t testing.TB, s *Store, count int) {
	t.Helper()
	var ns []N
	for range count / 1000 {
		commit(t, s, func(tx *Tx) error {
			for range 1000 {
				n, err := tx.AddReport(1, make([]byte, 900))
				if err != nil {
					return err
				}
				ns = append(ns, n)
			}
			return nil
		})
	}
	for part := range slices.Chunk(ns, 1000) {
		commit(t, s, func(tx *Tx) error {
			for _, n := range part {
				if err := tx.DeleteReport(n); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func TestADrainedBacklogGivesItsSpaceBack(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	commit(t, s, putLane("kept"))
	if done, err := s.MaybeVacuum(t.Context()); done || err != nil {
		t.Errorf("MaybeVacuum of a small store: got %t, %v, want false", done, err)
	}
	backlog(t, s, 6000)
	before := fileSize(t, dir)
	done, err := s.MaybeVacuum(t.Context())
	if !done || err != nil {
		t.Fatalf("MaybeVacuum: got %t, %v, want true", done, err)
	}
	if after := fileSize(t, dir); before < vacuumFreeBytes || after > 64<<10 {
		t.Errorf("database: %d bytes before, %d after", before, after)
	}
	if got := lane(t, s); got != "kept" {
		t.Errorf("lane: got %q, want kept", got)
	}
	if done, err := s.MaybeVacuum(t.Context()); done || err != nil {
		t.Errorf("MaybeVacuum again: got %t, %v, want false", done, err)
	}
}

func TestVacuumStepsBackForWork(t *testing.T) {
	s := openStore(t, t.TempDir())
	backlog(t, s, 6000)
	spool(t, s, map[EventClass]int{0: 5000}, 10) // so that a vacuum takes a moment
	s.Later(putLane("x"))
	if done, err := s.MaybeVacuum(t.Context()); done || !errors.Is(err, ErrWorkWaiting) {
		t.Errorf("MaybeVacuum with deferred work: got %t, %v, want ErrWorkWaiting", done, err)
	}
	commit(t, s, func(*Tx) error { return nil })
	s.waiting.Add(1) // a caller between taking a number and the queue
	if done, err := s.MaybeVacuum(t.Context()); done || !errors.Is(err, ErrWorkWaiting) {
		t.Errorf("MaybeVacuum with a caller: got %t, %v, want ErrWorkWaiting", done, err)
	}
	s.waiting.Add(-1)
	// A caller that arrives after it has begun.
	err := s.do(t.Context(), func() error {
		err := s.w.db.SetAuthorizer(func(sqlite3.AuthorizerActionCode, string, string, string, string) sqlite3.AuthorizerReturnCode {
			s.interruptVacuum() // called for each statement that a vacuum consists of
			return sqlite3.AUTH_OK
		})
		err = errors.Join(err, s.vacuum(t.Context(), true))
		return errors.Join(err, s.w.db.SetAuthorizer(nil))
	})
	if !errors.Is(err, ErrWorkWaiting) {
		t.Errorf("vacuum with a caller arriving: got %v, want ErrWorkWaiting", err)
	}
	commit(t, s, putLane("y"))
	if got := lane(t, s); got != "y" {
		t.Errorf("lane: got %q, want y", got)
	}
}

func fileSize(t testing.TB, dir string) int64 {
	t.Helper()
	fi, err := os.Stat(filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	return fi.Size()
}

// withStep opens a store whose schema has one more step than the released one.
func withStep(dir string, step migration) (*Store, error) {
	return Open(context.Background(), Options{Dir: dir, steps: append(schema(), step)})
}

func TestAnOlderSchemaIsMigratedWithItsContent(t *testing.T) {
	dir := t.TempDir()
	seqs := fill(t, dir, 5)
	s, err := withStep(dir, script("CREATE TABLE extra(n INTEGER PRIMARY KEY, v TEXT) STRICT; INSERT INTO extra SELECT seq, 'x' FROM orders"))
	if err != nil {
		t.Fatal(err)
	}
	r := s.Report()
	if want := len(schema()); r.MigratedFrom != want || r.Version != want+1 || r.Created {
		t.Errorf("report: got %+v, want from %d to %d", r, want, want+1)
	}
	snap := load(t, s)
	n, err := s.w.number("SELECT count(*) FROM extra")
	if len(snap.Orders) != len(seqs) || len(snap.Reports) != len(seqs) || n != int64(len(seqs)) || err != nil {
		t.Errorf("after migration: %d orders, %d reports, %d extra rows, %v", len(snap.Orders), len(snap.Reports), n, err)
	}
	closeStore(t, s)
	if s, err = withStep(dir, func(*conn) error { t.Errorf("migrated twice"); return nil }); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)

	_, err = Open(t.Context(), Options{Dir: dir})
	if !errors.Is(err, ErrNewer) {
		t.Errorf("Open of a newer schema: got %v, want ErrNewer", err)
	}
	if bad, err := filepath.Glob(filepath.Join(dir, "*.bad-*")); len(bad) > 0 || err != nil {
		t.Errorf("a newer database was moved aside: %v, %v", bad, err)
	}
}

func TestAFailedMigrationChangesNothing(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 2)
	errStep := errors.New("step fails")
	_, err := withStep(dir, func(c *conn) error {
		return errors.Join(c.db.Exec("DELETE FROM orders"), errStep)
	})
	if !errors.Is(err, errStep) {
		t.Errorf("Open: got %v, want the step's error", err)
	}
	s := openStore(t, dir)
	if n := len(load(t, s).Orders); n != 2 {
		t.Errorf("orders: got %d, want 2", n)
	}
}

func TestADamagedOldSchemaIsSalvagedAndMigrated(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 200)
	damage(t, dir, leaf(t, dir, "orders"))
	s, err := withStep(dir, script("CREATE TABLE extra(n INTEGER PRIMARY KEY) STRICT"))
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if n := len(load(t, s).Orders); n < 198 || s.Report().Damage == "" || s.Report().Version != len(schema())+1 {
		t.Errorf("got %d orders, report %+v", n, s.Report())
	}
}

func TestTheSettingsAreTheOnesMeasured(t *testing.T) {
	s := openStore(t, t.TempDir())
	for pragma, want := range map[string]string{
		"page_size": "1024", "synchronous": "3", "journal_mode": "wal", "wal_autocheckpoint": "1000",
		"journal_size_limit": "4194304", "cache_size": "-2000", "temp_store": "2", "foreign_keys": "1",
		"busy_timeout": "5000", "locking_mode": "normal", "user_version": fmt.Sprint(len(schema())),
	} {
		if got, err := s.w.text("PRAGMA " + pragma); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", pragma, got, err, want)
		}
	}
	list := pragmas(false)
	if slices.Index(list, "PRAGMA synchronous=EXTRA") > slices.Index(list, "PRAGMA journal_mode=WAL") {
		t.Errorf("synchronous is set after journal_mode: %v", list)
	}
}
