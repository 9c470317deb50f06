package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/internal/queue"
)

// storeIn makes a store with what put puts, of a daemon that was stopped.
func storeIn(t *testing.T, dir string, put func(*queue.Tx) error) {
	t.Helper()
	s, err := queue.Open(t.Context(), queue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Commit(t.Context(), put), s.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOwed(t *testing.T) {
	for _, c := range []struct {
		name string
		put  func(*queue.Tx) error // nil: no store
		code int
		want string
	}{
		{"nothing without a store", nil, exitOK, "Everything is settled."},
		{"nothing in an empty store", func(*queue.Tx) error { return nil }, exitOK, "Everything is settled."},
		{"an order that nobody can read", func(tx *queue.Tx) error {
			seq, err := tx.NewSeq()
			return errors.Join(err, tx.PutOrder(seq, queue.OrderID{1}, []byte("?")))
		}, exitProblem, "unreadable"},
		{"a task", func(tx *queue.Tx) error {
			_, err := tx.PutTask(0, 0, "unknown_hold", []byte("{}"))
			return err
		}, exitProblem, "tasks: 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.put != nil {
				storeIn(t, dir, c.put)
			}
			stdout, stderr, code := typed("owed", "--state-dir", dir)
			if code != c.code || !strings.Contains(stdout, c.want) || stderr != "" {
				t.Errorf("exit code %d, printed %q and %q, want %d and %q", code, stdout, stderr, c.code, c.want)
			}
			stdout, _, _ = typed("owed", "--state-dir", dir, "--json")
			if want := `"settled": ` + map[int]string{exitOK: "true", exitProblem: "false"}[c.code]; !strings.Contains(stdout, want) {
				t.Errorf("JSON %s, want %s", stdout, want)
			}
		})
	}
}

// A configuration that is broken, or gone, must not hide what is owed.
func TestOwedFindsTheStoreWithoutAValidConfiguration(t *testing.T) {
	dir := t.TempDir()
	storeIn(t, dir, func(tx *queue.Tx) error {
		_, err := tx.PutTask(0, 0, "unknown_hold", []byte("{}"))
		return err
	})
	file := filepath.Join(t.TempDir(), "edged.yaml")
	if err := os.WriteFile(file, []byte("state_dir: "+dir+"\n}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if stdout, _, code := typed("owed", "--config", file); code != exitProblem {
		t.Errorf("exit code %d, printed %s", code, stdout)
	}
}

// Whoever cannot look must not be told that nothing is owed.
func TestOwedOfARunningDaemonIsNotKnown(t *testing.T) {
	dir := t.TempDir()
	s, err := queue.Open(t.Context(), queue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if stdout, stderr, code := typed("owed", "--state-dir", dir); code != exitProblem || !strings.Contains(stderr, "in use") {
		t.Errorf("exit code %d, printed %q and %q", code, stdout, stderr)
	}
}
