package queue

import (
	"io"
	"sync/atomic"
)

// readAhead reads a database file in larger pieces while it is scanned from end to
// end: a million waiting reports are half a million pages, and one system call for
// each is most of the time that opening takes. It is on once for each open file,
// during one read transaction, in which what a checkpoint of another process may
// write is read from the WAL.
type readAhead struct {
	on     *atomic.Bool
	file   io.ReaderAt
	last   int64 // offset of the last read
	at     int64 // offset of buf
	buf    []byte
	filled int
}

const aheadBytes = 64 << 10

// ReadAt implements io.ReaderAt. A read that is not a little ahead of the one
// before is passed through.
func (r *readAhead) ReadAt(p []byte, off int64) (int, error) {
	if !r.on.Load() {
		r.buf, r.filled = nil, 0
		return r.file.ReadAt(p, off)
	}
	if n, ok := r.buffered(p, off); ok {
		r.last = off
		return n, nil
	}
	near := off > r.last && off-r.last <= aheadBytes
	r.last = off
	if !near {
		return r.file.ReadAt(p, off)
	}
	if r.buf == nil {
		r.buf = make([]byte, aheadBytes)
	}
	r.at, r.filled = off, 0
	n, err := r.file.ReadAt(r.buf, off)
	if err != nil && err != io.EOF {
		return r.file.ReadAt(p, off) // the piece may be bad beyond what is asked for
	}
	r.filled = n
	if n, ok := r.buffered(p, off); ok {
		return n, nil
	}
	return r.file.ReadAt(p, off)
}

func (r *readAhead) buffered(p []byte, off int64) (int, bool) {
	from := off - r.at
	if from < 0 || from+int64(len(p)) > int64(r.filled) {
		return 0, false
	}
	return copy(p, r.buf[from:]), true
}
