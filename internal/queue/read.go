package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Classes of entries, as they appear in metrics.
const (
	ClassReport = "report"
	ClassEvent  = "event"
)

// ArchiveHead is an archived order without its content.
type ArchiveHead struct {
	Seq Seq
	ID  OrderID
	At  time.Time
}

// read runs fn on a connection of its own, beside the writer. In WAL mode it sees
// what is durable and disturbs no commit. Without shared memory there is only the
// writer's connection, and fn runs on that, between two transactions.
func (s *Store) read(ctx context.Context, fn func(*conn) error) error {
	err := s.readOn(ctx, fn)
	if damaged(err) && !s.outOfSpace(err) { // like a commit that fails so: Recover leaves out what stays unreadable
		s.setBroken(err)
	}
	return err
}

func (s *Store) readOn(ctx context.Context, fn func(*conn) error) error {
	if s.o.Exclusive {
		return classify("read", s.do(ctx, func() error { return s.onWriter(ctx, fn) }))
	}
	s.readMu.Lock()
	defer s.readMu.Unlock()
	select {
	case <-s.stopped:
		return ErrClosed
	default:
	}
	if s.r == nil {
		r, err := dialExisting(s.path, s.vfsName)
		if err == nil {
			err = r.configure(readPragmas())
		}
		if err != nil {
			return errors.Join(err, r.close(false))
		}
		s.r = r
	}
	return classify("read", interruptible(ctx, s.r, fn))
}

// onWriter runs fn on the writer's connection, which is missing after a Recover
// that has failed half-way.
func (s *Store) onWriter(ctx context.Context, fn func(*conn) error) error {
	if s.w == nil {
		return s.usable()
	}
	return interruptible(ctx, s.w, fn)
}

func readPragmas() []string {
	return []string{"PRAGMA busy_timeout=5000", "PRAGMA query_only=ON", "PRAGMA cache_size=-256"}
}

func interruptible(ctx context.Context, c *conn, fn func(*conn) error) error {
	old := c.db.SetInterrupt(ctx)
	defer c.db.SetInterrupt(old)
	err := fn(c)
	if errors.Is(err, sqlite3.INTERRUPT) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// ReadReports returns at most limit reports behind number after, in order.
func (s *Store) ReadReports(ctx context.Context, after N, limit int) (rows []ReportRow, err error) {
	var bad []badRow
	err = s.read(ctx, func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) bool {
			r := ReportRow{N: N(st.ColumnInt64(0)), Seq: Seq(st.ColumnInt64(1))}
			r.Body, r.Err = collect(&bad, bindReport(r.N, r.Seq), st.ColumnRawBlob(2), numbered("reports", int64(r.N), r.Seq))
			rows = append(rows, r)
			return true
		}, "SELECT n, seq, body FROM reports WHERE n>? ORDER BY n LIMIT ?", after, int64(limit))
	})
	s.removeBadLater(bad)
	return rows, err
}

// ReadDead returns at most limit dead letters behind number after, in order. Bad
// records are quarantined and left out.
func (s *Store) ReadDead(ctx context.Context, after N, limit int) (rows []Dead, err error) {
	var bad []badRow
	err = s.read(ctx, func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) bool {
			d := Dead{
				N: N(st.ColumnInt64(0)), Seq: Seq(st.ColumnInt64(1)),
				Class: st.ColumnText(2), Reason: st.ColumnText(3), Attempts: st.ColumnInt64(4),
			}
			body, err := collect(&bad, bindDead(d), st.ColumnRawBlob(5), numbered("dead", int64(d.N), d.Seq))
			if d.Body = body; err == nil {
				rows = append(rows, d)
			}
			return true
		}, "SELECT n, seq, class, reason, attempts, body FROM dead WHERE n>? ORDER BY n LIMIT ?", after, int64(limit))
	})
	s.removeBadLater(bad)
	return rows, err
}

// ReadEvents returns at most limit events of the spool behind number after, in
// order. Bad records are quarantined and left out.
func (s *Store) ReadEvents(ctx context.Context, after N, limit int) (rows []EventRow, err error) {
	var bad []badRow
	err = s.read(ctx, func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) bool {
			r := EventRow{N: N(st.ColumnInt64(0)), Class: EventClass(st.ColumnInt64(1))}
			body, err := collect(&bad, bindEvent(r.N, r.Class), st.ColumnRawBlob(2), numbered("events", int64(r.N), 0))
			if r.Body = body; err == nil {
				rows = append(rows, r)
			}
			return true
		}, "SELECT n, class, body FROM events WHERE n>? ORDER BY n LIMIT ?", after, int64(limit))
	})
	s.removeBadLater(bad)
	return rows, err
}

// ReadMeta returns the value of a key of Tx.PutMeta; ok is false when there is none.
// A bad record is quarantined and returned as [ErrBadRecord].
func (s *Store) ReadMeta(ctx context.Context, key string) (value []byte, ok bool, err error) {
	var bad []badRow
	var badRecord error
	err = s.read(ctx, func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) bool {
			value, badRecord = collect(&bad, bindMeta(key), st.ColumnRawBlob(0), badRow{table: "meta", key: key})
			ok = badRecord == nil
			return false
		}, "SELECT v FROM meta WHERE k=?", key)
	})
	s.removeBadLater(bad)
	return value, ok, errors.Join(err, badRecord)
}

// ReadJournal returns the journal of an open order from number from on. It reads
// every later row of the table, so from should be the order's first.
func (s *Store) ReadJournal(ctx context.Context, seq Seq, from N) (rows []JournalRow, err error) {
	var bad []badRow
	err = s.read(ctx, func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) bool {
			n := N(st.ColumnInt64(0))
			ev, err := collect(&bad, bindJournal(n, seq), st.ColumnRawBlob(1), numbered("journal", int64(n), seq))
			if err == nil {
				rows = append(rows, JournalRow{n, seq, ev})
			}
			return true
		}, "SELECT n, ev FROM journal WHERE n>=? AND seq=? ORDER BY n", from, seq)
	})
	s.removeBadLater(bad)
	return rows, err
}

// ReadArchive returns an archived order; ok is false when there is none. A bad
// record is quarantined and returned as [ErrBadRecord].
func (s *Store) ReadArchive(ctx context.Context, id OrderID) (a Archived, ok bool, err error) {
	var bad *badRow
	err = s.read(ctx, func(c *conn) (err error) {
		a, bad, err = c.archived(id)
		return err
	})
	if err != nil || a.Seq == 0 {
		return Archived{}, false, err
	}
	if bad != nil {
		s.removeBadLater([]badRow{*bad})
		return Archived{}, false, fmt.Errorf("read archive: %w: %s", ErrBadRecord, bad.reason)
	}
	return a, true, nil
}

// ListArchive returns at most limit archived orders below number before (0: from
// the newest on), newest first.
func (s *Store) ListArchive(ctx context.Context, before Seq, limit int) (rows []ArchiveHead, err error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	err = s.read(ctx, func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) bool {
			rows = append(rows, archiveHead(st))
			return true
		}, "SELECT seq, at, id FROM closed WHERE seq<? ORDER BY seq DESC LIMIT ?", before, int64(limit))
	})
	return rows, err
}

// Brief is an archived order with its brief only; Bytes is nil when it has none, or
// one that cannot be read.
type Brief struct {
	ArchiveHead
	Bytes []byte
}

// ReadBriefs returns at most limit archived orders above number after, oldest first.
// Bad briefs are quarantined and left out; their orders are not.
func (s *Store) ReadBriefs(ctx context.Context, after Seq, limit int) (rows []Brief, err error) {
	var bad []badRow
	err = s.read(ctx, func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) bool {
			rows = append(rows, brief(st, &bad))
			return true
		}, "SELECT seq, at, id, brief FROM closed WHERE seq>? ORDER BY seq LIMIT ?", after, int64(limit))
	})
	s.removeBadLater(bad)
	return rows, err
}

// ReadSums returns every sum by its key. Bad records are quarantined and left out.
func (s *Store) ReadSums(ctx context.Context) (sums map[string][]byte, err error) {
	var bad []badRow
	sums = map[string][]byte{}
	err = s.read(ctx, func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) bool {
			k := st.ColumnText(0)
			if v, err := collect(&bad, bindSum(k), st.ColumnRawBlob(1), badRow{table: "sums", key: k}); err == nil {
				sums[k] = v
			}
			return true
		}, "SELECT k, v FROM sums")
	})
	s.removeBadLater(bad)
	return sums, err
}

// collect opens a record and notes a bad one.
func collect(bad *[]badRow, b binding, rec []byte, row badRow) ([]byte, error) {
	payload, err := b.open(rec)
	if err != nil {
		row.reason, row.data = err.Error(), append([]byte(nil), rec...)
		*bad = append(*bad, row)
		return nil, err
	}
	return append([]byte{}, payload...), nil
}

// removeBadLater quarantines rows found by a reader; the writer deletes them.
func (s *Store) removeBadLater(rows []badRow) {
	var saved []badRow
	for _, row := range rows {
		if q := s.quarantine(row); q.File != "" {
			saved = append(saved, row)
		}
	}
	if len(saved) > 0 {
		s.Later(func(tx *Tx) error { return tx.deleteBad(saved) })
	}
}
