package queue

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/internal/testutil/powerfail"
)

// halves are the store's files in the middle of some purchases and behind them, both
// times killed, so that the log is there.
func halves(t *testing.T) (before, after powerfail.Files) {
	t.Helper()
	disk := powerfail.NewFS(nil, nil)
	s := openOn(t, disk, memoryDir(t), 0)
	defer closeStore(t, s)
	var ns []N
	for i := range 12 {
		commit(t, s, func(tx *Tx) error { return purchaseRows(tx, i, &ns) })
		if i == 3 {
			checkpoint(t, s)
		}
		if i == 5 {
			before = disk.Files()
		}
	}
	return before, disk.Files()
}

// TestM11_LostCommitsAreNamed takes files of a store away, cuts them short, changes
// them, or puts older ones in their place. What is gone is named, at that start and
// until a person has removed the note.
func TestM11_LostCommitsAreNamed(t *testing.T) {
	before, after := halves(t)
	wal := databaseName + "-wal"
	for _, c := range []struct {
		name   string
		change func(f powerfail.Files)
		named  bool
	}{
		{"nothing is changed", func(powerfail.Files) {}, false},
		{"an older copy of all but the witness", func(f powerfail.Files) { f[databaseName], f[wal] = before[databaseName], before[wal] }, true},
		{"an older log", func(f powerfail.Files) { f[wal] = before[wal] }, true},
		{"the log is gone", func(f powerfail.Files) { delete(f, wal) }, true},
		{"the log is empty", func(f powerfail.Files) { f[wal] = nil }, true},
		{"the log is cut in half", func(f powerfail.Files) { f[wal] = f[wal][:len(f[wal])/2] }, true},
		{"a bit of the log is flipped", func(f powerfail.Files) {
			f[wal] = append([]byte{}, f[wal]...)
			f[wal][len(f[wal])/3] ^= 4
		}, true},
		{"the database is gone", func(f powerfail.Files) { delete(f, databaseName) }, true},
		{"database and log are gone", func(f powerfail.Files) { delete(f, databaseName); delete(f, wal) }, true},
		{"the database is empty", func(f powerfail.Files) { f[databaseName] = nil; delete(f, wal) }, true},
		{"an older copy of everything", func(f powerfail.Files) { clear(f); maps.Copy(f, before) }, false}, // nothing there knows better
		{"an older witness", func(f powerfail.Files) { f[witnessName] = before[witnessName] }, false},
		{"no witness", func(f powerfail.Files) { delete(f, witnessName) }, false},
		{"half a witness", func(f powerfail.Files) { f[witnessName] = f[witnessName][:7] }, false},
		{"garbage for a witness", func(f powerfail.Files) { f[witnessName] = []byte("edgedw1\n012345678901") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := maps.Clone(after)
			c.change(files)
			disk, dir := powerfail.NewFS(files, nil), memoryDir(t)
			for start := range 3 {
				s := openOn(t, disk, dir, 0)
				r := s.Report()
				if got := r.Damage != ""; got != (c.named && start == 0) {
					t.Errorf("start %d: damage %q, want one named: %t", start, r.Damage, c.named && start == 0)
				}
				if old := strings.HasPrefix(r.Damage, errOlder.Error()); old && len(r.KeptAside) != 1 || start > 0 && len(r.KeptAside) > 1 {
					t.Errorf("start %d: kept aside %q, want one note", start, r.KeptAside)
				}
				var n Seq
				commit(t, s, func(tx *Tx) (err error) { n, err = tx.NewSeq(); return err })
				if mark, _ := decodeWitness(after[witnessName]); c.named && int64(n) <= mark {
					t.Errorf("start %d: number %d is given again, %d was", start, n, mark)
				}
				closeStore(t, s)
			}
		})
	}
}

// TestM11_AnyBitOfTheLogMayBeWrong flips bits all over the write-ahead log of a killed
// store. What is lost by it is named, whatever is left is what it was.
func TestM11_AnyBitOfTheLogMayBeWrong(t *testing.T) {
	_, after := halves(t)
	want, wal := wholeOf(t, after), databaseName+"-wal"
	flips := 150
	if testing.Short() {
		flips = 40
	}
	named := 0
	for i := range flips {
		rng := rand.New(rand.NewPCG(uint64(i), 5))
		at := rng.IntN(len(after[wal]))
		files := maps.Clone(after)
		files[wal] = append([]byte{}, after[wal]...)
		files[wal][at] ^= 1 << rng.IntN(8)
		s := openOn(t, powerfail.NewFS(files, nil), memoryDir(t), 0)
		got, complete, err := readAll(s)
		if err == nil {
			for k, v := range got { // an older state of what changes all the time is no other content
				if w := want[k]; w != v && (complete || !strings.HasPrefix(k, "lane") && !strings.HasPrefix(k, "meta") && !strings.HasPrefix(k, "sum")) {
					err = fmt.Errorf("OTHER: %s is %.40q, was %.40q", k, v, w)
				}
			}
			if complete && len(got) != len(want) {
				err = fmt.Errorf("LOST: %d records of %d are left, and nothing is said", len(got), len(want))
			}
		}
		if err != nil {
			t.Errorf("byte %d of the log: %v", at, err)
		}
		if !complete {
			named++
		}
		closeStore(t, s)
	}
	t.Logf("%d bits of a log of %d bytes flipped, %d times a loss was named", flips, len(after[wal]), named)
	if named < flips/2 {
		t.Errorf("a loss was named %d times of %d", named, flips)
	}
}

func TestVerifySeesLostCommitsAndChangesNothing(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	var ns []N
	commit(t, s, func(tx *Tx) error { return purchaseRows(tx, 1, &ns) })
	closeStore(t, s)
	if v, err := Verify(context.Background(), dir); err != nil || len(v.Problems) > 0 {
		t.Fatalf("a sound store: %q, %v", v.Problems, err)
	}
	execFile(t, dir, "DELETE FROM journal; DELETE FROM closed")
	for range 2 {
		v, err := Verify(context.Background(), dir)
		if err != nil || len(v.Problems) != 1 || !strings.Contains(v.Problems[0], errOlder.Error()) {
			t.Errorf("problems: got %q, %v, want the lost commits named", v.Problems, err)
		}
	}
}

func TestVerifySeesThatTheDatabaseIsGone(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	commit(t, s, func(tx *Tx) error { _, err := tx.AppendJournal(1, []byte("x")); return err })
	closeStore(t, s)
	if err := os.Remove(filepath.Join(dir, databaseName)); err != nil {
		t.Fatal(err)
	}
	if v, err := Verify(context.Background(), dir); err != nil || len(v.Problems) != 1 || v.Problems[0] != errGone.Error() {
		t.Errorf("problems: got %q, %v, want the loss named", v.Problems, err)
	}
}
