package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func commit(t testing.TB, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.Commit(context.Background(), fn); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

func load(t testing.TB, s *Store) *Snapshot {
	t.Helper()
	snap, err := s.Load(context.Background())
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return snap
}

func TestEverythingCommittedIsThereAfterReopening(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	if !s.Report().Created {
		t.Errorf("Report().Created is false for a new store")
	}
	id := OrderID{1, 2, 3}
	old := Archived{ID: OrderID{9}, At: time.Unix(1700000000, 0), Blob: []byte("archived")}
	var seq Seq
	var dead, task N
	commit(t, s, func(tx *Tx) (err error) {
		if seq, err = tx.NewSeq(); err != nil {
			return err
		}
		if old.Seq, err = tx.NewSeq(); err != nil {
			return err
		}
		dead, err = tx.PutDead(Dead{Seq: seq, Class: "report", Reason: "refused", Attempts: 3, Body: []byte("letter")})
		if err != nil {
			return err
		}
		if task, err = tx.PutTask(0, seq, "refund", []byte("task")); err != nil {
			return err
		}
		if _, err = tx.AppendJournal(seq, []byte("tapped")); err != nil {
			return err
		}
		if _, err = tx.AddReport(seq, []byte("report body")); err != nil {
			return err
		}
		if _, err = tx.AppendEvent(2, []byte("event")); err != nil {
			return err
		}
		return errors.Join(tx.PutOrder(seq, id, []byte("state")), tx.PutLane("front", []byte("lane")),
			tx.PutMeta("uptime", []byte("42")), tx.Archive(old))
	})
	closeStore(t, s)

	s = openStore(t, dir)
	snap := load(t, s)
	if got, want := fmt.Sprintf("%v", snap.Orders), fmt.Sprintf("%v", []Order{{seq, id, []byte("state")}}); got != want {
		t.Errorf("orders: got %s, want %s", got, want)
	}
	if got := string(snap.Lanes["front"]); got != "lane" {
		t.Errorf("lane: got %q", got)
	}
	if got := string(snap.Meta["uptime"]); got != "42" || len(snap.Meta) != 1 {
		t.Errorf("meta: got %v", snap.Meta)
	}
	if len(snap.Journal) != 1 || string(snap.Journal[0].Event) != "tapped" || snap.Journal[0].Seq != seq {
		t.Errorf("journal: got %v", snap.Journal)
	}
	if len(snap.Reports) != 1 || snap.Reports[0].Seq != seq {
		t.Errorf("reports: got %v", snap.Reports)
	}
	if len(snap.Dead) != 1 || snap.Dead[0].N != dead || string(snap.Dead[0].Body) != "letter" || snap.Dead[0].Attempts != 3 {
		t.Errorf("dead: got %v", snap.Dead)
	}
	if len(snap.Tasks) != 1 || snap.Tasks[0].N != task || string(snap.Tasks[0].State) != "task" {
		t.Errorf("tasks: got %v", snap.Tasks)
	}
	rows, err := s.ReadReports(t.Context(), 0, 10)
	if err != nil || len(rows) != 1 || string(rows[0].Body) != "report body" {
		t.Errorf("ReadReports: got %v, %v", rows, err)
	}
	a, ok, err := s.ReadArchive(t.Context(), old.ID)
	if err != nil || !ok || a.Seq != old.Seq || !a.At.Equal(old.At) || !bytes.Equal(a.Blob, old.Blob) {
		t.Errorf("ReadArchive: got %v, %v, %v", a, ok, err)
	}
	events, err := s.ReadEvents(t.Context(), 0, 10)
	if err != nil || len(events) != 1 || events[0].Class != 2 || string(events[0].Body) != "event" {
		t.Errorf("ReadEvents: got %v, %v", events, err)
	}
}

func TestAnyDirectoryNameWorks(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"relative", "what? 100%41 #1 & so"} {
		s := openStore(t, dir)
		commit(t, s, putLane("x"))
		if _, err := s.ReadReports(t.Context(), 0, 1); err != nil {
			t.Errorf("ReadReports in %q: %v", dir, err)
		}
		closeStore(t, s)
		if _, err := os.Stat(filepath.Join(dir, databaseName)); err != nil {
			t.Errorf("database in %q: %v", dir, err)
		}
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	openStore(t, dir)
	if _, err := Open(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("second Open: got %v, want ErrInUse", err)
	}
}

func TestCloseLeavesOneDatabaseFile(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	commit(t, s, func(tx *Tx) error { return tx.PutLane("front", []byte("x")) })
	closeStore(t, s)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if got, want := fmt.Sprint(left), "[edged.db lock]"; got != want {
		t.Errorf("files after Close: got %s, want %s", got, want)
	}
	if fi, err := os.Stat(filepath.Join(dir, databaseName)); err != nil || fi.Size()%pageSize != 0 {
		t.Errorf("database: %v, %v", fi, err)
	}
}

func TestDeadLettersAreReadInPages(t *testing.T) {
	s := openStore(t, t.TempDir())
	var ns []N
	err := s.Commit(t.Context(), func(tx *Tx) error {
		for _, class := range []string{"report", "callback", "report"} {
			n, err := tx.PutDead(Dead{Class: class, Reason: "why", Attempts: 2, Body: []byte(class)})
			if err != nil {
				return err
			}
			ns = append(ns, n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.ReadDead(t.Context(), 0, 2)
	if err != nil || len(first) != 2 || first[0].N != ns[0] || first[1].Class != "callback" || string(first[1].Body) != "callback" || first[1].Attempts != 2 {
		t.Fatalf("first page %+v, %v", first, err)
	}
	rest, err := s.ReadDead(t.Context(), first[1].N, 2)
	if err != nil || len(rest) != 1 || rest[0].N != ns[2] || rest[0].Reason != "why" {
		t.Errorf("second page %+v, %v", rest, err)
	}
}
