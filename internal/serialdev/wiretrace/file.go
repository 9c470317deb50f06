package wiretrace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
)

// FileOptions make a File. Path and Recorder are required.
type FileOptions struct {
	Path     string
	Recorder *Recorder
	// MaxBytes is when a file is put aside as Path.1, in place of the one that is there, and
	// a new one begun: twice as much is on disk at most. 8 MiB if zero.
	MaxBytes int64
	Every    time.Duration // between two writes; 1 s if zero
	Logger   *slog.Logger  // discards if nil
}

// File writes what a Recorder keeps to disk, behind its back: the line knows nothing of
// it. What the ring forgets before it is written is missing in the file, which says so.
type File struct {
	o      FileOptions
	file   *os.File
	size   int64
	next   int64 // sequence number of the first record that is not written
	failed bool
}

// NewFile returns a File that touches no disk yet.
func NewFile(o FileOptions) (*File, error) {
	if o.Path == "" || o.Recorder == nil {
		return nil, fmt.Errorf("%w: a path and a recorder are needed", ErrOptions)
	}
	o.MaxBytes, o.Every = cmp.Or(o.MaxBytes, 8<<20), cmp.Or(o.Every, time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &File{o: o}, nil
}

// Begin begins the file now and says why that does not work, for one who wants to know
// before Run. A trace that is there already is put aside.
func (f *File) Begin() error { return f.begin(f.next) }

// Run begins the file, in a directory that it makes, writes until ctx ends, then what is
// left, and returns nil. That the disk is full or
// gone is logged once and tried again: it is no reason to do anything else.
func (f *File) Run(ctx context.Context) error {
	tick := time.NewTicker(f.o.Every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			f.try()
		case <-ctx.Done():
			f.try()
			return f.close()
		}
	}
}

func (f *File) try() {
	err := f.write()
	if err != nil && !f.failed {
		f.o.Logger.Warn("wire trace cannot be written", logkey.Path, f.o.Path, logkey.Err, err, logkey.Code, errcode.StoreNotKept)
	}
	f.failed = err != nil
}

// write appends what is new. After an error the file ends with its last whole line.
func (f *File) write() error {
	if f.file == nil || f.size >= f.o.MaxBytes {
		if err := f.begin(f.next); err != nil {
			return err
		}
	}
	records, next := f.o.Recorder.since(f.next, false)
	return f.append(next, func(w *counted) error { return writeRecords(w, f.o.Recorder.header.Kind, records) })
}

// begin starts a file with its header, how the line's present life began, and what is new.
func (f *File) begin(from int64) error {
	if err := f.close(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.o.Path), 0o750); err != nil {
		return err
	}
	if err := os.Rename(f.o.Path, f.o.Path+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(f.o.Path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	f.file, f.size = file, 0
	records, next := f.o.Recorder.since(from, true)
	return f.append(next, func(w *counted) error {
		if err := writeHeader(w, f.o.Recorder.header); err != nil {
			return err
		}
		return writeRecords(w, f.o.Recorder.header.Kind, records)
	})
}

func (f *File) append(next int64, write func(*counted) error) error {
	out := newCounted(f.file)
	err := write(out)
	if err == nil {
		err = out.w.Flush()
	}
	if err != nil {
		return errors.Join(err, f.undo())
	}
	f.size += out.n
	f.next = next
	return nil
}

// undo takes half a line away. If that does not work either, or not even the header is
// whole, the next try begins a new file.
func (f *File) undo() error {
	if f.size > 0 && f.file.Truncate(f.size) == nil {
		if _, err := f.file.Seek(f.size, io.SeekStart); err == nil {
			return nil
		}
	}
	return f.close()
}

func (f *File) close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
