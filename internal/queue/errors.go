package queue

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/ncruces/go-sqlite3"

	"edged/internal/errcode"
)

// Errors of the whole store.
var (
	// ErrClosed is returned when the store has been closed.
	ErrClosed = errors.New("store is closed")

	// ErrInUse is returned when another process has the state directory open.
	ErrInUse = errcode.New(errcode.StoreInUse, "state directory is in use by another process")

	// ErrNewer is returned when the database was written by a newer edged.
	ErrNewer = errcode.New(errcode.StoreNewer, "database has a newer schema than this edged knows")

	// ErrNotDurable is returned when a commit failed as a whole. Nothing of it is
	// applied; the cause (ErrDiskFull, ErrIO, ErrBroken …) is wrapped too.
	ErrNotDurable = errors.New("not durable")

	// ErrBroken is returned when a sync has failed since the last open or Recover:
	// no commit is tried until Recover succeeds.
	ErrBroken = errcode.New(errcode.StoreBroken, "store is broken until it has been recovered")
)

// Causes, told apart because the operator's remedy differs.
var (
	// ErrDiskFull is returned when the file system has no space left. The store
	// goes on as soon as there is space, see ReleaseReserve.
	ErrDiskFull = errcode.New(errcode.StoreDiskFull, "disk is full")

	// ErrReadOnly is returned when the file system or a file is read-only.
	ErrReadOnly = errcode.New(errcode.StoreReadOnly, "disk is read-only")

	// ErrIO is returned when the device failed to read, write or sync.
	ErrIO = errcode.New(errcode.StoreIO, "disk input/output error")

	// ErrCorrupt is returned when the database's pages are damaged. The next Open
	// or Recover salvages what can be read.
	ErrCorrupt = errcode.New(errcode.StoreDamaged, "database is damaged")

	// ErrBusy is returned when another connection, such as a sqlite3 shell, held
	// the database for longer than the busy timeout.
	ErrBusy = errcode.New(errcode.StoreLocked, "database is locked by another connection")
)

// Errors of single records and calls.
var (
	// ErrBadRecord is returned for a record whose version is unknown or whose
	// CRC does not fit.
	ErrBadRecord = errcode.New(errcode.StoreBadRecord, "bad record")

	// ErrWorkWaiting is returned by MaybeVacuum when it stepped back for a commit.
	ErrWorkWaiting = errors.New("work is waiting")
)

// classify names the cause of an engine or system error with one of the
// sentinels above and keeps the original in the chain.
func classify(op string, err error) error {
	if err == nil {
		return nil
	}
	if cause := causeOf(err); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%s: %w: %w", op, cause, err)
	}
	return fmt.Errorf("%s: %w", op, err)
}

func causeOf(err error) error {
	switch {
	case errors.Is(err, sqlite3.FULL), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return ErrDiskFull
	case errors.Is(err, sqlite3.READONLY), errors.Is(err, syscall.EROFS):
		return ErrReadOnly
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB):
		return ErrCorrupt
	case errors.Is(err, sqlite3.BUSY), errors.Is(err, sqlite3.LOCKED):
		return ErrBusy
	case errors.Is(err, sqlite3.IOERR), errors.Is(err, syscall.EIO):
		return ErrIO
	}
	return nil
}

// notDurable marks err as the end of a whole commit.
func notDurable(err error) error {
	return fmt.Errorf("%w: %w", ErrNotDurable, err)
}
