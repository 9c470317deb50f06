package queue

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// Tx writes into the running transaction. It is valid only inside the function it
// was given to and only on that goroutine. Its methods keep no slice after they
// return. Their errors come from the engine; a function that has seen one must
// return it, and the whole batch fails with it.
type Tx struct {
	c     *conn
	ids   *idBlock
	delta counts
	buf   []byte
	depth int   // of savepoints
	mark  int64 // the highest number of a row that says how far the database goes
	fatal error // the first engine error: nothing of this batch may be kept
}

// counts are what the store knows of its classes without asking the database.
type counts struct {
	reports, reportBytes, events, eventBytes, dead int64
}

func (a counts) plus(b counts) counts {
	return counts{
		a.reports + b.reports, a.reportBytes + b.reportBytes,
		a.events + b.events, a.eventBytes + b.eventBytes, a.dead + b.dead,
	}
}

func (tx *Tx) exec(sql string, args ...any) error {
	return tx.check(tx.c.exec(sql, args...))
}

func (tx *Tx) check(err error) error {
	if err == nil {
		return nil
	}
	err = classify("store", err)
	if tx.fatal == nil {
		tx.fatal = err
	}
	return err
}

// Savepoint runs fn; when it fails, everything it wrote is undone and its error
// returned, while what the transaction did before stays. Savepoints nest.
func (tx *Tx) Savepoint(fn func() error) error {
	// Each depth has its name: after a panic the ones inside are still open, and
	// are undone with the one that they are in.
	depth := tx.depth
	name := "s" + strconv.Itoa(depth)
	if err := tx.exec("SAVEPOINT " + name); err != nil {
		return err
	}
	tx.depth++
	defer func() { tx.depth = depth }()
	delta, reserved, mark := tx.delta, tx.ids.reserved, tx.mark
	err := fn()
	if tx.fatal != nil {
		return tx.fatal
	}
	if err != nil {
		tx.delta, tx.ids.reserved, tx.mark = delta, reserved, mark
		if undo := tx.exec("ROLLBACK TO " + name); undo != nil {
			return undo
		}
	}
	if release := tx.exec("RELEASE " + name); release != nil {
		return release
	}
	return err
}

// NewSeq returns a number for a new order.
func (tx *Tx) NewSeq() (Seq, error) {
	n, err := tx.nextID()
	return Seq(n), err
}

// PutOrder writes an order's state, new or again.
func (tx *Tx) PutOrder(seq Seq, id OrderID, state []byte) error {
	tx.reached(int64(seq))
	tx.buf = bindOrder(seq, id[:]).sealPadded(tx.buf[:0], state)
	// An update that has read the old row overwrites it in place; REPLACE does not.
	if err := tx.exec("UPDATE orders SET state=? WHERE seq=? AND id=?", tx.buf, seq, id[:]); err != nil {
		return err
	}
	if tx.c.db.Changes() > 0 {
		return nil
	}
	return tx.exec("INSERT OR REPLACE INTO orders VALUES(?,?,?)", seq, id[:], tx.buf)
}

// DeleteOrder removes an open order, usually after Archive in the same commit.
func (tx *Tx) DeleteOrder(seq Seq) error {
	return tx.exec("DELETE FROM orders WHERE seq=?", seq)
}

// AppendJournal adds an event to the journal of an order.
func (tx *Tx) AppendJournal(seq Seq, ev []byte) (N, error) {
	n, err := tx.nextID()
	if err != nil {
		return 0, err
	}
	tx.reached(int64(n))
	tx.buf = bindJournal(n, seq).seal(tx.buf[:0], ev)
	return n, tx.exec("INSERT INTO journal VALUES(?,?,?)", n, seq, tx.buf)
}

// DeleteJournal removes rows of the journal, usually when their order is archived.
func (tx *Tx) DeleteJournal(ns ...N) error {
	for _, n := range ns {
		if err := tx.exec("DELETE FROM journal WHERE n=?", n); err != nil {
			return err
		}
	}
	return nil
}

// AddReport queues the exact bytes of a report behind all earlier ones.
func (tx *Tx) AddReport(seq Seq, body []byte) (N, error) {
	n, err := tx.nextID()
	if err != nil {
		return 0, err
	}
	tx.buf = bindReport(n, seq).seal(tx.buf[:0], body)
	if err := tx.exec("INSERT INTO reports VALUES(?,?,?)", n, seq, tx.buf); err != nil {
		return 0, err
	}
	tx.delta.reports++
	tx.delta.reportBytes += int64(len(body))
	return n, nil
}

// DeleteReport removes a report. It is no error when there is none.
func (tx *Tx) DeleteReport(n N) error {
	return tx.check(tx.c.each(func(st *sqlite3.Stmt) bool {
		tx.delta.reports--
		tx.delta.reportBytes -= payloadSize(st.ColumnInt64(0))
		return true
	}, "DELETE FROM reports WHERE n=? RETURNING length(body)", n))
}

// payloadSize is the size of the payload of a record of the given size.
func payloadSize(record int64) int64 { return max(0, record-recordOverhead) }

// PutDead writes a dead letter. With N zero it gets a number, which is returned.
func (tx *Tx) PutDead(d Dead) (N, error) {
	if d.N == 0 {
		n, err := tx.nextID()
		if err != nil {
			return 0, err
		}
		d.N = n
	}
	had, err := tx.c.number("SELECT count(*) FROM dead WHERE n=?", d.N)
	if tx.check(err) != nil {
		return 0, tx.fatal
	}
	tx.buf = bindDead(d).seal(tx.buf[:0], d.Body)
	err = tx.exec("INSERT OR REPLACE INTO dead VALUES(?,?,?,?,?,?)", d.N, d.Seq, d.Class, d.Reason, d.Attempts, tx.buf)
	tx.delta.dead += 1 - had
	return d.N, err
}

// DeleteDead removes a dead letter. It is no error when there is none.
func (tx *Tx) DeleteDead(n N) error {
	if err := tx.exec("DELETE FROM dead WHERE n=?", n); err != nil {
		return err
	}
	tx.delta.dead -= tx.c.db.Changes()
	return nil
}

// PutTask writes a task. With n zero it gets a number, which is returned.
func (tx *Tx) PutTask(n N, seq Seq, kind string, state []byte) (N, error) {
	if n == 0 {
		var err error
		if n, err = tx.nextID(); err != nil {
			return 0, err
		}
	}
	tx.buf = bindTask(n, seq, kind).seal(tx.buf[:0], state)
	return n, tx.exec("INSERT OR REPLACE INTO tasks VALUES(?,?,?,?)", n, seq, kind, tx.buf)
}

// DeleteTask removes a task. It is no error when there is none.
func (tx *Tx) DeleteTask(n N) error {
	return tx.exec("DELETE FROM tasks WHERE n=?", n)
}

// PutLane writes the state of a lane.
func (tx *Tx) PutLane(name string, state []byte) error {
	tx.buf = bindLane(name).seal(tx.buf[:0], state)
	return tx.exec("INSERT OR REPLACE INTO lanes VALUES(?,?)", name, tx.buf)
}

// DeleteLane forgets a lane.
func (tx *Tx) DeleteLane(name string) error {
	return tx.exec("DELETE FROM lanes WHERE lane=?", name)
}

// PutMeta writes a value of the engine's own. Keys that begin with "queue." are
// the store's.
func (tx *Tx) PutMeta(key string, value []byte) error {
	if strings.HasPrefix(key, metaPrefix) {
		return fmt.Errorf("meta key %q is reserved", key)
	}
	return tx.putMeta(key, value)
}

func (tx *Tx) putMeta(key string, value []byte) error {
	rec := bindMeta(key).seal(nil, value)
	return tx.exec("INSERT OR REPLACE INTO meta VALUES(?,?)", key, rec)
}

// PutSum writes a sum, new or again.
func (tx *Tx) PutSum(key string, value []byte) error {
	tx.buf = bindSum(key).seal(tx.buf[:0], value)
	return tx.exec("INSERT OR REPLACE INTO sums VALUES(?,?)", key, tx.buf)
}

// Sum reads a sum; ok is false when there is none. A bad record is an error that
// wraps [ErrBadRecord]; it stays until ReadSums meets it.
func (tx *Tx) Sum(key string) (value []byte, ok bool, err error) {
	var bad []badRow
	err = tx.c.each(func(st *sqlite3.Stmt) bool {
		value, _ = collect(&bad, bindSum(key), st.ColumnRawBlob(0), badRow{table: "sums", key: key})
		ok = true
		return false
	}, "SELECT v FROM sums WHERE k=?", key)
	if tx.check(err) != nil {
		return nil, false, tx.fatal
	}
	if len(bad) > 0 {
		return nil, false, fmt.Errorf("sum %s: %w: %s", key, ErrBadRecord, bad[0].reason)
	}
	return value, ok, nil
}
