package queue

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// inspector is a VFS that only reads. Where SQLite wants a file that is not there,
// an empty WAL for example, it gets one in memory.
type inspector struct{}

// Open implements vfs.VFS.
func (inspector) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, err := os.Open(name)
	if err == nil {
		return &inspectedFile{File: f}, flags, nil
	}
	if name == "" || errors.Is(err, fs.ErrNotExist) && flags&vfs.OPEN_MAIN_DB == 0 {
		return &vfsutil.SliceFile{}, flags, nil
	}
	return nil, flags, err
}

// Delete implements vfs.VFS.
func (inspector) Delete(string, bool) error { return sqlite3.READONLY }

// Access implements vfs.VFS.
func (inspector) Access(name string, _ vfs.AccessFlag) (bool, error) {
	_, err := os.Stat(name)
	return err == nil, nil
}

// FullPathname implements vfs.VFS.
func (inspector) FullPathname(name string) (string, error) { return filepath.Abs(name) }

// inspectedFile is a file that only reads. It needs no locks: the directory is
// locked.
type inspectedFile struct{ *os.File }

// WriteAt implements io.WriterAt.
func (*inspectedFile) WriteAt([]byte, int64) (int, error) { return 0, syscall.EROFS }

// Truncate implements vfs.File.
func (*inspectedFile) Truncate(int64) error { return syscall.EROFS }

// Sync implements vfs.File.
func (*inspectedFile) Sync(vfs.SyncFlag) error { return nil }

// Size implements vfs.File.
func (f *inspectedFile) Size() (int64, error) {
	fi, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return fi.Size(), nil
}

// Lock implements vfs.File.
func (*inspectedFile) Lock(vfs.LockLevel) error { return nil }

// Unlock implements vfs.File.
func (*inspectedFile) Unlock(vfs.LockLevel) error { return nil }

// CheckReservedLock implements vfs.File.
func (*inspectedFile) CheckReservedLock() (bool, error) { return false, nil }

// SectorSize implements vfs.File.
func (*inspectedFile) SectorSize() int { return 4096 }

// DeviceCharacteristics implements vfs.File.
func (*inspectedFile) DeviceCharacteristics() vfs.DeviceCharacteristic { return 0 }
