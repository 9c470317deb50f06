package queue

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Archive writes a closed order into the archive. At is cut to whole seconds.
func (tx *Tx) Archive(a Archived) error {
	tx.buf = bindArchive(a.ID[:], a.Seq).seal(tx.buf[:0], a.Blob)
	if err := tx.exec("INSERT OR REPLACE INTO archive VALUES(?,?,?)", a.ID[:], a.Seq, tx.buf); err != nil {
		return err
	}
	brief := []byte{}
	if len(a.Brief) > 0 {
		brief = bindBrief(a.ID[:], a.Seq).seal(brief, a.Brief)
	}
	n, err := tx.nextID()
	if err != nil {
		return err
	}
	tx.reached(int64(n))
	return tx.exec("INSERT OR REPLACE INTO closed VALUES(?,?,?,?,?,?)", a.Seq, a.At.Unix(), a.ID[:], brief, n, int64(a.On/time.Second))
}

// Unarchive takes an order out of the archive and returns it; the caller puts it
// back among the open ones. ok is false when there is none. A bad record is an
// error that wraps [ErrBadRecord]; it stays where it is until ReadArchive meets it.
func (tx *Tx) Unarchive(id OrderID) (a Archived, ok bool, err error) {
	a, bad, err := tx.c.archived(id)
	if tx.check(err) != nil {
		return Archived{}, false, tx.fatal
	}
	if bad != nil {
		return Archived{}, false, fmt.Errorf("unarchive: %w: %s", ErrBadRecord, bad.reason)
	}
	if a.Seq == 0 {
		return Archived{}, false, nil
	}
	if err := tx.exec("DELETE FROM archive WHERE id=?", id[:]); err != nil {
		return Archived{}, false, err
	}
	return a, true, tx.exec("DELETE FROM closed WHERE seq=?", a.Seq)
}

// PruneArchive removes at most limit orders that were archived before a moment of the
// powered-on time, or where that is not known before the wall time, and returns how many
// it removed. It goes from the oldest order on and stops
// at the first that is too young, so that it never reads the whole archive. fold is
// told each order before it goes, with its Brief, or with its Blob if it has no
// readable brief; nil: nobody asks. Its error undoes all.
func (tx *Tx) PruneArchive(on time.Duration, before time.Time, limit int, fold func(Archived) error) (int, error) {
	rows, err := tx.c.closedBefore(on, before, limit)
	if tx.check(err) != nil {
		return 0, tx.fatal
	}
	for _, r := range rows {
		if err := tx.fold(r, fold); err != nil {
			return 0, err
		}
		if err := tx.exec("DELETE FROM archive WHERE id=?", r.ID[:]); err != nil {
			return 0, err
		}
		if err := tx.exec("DELETE FROM closed WHERE seq=?", r.Seq); err != nil {
			return 0, err
		}
	}
	if len(rows) == 0 {
		return 0, nil
	}
	return len(rows), tx.stamp()
}

func (tx *Tx) fold(r Brief, fold func(Archived) error) error {
	a := Archived{Seq: r.Seq, ID: r.ID, At: r.At, Brief: r.Bytes}
	if fold == nil {
		return nil
	}
	if a.Brief == nil {
		// What cannot be read is lost with the order; it was met by its readers before.
		whole, bad, err := tx.c.archived(r.ID)
		if tx.check(err) != nil {
			return tx.fatal
		}
		if bad == nil {
			a.Blob = whole.Blob
		}
	}
	return fold(a)
}

func (c *conn) closedBefore(on time.Duration, before time.Time, limit int) (rows []Brief, err error) {
	var bad []badRow // left to the readers
	err = c.each(func(st *sqlite3.Stmt) bool {
		h := brief(st, &bad)
		old := h.At.Before(before)
		if powered := time.Duration(st.ColumnInt64(4)) * time.Second; powered > 0 {
			old = powered < on
		}
		if !old {
			return false
		}
		rows = append(rows, h)
		return true
	}, "SELECT seq, at, id, brief, powered FROM closed ORDER BY seq LIMIT ?", int64(limit))
	return rows, err
}

func archiveHead(st *sqlite3.Stmt) ArchiveHead {
	h := ArchiveHead{Seq: Seq(st.ColumnInt64(0)), At: time.Unix(st.ColumnInt64(1), 0)}
	copy(h.ID[:], st.ColumnRawBlob(2))
	return h
}

// brief reads a row of closed; a bad brief is noted and counts as none.
func brief(st *sqlite3.Stmt, bad *[]badRow) Brief {
	b := Brief{ArchiveHead: archiveHead(st)}
	if rec := st.ColumnRawBlob(3); len(rec) > 0 {
		row := badRow{table: "closed", key: hex.EncodeToString(b.ID[:]), number: int64(b.Seq), seq: b.Seq}
		b.Bytes, _ = collect(bad, bindBrief(b.ID[:], b.Seq), rec, row)
	}
	return b
}

// archived reads one order of the archive; Seq is zero when there is none. One that
// is listed as closed and is not there is bad: its key is damaged.
func (c *conn) archived(id OrderID) (a Archived, bad *badRow, err error) {
	var found []badRow
	err = c.each(func(st *sqlite3.Stmt) bool {
		a = Archived{ID: id, Seq: Seq(st.ColumnInt64(0)), At: time.Unix(st.ColumnInt64(1), 0)}
		row := badRow{table: "archive", key: hex.EncodeToString(id[:]), id: id[:], seq: a.Seq}
		a.Blob, _ = collect(&found, bindArchive(id[:], a.Seq), st.ColumnRawBlob(2), row)
		return false
	}, "SELECT a.seq, coalesce(c.at,0), a.state FROM archive a LEFT JOIN closed c ON c.seq=a.seq WHERE a.id=?", id[:])
	if err == nil && a.Seq == 0 { // nearly never: reading all that is closed may take a while
		err = c.each(func(st *sqlite3.Stmt) bool {
			a = Archived{ID: id, Seq: Seq(st.ColumnInt64(0))}
			found = append(found, badRow{table: "archive", key: hex.EncodeToString(id[:]), id: id[:], seq: a.Seq, reason: "it is gone"})
			return false
		}, "SELECT seq FROM closed WHERE id=?", id[:])
	}
	if len(found) > 0 {
		bad = &found[0]
	}
	return a, bad, err
}
