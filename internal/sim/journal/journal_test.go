package journal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

type entry struct {
	N int `json:"n"`
}

func TestLinesSurviveReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	for n := range 3 {
		l, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Append(entry{n}, n == 1); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Read[entry](path)
	if err != nil || len(got) != 3 || got[2].N != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestATornTailIsCutAtEveryByte(t *testing.T) {
	whole := []byte("{\"n\":1}\n{\"n\":2}\n")
	for cut := range len(whole) + 1 {
		path := filepath.Join(t.TempDir(), "j")
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Open(path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if err := errors.Join(l.Append(entry{7}, false), l.Close()); err != nil {
			t.Fatal(err)
		}
		got, err := Read[entry](path)
		if want := cut/8 + 1; err != nil || len(got) != want || got[want-1].N != 7 {
			t.Errorf("cut at %d: got %v, %v; want %d entries", cut, got, err, want)
		}
	}
}

func TestACompleteBadLineIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	if err := os.WriteFile(path, []byte("{\"n\":1}\nhello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read[entry](path); !errors.Is(err, ErrBadLine) {
		t.Errorf("got %v, want ErrBadLine", err)
	}
}

func TestNoFileIsAnEmptyJournal(t *testing.T) {
	got, err := Read[entry](filepath.Join(t.TempDir(), "none"))
	if err != nil || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
	l, err := Open("")
	if err != nil || l.Append(entry{1}, true) != nil || l.Close() != nil {
		t.Errorf("a log without a file refused to work: %v", err)
	}
}
