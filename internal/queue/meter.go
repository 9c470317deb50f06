package queue

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// meter is a VFS over another one. It counts what is written and synced, and it
// remembers a failed sync: SQLite reports one of a commit, but swallows one of an
// automatic checkpoint.
type meter struct {
	base    vfs.VFS
	written atomic.Int64 // bytes passed to write calls
	syncs   atomic.Int64 // sync calls, failed ones too
	walEnd  atomic.Int64 // end of the last write to the WAL
	ahead   atomic.Bool  // read databases ahead

	mu      sync.Mutex
	syncErr error // the first failed sync since the last reset
}

func newMeter(base string) (*meter, error) {
	v := vfs.Find(base)
	if v == nil {
		return nil, fmt.Errorf("no VFS named %q is registered", base)
	}
	return &meter{base: v}, nil
}

// failedSync returns the first failed sync, nil when none failed.
func (m *meter) failedSync() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.syncErr
}

func (m *meter) reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.syncErr = nil
}

func (m *meter) noteSync(err error) {
	m.syncs.Add(1)
	if err == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.syncErr == nil {
		m.syncErr = err
	}
}

// Open implements vfs.VFS.
func (m *meter) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpen(m.base, name, flags)
	return m.wrap(f, flags, err)
}

// OpenFilename implements vfs.VFSFilename.
func (m *meter) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(m.base, name, flags)
	return m.wrap(f, flags, err)
}

func (m *meter) wrap(f vfs.File, flags vfs.OpenFlag, err error) (vfs.File, vfs.OpenFlag, error) {
	if err != nil {
		return nil, flags, engineCode(err)
	}
	own := &meteredFile{File: f, m: m, wal: flags&vfs.OPEN_WAL != 0}
	if flags&vfs.OPEN_MAIN_DB != 0 {
		own.reader = &readAhead{on: &m.ahead, file: f}
	}
	return own, flags, nil
}

// Delete implements vfs.VFS.
func (m *meter) Delete(name string, syncDir bool) error { return m.base.Delete(name, syncDir) }

// Access implements vfs.VFS.
func (m *meter) Access(name string, flags vfs.AccessFlag) (bool, error) {
	return m.base.Access(name, flags)
}

// FullPathname implements vfs.VFS.
func (m *meter) FullPathname(name string) (string, error) { return m.base.FullPathname(name) }

// meteredFile forwards what SQLite needs of a file. Memory mapping is left out:
// the store never asks for it.
type meteredFile struct {
	vfs.File
	m      *meter
	wal    bool
	reader *readAhead // of a database
}

// ReadAt implements io.ReaderAt.
func (f *meteredFile) ReadAt(p []byte, off int64) (int, error) {
	if f.reader != nil {
		return f.reader.ReadAt(p, off)
	}
	return f.File.ReadAt(p, off)
}

// WriteAt implements io.WriterAt.
func (f *meteredFile) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.File.WriteAt(p, off)
	f.m.written.Add(int64(n))
	if f.wal {
		f.m.walEnd.Store(off + int64(n))
	}
	return n, engineCode(err)
}

// Sync implements vfs.File.
func (f *meteredFile) Sync(flags vfs.SyncFlag) error {
	err := f.File.Sync(flags)
	f.m.noteSync(err)
	return engineCode(err)
}

// Truncate implements vfs.File.
func (f *meteredFile) Truncate(size int64) error { return engineCode(f.File.Truncate(size)) }

// DeviceCharacteristics implements vfs.File. Batch atomic writes are a matter of
// rollback journals, which the store does not use, and are not forwarded.
func (f *meteredFile) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return f.File.DeviceCharacteristics() &^ vfs.IOCAP_BATCH_ATOMIC
}

// LockState implements vfs.FileLockState.
func (f *meteredFile) LockState() vfs.LockLevel { return vfsutil.WrapLockState(f.File) }

// HasMoved implements vfs.FileHasMoved.
func (f *meteredFile) HasMoved() (bool, error) { return vfsutil.WrapHasMoved(f.File) }

// SizeHint implements vfs.FileSizeHint.
func (f *meteredFile) SizeHint(size int64) error {
	return engineCode(vfsutil.WrapSizeHint(f.File, size))
}

// PersistWAL implements vfs.FilePersistWAL.
func (f *meteredFile) PersistWAL() bool { return vfsutil.WrapPersistWAL(f.File) }

// SetPersistWAL implements vfs.FilePersistWAL.
func (f *meteredFile) SetPersistWAL(keep bool) { vfsutil.WrapSetPersistWAL(f.File, keep) }

// PowersafeOverwrite implements vfs.FilePowersafeOverwrite.
func (f *meteredFile) PowersafeOverwrite() bool { return vfsutil.WrapPowersafeOverwrite(f.File) }

// SetPowersafeOverwrite implements vfs.FilePowersafeOverwrite.
func (f *meteredFile) SetPowersafeOverwrite(on bool) {
	vfsutil.WrapSetPowersafeOverwrite(f.File, on)
}

// SharedMemory implements vfs.FileSharedMemory.
func (f *meteredFile) SharedMemory() vfs.SharedMemory { return vfsutil.WrapSharedMemory(f.File) }

// engineCode gives SQLite the result code that belongs to a system error. The
// package's own VFS tests for a bare errno, but os.File wraps it in a PathError,
// so that a full disk would reach us as a plain I/O error.
func engineCode(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return vfs.SystemError(err, sqlite3.FULL)
	}
	return err
}
