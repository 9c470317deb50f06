package queue

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/ncruces/go-sqlite3"
)

// migration brings the schema from one version to the next, inside a transaction.
type migration func(*conn) error

// schema is the list of migrations: a database of version v has had the first v.
// A new database gets all of them, so that the path of an old one is walked by
// every test. Append only; what has been released is never edited.
func schema() []migration {
	return []migration{script(schemaV1), script(schemaV2), script(schemaV3)}
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

// schemaV3: each closed order has a number of its own from the counter of all tables.
// With the journal gone it says how far commits have gone, see witness.go. powered is
// the age that pruning goes by, in seconds.
const schemaV3 = `
ALTER TABLE closed ADD COLUMN n INTEGER NOT NULL DEFAULT 0;
ALTER TABLE closed ADD COLUMN powered INTEGER NOT NULL DEFAULT 0;
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
	noted, err := c.checkSchema(from)
	if err != nil {
		return from, err
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

// metaVersion notes the schema's version a second time, and a checksum of its text:
// they have none in the file. A flipped bit in the one would make the database one of a
// newer edged, in the other it hides a column.
const metaVersion = metaPrefix + "schema"

// checkSchema compares the schema with what is noted of it, and returns the noted
// version; 0: nothing is.
func (c *conn) checkSchema(version int) (noted int, err error) {
	noted, sum, err := c.notedVersion()
	if err != nil || noted == 0 {
		return 0, classify("read noted schema version", badText(err))
	}
	now, err := c.schemaSum()
	switch {
	case err != nil:
		return noted, classify("read schema", err)
	case noted != version:
		err = fmt.Errorf("%w: schema version is %d, noted is %d", ErrCorrupt, version, noted)
	case sum != now:
		err = fmt.Errorf("%w: the text of the schema has the checksum %08x, noted is %08x", ErrCorrupt, now, sum)
	}
	return noted, err
}

// schemaSum is the CRC-32C over the text of the store's own tables.
func (c *conn) schemaSum() (sum uint32, err error) {
	err = c.each(func(st *sqlite3.Stmt) bool {
		sum = crc32.Update(sum, castagnoli(), append([]byte(st.ColumnText(0)), 0))
		return true
	}, `SELECT sql FROM sqlite_schema WHERE name IN
		('meta','lanes','orders','archive','closed','journal','reports','dead','tasks','events','sums') ORDER BY name`)
	return sum, err
}

func (c *conn) noteVersion(version int) error {
	sum, err := c.schemaSum()
	if err != nil {
		return err
	}
	v := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(nil, uint64(version)), sum)
	return c.exec("INSERT OR REPLACE INTO meta VALUES(?,?)", metaVersion, bindMeta(metaVersion).seal(nil, v))
}

// notedVersion is 0 when there is no note that can be read.
func (c *conn) notedVersion() (version int, sum uint32, err error) {
	there, err := c.number("SELECT count(*) FROM sqlite_schema WHERE type='table' AND name='meta'")
	if err != nil || there == 0 {
		return 0, 0, err
	}
	err = c.each(func(st *sqlite3.Stmt) bool {
		if v, err := bindMeta(metaVersion).open(st.ColumnRawBlob(0)); err == nil && len(v) == 12 {
			version, sum = int(binary.LittleEndian.Uint64(v)), binary.LittleEndian.Uint32(v[8:])
		}
		return false
	}, "SELECT v FROM meta WHERE k=?", metaVersion)
	return version, sum, err
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
