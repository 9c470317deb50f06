package journal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
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

// sum is a ledger of numbers.
type sum struct {
	lines []numbered
	total int
}

type numbered struct {
	Seq int64
	At  time.Time
	N   int
}

func sums() Fold[numbered, sum] {
	return Fold[numbered, sum]{
		New:    func() *sum { return &sum{} },
		Apply:  func(s *sum, e numbered) { s.lines, s.total = append(s.lines, e), s.total+e.N },
		Events: func(s *sum) []numbered { return s.lines },
		Number: func(e *numbered, seq int64, at time.Time) { e.Seq, e.At = seq, at },
		Binds:  func(e numbered) bool { return e.N%2 == 0 },
	}
}

func TestABookGoesOnWhereItWasClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	for round := range 3 {
		b, err := OpenBook(path, sums())
		if err != nil {
			t.Fatal(err)
		}
		before, next := b.Copy(), b.Next()
		b.Add(numbered{N: 1}, numbered{N: 2})
		b.Edit(func(s *sum, add func(numbered)) { add(numbered{N: s.total}) })
		select {
		case <-next:
		default:
			t.Error("nobody is told of new lines")
		}
		want := []int{6, 18, 42}[round] // twice what it was, and 3 more
		b.View(func(s *sum) {
			if last := s.lines[len(s.lines)-1]; s.total != want || last.Seq != int64(3*round+3) || last.At.IsZero() {
				t.Errorf("round %d: got %d, last line %+v; want %d and line %d", round, s.total, last, want, 3*round+3)
			}
		})
		if len(before.lines) != 3*round {
			t.Errorf("round %d: the copy has %d lines, want %d", round, len(before.lines), 3*round)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	led, err := sums().Load(path)
	if err != nil || led.total != 42 {
		t.Errorf("loaded: %+v, %v; want 42", led, err)
	}
}

func TestABookRemembersThatAWriteFailed(t *testing.T) {
	b, err := OpenBook(filepath.Join(t.TempDir(), "ledger"), sums())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Err(); err != nil {
		t.Errorf("before the first line: %v", err)
	}
	b.log.file.Close() // the disk is gone
	b.Add(numbered{N: 1})
	b.Add(numbered{N: 1})
	if err := b.Err(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v, want that the file is closed", err)
	}
}
