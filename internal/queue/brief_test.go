package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func archive(t *testing.T, s *Store, i int, brief string) Seq {
	t.Helper()
	var seq Seq
	commit(t, s, func(tx *Tx) (err error) {
		if seq, err = tx.NewSeq(); err != nil {
			return err
		}
		at := time.Unix(int64(i)*86400, 0)
		return tx.Archive(Archived{Seq: seq, ID: idOf(seq), At: at, Blob: fmt.Append(nil, "blob ", i), Brief: []byte(brief)})
	})
	return seq
}

func TestBriefsAreReadInPagesWithoutTheArchive(t *testing.T) {
	s := openStore(t, t.TempDir())
	var seqs []Seq
	for i, brief := range []string{"a", "", "c", "d"} {
		seqs = append(seqs, archive(t, s, i, brief))
	}
	page, err := s.ReadBriefs(t.Context(), 0, 3)
	if err != nil || len(page) != 3 {
		t.Fatalf("first page: got %v, %v", page, err)
	}
	if string(page[0].Bytes) != "a" || page[1].Bytes != nil || page[2].ID != idOf(seqs[2]) {
		t.Errorf("first page: got %q, %v, %v", page[0].Bytes, page[1].Bytes, page[2].ID)
	}
	page, err = s.ReadBriefs(t.Context(), seqs[2], 3)
	if err != nil || len(page) != 1 || string(page[0].Bytes) != "d" || !page[0].At.Equal(time.Unix(3*86400, 0)) {
		t.Errorf("last page: got %v, %v", page, err)
	}
	commit(t, s, func(tx *Tx) error { _, _, err := tx.Unarchive(idOf(seqs[0])); return err })
	if page, err = s.ReadBriefs(t.Context(), 0, 10); err != nil || len(page) != 3 {
		t.Errorf("after one was taken back: got %d, %v, want 3", len(page), err)
	}
}

func TestPruningTellsWhatItTakesAway(t *testing.T) {
	s := openStore(t, t.TempDir())
	for i, brief := range []string{"a", "", "c"} {
		archive(t, s, i, brief)
	}
	var told []string
	fold := func(a Archived) error {
		told = append(told, fmt.Sprintf("%s/%s", a.Brief, a.Blob))
		return nil
	}
	before := time.Unix(2*86400, 0)
	refuse := errors.New("no room for it")
	err := s.Commit(t.Context(), func(tx *Tx) error {
		_, err := tx.PruneArchive(0, before, 100, func(Archived) error { return refuse })
		return err
	})
	if page, _ := s.ReadBriefs(t.Context(), 0, 10); !errors.Is(err, refuse) || len(page) != 3 {
		t.Errorf("refused: got %v, %d left, want %v, 3", err, len(page), refuse)
	}
	commit(t, s, func(tx *Tx) error { _, err := tx.PruneArchive(0, before, 100, fold); return err })
	if got, want := strings.Join(told, " "), "a/ /blob 1"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestSumsAreKeptAndAddedTo(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	commit(t, s, func(tx *Tx) error {
		_, ok, err := tx.Sum("k")
		if ok {
			t.Error("a sum that nobody wrote is there")
		}
		return errors.Join(err, tx.PutSum("k", []byte("1")), tx.PutSum("l", []byte("2")))
	})
	commit(t, s, func(tx *Tx) error {
		v, ok, err := tx.Sum("k")
		if string(v) != "1" || !ok {
			t.Errorf("sum is %q, %t, want 1", v, ok)
		}
		return errors.Join(err, tx.PutSum("k", []byte("3")))
	})
	closeStore(t, s)
	s = openStore(t, dir)
	sums, err := s.ReadSums(t.Context())
	if err != nil || len(sums) != 2 || string(sums["k"]) != "3" || string(sums["l"]) != "2" {
		t.Errorf("sums: got %q, %v", sums, err)
	}
}

func TestADamagedBriefOrSumIsSetAsideAlone(t *testing.T) {
	s := openStore(t, t.TempDir())
	seq := archive(t, s, 1, "brief")
	commit(t, s, func(tx *Tx) error { return tx.PutSum("k", []byte("sum")) })
	commit(t, s, func(tx *Tx) error {
		return errors.Join(tx.exec("UPDATE closed SET brief=x'0100000000ff'"), tx.exec("UPDATE sums SET v=x'0100000000ff'"))
	})
	err := s.Commit(t.Context(), func(tx *Tx) error { _, _, err := tx.Sum("k"); return err })
	if !errors.Is(err, ErrBadRecord) {
		t.Errorf("bad sum: got %v, want %v", err, ErrBadRecord)
	}
	page, err := s.ReadBriefs(t.Context(), 0, 10)
	if err != nil || len(page) != 1 || page[0].Bytes != nil {
		t.Errorf("bad brief: got %v, %v, want the order without it", page, err)
	}
	sums, err := s.ReadSums(t.Context())
	if err != nil || len(sums) != 0 {
		t.Errorf("bad sum: got %v, %v, want none", sums, err)
	}
	commit(t, s, func(*Tx) error { return nil }) // behind the removal
	if q := s.Report().Quarantined; len(q) != 2 {
		t.Errorf("quarantined: got %v, want both", q)
	}
	if _, ok, err := s.ReadArchive(t.Context(), idOf(seq)); !ok || err != nil {
		t.Errorf("its order: got %t, %v", ok, err)
	}
	if n, err := s.w.number("SELECT count(*) FROM closed WHERE brief<>x''"); n != 0 || err != nil {
		t.Errorf("%d bad briefs stay (%v), want none", n, err)
	}
}

// TestVersion1IsBroughtForward: orders that were archived before there were briefs
// have none, and everything else stays.
func TestVersion1IsBroughtForward(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Options{Dir: dir, steps: schema()[:1]})
	if err != nil {
		t.Fatal(err)
	}
	id := idOf(7)
	commit(t, s, func(tx *Tx) error {
		rec := bindArchive(id[:], 7).seal(nil, []byte("old"))
		return errors.Join(
			tx.exec("INSERT INTO archive VALUES(?,?,?)", id[:], int64(7), rec),
			tx.exec("INSERT INTO closed VALUES(?,?,?)", int64(7), int64(86400), id[:]),
			tx.PutOrder(8, idOf(8), []byte("open")), tx.PutMeta("m", []byte("meta")),
		)
	})
	closeStore(t, s)

	s = openStore(t, dir)
	if r := s.Report(); r.MigratedFrom != 1 || r.Version != len(schema()) {
		t.Errorf("report: got %+v, want from 1 to %d", r, len(schema()))
	}
	if snap := load(t, s); len(snap.Orders) != 1 || string(snap.Meta["m"]) != "meta" {
		t.Errorf("after it: got %+v", snap)
	}
	page, err := s.ReadBriefs(t.Context(), 0, 10)
	if err != nil || len(page) != 1 || page[0].ID != id || page[0].Bytes != nil {
		t.Errorf("briefs: got %v, %v, want one without", page, err)
	}
	a, ok, err := s.ReadArchive(t.Context(), id)
	if !ok || string(a.Blob) != "old" || err != nil {
		t.Errorf("archived order: got %q, %t, %v", a.Blob, ok, err)
	}
	if archive(t, s, 2, "new") <= 8 {
		t.Error("a number was given twice")
	}
}

func TestVerifyReadsBriefsAndSums(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	archive(t, s, 1, "brief")
	commit(t, s, func(tx *Tx) error { return tx.PutSum("k", []byte("sum")) })
	closeStore(t, s)
	sound, err := Verify(t.Context(), dir)
	if err != nil || len(sound.Problems) != 0 {
		t.Fatalf("sound: got %v, %v", sound.Problems, err)
	}
	s = openStore(t, dir)
	commit(t, s, func(tx *Tx) error {
		return errors.Join(tx.exec("UPDATE closed SET brief=x'0100000000ff'"), tx.exec("UPDATE sums SET v=x'0100000000ff'"))
	})
	closeStore(t, s)
	v, err := Verify(t.Context(), dir)
	if err != nil || len(v.Problems) != 2 || v.Records != sound.Records-2 {
		t.Errorf("damaged: got %d records, %q, %v, want %d and two problems", v.Records, v.Problems, err, sound.Records-2)
	}
}
