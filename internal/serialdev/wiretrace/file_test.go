package wiretrace

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"edged/internal/serialdev/zvt"
)

func readFile(t *testing.T, path string) *Trace {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tr, err := Read(path, f)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// following runs a File in a bubble.
func following(t *testing.T, o FileOptions, f func(r *Recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o.Recorder = newRecorder(t, ZVTSerial)
		file, err := NewFile(o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- file.Run(ctx) }()
		f(o.Recorder)
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestAFileFollowsTheLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "front.jsonl")
	if err := os.WriteFile(path, []byte("of the run before"), 0o600); err != nil {
		t.Fatal(err)
	}
	following(t, FileOptions{Path: path}, func(r *Recorder) {
		r.Opened("")
		for range 10 {
			r.Bytes(Host, []byte{zvt.ACK})
			time.Sleep(700 * time.Millisecond)
		}
		r.Closed()
	})
	if got := len(readFile(t, path).Records); got != 12 {
		t.Errorf("%d records, want 12", got)
	}
	if old, err := os.ReadFile(path + ".1"); err != nil || string(old) != "of the run before" {
		t.Errorf("the file before: %q, %v", old, err)
	}
}

func TestAFileIsBoundedAndEachBeginsWithTheOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "front.jsonl")
	const limit, frames = 20_000, 1000
	following(t, FileOptions{Path: path, MaxBytes: limit}, func(r *Recorder) {
		r.Opened("")
		for range frames {
			r.Bytes(Device, zvt.AppendFrame(nil, []byte{0x05, 0x01, 0x00}))
			time.Sleep(time.Second)
		}
	})
	last := 0
	for _, p := range []string{path + ".1", path} {
		tr := readFile(t, p)
		info, _ := os.Stat(p)
		if info.Size() > limit+1000+openingBytes*10 || tr.Records[0].Form != Opened {
			t.Errorf("%s has %d bytes and begins with %s", p, info.Size(), tr.Records[0].Form)
		}
		last += len(tr.Records)
	}
	if tr := readFile(t, path); tr.Records[len(tr.Records)-1].T != (frames-1)*time.Second || last > frames {
		t.Errorf("%d records, the last at %s", last, tr.Records[len(tr.Records)-1].T)
	}
}

// A full disk: what could not be written comes when there is room, and the line knows
// nothing of it.
func TestAFullDiskIsToldOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "front.jsonl")
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, ZVTSerial)
		file, err := NewFile(FileOptions{Path: path, Recorder: r, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		r.Opened("")
		file.try()
		room := file.file
		for range 2 {
			r.Bytes(Host, []byte{zvt.ACK})
			if file.file, err = os.OpenFile("/dev/full", os.O_WRONLY, 0); err != nil {
				t.Fatal(err)
			}
			file.try()
		}
		file.file = room
		file.try()
		_ = file.close()
	})
	if got := lines(readFile(t, path)); got != "opened\nhost ack 06\nhost ack 06" || strings.Count(log.String(), "wire trace cannot be written") != 1 {
		t.Errorf("got %s, log %s", got, log.String())
	}
}

// A file that fails under the recorder is put aside, and another begun.
func TestAFileThatFailsIsBegunAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "front.jsonl")
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, ZVTSerial)
		file, err := NewFile(FileOptions{Path: path, Recorder: r})
		if err != nil {
			t.Fatal(err)
		}
		r.Opened("")
		file.try()
		_ = file.file.Close()
		r.Bytes(Host, []byte{zvt.NAK})
		file.try()
		file.try()
		_ = file.close()
	})
	if got := lines(readFile(t, path)); got != "opened\nhost nak 15" {
		t.Errorf("got %s", got)
	}
}

func TestAFileNeedsAPlace(t *testing.T) {
	if _, err := NewFile(FileOptions{Path: "x"}); !errors.Is(err, ErrOptions) {
		t.Errorf("without a recorder: %v", err)
	}
	f, err := NewFile(FileOptions{Path: "/dev/null/x", Recorder: newRecorder(t, Display)})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Begin(); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("below a file: %v", err)
	}
}
