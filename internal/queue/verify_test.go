package queue

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// listing returns names, sizes and times of a directory's files.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		fi, err := e.Info()
		if err == nil {
			b.WriteString(path + " " + fi.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestVerifyReadsEverythingAndChangesNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  []string // begins of the problems
	}{
		{"a sound store", func(*testing.T, string) {}, nil},
		{"a bad record in each table", func(t *testing.T, dir string) {
			execFile(t, dir, `UPDATE orders SET state=x'00' WHERE seq=(SELECT min(seq) FROM orders); UPDATE reports SET seq=99;
				UPDATE events SET class=7; UPDATE archive SET seq=77 WHERE id=(SELECT min(id) FROM archive)`)
		}, []string{"orders ", "archive ", "events ", "reports ", "reports ", "reports ", "reports ", "reports "}},
		{"a WAL of a daemon that was killed", func(t *testing.T, dir string) { crashCopy(t, dir) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, 5)
			c.spoil(t, dir)
			before := listing(t, dir)
			v, err := Verify(t.Context(), dir)
			if err != nil {
				t.Fatalf("Verify: %v", err)
			}
			if v.Version != len(schema()) || v.Records+len(c.want) < 5*4+5 {
				t.Errorf("got version %d, %d records, want all", v.Version, v.Records)
			}
			if killed := strings.HasSuffix(c.name, "killed"); v.Clean == killed {
				t.Errorf("clean: got %v", v.Clean)
			}
			if len(v.Problems) != len(c.want) {
				t.Errorf("problems: got %q, want %q", v.Problems, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains("\n"+strings.Join(v.Problems, "\n"), "\n"+want) {
					t.Errorf("problems: got %q, want one of %q", v.Problems, want)
				}
			}
			if after := listing(t, dir); after != before {
				t.Errorf("files after Verify:\n%swant\n%s", after, before)
			}
		})
	}
}

// crashCopy puts a copy of a running store in the place of the one in dir: its
// content is in the WAL.
func crashCopy(t *testing.T, dir string) {
	t.Helper()
	running := t.TempDir()
	s := openStore(t, running)
	for range 30 {
		commit(t, s, func(tx *Tx) error {
			seq, err := tx.NewSeq()
			return errors.Join(err, tx.PutOrder(seq, idOf(seq), []byte("state")))
		})
	}
	for _, name := range []string{databaseName, databaseName + "-wal"} {
		body, err := os.ReadFile(filepath.Join(running, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerifyNamesADamagedPage(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 200)
	damage(t, dir, leaf(t, dir, "reports"))
	v, err := Verify(t.Context(), dir)
	if err != nil || len(v.Problems) == 0 || !strings.Contains(v.Problems[0], "page") {
		t.Errorf("problems: got %q, %v, want the page named", v.Problems, err)
	}
}

func TestVerifyRefusesWhatItCannotRead(t *testing.T) {
	if _, err := Verify(t.Context(), t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a store: got %v, want fs.ErrNotExist", err)
	}
	dir := t.TempDir()
	s := openStore(t, dir)
	if _, err := Verify(t.Context(), dir); !errors.Is(err, ErrInUse) {
		t.Errorf("beside a running store: got %v, want ErrInUse", err)
	}
	closeStore(t, s)
	execFile(t, dir, "DELETE FROM meta WHERE k='"+metaVersion+"'; PRAGMA user_version=99")
	if _, err := Verify(t.Context(), dir); !errors.Is(err, ErrNewer) {
		t.Errorf("of a newer schema: got %v, want ErrNewer", err)
	}
}
