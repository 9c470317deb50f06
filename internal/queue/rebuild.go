package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// Suffixes of database files on their way. Only .new and .salvaged are complete:
// they get that name after they have been synced.
const (
	suffixTmp      = ".tmp"
	suffixNew      = ".new"      // Recover's: replaces the old file, which holds nothing more
	suffixSalvaged = ".salvaged" // Open's: the old file is kept for whoever wants to look
	suffixBad      = ".bad-"
)

// Recover writes the content of the last successful commit to a new file, syncs
// it, puts it in the old one's place and opens it. Until it returns nil, commits
// fail with [ErrBroken]. The caller reloads with Load. On a sound store it does
// nothing.
func (s *Store) Recover(ctx context.Context) error {
	return s.do(ctx, func() error {
		if s.broken.Load() == nil {
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
	if s.w != nil {
		s.meter.reset()
		if err := s.rewrite(ctx, s.w, suffixNew); err != nil {
			return err
		}
		err := errors.Join(s.r.close(false), s.w.close(false))
		s.r, s.w = nil, nil
		if err != nil {
			return err
		}
	}
	if _, err := s.finishSwap(); err != nil {
		return err
	}
	s.meter.reset()
	if err := s.openSound(ctx); err != nil {
		closeErr := s.w.close(false)
		s.w = nil
		return errors.Join(err, closeErr)
	}
	if err := s.meter.failedSync(); err != nil {
		return err
	}
	s.broken.Store(nil)
	return nil
}

// salvage replaces a damaged database by what can be read of it. It runs while
// opening, when nobody else uses the store.
func (s *Store) salvage(ctx context.Context) error {
	src := s.w
	s.w = nil
	if src == nil {
		src, _ = dial(ctx, s.path, s.vfsName) // nil: nothing can be read
	}
	err := s.rewrite(ctx, src, suffixSalvaged)
	err = errors.Join(err, src.close(false))
	if err == nil {
		_, err = s.finishSwap()
	}
	s.metrics.quarantined.WithLabelValues("database").Inc()
	return classify("salvage", err)
}

// rewrite copies src to a complete, synced file with the given suffix.
func (s *Store) rewrite(ctx context.Context, src *conn, suffix string) error {
	tmp := s.path + suffixTmp
	if err := s.removeDatabase(tmp); err != nil {
		return err
	}
	if err := s.copyTo(ctx, src, tmp, suffix == suffixSalvaged); err != nil {
		return errors.Join(err, s.removeDatabase(tmp))
	}
	if err := s.files.SyncFile(tmp); err != nil {
		return err
	}
	if err := s.files.Rename(tmp, s.path+suffix); err != nil {
		return err
	}
	return s.files.SyncDir(s.o.Dir)
}

// copyTo creates the file at path with the rows of src. The copy needs no
// journal: it counts only once it is complete and synced.
func (s *Store) copyTo(ctx context.Context, src *conn, path string, tolerant bool) error {
	dst, err := dial(ctx, path, s.vfsName)
	if err != nil {
		return err
	}
	err = interruptible(ctx, dst, func(dst *conn) error { return dst.fill(src, s.o.steps, tolerant) })
	return errors.Join(err, dst.close(true))
}

func (c *conn) fill(src *conn, steps []migration, tolerant bool) error {
	for _, p := range []string{
		"PRAGMA locking_mode=EXCLUSIVE", fmt.Sprintf("PRAGMA page_size=%d", pageSize),
		"PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-2000",
	} {
		if err := c.db.Exec(p); err != nil {
			return classify(p, err)
		}
	}
	version := len(steps)
	if src != nil {
		if v, err := src.number("PRAGMA user_version"); err == nil && v > 0 && v < int64(version) {
			version = int(v) // the copy is migrated when it is opened
		}
	}
	if _, err := c.migrate(steps[:version]); err != nil {
		return err
	}
	if src == nil {
		return nil
	}
	return c.copyTables(src, tolerant)
}

func (c *conn) copyTables(src *conn, tolerant bool) error {
	var tables []string
	err := c.each(func(st *sqlite3.Stmt) bool {
		tables = append(tables, st.ColumnText(0))
		return true
	}, "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%'")
	if err != nil {
		return err
	}
	if err := c.exec("BEGIN"); err != nil {
		return err
	}
	for _, table := range tables {
		err := c.copyTable(src, table, "ASC")
		if err != nil && tolerant && damaged(classify("", err)) {
			// From the other end, up to the damaged page.
			err = c.copyTable(src, table, "DESC")
			if err != nil && damaged(classify("", err)) {
				err = nil
			}
		}
		if err != nil {
			return classify("copy "+table, err)
		}
	}
	return c.exec("COMMIT")
}

// copyTable copies rows in the order of their key, the first column of every
// table, until the end or an error.
func (c *conn) copyTable(src *conn, table, order string) error {
	var insertErr error
	err := src.each(func(st *sqlite3.Stmt) bool {
		insertErr = c.insertRow(table, st)
		return insertErr == nil
	}, "SELECT * FROM "+table+" ORDER BY 1 "+order)
	if insertErr != nil {
		return insertErr
	}
	return err
}

func (c *conn) insertRow(table string, row *sqlite3.Stmt) error {
	args := make([]any, row.ColumnCount())
	marks := ""
	for i := range args {
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
	return c.exec("INSERT OR IGNORE INTO "+table+" VALUES("+marks[1:]+")", args...)
}
