package queue

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
	"golang.org/x/sys/unix"
)

// Verification is what Verify has found.
type Verification struct {
	Version  int      // of the schema
	Records  int      // read
	Problems []string // damaged pages, then bad records; empty when all is sound

	dir string

	// Clean: the last daemon has closed the store. Else it was killed, or lost power, and
	// what was on its way to flash is not in here.
	Clean   bool
	Orders  []Order // open ones
	Tasks   []Task
	Dead    int // dead letters
	Reports int // that wait to be sent
}

// Verify reads the whole store of a daemon that is not running: every page, and
// version and CRC of every record. It changes nothing and creates no file, so that
// it may run as another user. It returns fs.ErrNotExist when there is no store,
// [ErrInUse] while a daemon runs, and [ErrNewer].
func Verify(ctx context.Context, dir string) (Verification, error) {
	path := filepath.Join(dir, databaseName)
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) && (there(filepath.Join(dir, witnessName)) || there(filepath.Join(dir, reserveName))) {
			return Verification{Problems: []string{errGone.Error()}}, nil
		}
		return Verification{}, classify("verify", err)
	}
	lock, err := lockExisting(dir)
	if err != nil {
		return Verification{}, err
	}
	defer lock.Close()
	v := Verification{Clean: !there(path + "-wal"), dir: dir}
	name := fmt.Sprintf("edged-verify-%p", &v)
	vfs.Register(name, inspector{})
	defer vfs.Unregister(name)
	c, err := dialExisting(path, name)
	if err != nil {
		return Verification{}, err
	}
	err = interruptible(ctx, c, v.read)
	if err = classify("verify", err); damaged(err) {
		v.Problems = append(v.Problems, "reading ended early: "+err.Error())
		err = nil
	}
	return v, errors.Join(err, c.close(false))
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// lockExisting takes the directory without creating anything; the file is nil when
// no daemon has ever locked it.
func lockExisting(dir string) (*os.File, error) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, classify("lock state directory", err)
	}
	return f, flock(f, unix.LOCK_SH)
}

func (v *Verification) read(c *conn) error {
	for _, p := range []string{"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA query_only=ON", "PRAGMA cache_size=-2000"} {
		if err := c.db.Exec(p); err != nil {
			return err
		}
	}
	version, err := c.number("PRAGMA user_version")
	if v.Version = int(version); err != nil {
		return err
	}
	noted, err := c.checkSchema(v.Version)
	if errors.Is(err, ErrCorrupt) {
		v.Problems = append(v.Problems, err.Error())
		v.Version = noted
	}
	if newest := len(schema()); v.Version > newest {
		return fmt.Errorf("%w: version %d, newest known %d", ErrNewer, v.Version, newest)
	}
	err = c.each(func(st *sqlite3.Stmt) bool {
		if line := st.ColumnText(0); line != "ok" {
			v.Problems = append(v.Problems, line)
		}
		return true
	}, "PRAGMA integrity_check(20)")
	if err != nil || v.Version == 0 {
		return err
	}
	return v.readRecords(c)
}

func (v *Verification) readRecords(c *conn) error {
	sc, err := c.scan()
	if err != nil {
		return err
	}
	v.Records = len(sc.Orders) + len(sc.Lanes) + len(sc.Meta) + len(sc.Journal) + len(sc.Dead) + len(sc.Tasks)
	v.Orders, v.Tasks, v.Dead = sc.Orders, sc.Tasks, len(sc.Dead)
	bad := sc.bad
	for _, part := range []struct {
		sql  string
		open func(*sqlite3.Stmt, *[]badRow) error
	}{
		{"SELECT n, seq, body FROM reports", func(st *sqlite3.Stmt, bad *[]badRow) error { v.Reports++; return openReport(st, bad) }},
		{"SELECT n, class, body FROM events", openEvent},
		{"SELECT id, seq, state FROM archive", openArchived},
		{"SELECT k, v FROM sums", openSum},
		{"SELECT seq, at, id, brief FROM closed WHERE brief<>x''", openBrief},
	} {
		err := c.each(func(st *sqlite3.Stmt) bool {
			if part.open(st, &bad) == nil {
				v.Records++
			}
			return true
		}, part.sql)
		if err != nil {
			return err
		}
	}
	if missing := missingCommits(v.dir, sc.reached); missing != "" {
		v.Problems = append(v.Problems, missing)
	}
	for _, row := range bad {
		v.Problems = append(v.Problems, fmt.Sprintf("%s %s: %s", row.table, row.key, row.reason))
	}
	return nil
}

func openSum(st *sqlite3.Stmt, bad *[]badRow) error {
	k := st.ColumnText(0)
	_, err := collect(bad, bindSum(k), st.ColumnRawBlob(1), badRow{table: "sums", key: k})
	return err
}

func openBrief(st *sqlite3.Stmt, bad *[]badRow) error {
	had := len(*bad)
	if brief(st, bad); len(*bad) > had {
		return ErrBadRecord
	}
	return nil
}

func openReport(st *sqlite3.Stmt, bad *[]badRow) error {
	n, seq := st.ColumnInt64(0), Seq(st.ColumnInt64(1))
	_, err := collect(bad, bindReport(N(n), seq), st.ColumnRawBlob(2), numbered("reports", n, seq))
	return err
}

func openEvent(st *sqlite3.Stmt, bad *[]badRow) error {
	n, class := st.ColumnInt64(0), EventClass(st.ColumnInt64(1))
	_, err := collect(bad, bindEvent(N(n), class), st.ColumnRawBlob(2), numbered("events", n, 0))
	return err
}

func openArchived(st *sqlite3.Stmt, bad *[]badRow) error {
	id, seq := st.ColumnBlob(0, nil), Seq(st.ColumnInt64(1))
	row := badRow{table: "archive", key: hex.EncodeToString(id), seq: seq}
	_, err := collect(bad, bindArchive(id, seq), st.ColumnRawBlob(2), row)
	return err
}
