package main

import (
	"context"
	"errors"
	"io"

	"edged/internal/serialdev/wiretrace"
	"edged/internal/version"
)

// recorded is a simulator's line and the file that follows it; the zero value records
// nothing.
type recorded struct {
	recorder *wiretrace.Recorder
	file     *wiretrace.File
}

// record begins a trace in file; "" is none.
func record(file string, h wiretrace.Header) (recorded, error) {
	if file == "" {
		return recorded{}, nil
	}
	h.Edged = version.Get().Version
	r, err := wiretrace.New(wiretrace.Options{Header: h})
	if err != nil {
		return recorded{}, err
	}
	f, err := wiretrace.NewFile(wiretrace.FileOptions{Path: file, Recorder: r})
	if err != nil {
		return recorded{}, err
	}
	return recorded{r, f}, f.Begin()
}

// run writes the trace until ctx ends.
func (r recorded) run(ctx context.Context) error {
	if r.file == nil {
		return nil
	}
	return r.file.Run(ctx)
}

// end is the device's end of a line, recorded if that is wanted.
func (r recorded) end(rw io.ReadWriteCloser) io.ReadWriteCloser {
	if r.recorder == nil {
		return rw
	}
	return wiretrace.DeviceEnd(r.recorder, rw)
}

// mute is the end of a device that says nothing.
type mute struct{ io.ReadCloser }

var errMute = errors.New("a display says nothing")

func (mute) Write([]byte) (int, error) { return 0, errMute }
