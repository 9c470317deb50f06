package queue

import "fmt"

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
	if from > len(steps) {
		return from, fmt.Errorf("%w: version %d, newest known %d", ErrNewer, from, len(steps))
	}
	for v := from; v < len(steps); v++ {
		if err := c.migrateStep(steps[v], v+1); err != nil {
			return from, classify(fmt.Sprintf("migrate schema to version %d", v+1), err)
		}
	}
	return from, nil
}

func (c *conn) migrateStep(step migration, version int) error {
	if err := c.db.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := step(c)
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
