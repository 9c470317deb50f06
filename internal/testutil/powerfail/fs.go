package powerfail

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// Files is the content of a disk by file name. There is one directory: of a path
// only the last element counts.
type Files map[string][]byte

// FS is an in-memory disk that records every operation: a VFS for SQLite, and the
// operations on whole files that a VFS does not have.
type FS struct {
	log    *Log
	mu     sync.Mutex
	names  map[string]*inode
	lastID int
	faults []*Fault
}

type inode struct {
	id     int
	data   []byte
	shared bool // data belongs to the log's base: copy before the first write
}

// own makes data the inode's own before it is changed.
func (f *inode) own() {
	if f.shared {
		f.data, f.shared = slices.Clone(f.data), false
	}
}

// NewFS returns a disk that holds files, all durable. It records in log; a nil log
// records nothing. The caller must not change files any more.
func NewFS(files Files, log *Log) *FS {
	fs := &FS{log: log, names: map[string]*inode{}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fs.names[name] = fs.newInode(files[name])
		fs.names[name].shared = true
	}
	if log != nil {
		log.base = files
	}
	return fs
}

func (fs *FS) newInode(data []byte) *inode {
	fs.lastID++
	return &inode{id: fs.lastID, data: data}
}

// Log returns the log the disk records in.
func (fs *FS) Log() *Log { return fs.log }

// Files returns a copy of what the disk shows now, durable or not.
func (fs *FS) Files() Files {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	out := Files{}
	for name, f := range fs.names {
		out[name] = slices.Clone(f.data)
	}
	return out
}

// Register makes the disk known to SQLite under the returned name.
func (fs *FS) Register() (name string, unregister func()) {
	name = fmt.Sprintf("powerfail-%p", fs)
	vfs.Register(name, fs)
	return name, func() { vfs.Unregister(name) }
}

// Open implements vfs.VFS.
func (fs *FS) Open(path string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	name := filepath.Base(path)
	f := fs.names[name]
	if f == nil {
		if flags&vfs.OPEN_CREATE == 0 {
			return nil, flags, vfs.SystemError(syscall.ENOENT, sqlite3.CANTOPEN)
		}
		if fault := fs.fault(Create, name); fault != nil {
			return nil, flags, fault.Err
		}
		f = fs.newInode(nil)
		fs.names[name] = f
		fs.log.add(op{kind: Create, ino: f.id, name: name})
	} else if fault := fs.fault(Open, name); fault != nil {
		return nil, flags, vfs.SystemError(fault.Err, sqlite3.CANTOPEN)
	}
	// The operating system's VFS syncs the directory with the first sync of a
	// journal or WAL it may have created, and so does this one.
	journal := flags&(vfs.OPEN_WAL|vfs.OPEN_MAIN_JOURNAL|vfs.OPEN_SUPER_JOURNAL) != 0
	return &handle{fs: fs, name: name, f: f, syncDir: journal && flags&vfs.OPEN_CREATE != 0}, flags, nil
}

// Delete implements vfs.VFS.
func (fs *FS) Delete(path string, syncDir bool) error {
	there, err := fs.Exists(path)
	if err != nil {
		return err
	}
	if !there {
		return sqlite3.IOERR_DELETE_NOENT
	}
	if err := fs.Remove(path); err != nil {
		return err
	}
	if syncDir {
		return fs.SyncDir("")
	}
	return nil
}

// Access implements vfs.VFS.
func (fs *FS) Access(path string, _ vfs.AccessFlag) (bool, error) { return fs.Exists(path) }

// FullPathname implements vfs.VFS.
func (fs *FS) FullPathname(path string) (string, error) { return path, nil }

// Exists tells whether a file has that name.
func (fs *FS) Exists(path string) (bool, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	name := filepath.Base(path)
	if fault := fs.fault(Exists, name); fault != nil {
		return false, fault.Err
	}
	return fs.names[name] != nil, nil
}

// Remove takes a name away. It is no error when there is none.
func (fs *FS) Remove(path string) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	name := filepath.Base(path)
	f := fs.names[name]
	if f == nil {
		return nil
	}
	if fault := fs.fault(Remove, name); fault != nil {
		return fault.Err
	}
	delete(fs.names, name)
	fs.log.add(op{kind: Remove, ino: f.id, name: name})
	return nil
}

// Rename gives a file another name, in the place of what had it.
func (fs *FS) Rename(from, to string) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	from, to = filepath.Base(from), filepath.Base(to)
	f := fs.names[from]
	if f == nil {
		return syscall.ENOENT
	}
	if fault := fs.fault(Rename, from); fault != nil {
		return fault.Err
	}
	delete(fs.names, from)
	fs.names[to] = f
	fs.log.add(op{kind: Rename, ino: f.id, name: from, to: to})
	return nil
}

// SyncFile makes the content of a file durable, not its name.
func (fs *FS) SyncFile(path string) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	name := filepath.Base(path)
	f := fs.names[name]
	if f == nil {
		return syscall.ENOENT
	}
	return fs.sync(name, f)
}

func (fs *FS) sync(name string, f *inode) error {
	if fault := fs.fault(Sync, name); fault != nil {
		fs.log.add(op{kind: FailedSync, ino: f.id, name: name})
		return fault.Err
	}
	fs.log.add(op{kind: Sync, ino: f.id, name: name})
	return nil
}

// ReadFile returns a copy of the content of a file.
func (fs *FS) ReadFile(path string) ([]byte, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	name := filepath.Base(path)
	f := fs.names[name]
	if f == nil {
		return nil, syscall.ENOENT
	}
	if fault := fs.fault(Read, name); fault != nil {
		return nil, fault.Err
	}
	return slices.Clone(f.data), nil
}

// Overwrite writes from the beginning of a file on, which it makes if there is none.
func (fs *FS) Overwrite(path string, b []byte) error {
	f, _, err := fs.Open(path, vfs.OPEN_READWRITE|vfs.OPEN_CREATE)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	return err
}

// SyncDir makes creating, removing and renaming durable.
func (fs *FS) SyncDir(string) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fault := fs.fault(SyncDir, ""); fault != nil {
		return fault.Err
	}
	fs.log.add(op{kind: SyncDir})
	return nil
}
