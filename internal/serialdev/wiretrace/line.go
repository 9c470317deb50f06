package wiretrace

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"edged/internal/serialdev/port"
)

// Opener makes an opener of lines that are recorded by r. The lines have the methods of
// port.Line only.
func Opener(r *Recorder, open func(context.Context, port.Settings) (port.Line, error)) func(context.Context, port.Settings) (port.Line, error) {
	return func(ctx context.Context, s port.Settings) (port.Line, error) {
		line, err := open(ctx, s)
		if err != nil {
			if ctx.Err() == nil {
				r.Failed(err)
			}
			return nil, err
		}
		r.Opened(how(s))
		return &hostLine{Line: line, r: r}, nil
	}
}

// how tells the rate: a terminal is looked for at two of them.
func how(s port.Settings) string {
	if s.Baud == 0 || strings.HasPrefix(s.Path, "tcp://") {
		return ""
	}
	return strconv.Itoa(s.Baud) + " baud"
}

// hostLine is the host's end of a recorded line.
type hostLine struct {
	port.Line
	r *Recorder
}

func (l *hostLine) Read(p []byte) (int, error) {
	n, err := l.Line.Read(p)
	if n > 0 {
		l.r.Bytes(Device, p[:n])
	}
	l.note(err)
	return n, err
}

// Write notes the bytes before they go: the answer may be there before Write returns.
func (l *hostLine) Write(p []byte) (int, error) {
	l.r.Bytes(Host, p)
	n, err := l.Line.Write(p)
	if n < len(p) {
		l.r.Unsent(len(p) - n)
	}
	l.note(err)
	return n, err
}

func (l *hostLine) Close() error {
	l.r.Closed()
	return l.Line.Close()
}

// note: a deadline is no end of the line, and after our own Close everything fails.
func (l *hostLine) note(err error) {
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, os.ErrClosed) {
		l.r.Lost(err)
	}
}

// DeviceEnd makes rw, the device's end of a line on which somebody has just called, one
// that is recorded: what is read comes from the host.
func DeviceEnd(r *Recorder, rw io.ReadWriteCloser) io.ReadWriteCloser {
	r.Opened("")
	return &deviceEnd{rw: rw, r: r}
}

type deviceEnd struct {
	rw     io.ReadWriteCloser
	r      *Recorder
	closed atomic.Bool
}

var errUnplugged = errors.New("the device ended it")

func (d *deviceEnd) Read(p []byte) (int, error) {
	n, err := d.rw.Read(p)
	if n > 0 {
		d.r.Bytes(Host, p[:n])
	}
	if err != nil && !d.closed.Load() {
		d.r.Closed()
	}
	return n, err
}

func (d *deviceEnd) Write(p []byte) (int, error) {
	d.r.Bytes(Device, p)
	return d.rw.Write(p)
}

func (d *deviceEnd) Close() error {
	if !d.closed.Swap(true) {
		d.r.Lost(errUnplugged)
	}
	return d.rw.Close()
}

// SetWriteDeadline sets it, where the end of the line has one.
func (d *deviceEnd) SetWriteDeadline(t time.Time) error {
	if w, ok := d.rw.(interface{ SetWriteDeadline(time.Time) error }); ok {
		return w.SetWriteDeadline(t)
	}
	return nil
}
