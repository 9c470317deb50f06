package queue

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/ncruces/go-sqlite3"
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

// jumpHighWater raises the mark of a salvaged copy: numbers above what is left of
// the damaged file may be known to the SaaS. When the mark itself is lost, the
// distance is random. It works on every version of the schema.
func (c *conn) jumpHighWater() error {
	const jump = 1 << 20
	mark, err := c.highWater()
	if err != nil {
		return err
	}
	next := mark
	for _, table := range []string{"orders", "closed", "journal", "reports", "dead", "tasks", "events"} {
		used, err := c.number("SELECT coalesce(max(rowid),0) FROM " + table)
		if err != nil {
			return classify("find highest number", err)
		}
		next = max(next, used+1)
	}
	next += jump
	if mark == 0 {
		next += randomJump()
	}
	rec := bindMeta(metaHighWater).seal(nil, encodeHighWater(next))
	return c.exec("INSERT OR REPLACE INTO meta VALUES(?,?)", metaHighWater, rec)
}

// randomJump is the distance to numbers that are new for sure when nothing tells
// how far they had been given.
func randomJump() int64 { return 1<<40 + rand.Int64N(1<<40) }

// highWater reads the mark; 0 when it is missing or bad.
func (c *conn) highWater() (mark int64, err error) {
	err = c.each(func(st *sqlite3.Stmt) bool {
		if v, err := bindMeta(metaHighWater).open(st.ColumnRawBlob(0)); err == nil {
			mark, _ = decodeHighWater(v)
		}
		return false
	}, "SELECT v FROM meta WHERE k=?", metaHighWater)
	return mark, classify("read high-water mark", err)
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
