package queue

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A stored record is
//
//	version (1 byte) | CRC-32C (4 bytes, little endian) | payload
//
// The CRC covers the table, the row's keys, the version and the payload, so that a
// payload that turns up under another key is as bad as a flipped bit.
const (
	recordVersion  = 1
	recordOverhead = 5
)

// binding is the CRC over the table and the keys a record belongs to.
type binding uint32

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// bind starts a binding with the table's name.
func bind(table string) binding { return binding(0).text(table) }

func (b binding) bytes(p []byte) binding {
	return binding(crc32.Update(uint32(b), castagnoli(), p))
}

// text adds a string and its end, so that "a","bc" and "ab","c" differ.
func (b binding) text(s string) binding { return b.bytes(append([]byte(s), 0)) }

func (b binding) number(v int64) binding {
	var p [8]byte
	binary.LittleEndian.PutUint64(p[:], uint64(v))
	return b.bytes(p[:])
}

// seal appends the record of payload to dst.
func (b binding) seal(dst, payload []byte) []byte {
	crc := b.bytes([]byte{recordVersion}).bytes(payload)
	dst = append(dst, recordVersion)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(crc))
	return append(dst, payload...)
}

// open returns the payload of a record; it aliases rec.
func (b binding) open(rec []byte) ([]byte, error) {
	if len(rec) < recordOverhead {
		return nil, fmt.Errorf("%w: %d bytes, want at least %d", ErrBadRecord, len(rec), recordOverhead)
	}
	if rec[0] != recordVersion {
		return nil, fmt.Errorf("%w: version %d, want %d", ErrBadRecord, rec[0], recordVersion)
	}
	want := binary.LittleEndian.Uint32(rec[1:])
	payload := rec[recordOverhead:]
	if got := b.bytes(rec[:1]).bytes(payload); uint32(got) != want {
		return nil, fmt.Errorf("%w: CRC-32C is %08x, want %08x", ErrBadRecord, uint32(got), want)
	}
	return payload, nil
}

// The binding of each table's rows.

func bindMeta(key string) binding        { return bind("meta").text(key) }
func bindLane(name string) binding       { return bind("lanes").text(name) }
func bindOrder(s Seq, id []byte) binding { return bind("orders").number(int64(s)).bytes(id) }
func bindJournal(n N, s Seq) binding     { return bind("journal").number(int64(n)).number(int64(s)) }

func bindReport(n N, s Seq) binding { return bind("reports").number(int64(n)).number(int64(s)) }

func bindEvent(n N, c EventClass) binding {
	return bind("events").number(int64(n)).number(int64(c))
}

func bindDead(d Dead) binding {
	return bind("dead").number(int64(d.N)).number(int64(d.Seq)).text(d.Class).text(d.Reason).number(d.Attempts)
}

func bindTask(n N, s Seq, kind string) binding {
	return bind("tasks").number(int64(n)).number(int64(s)).text(kind)
}

func bindArchive(id []byte, s Seq) binding { return bind("archive").bytes(id).number(int64(s)) }
