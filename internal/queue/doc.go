// Package queue is the durable store of edged: orders, their journal, the
// reports that wait for the SaaS, dead letters, tasks, the archive and the
// telemetry spool, as bytes under keys. It does not know what the bytes mean.
//
// It promises:
//
//   - Durable on return. When [Store.Commit] returns nil, everything its function
//     wrote is synced, also the directory entry of a new file. When it returns an
//     error, nothing of it is visible to any later reader of this process. Only a
//     process that ends between a failed sync and the end of [Store.Recover] may
//     leave it in doubt: the next one may find it.
//   - One transaction for many callers. Concurrent commits share one sync (group
//     commit, at most 64); a function that fails is undone alone.
//   - A sequence number or row number is never given twice, not after a crash, a
//     drained table or a salvaged file either.
//   - A bad record (version, CRC-32C) is moved to quarantine/, counted and skipped;
//     a damaged database is read as far as it can be, moved aside whole and
//     replaced. Neither stops the daemon; both are named in the [OpenReport].
//   - No write while idle.
//
// It refuses: a database of a newer edged ([ErrNewer]), a state directory that
// another process uses ([ErrInUse]), and every commit after a failed sync
// ([ErrBroken]) until [Store.Recover] has written the content to a new file: the
// kernel may have marked the unwritten pages clean, so the old file is not
// trusted again.
//
// One goroutine owns the write connection (writer.go). Functions passed to
// [Store.Commit] and [Store.Later] run on it and must not block.
//
// The engine is SQLite in WAL mode through github.com/ncruces/go-sqlite3. Its
// settings are in connect.go; the schema is in schema.go.
package queue
