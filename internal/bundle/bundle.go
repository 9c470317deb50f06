// Package bundle writes what somebody far away needs to understand a gateway: one
// archive with the answers of the daemon, the doctor's findings, the log and the flight
// recorders.
//
// It promises that no part holds a card number, a token, a secret that it was told of or
// the mac of a callback's address, whoever wrote the part (M8); that the archive has a
// bound, and says what was cut or could not be had. It does not choose what goes in.
package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// Default bounds, in bytes before compression.
const (
	MaxPart  = 2 << 20
	MaxTotal = 16 << 20
)

// Options make a Writer.
type Options struct {
	Name     string // directory inside the archive
	Now      time.Time
	Secrets  []string // texts that must not be in it
	MaxPart  int      // bytes of one part; 0 is MaxPart
	MaxTotal int      // bytes of all; 0 is MaxTotal
}

// Writer writes an archive. It is for one goroutine.
type Writer struct {
	o        Options
	gz       *gzip.Writer
	tar      *tar.Writer
	redact   *redactor
	left     int
	manifest bytes.Buffer
}

// New begins an archive on w.
func New(w io.Writer, o Options) *Writer {
	if o.MaxPart <= 0 {
		o.MaxPart = MaxPart
	}
	if o.MaxTotal <= 0 {
		o.MaxTotal = MaxTotal
	}
	gz := gzip.NewWriter(w)
	b := &Writer{o: o, gz: gz, tar: tar.NewWriter(gz), redact: newRedactor(o.Secrets), left: o.MaxTotal}
	fmt.Fprintf(&b.manifest, "%s, %s\n\n", o.Name, o.Now.UTC().Format(time.RFC3339))
	return b
}

// Add puts a part in. Of a part that is too long the end is kept if it is a log (.log,
// .jsonl), else the beginning; what had to be left out is said in the manifest. Errors
// are those of the archive's writer.
func (b *Writer) Add(name string, data []byte) error {
	whole := len(data)
	data = b.redact.part(name, data)
	room := min(b.o.MaxPart, b.left)
	if len(data) > room {
		data = cut(name, data, room)
		fmt.Fprintf(&b.manifest, "%-28s %8d bytes of %d\n", name, len(data), whole)
	} else {
		fmt.Fprintf(&b.manifest, "%-28s %8d bytes\n", name, len(data))
	}
	b.left -= len(data)
	return b.write(name, data)
}

// Missing says in the manifest why a part is not there. The reason is redacted, too.
func (b *Writer) Missing(name string, why error) {
	fmt.Fprintf(&b.manifest, "%-28s not there: %s\n", name, b.redact.text([]byte(why.Error())))
}

// Close ends the archive with its manifest.
func (b *Writer) Close() error {
	if err := b.write("MANIFEST.txt", b.manifest.Bytes()); err != nil {
		return err
	}
	if err := b.tar.Close(); err != nil {
		return err
	}
	return b.gz.Close()
}

func (b *Writer) write(name string, data []byte) error {
	err := b.tar.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: path.Join(b.o.Name, name), Mode: 0o640, Size: int64(len(data)), ModTime: b.o.Now.UTC().Truncate(time.Second),
	})
	if err != nil {
		return err
	}
	_, err = b.tar.Write(data)
	return err
}

// cut keeps whole lines of the end that matters.
func cut(name string, data []byte, room int) []byte {
	if strings.HasSuffix(name, ".log") || strings.HasSuffix(name, ".jsonl") {
		data = data[len(data)-room:]
		_, rest, found := bytes.Cut(data, []byte("\n"))
		if found {
			data = rest
		}
		return data
	}
	data = data[:room]
	if i := bytes.LastIndexByte(data, '\n'); i >= 0 {
		data = data[:i+1]
	}
	return data
}
