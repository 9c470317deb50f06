package queue

import (
	"context"
	"fmt"
	"net/url"

	"github.com/ncruces/go-sqlite3"
)

const (
	pageSize     = 1024 // reports are about 400 bytes: a commit writes few, small pages
	checkpointAt = 1000 // WAL pages at which SQLite checkpoints inside a commit
	walLimit     = 4 << 20
	busyMillis   = 5000
)

// pragmas are executed in this order. synchronous=EXTRA must come before
// journal_mode=WAL: the very first conversion to WAL is a rollback-journal
// transaction, and only EXTRA syncs the directory after its journal is removed. If
// that journal came back after a power cut, it would roll the whole database back
// to before the conversion. (The operating system's VFS syncs the directory with
// the first sync of the WAL too, which settles the removal before anything is
// acknowledged; EXTRA does not hang on that and costs nothing afterwards.)
func pragmas(exclusive bool) []string {
	list := []string{
		fmt.Sprintf("PRAGMA busy_timeout=%d", busyMillis),
		fmt.Sprintf("PRAGMA page_size=%d", pageSize),
		"PRAGMA synchronous=EXTRA",
		"PRAGMA journal_mode=WAL",
		fmt.Sprintf("PRAGMA wal_autocheckpoint=%d", checkpointAt),
		fmt.Sprintf("PRAGMA journal_size_limit=%d", walLimit),
		"PRAGMA cache_size=-2000",
		"PRAGMA temp_store=MEMORY",
		"PRAGMA foreign_keys=ON",
	}
	if exclusive {
		list = append([]string{"PRAGMA locking_mode=EXCLUSIVE"}, list...)
	}
	return list
}

// conn is one SQLite connection with its prepared statements. It is used by one
// goroutine at a time.
type conn struct {
	db    *sqlite3.Conn
	stmts map[string]*sqlite3.Stmt
}

// uri names a database file on the store's VFS.
func uri(path, vfsName string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "vfs=" + url.QueryEscape(vfsName)}
	return u.String()
}

// dial opens or creates the file without any setting.
func dial(ctx context.Context, path, vfsName string) (*conn, error) {
	db, err := sqlite3.OpenContext(ctx, uri(path, vfsName))
	return newConn(db, err)
}

// dialExisting opens the file, but never creates one.
func dialExisting(path, vfsName string) (*conn, error) {
	db, err := sqlite3.OpenFlags(uri(path, vfsName), sqlite3.OPEN_READWRITE|sqlite3.OPEN_URI)
	return newConn(db, err)
}

func newConn(db *sqlite3.Conn, err error) (*conn, error) {
	if err != nil {
		return nil, classify("open database", err)
	}
	return &conn{db: db, stmts: map[string]*sqlite3.Stmt{}}, nil
}

// configure applies the settings and checks the two that durability hangs on.
func (c *conn) configure(list []string) error {
	for _, p := range list {
		if err := c.db.Exec(p); err != nil {
			return classify(p, err)
		}
	}
	mode, err := c.text("PRAGMA journal_mode")
	if err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("journal_mode is %q, want \"wal\"", mode)
	}
	return nil
}

// close gives the connection up. With checkpoint false the WAL is left as it is,
// so that a file that is no longer trusted is not written to.
func (c *conn) close(checkpoint bool) error {
	if c == nil {
		return nil
	}
	for _, st := range c.stmts {
		st.Close()
	}
	c.stmts = nil
	if !checkpoint {
		if _, err := c.db.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, true); err != nil {
			return classify("configure close", err)
		}
	}
	return classify("close database", c.db.Close())
}

// stmt returns the prepared statement of sql with args bound.
func (c *conn) stmt(sql string, args ...any) (*sqlite3.Stmt, error) {
	st := c.stmts[sql]
	if st == nil {
		var err error
		if st, _, err = c.db.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT); err != nil {
			return nil, err
		}
		c.stmts[sql] = st
	}
	for i, a := range args {
		if err := bindArg(st, i+1, a); err != nil {
			return nil, err
		}
	}
	return st, nil
}

func bindArg(st *sqlite3.Stmt, at int, arg any) error {
	switch v := arg.(type) {
	case int64:
		return st.BindInt64(at, v)
	case N:
		return st.BindInt64(at, int64(v))
	case Seq:
		return st.BindInt64(at, int64(v))
	case string:
		return st.BindText(at, v)
	case []byte:
		return st.BindBlob(at, v)
	case nil:
		return st.BindNull(at)
	}
	return fmt.Errorf("cannot bind %T", arg)
}

// exec runs one statement that returns no rows that matter.
func (c *conn) exec(sql string, args ...any) error {
	st, err := c.stmt(sql, args...)
	if err != nil {
		return err
	}
	return st.Exec()
}

// each calls row for every row of the answer until it returns false. What row
// reads from the statement is valid only during the call.
func (c *conn) each(row func(*sqlite3.Stmt) bool, sql string, args ...any) error {
	st, err := c.stmt(sql, args...)
	if err != nil {
		return err
	}
	for st.Step() {
		if !row(st) {
			break
		}
	}
	err = st.Err()
	if resetErr := st.Reset(); err == nil {
		err = resetErr
	}
	return err
}

// number returns the first column of the first row.
func (c *conn) number(sql string, args ...any) (v int64, err error) {
	err = c.each(func(st *sqlite3.Stmt) bool {
		v = st.ColumnInt64(0)
		return false
	}, sql, args...)
	return v, err
}

func (c *conn) text(sql string) (v string, err error) {
	err = c.each(func(st *sqlite3.Stmt) bool {
		v = st.ColumnText(0)
		return false
	}, sql)
	return v, classify(sql, err)
}
