package queue

import (
	"context"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// Load returns everything the engine keeps in memory: not the archive, not the
// bodies of reports, not the event spool. The first call returns what Open has
// read; later ones, after Recover, read again. Bad records are moved to quarantine
// and left out.
func (s *Store) Load(ctx context.Context) (*Snapshot, error) {
	if snap := s.takeSnapshot(); snap != nil {
		return snap, nil
	}
	var snap *Snapshot
	err := s.do(ctx, func() error {
		if s.w == nil {
			return s.usable()
		}
		err := s.reload(ctx, false)
		snap = s.takeSnapshot()
		return err
	})
	return snap, err
}

func (s *Store) takeSnapshot() *Snapshot {
	s.snapMu.Lock()
	defer s.snapMu.Unlock()
	snap := s.snap
	s.snap = nil
	return snap
}

// scanned is one pass over the database.
type scanned struct {
	Snapshot
	counts    counts
	highWater int64 // of meta; 0: not there or not readable
	maxID     int64 // the highest number in use
	reached   int64 // how far the database goes, see witness.go
	open      map[Seq]bool
	bad       []badRow
}

// scan reads the snapshot inside one read transaction.
func (c *conn) scan() (sc *scanned, err error) {
	if err := c.exec("BEGIN"); err != nil {
		return nil, err
	}
	defer func() {
		if end := c.exec("ROLLBACK"); err == nil {
			err = end
		}
	}()
	reached, err := c.closedNumbers()
	if err != nil {
		return nil, err
	}
	sc = &scanned{open: map[Seq]bool{}}
	sc.Lanes, sc.Meta = map[string][]byte{}, map[string][]byte{}
	for _, part := range []struct {
		sql string
		row func(*sqlite3.Stmt)
	}{
		{"SELECT k, v FROM meta", sc.meta},
		{"SELECT lane, state FROM lanes", sc.lane},
		{"SELECT seq, id, state FROM orders ORDER BY seq", sc.order},
		{"SELECT n, seq, ev FROM journal ORDER BY n", sc.journal},
		// A report's number is above its order's: below the oldest open order there is
		// nothing but to count, which the engine does faster.
		{"SELECT count(*), sum(length(body)), max(n) FROM reports WHERE n<coalesce((SELECT min(seq) FROM orders),1<<62)", sc.reportTotals},
		{"SELECT n, seq, length(body) FROM reports WHERE n>=(SELECT min(seq) FROM orders) ORDER BY n", sc.reportHead},
		{"SELECT n, seq, class, reason, attempts, body FROM dead ORDER BY n", sc.dead},
		{"SELECT n, seq, kind, state FROM tasks ORDER BY n", sc.task},
		{"SELECT coalesce(max(seq),0) FROM closed", sc.seen},
		{reached, sc.level},
		{"SELECT coalesce(max(n),0) FROM journal", sc.level},
		{"SELECT coalesce(max(seq),0) FROM orders", sc.level},
		{"SELECT coalesce(max(n),0) FROM events", sc.seen},
		{"SELECT count(*), coalesce(sum(length(body)),0) FROM events", sc.eventTotals},
	} {
		if err := c.each(func(st *sqlite3.Stmt) bool { part.row(st); return true }, part.sql); err != nil {
			return nil, err
		}
	}
	return sc, nil
}

// closedNumbers asks for the highest number of a closed order, which a database that
// is looked at before it is migrated does not have.
func (c *conn) closedNumbers() (sql string, err error) {
	has, err := c.number("SELECT count(*) FROM pragma_table_info('closed') WHERE name='n'")
	if has == 0 {
		return "SELECT 0", err
	}
	return "SELECT coalesce(max(n),0) FROM closed", err
}

// keep returns a copy of the payload, nil after noting a bad record.
func (sc *scanned) keep(b binding, rec []byte, row badRow) []byte {
	payload, err := b.open(rec)
	if err != nil {
		row.reason, row.data = err.Error(), append([]byte(nil), rec...)
		sc.bad = append(sc.bad, row)
		return nil
	}
	return append([]byte{}, payload...)
}

func (sc *scanned) meta(st *sqlite3.Stmt) {
	k := st.ColumnText(0)
	v := sc.keep(bindMeta(k), st.ColumnRawBlob(1), badRow{table: "meta", key: k})
	if v == nil {
		return
	}
	if k == metaHighWater {
		sc.highWater, _ = decodeHighWater(v) // 0 then: as good as missing
	}
	if k == metaMark {
		n, _ := decodeHighWater(v)
		sc.reached = max(sc.reached, n)
		sc.saw(n)
	}
	if !strings.HasPrefix(k, metaPrefix) {
		sc.Meta[k] = v
	}
}

func (sc *scanned) lane(st *sqlite3.Stmt) {
	name := st.ColumnText(0)
	if v := sc.keep(bindLane(name), st.ColumnRawBlob(1), badRow{table: "lanes", key: name}); v != nil {
		sc.Lanes[name] = v
	}
}

func (sc *scanned) order(st *sqlite3.Stmt) {
	seq, id := Seq(st.ColumnInt64(0)), st.ColumnBlob(1, nil)
	sc.saw(int64(seq))
	sc.open[seq] = true
	row := numbered("orders", int64(seq), seq)
	row.id = id
	rec := st.ColumnRawBlob(2)
	if len(id) != len(OrderID{}) {
		rec = nil // bad, whatever its CRC says
	}
	if v := sc.keep(bindOrder(seq, id), rec, row); v != nil {
		sc.Orders = append(sc.Orders, Order{Seq: seq, ID: OrderID(id), State: v})
	}
}

func (sc *scanned) journal(st *sqlite3.Stmt) {
	n, seq := N(st.ColumnInt64(0)), Seq(st.ColumnInt64(1))
	sc.saw(int64(n))
	if v := sc.keep(bindJournal(n, seq), st.ColumnRawBlob(2), numbered("journal", int64(n), seq)); v != nil {
		sc.Journal = append(sc.Journal, JournalRow{n, seq, v})
	}
}

func (sc *scanned) reportTotals(st *sqlite3.Stmt) {
	n := st.ColumnInt64(0)
	sc.counts.reports += n
	sc.counts.reportBytes += st.ColumnInt64(1) - recordOverhead*n
	sc.saw(st.ColumnInt64(2))
}

func (sc *scanned) reportHead(st *sqlite3.Stmt) {
	h := ReportHead{N(st.ColumnInt64(0)), Seq(st.ColumnInt64(1))}
	sc.saw(int64(h.N))
	sc.counts.reports++
	sc.counts.reportBytes += payloadSize(st.ColumnInt64(2))
	if sc.open[h.Seq] {
		sc.Reports = append(sc.Reports, h)
	}
}

func (sc *scanned) dead(st *sqlite3.Stmt) {
	d := Dead{
		N: N(st.ColumnInt64(0)), Seq: Seq(st.ColumnInt64(1)),
		Class: st.ColumnText(2), Reason: st.ColumnText(3), Attempts: st.ColumnInt64(4),
	}
	sc.saw(int64(d.N))
	if d.Body = sc.keep(bindDead(d), st.ColumnRawBlob(5), numbered("dead", int64(d.N), d.Seq)); d.Body != nil {
		sc.Dead = append(sc.Dead, d)
		sc.counts.dead++
	}
}

func (sc *scanned) task(st *sqlite3.Stmt) {
	t := Task{N: N(st.ColumnInt64(0)), Seq: Seq(st.ColumnInt64(1)), Kind: st.ColumnText(2)}
	sc.saw(int64(t.N))
	if t.State = sc.keep(bindTask(t.N, t.Seq, t.Kind), st.ColumnRawBlob(3), numbered("tasks", int64(t.N), t.Seq)); t.State != nil {
		sc.Tasks = append(sc.Tasks, t)
	}
}

func (sc *scanned) seen(st *sqlite3.Stmt) { sc.saw(st.ColumnInt64(0)) }

func (sc *scanned) saw(id int64) { sc.maxID = max(sc.maxID, id) }

func (sc *scanned) eventTotals(st *sqlite3.Stmt) {
	sc.counts.events = st.ColumnInt64(0)
	sc.counts.eventBytes = st.ColumnInt64(1) - recordOverhead*sc.counts.events
}

func numbered(table string, key int64, seq Seq) badRow {
	return badRow{table: table, key: strconv.FormatInt(key, 10), number: key, seq: seq}
}
