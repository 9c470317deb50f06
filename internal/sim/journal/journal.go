// Package journal is the file every simulator keeps its ledger in: JSON lines,
// appended only; and the Book, the ledger that is folded from them while they are
// written.
//
// It promises that a line whose Append returned is seen by every later Open and
// Read, also after the simulator was killed, and after a power cut as well when
// Append was asked to sync. A line torn by a kill is dropped at the next Open
// and skipped by Read. It refuses to know what the lines mean: a Fold says that.
package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// ErrBadLine is returned when a complete line is not the JSON that was expected:
// the file was edited or belongs to something else. It never means a torn tail.
var ErrBadLine = errors.New("journal: bad line")

// Log appends lines to one file. Its methods may be called from any goroutine.
type Log struct {
	mu   sync.Mutex
	file *os.File // nil: a log that keeps nothing
}

// Open opens or creates the journal at path, cuts a torn last line off, and
// syncs the directory entry. An empty path gives a Log that keeps nothing.
func Open(path string) (*Log, error) {
	if path == "" {
		return &Log{}, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err := errors.Join(dropTornTail(f), syncDir(filepath.Dir(path))); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, err), f.Close())
	}
	return &Log{file: f}, nil
}

// Append writes v as one line; with sync it is on the disk when Append returns.
func (l *Log) Append(v any, sync bool) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	if !sync {
		return nil
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("sync journal: %w", err)
	}
	return nil
}

// Close closes the file. Appending afterwards keeps nothing.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	return f.Close()
}

// Read returns all complete lines of the journal at path. A file that does not
// exist is an empty journal. Errors: ErrBadLine, or those of reading.
func Read[T any](path string) ([]T, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	defer f.Close()
	return decode[T](f)
}

func decode[T any](r io.Reader) ([]T, error) {
	var all []T
	br := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := br.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return all, nil // what is left has no line end: torn
		}
		if err != nil {
			return all, fmt.Errorf("read journal: %w", err)
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return all, fmt.Errorf("%w %d: %w", ErrBadLine, n, err)
		}
		all = append(all, v)
	}
}

func dropTornTail(f *os.File) error {
	b, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	whole := int64(bytes.LastIndexByte(b, '\n') + 1)
	if err := f.Truncate(whole); err != nil {
		return err
	}
	_, err = f.Seek(whole, io.SeekStart)
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
