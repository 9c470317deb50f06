package queue

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A stored record is
//
//	1 | CRC-32C (4 bytes) | payload
//	2 | CRC-32C (4 bytes) | size of the payload (4 bytes) | payload | zeros
//
// with little-endian numbers. The CRC covers the table, the row's keys and every
// other byte of the record, so that a payload that turns up under another key is as
// bad as a flipped bit.
const (
	recordPlain    = 1
	recordPadded   = 2
	recordOverhead = 5 // of a plain one
	paddedOverhead = 9
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
	at := len(dst)
	dst = append(dst, recordPlain, 0, 0, 0, 0)
	return b.sign(append(dst, payload...), at)
}

// sealPadded appends a record that is filled up for a row of the orders, whose
// state is rewritten all the time. When its size does not change, SQLite
// overwrites the row in place; otherwise it frees and takes overflow pages, and
// writes five pages where three do. The sizes are those that fill pages: a row of
// up to U-35 bytes lies in its leaf, each overflow page takes U-4 more, and with
// page size U a row's header, id and a little room take 29 (SQLite file format,
// 1.6). So padding costs no page.
func (b binding) sealPadded(dst, payload []byte) []byte {
	const inLeaf, inOverflow = pageSize - 35 - 29, pageSize - 4
	at := len(dst)
	dst = append(dst, recordPadded, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = append(dst, payload...)
	size := inLeaf
	if over := len(dst) - at - inLeaf; over > 0 {
		size += (over + inOverflow - 1) / inOverflow * inOverflow
	}
	return b.sign(append(dst, make([]byte, size-(len(dst)-at))...), at)
}

// sign writes the CRC of the record that begins at dst[at].
func (b binding) sign(dst []byte, at int) []byte {
	binary.LittleEndian.PutUint32(dst[at+1:], b.sum(dst[at:]))
	return dst
}

// sum is the CRC over everything in a record but the CRC itself.
func (b binding) sum(rec []byte) uint32 {
	return uint32(b.bytes(rec[:1]).bytes(rec[recordOverhead:]))
}

// open returns the payload of a record; it aliases rec.
func (b binding) open(rec []byte) ([]byte, error) {
	if len(rec) < recordOverhead {
		return nil, fmt.Errorf("%w: %d bytes, want at least %d", ErrBadRecord, len(rec), recordOverhead)
	}
	if v := rec[0]; v != recordPlain && v != recordPadded {
		return nil, fmt.Errorf("%w: version %d, want %d or %d", ErrBadRecord, v, recordPlain, recordPadded)
	}
	if got, want := b.sum(rec), binary.LittleEndian.Uint32(rec[1:]); got != want {
		return nil, fmt.Errorf("%w: CRC-32C is %08x, want %08x", ErrBadRecord, got, want)
	}
	if rec[0] == recordPlain {
		return rec[recordOverhead:], nil
	}
	return unpad(rec)
}

func unpad(rec []byte) ([]byte, error) {
	if len(rec) < paddedOverhead {
		return nil, fmt.Errorf("%w: %d bytes, want at least %d", ErrBadRecord, len(rec), paddedOverhead)
	}
	size := int64(binary.LittleEndian.Uint32(rec[recordOverhead:]))
	if size > int64(len(rec)-paddedOverhead) {
		return nil, fmt.Errorf("%w: payload of %d bytes in a record of %d", ErrBadRecord, size, len(rec))
	}
	return rec[paddedOverhead:][:size], nil
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

func bindBrief(id []byte, s Seq) binding { return bind("closed").bytes(id).number(int64(s)) }

func bindSum(key string) binding { return bind("sums").text(key) }

func bindArchive(id []byte, s Seq) binding { return bind("archive").bytes(id).number(int64(s)) }
