package port

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// serialLine is a serial port: file carries the bytes, control the mode and the modem
// lines. Both are open on the same device.
type serialLine struct {
	path string
	file *os.File

	// controlMu keeps control from being used after Close: the library would act on a
	// file number that may by then be somebody else's.
	controlMu sync.Mutex
	control   serial.Port

	closing  sync.Once
	closed   atomic.Bool
	closeErr error
}

// openSerial opens our file first: it must not find the port taken by the library.
func openSerial(s Settings) (Line, error) {
	file, err := os.OpenFile(s.Path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, wrapOpen(s.Path, err)
	}
	if err := claim(file); err != nil {
		_ = file.Close()
		return nil, wrapOpen(s.Path, err)
	}
	mode, err := s.mode()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	control, err := serial.Open(s.Path, mode) // sets TIOCEXCL
	if err != nil {
		_ = file.Close()
		return nil, wrapOpen(s.Path, err)
	}
	l := &serialLine{path: s.Path, file: file, control: control}
	l.flush(unix.TCIFLUSH) // bytes that came in under another mode
	return l, nil
}

// claim makes sure that file is a terminal and nobody else's.
func claim(file *os.File) error {
	return onDescriptor(file, func(fd int) error {
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
			return err
		}
		return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	})
}

// onDescriptor runs a control call without Fd, which may make the file blocking.
func onDescriptor(file syscall.Conn, call func(fd int) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var callErr error
	if err := raw.Control(func(fd uintptr) { callErr = call(int(fd)) }); err != nil {
		return err
	}
	return callErr
}

func (l *serialLine) Read(p []byte) (int, error) {
	n, err := l.file.Read(p)
	return n, l.wrap("read", err)
}

func (l *serialLine) Write(p []byte) (int, error) {
	n, err := l.file.Write(p)
	return n, l.wrap("write", err)
}

func (l *serialLine) SetReadDeadline(t time.Time) error {
	return l.wrap("set read deadline", l.file.SetReadDeadline(t))
}

func (l *serialLine) SetWriteDeadline(t time.Time) error {
	return l.wrap("set write deadline", l.file.SetWriteDeadline(t))
}

// wrap names an error. After Close all are os.ErrClosed, whatever a call ran into: the
// deadline by which Close stops a writer, or a closed file that does not say so.
func (l *serialLine) wrap(op string, err error) error {
	if err != nil && l.closed.Load() {
		err = os.ErrClosed
	}
	return wrap(op, l.path, err)
}

// Close throws away what the device has not taken: some UARTs else make close wait for
// it, 30 s and more. A writer is stopped first, so that it adds nothing.
func (l *serialLine) Close() error {
	l.closing.Do(func() {
		l.closed.Store(true)
		_ = l.file.SetWriteDeadline(time.Unix(1, 0))
		l.flush(unix.TCIOFLUSH)
		l.closeErr = wrap("close", l.path, l.file.Close())
		l.controlMu.Lock()
		defer l.controlMu.Unlock()
		_ = l.control.Close() // its only errors are those of a device that is gone
	})
	return l.closeErr
}

// flush is a wish: it fails only where there is nothing to throw away any more.
func (l *serialLine) flush(queue int) {
	_ = onDescriptor(l.file, func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, queue) })
}
