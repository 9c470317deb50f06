package queue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// FileOps are the operations on whole files that SQLite's VFS does not have. The
// store swaps database files with them. A VFS of a test that implements FileOps
// keeps the swap inside its simulated disk.
type FileOps interface {
	Exists(path string) (bool, error)
	Rename(from, to string) error // replaces to; not durable before SyncDir
	Remove(path string) error     // no error when there is none; not durable before SyncDir
	SyncFile(path string) error
	SyncDir(dir string) error
	// ReadFile returns the content of a small file.
	ReadFile(path string) ([]byte, error)
	// Overwrite writes from the beginning of a file on, which it makes if there is
	// none; what is behind stays. Not durable before SyncFile and SyncDir.
	Overwrite(path string, b []byte) error
}

type osFiles struct{}

// Exists implements FileOps.
func (osFiles) Exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Rename implements FileOps.
func (osFiles) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements FileOps.
func (osFiles) Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// SyncFile implements FileOps.
func (osFiles) SyncFile(path string) error { return syncPath(path) }

// SyncDir implements FileOps.
func (osFiles) SyncDir(dir string) error { return syncPath(dir) }

// ReadFile implements FileOps.
func (osFiles) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }

// Overwrite implements FileOps.
func (osFiles) Overwrite(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	return errors.Join(err, f.Close())
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// makeDir creates a directory and makes its entry durable.
func makeDir(dir string) error {
	if fi, err := os.Stat(dir); err == nil && fi.IsDir() {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncPath(filepath.Dir(dir))
}

// lockName is the file whose lock says that a process has the directory.
const lockName = "lock"

// lockDir takes the directory for this process. The kernel gives it back when the
// process ends, however it ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, classify("lock state directory", err)
	}
	return f, flock(f, unix.LOCK_EX)
}

// flock locks f or closes it.
func flock(f *os.File, how int) error {
	err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	if err == nil {
		return nil
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = fmt.Errorf("%w: %s", ErrInUse, filepath.Dir(f.Name()))
	}
	return errors.Join(classify("lock state directory", err), f.Close())
}
