package queue

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

// The form of a record is on disk: it may not change without a new version. The
// CRCs were computed by another program, bit by bit, from the definition of CRC-32C.
func TestTheFormOfARecordIsFixed(t *testing.T) {
	for _, c := range []struct {
		name    string
		b       binding
		payload string
		want    string
	}{
		{"lane", bindLane("front"), "state", "013fc8922f7374617465"},
		{"order that was not padded", bindOrder(7, make([]byte, 16)), "state", "01b99617267374617465"},
		{"report", bindReport(8, 7), "", "01b1bdc15a"},
		{"task", bindTask(9, 7, "refund"), "x", "01a74f165f78"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := c.b.seal(nil, []byte(c.payload))
			if got := hex.EncodeToString(rec); got != c.want {
				t.Errorf("record: got %s, want %s", got, c.want)
			}
			if got, err := c.b.open(rec); err != nil || string(got) != c.payload {
				t.Errorf("open: got %q, %v", got, err)
			}
		})
	}
}

func TestAPaddedRecordFillsPages(t *testing.T) {
	const want = "02e563a00e050000007374617465" // and zeros
	rec := bindOrder(7, make([]byte, 16)).sealPadded(nil, []byte("state"))
	if got := hex.EncodeToString(bytes.TrimRight(rec, "\x00")); got != want {
		t.Errorf("record: got %s, want %s", got, want)
	}
	for _, c := range []struct{ payload, record int }{{0, 960}, {951, 960}, {952, 1980}, {1971, 1980}, {1972, 3000}, {20000, 20340}} {
		b := bindOrder(7, make([]byte, 16))
		payload := bytes.Repeat([]byte{7}, c.payload)
		rec := b.sealPadded([]byte("before"), payload)[len("before"):]
		if len(rec) != c.record {
			t.Errorf("record of %d bytes: got %d, want %d", c.payload, len(rec), c.record)
		}
		if got, err := b.open(rec); err != nil || !bytes.Equal(got, payload) {
			t.Errorf("open of %d bytes: got %d, %v", c.payload, len(got), err)
		}
	}
}

// TestRewritingAnOrderWritesFewPages holds what padding is for.
func TestRewritingAnOrderWritesFewPages(t *testing.T) {
	s := openStore(t, t.TempDir())
	for _, c := range []struct {
		name     string
		from, to int // bytes of the state
		pages    int64
	}{{"in its leaf", 400, 950, 1}, {"with an overflow page", 960, 1970, 2}} {
		t.Run(c.name, func(t *testing.T) {
			put := func(size int) {
				commit(t, s, func(tx *Tx) error { return tx.PutOrder(1, idOf(1), bytes.Repeat([]byte{byte(size)}, size)) })
			}
			put(c.from)
			before := s.meter.written.Load()
			put(c.to)
			if got := s.meter.written.Load() - before; got != c.pages*(pageSize+24) {
				t.Errorf("written: got %d bytes, want %d pages of the WAL", got, c.pages)
			}
		})
	}
}

func TestEveryChangeOfARecordIsNoticed(t *testing.T) {
	b := bindReport(8, 7)
	rec := b.seal(nil, []byte("payload"))
	for _, rec := range [][]byte{rec, b.sealPadded(nil, []byte("payload"))} {
		for i := range rec {
			for bit := range 8 {
				bad := bytes.Clone(rec)
				bad[i] ^= 1 << bit
				if _, err := b.open(bad); !errors.Is(err, ErrBadRecord) {
					t.Errorf("bit %d of byte %d flipped: got %v, want ErrBadRecord", bit, i, err)
				}
			}
		}
		for n := range rec {
			if _, err := b.open(rec[:n]); !errors.Is(err, ErrBadRecord) {
				t.Errorf("cut to %d bytes: got %v, want ErrBadRecord", n, err)
			}
		}
	}
	for name, other := range map[string]binding{
		"another row":   bindReport(9, 7),
		"another order": bindReport(8, 8),
		"another table": bindJournal(8, 7),
	} {
		if _, err := other.open(rec); !errors.Is(err, ErrBadRecord) {
			t.Errorf("under %s: got %v, want ErrBadRecord", name, err)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(bindReport(1, 2).seal(nil, []byte("payload")), int64(1), int64(2))
	f.Add(bindReport(1, 2).sealPadded(nil, []byte("payload")), int64(1), int64(2))
	f.Add(bindReport(0, 0).sign([]byte{2, 0, 0, 0, 0, 255, 255, 255, 255, 1}, 0), int64(0), int64(0))
	f.Add([]byte{1, 0, 0, 0, 0}, int64(0), int64(0))
	f.Add([]byte{}, int64(0), int64(0))
	f.Fuzz(func(t *testing.T, rec []byte, n, seq int64) {
		b := bindReport(N(n), Seq(seq))
		payload, err := b.open(rec)
		if err != nil {
			payload = rec
		}
		for _, again := range [][]byte{b.seal(nil, payload), b.sealPadded(nil, payload)} {
			if got, err := b.open(again); err != nil || !bytes.Equal(got, payload) {
				t.Errorf("opened again: got %x, %v", got, err)
			}
		}
	})
}
