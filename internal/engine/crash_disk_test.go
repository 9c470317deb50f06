package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// watchedDisk is the operating system's VFS; it tells of the first write of each
// commit to the WAL and of the sync that makes the commit durable.
type watchedDisk struct {
	base    vfs.VFS
	before  func()
	after   func()
	name    string
	writing bool // the writer goroutine's
}

// watchDisk registers the VFS under a name of its own.
func watchDisk(before, after func()) *watchedDisk {
	d := &watchedDisk{base: vfs.Find(""), before: before, after: after}
	d.name = fmt.Sprintf("watched-%p", d)
	vfs.Register(d.name, d)
	return d
}

func (d *watchedDisk) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpen(d.base, name, flags)
	return d.wrap(f, flags, err)
}

func (d *watchedDisk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(d.base, name, flags)
	return d.wrap(f, flags, err)
}

func (d *watchedDisk) wrap(f vfs.File, flags vfs.OpenFlag, err error) (vfs.File, vfs.OpenFlag, error) {
	if err != nil {
		return nil, flags, err
	}
	return &watchedFile{File: f, d: d, wal: flags&vfs.OPEN_WAL != 0}, flags, nil
}

func (d *watchedDisk) Delete(name string, syncDir bool) error { return d.base.Delete(name, syncDir) }

func (d *watchedDisk) Access(name string, flags vfs.AccessFlag) (bool, error) {
	return d.base.Access(name, flags)
}

func (d *watchedDisk) FullPathname(name string) (string, error) { return d.base.FullPathname(name) }

type watchedFile struct {
	vfs.File
	d   *watchedDisk
	wal bool
}

func (f *watchedFile) WriteAt(p []byte, off int64) (int, error) {
	if f.wal && !f.d.writing {
		f.d.writing = true
		f.d.before()
	}
	return f.File.WriteAt(p, off)
}

func (f *watchedFile) Sync(flags vfs.SyncFlag) error {
	err := f.File.Sync(flags)
	if f.wal && err == nil {
		f.d.writing = false
		f.d.after()
	}
	return err
}

func (f *watchedFile) LockState() vfs.LockLevel       { return vfsutil.WrapLockState(f.File) }
func (f *watchedFile) SharedMemory() vfs.SharedMemory { return vfsutil.WrapSharedMemory(f.File) }

// fastDir is a directory in memory where there is one: a kill loses nothing that
// was written, so nothing hangs on the medium here (powerfail tests cut that).
func fastDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "edged-crash-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// copyStore copies what a killed process leaves of the store in from. The WAL's
// index is left out: whoever opens the file first builds it anew.
func copyStore(from, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"edged.db", "edged.db-wal"} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), b, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
