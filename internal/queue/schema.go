package queue

import (
	"encoding/binary"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// migration brings the schema from one version to the next, inside a transaction.
type migration func(*conn) error

// schema is the list of migrations: a database of version v has had the first v.
// A new database gets all of them, so that the path of an old one is walked by
// every test. Append only; what has been released is never edited.
func schema() []migration {
	return []migration{script(schemaV1), script(schemaV2)}
}

func script(sql string) migration {
	return func(c *conn) error { return c.db.Exec(sql) }
}

// schemaV1: no secondary index, because each costs a page or more per commit;
// what the engine looks for by another key it has in memory. Two things differ
// from a plain list of records:
//
//   - archive and closed: ids are random, so the archive itself can neither be
//     listed newest first nor pruned by age without reading all of it. closed is
//     append-only in order of seq: one more small row per order.
//   - every state, ev, body and v is a record of record.go.
const schemaV1 = `
CREATE TABLE meta(k TEXT PRIMARY KEY, v BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE lanes(lane TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE orders(seq INTEGER PRIMARY KEY, id BLOB NOT NULL, state BLOB NOT NULL) STRICT;
CREATE TABLE archive(id BLOB PRIMARY KEY, seq INTEGER NOT NULL, state BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE closed(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, id BLOB NOT NULL) STRICT;
CREATE TABLE journal(n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ev BLOB NOT NULL) STRICT;
CREATE TABLE reports(n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE dead(n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, class TEXT NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE tasks(n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, state BLOB NOT NULL) STRICT;
CREATE TABLE events(n INTEGER PRIMARY KEY, class INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
`

// schemaV2: a brief beside each closed order, in the row that its archiving writes
// anyway, so that all of them can be read without the archive; empty: it has none,
// as every row of version 1. sums keeps what pruning takes away, added up.
const schemaV2 = `
ALTER TABLE closed ADD COLUMN brief BLOB NOT NULL DEFAULT x'';
CREATE TABLE sums(k TEXT PRIMARY KEY, v BLOB NOT NULL) STRICT, WITHOUT ROWID;
`

// migrate brings the database up to the last migration of the list, each step in
// a transaction of its own together with its version number. It returns the
// version found.
func (c *conn) migrate(steps []migration) (from int, err error) {
	v, err := c.number("PRAGMA user_version")
	if err != nil {
		return 0, classify("read schema version", err)
	}
	from = int(v)
	noted, err := c.notedVersion()
	if err != nil {
		return from, classify("read noted schema version", err)
	}
	if noted != 0 && noted != from {
		return from, fmt.Errorf("%w: schema version is %d, noted is %d", ErrCorrupt, from, noted)
	}
	if from > len(steps) {
		return from, fmt.Errorf("%w: version %d, newest known %d", ErrNewer, from, len(steps))
	}
	for v := from; v < len(steps); v++ {
		if err := c.migrateStep(steps[v], v+1); err != nil {
			return from, classify(fmt.Sprintf("migrate schema to version %d", v+1), err)
		}
	}
	if noted == 0 && from == len(steps) { // an edged that did not note it
		return from, classify("note schema version", c.noteVersion(from))
	}
	return from, nil
}

// metaVersion notes the schema's version a second time, under a checksum: the number
// in the file's header has none, and a flipped bit in it would make the database one
// of a newer edged.
const metaVersion = metaPrefix + "schema"

func (c *conn) noteVersion(version int) error {
	v := binary.LittleEndian.AppendUint64(nil, uint64(version))
	return c.exec("INSERT OR REPLACE INTO meta VALUES(?,?)", metaVersion, bindMeta(metaVersion).seal(nil, v))
}

// notedVersion is 0 when there is no note that can be read.
func (c *conn) notedVersion() (version int, err error) {
	there, err := c.number("SELECT count(*) FROM sqlite_schema WHERE type='table' AND name='meta'")
	if err != nil || there == 0 {
		return 0, err
	}
	err = c.each(func(st *sqlite3.Stmt) bool {
		if v, err := bindMeta(metaVersion).open(st.ColumnRawBlob(0)); err == nil && len(v) == 8 {
			version = int(binary.LittleEndian.Uint64(v))
		}
		return false
	}, "SELECT v FROM meta WHERE k=?", metaVersion)
	return version, err
}

func (c *conn) migrateStep(step migration, version int) error {
	if err := c.db.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := step(c)
	if err == nil {
		err = c.noteVersion(version)
	}
	if err == nil {
		err = c.db.Exec(fmt.Sprintf("PRAGMA user_version=%d", version))
	}
	if err == nil {
		err = c.db.Exec("COMMIT")
	}
	if err != nil && !c.db.GetAutocommit() {
		if undo := c.db.Exec("ROLLBACK"); undo != nil {
			return fmt.Errorf("%w (rollback: %w)", err, undo)
		}
	}
	return err
}
