package spool

import (
	"encoding/binary"
	"fmt"
	"time"

	"edged/internal/queue"
)

// Class ranks entries: a lower one is thinned first. The numbers are on disk.
type Class int64

// The classes (DESIGN M9: order events before alarms before telemetry).
const (
	Telemetry Class = 1
	Alarm     Class = 2
	Order     Class = 3
)

// Track is a row of numbers of its own: what one reader reads. The numbers are on disk.
type Track byte

// Item is what is to be told next: an entry, or a gap before one.
type Item struct {
	Track Track
	Seq   uint64 // of an entry; 0: a gap
	From  uint64 // of a gap: the first number that will not come
	To    uint64 // and the last
	Body  []byte
	// Made is when this process took the entry; zero: an earlier process did.
	Made time.Time
}

// entry is one item of the list. Bodies of entries with a row may be on flash only.
type entry struct {
	track  Track
	class  Class
	seq    uint64
	row    queue.N // 0: in memory only
	size   int64
	body   []byte // nil: on flash only
	made   time.Time
	wall   time.Time
	synced bool // wall is to be believed
}

const recordVersion = 1

// recordHead is version, track, synced, number, wall clock in Unix milliseconds.
const recordHead = 1 + 1 + 1 + 8 + 8

func (e *entry) encode() []byte {
	out := make([]byte, recordHead, recordHead+len(e.body))
	out[0], out[1] = recordVersion, byte(e.track)
	if e.synced {
		out[2] = 1
	}
	binary.LittleEndian.PutUint64(out[3:], e.seq)
	binary.LittleEndian.PutUint64(out[11:], uint64(e.wall.UnixMilli()))
	return append(out, e.body...)
}

// decodeEntry reads a row of the store. The body aliases it.
func decodeEntry(row queue.EventRow) (entry, error) {
	b := row.Body
	if len(b) < recordHead || b[0] != recordVersion {
		return entry{}, fmt.Errorf("%w: event %d", ErrRecord, row.N)
	}
	return entry{
		track: Track(b[1]), class: Class(row.Class), synced: b[2] == 1, row: row.N,
		seq:  binary.LittleEndian.Uint64(b[3:]),
		wall: time.UnixMilli(int64(binary.LittleEndian.Uint64(b[11:]))),
		body: b[recordHead:], size: int64(len(b) - recordHead),
	}, nil
}
