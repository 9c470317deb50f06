package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"edged/internal/errcode"
	"edged/internal/logkey"
)

// Suffixes of database files on their way. Only .new and .salvaged are complete:
// they get that name after they have been synced.
const (
	suffixTmp      = ".tmp"
	suffixNew      = ".new"      // a whole copy: the old file holds nothing more
	suffixSalvaged = ".salvaged" // what could be read: the old file is kept for whoever wants to look
	suffixBad      = ".bad-"
)

// Recover writes the content of the last successful commit to a new file, syncs
// it, puts it in the old one's place and opens it. Until it returns nil, commits
// fail with [ErrBroken]. The caller reloads with Load before its next commit. On a
// sound store it does nothing.
func (s *Store) Recover(ctx context.Context) error {
	return s.do(ctx, func() error {
		if s.usable() == nil {
			return nil
		}
		return classify("recover", s.recover(ctx))
	})
}

// recover reads through the connection whose commit failed: its view ends with the
// last commit whose sync succeeded, while a fresh connection would take what the
// failed one left in the WAL for a commit. That connection writes nothing more.
func (s *Store) recover(ctx context.Context) error {
	s.readMu.Lock()
	defer s.readMu.Unlock()
	s.meter.reset()
	if s.w != nil {
		if err := s.rollback(); err != nil { // the failed one, if that is still open
			return err
		}
		if err := s.rewrite(ctx, s.w, nil); err != nil {
			return err
		}
		err := errors.Join(s.r.close(false), s.disconnect())
		s.r = nil
		if err != nil {
			return err
		}
	}
	if _, err := s.finishSwap(); err != nil {
		return err
	}
	if err := s.openSound(ctx); err != nil {
		return errors.Join(err, s.disconnect())
	}
	if err := s.meter.failedSync(); err != nil {
		return classify("sync", err)
	}
	if s.seen.mark > s.level { // what could not be read has been told
		s.setWitness(s.level)
	}
	s.broken.Store(nil)
	s.failed.Store(nil)
	return nil
}

// salvage replaces a damaged database by what can be read of it. It runs while
// opening, when nobody else uses the store. A database that cannot even be opened is
// left alone: that says nothing about what is in it.
func (s *Store) salvage(ctx context.Context, cause error) error {
	src := s.w
	s.w = nil
	if src == nil {
		var err error
		if src, err = dialExisting(s.path, s.vfsName); err != nil {
			return classify("salvage", errors.Join(err, cause))
		}
	}
	if s.o.Exclusive { // it has no shared memory for the index of its log
		if err := src.exec("PRAGMA locking_mode=EXCLUSIVE"); err != nil {
			return errors.Join(classify("salvage", err), src.close(false))
		}
	}
	err := s.rewrite(ctx, src, cause)
	for errors.Is(err, errUnread) {
		select {
		case <-time.After(readAgainAfter):
			err = s.rewrite(ctx, src, cause)
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err = errors.Join(err, src.close(false)); err == nil {
		_, err = s.finishSwap()
	}
	return classify("salvage", err)
}

// errUnread: the device did not give what it may give if it is asked again. Recover
// is called again by the engine, with a pause.
var errUnread = errcode.New(errcode.StoreIO, "not copied yet")

// rewrite copies src to a complete, synced file for finishSwap. damage says what
// is known to be wrong with src; what turns out to be unreadable is left out and
// makes it damaged too.
func (s *Store) rewrite(ctx context.Context, src *conn, damage error) error {
	tmp := s.path + suffixTmp
	if err := s.removeDatabase(tmp); err != nil {
		return err
	}
	lost, err := s.copyTo(ctx, src, tmp, damage != nil)
	if err == nil && errors.Is(lost, ErrIO) && s.unread < readAgain {
		s.unread++
		err = fmt.Errorf("%w: %w", errUnread, lost)
	}
	if err != nil {
		return errors.Join(err, s.removeDatabase(tmp))
	}
	s.unread = 0
	if err := s.files.SyncFile(tmp); err != nil {
		return err
	}
	suffix := suffixNew
	if damage = errors.Join(damage, lost); damage != nil {
		suffix = suffixSalvaged
	}
	if err := s.files.Rename(tmp, s.path+suffix); err != nil {
		return err
	}
	if damage != nil {
		s.noteDamage(damage)
	}
	return s.files.SyncDir(s.o.Dir)
}

func (s *Store) noteDamage(damage error) {
	s.metrics.quarantined.WithLabelValues("database").Inc()
	s.note(func(r *OpenReport) { r.Damage = damage.Error() })
	s.log.Error("database was damaged, what could be read is kept", logkey.Path, s.path, logkey.Err, damage, logkey.Code, errcode.Or(damage, errcode.StoreDamaged))
}

// copyTo creates the file at path with the rows of src. lost says what could not
// be read of src. The copy needs no journal: it counts only once it is complete
// and synced.
func (s *Store) copyTo(ctx context.Context, src *conn, path string, damaged bool) (lost, err error) {
	dst, err := dial(ctx, path, s.vfsName)
	if err != nil {
		return nil, err
	}
	err = interruptible(ctx, dst, func(dst *conn) error {
		if err := dst.prepareCopy(src, s.o.steps); err != nil {
			return err
		}
		if src != nil {
			if lost, err = dst.copyTables(src); err != nil {
				return err
			}
		}
		if damaged || lost != nil {
			return dst.jumpHighWater()
		}
		return nil
	})
	return lost, errors.Join(err, dst.close(true))
}

// prepareCopy makes an empty database of the schema that src has.
func (c *conn) prepareCopy(src *conn, steps []migration) error {
	for _, p := range []string{
		"PRAGMA locking_mode=EXCLUSIVE", fmt.Sprintf("PRAGMA page_size=%d", pageSize),
		"PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-2000",
	} {
		if err := c.db.Exec(p); err != nil {
			return classify(p, err)
		}
	}
	version := len(steps)
	if v := src.version(); v > 0 && v < version {
		version = v // the copy is migrated when it is opened
	}
	_, err := c.migrate(steps[:version])
	return err
}

// version is that of the schema as far as it can be read; 0: it cannot.
func (c *conn) version() int {
	if c == nil {
		return 0
	}
	if v, _, err := c.notedVersion(); err == nil && v != 0 {
		return v
	}
	v, err := c.number("PRAGMA user_version")
	if err != nil {
		return 0
	}
	return int(v)
}

func (c *conn) copyTables(src *conn) (lost, err error) {
	var tables []string
	err = c.each(func(st *sqlite3.Stmt) bool {
		tables = append(tables, st.ColumnText(0))
		return true
	}, "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%'")
	if err != nil {
		return nil, err
	}
	if err := c.exec("BEGIN"); err != nil {
		return nil, err
	}
	for _, table := range tables {
		unread, err := c.copyTable(src, table, "ASC")
		if err == nil && unread != nil {
			lost = errors.Join(lost, classify("read "+table, unread))
			_, err = c.copyTable(src, table, "DESC") // from the other end, up to the damage
		}
		if err != nil {
			return lost, classify("copy "+table, err)
		}
	}
	return lost, c.exec("COMMIT")
}

// copyTable copies rows in the order of their key, the first column of every
// table, until the end or until one cannot be read. A row that does not have the
// table's types is another table's, whose page stands in the wrong place: it is
// passed over and is damage too.
func (c *conn) copyTable(src *conn, table, order string) (unread, err error) {
	columns, err := c.number("SELECT count(*) FROM pragma_table_info(?)", table)
	if err != nil {
		return nil, err
	}
	var strange error
	unread = src.each(func(st *sqlite3.Stmt) bool {
		err = c.insertRow(table, columns, st)
		if errors.Is(err, sqlite3.CONSTRAINT) {
			strange, err = err, nil
		}
		return err == nil
	}, "SELECT * FROM "+table+" ORDER BY 1 "+order)
	if unread != nil && !errors.Is(unread, sqlite3.ERROR) && !damaged(classify("", unread)) {
		return nil, unread // not a matter of the file: no such table is one
	}
	return errors.Join(unread, strange), err
}

// insertRow goes by the names of the columns, because a source whose version cannot be
// read may be an older one; where there are as many as here, by their places: a name
// may be what is damaged.
func (c *conn) insertRow(table string, columns int64, row *sqlite3.Stmt) error {
	args := make([]any, row.ColumnCount())
	names, marks := "", ""
	for i := range args {
		names += "," + row.ColumnName(i)
		marks += ",?"
		switch row.ColumnType(i) {
		case sqlite3.INTEGER:
			args[i] = row.ColumnInt64(i)
		case sqlite3.TEXT:
			args[i] = row.ColumnText(i)
		case sqlite3.BLOB:
			args[i] = append([]byte{}, row.ColumnRawBlob(i)...)
		}
	}
	into := table
	if columns != int64(len(args)) {
		into += "(" + names[1:] + ")"
	}
	return c.exec("INSERT OR IGNORE INTO "+into+" VALUES("+marks[1:]+")", args...)
}
