package zvtterm

import (
	"bytes"
	"context"
	"io"
	"time"
)

// wire reads a Line in the background, so that one goroutine can wait for bytes,
// timers and wishes at once. All methods but read are for that goroutine.
type wire struct {
	line Line
	in   chan []byte   // closed when the line is lost; err then says why
	quit chan struct{} // closed by close
	err  error
}

const (
	readSize  = 1024
	readAhead = 64 // chunks; with more the other side is left to wait
)

func newWire(line Line) *wire {
	w := &wire{line: line, in: make(chan []byte, readAhead), quit: make(chan struct{})}
	go w.read()
	return w
}

func (w *wire) read() {
	defer close(w.in)
	buf := make([]byte, readSize)
	for {
		n, err := w.line.Read(buf)
		if n == 0 && err == nil {
			err = io.ErrNoProgress
		}
		if n > 0 {
			select {
			case w.in <- bytes.Clone(buf[:n]):
			case <-w.quit:
				return
			}
		}
		if err != nil {
			w.err = err
			return
		}
	}
}

// close ends the line and waits for its reader.
func (w *wire) close() error {
	close(w.quit)
	err := w.line.Close()
	for range w.in {
	}
	return err
}

// next waits for bytes. Errors: errTimeout at until, errWake, ctx's, or that of
// the line. Bytes that have come win against a time that has passed: after a pause
// of our own, late is not missing.
func (w *wire) next(ctx context.Context, until time.Time, wake <-chan struct{}) ([]byte, error) {
	if b, ok, err := w.poll(); ok || err != nil {
		return b, err
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case b, ok := <-w.in:
		return w.got(b, ok)
	case <-timer.C:
		if b, ok, err := w.poll(); ok || err != nil {
			return b, err
		}
		return nil, errTimeout
	case <-wake:
		return nil, errWake
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// poll is next without waiting.
func (w *wire) poll() ([]byte, bool, error) {
	select {
	case b, ok := <-w.in:
		b, err := w.got(b, ok)
		return b, err == nil, err
	default:
		return nil, false, nil
	}
}

func (w *wire) got(b []byte, ok bool) ([]byte, error) {
	if !ok {
		return nil, w.err
	}
	return b, nil
}

// write returns how many bytes left. It blocks at most for limit.
func (w *wire) write(b []byte, limit time.Duration) (int, error) {
	if err := w.line.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return 0, err
	}
	return w.line.Write(b)
}
