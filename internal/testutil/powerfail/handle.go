package powerfail

import (
	"io"
	"slices"

	"github.com/ncruces/go-sqlite3/vfs"
)

const sector = 512

// handle is an open file. It locks nothing: one connection uses a database.
type handle struct {
	fs      *FS
	name    string
	f       *inode
	lock    vfs.LockLevel
	syncDir bool // with the next sync
}

// Close implements io.Closer.
func (h *handle) Close() error { return nil }

// ReadAt implements io.ReaderAt.
func (h *handle) ReadAt(p []byte, off int64) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if fault := h.fs.fault(Read, h.name); fault != nil {
		return 0, fault.Err
	}
	if off >= int64(len(h.f.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.f.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements io.WriterAt.
func (h *handle) WriteAt(p []byte, off int64) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	fault := h.fs.fault(Write, h.name)
	if fault != nil {
		p = p[:min(fault.Short, len(p))]
	}
	if len(p) > 0 {
		h.f.own()
		h.f.data = writeAt(h.f.data, p, off)
		h.fs.log.add(op{kind: Write, ino: h.f.id, name: h.name, off: off, data: slices.Clone(p)})
	}
	if fault != nil {
		return len(p), fault.Err
	}
	return len(p), nil
}

// Truncate implements vfs.File.
func (h *handle) Truncate(size int64) error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if fault := h.fs.fault(Truncate, h.name); fault != nil {
		return fault.Err
	}
	h.f.own()
	h.f.data = truncate(h.f.data, size)
	h.fs.log.add(op{kind: Truncate, ino: h.f.id, name: h.name, off: size})
	return nil
}

// Sync implements vfs.File.
func (h *handle) Sync(vfs.SyncFlag) error {
	h.fs.mu.Lock()
	err := h.fs.sync(h.name, h.f)
	h.fs.mu.Unlock()
	if err == nil && h.syncDir {
		h.syncDir = false
		err = h.fs.SyncDir("")
	}
	return err
}

// Size implements vfs.File.
func (h *handle) Size() (int64, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if fault := h.fs.fault(Size, h.name); fault != nil {
		return 0, fault.Err
	}
	return int64(len(h.f.data)), nil
}

// Lock implements vfs.File.
func (h *handle) Lock(l vfs.LockLevel) error {
	if err := h.lockFault(Lock); err != nil {
		return err
	}
	h.lock = max(h.lock, l)
	return nil
}

// Unlock implements vfs.File.
func (h *handle) Unlock(l vfs.LockLevel) error {
	if err := h.lockFault(Unlock); err != nil {
		return err
	}
	h.lock = l
	return nil
}

func (h *handle) lockFault(k Kind) error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if fault := h.fs.fault(k, h.name); fault != nil {
		return fault.Err
	}
	return nil
}

// CheckReservedLock implements vfs.File.
func (h *handle) CheckReservedLock() (bool, error) { return h.lock >= vfs.LOCK_RESERVED, nil }

// SectorSize implements vfs.File.
func (h *handle) SectorSize() int { return sector }

// DeviceCharacteristics implements vfs.File: a write changes no byte outside its
// range, which is what the operating system's VFS claims too.
func (h *handle) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return vfs.IOCAP_POWERSAFE_OVERWRITE
}

func writeAt(data, p []byte, off int64) []byte {
	if end := off + int64(len(p)); end > int64(len(data)) {
		old := len(data)
		data = slices.Grow(data, int(end)-old)[:end]
		clear(data[old:])
	}
	copy(data[off:], p)
	return data
}

func truncate(data []byte, size int64) []byte {
	if size <= int64(len(data)) {
		return data[:size:size]
	}
	return append(data, make([]byte, size-int64(len(data)))...)
}
