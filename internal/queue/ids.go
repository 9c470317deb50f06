package queue

import (
	"encoding/binary"
	"fmt"
)

// Numbers are reserved in blocks: the high-water mark in meta is written once per
// block, so that most commits do not touch its page.
const (
	idBlockSize   = 1024
	metaPrefix    = "queue."
	metaHighWater = metaPrefix + "high_water"
)

// idBlock hands out numbers. next only rises; reserved is what the database says,
// or will say when the running transaction commits.
type idBlock struct {
	next     int64 // the next number to give
	reserved int64 // numbers below it may be given
}

// nextID returns an unused number. When its block is used up, the next one is
// reserved in the running transaction. If that is undone, reserved falls back but
// next does not: a number that was given once is never given again.
func (tx *Tx) nextID() (N, error) {
	if tx.ids.next >= tx.ids.reserved {
		reserve := tx.ids.next + idBlockSize
		if err := tx.putMeta(metaHighWater, encodeHighWater(reserve)); err != nil {
			return 0, err
		}
		tx.ids.reserved = reserve
	}
	n := tx.ids.next
	tx.ids.next++
	return N(n), nil
}

func encodeHighWater(v int64) []byte {
	return binary.LittleEndian.AppendUint64(nil, uint64(v))
}

func decodeHighWater(b []byte) (int64, error) {
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: high-water mark has %d bytes, want 8", ErrBadRecord, len(b))
	}
	return int64(binary.LittleEndian.Uint64(b)), nil
}
