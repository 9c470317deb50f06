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
		{"order", bindOrder(7, make([]byte, 16)), "state", "01b99617267374617465"},
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

func TestEveryChangeOfARecordIsNoticed(t *testing.T) {
	b := bindReport(8, 7)
	rec := b.seal(nil, []byte("payload"))
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
	f.Add([]byte{1, 0, 0, 0, 0}, int64(0), int64(0))
	f.Add([]byte{}, int64(0), int64(0))
	f.Fuzz(func(t *testing.T, rec []byte, n, seq int64) {
		b := bindReport(N(n), Seq(seq))
		payload, err := b.open(rec)
		if err != nil {
			payload = rec
		}
		again := b.seal(nil, payload)
		if err == nil && !bytes.Equal(again, rec) {
			t.Errorf("sealed again: got %x, want %x", again, rec)
		}
		if got, err := b.open(again); err != nil || !bytes.Equal(got, payload) {
			t.Errorf("opened again: got %x, %v", got, err)
		}
	})
}
