package port

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"

	"edged/internal/errcode"
)

// Errors of this room, wrapped with operation, path and cause. Beside them reads and
// writes return os.ErrDeadlineExceeded and os.ErrClosed.
var (
	// ErrUnplugged is returned when the device went away, or the other end of a TCP
	// connection closed it. Close the line and open it anew.
	ErrUnplugged = errcode.New(errcode.PortUnplugged, "device is gone")
	// ErrNotFound is returned when there is no such node, or no device behind it yet.
	ErrNotFound = errcode.New(errcode.PortNotFound, "no such device")
	// ErrBusy is returned when another program, or another edged, has the port.
	ErrBusy = errcode.New(errcode.PortBusy, "port is in use by another program")
	// ErrNotATTY is returned when the path is something else than a serial port.
	ErrNotATTY = errcode.New(errcode.PortNoTTY, "not a serial port")
	// ErrPermission is returned when the user may not open the port. On Debian the
	// group dialout may.
	ErrPermission = errcode.New(errcode.PortPermission, "no permission for the port")
	// ErrUnreachable is returned when no TCP connection came about.
	ErrUnreachable = errcode.New(errcode.PortUnreachable, "no connection to the device")
	// ErrSettings is returned for settings that can never work.
	ErrSettings = errcode.New(errcode.PortSettings, "bad port settings")
)

// wrap names an error of an open line. It keeps deadlines and closed files
// recognisable as what they are.
func wrap(op, path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, net.ErrClosed):
		err = os.ErrClosed
	case isGone(err):
		return fmt.Errorf("%s %s: %w: %w", op, path, ErrUnplugged, bare(err))
	}
	return fmt.Errorf("%s %s: %w", op, path, bare(err))
}

// isGone: a serial device that went away reads as end of file and fails with EIO from
// then on (on ptys and on the FTDI driver alike); the rest are TCP's ways to say it.
func isGone(err error) bool {
	for _, gone := range []error{
		io.EOF, unix.EIO, unix.ENXIO, unix.ENODEV, unix.EPIPE, unix.ECONNRESET, unix.ECONNABORTED, unix.ETIMEDOUT,
	} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

// wrapOpen names an error of opening a serial port.
func wrapOpen(path string, err error) error {
	kind := openKind(err)
	if kind == nil {
		return fmt.Errorf("open %s: %w", path, bare(err))
	}
	return fmt.Errorf("open %s: %w: %w", path, kind, bare(err))
}

func openKind(err error) error {
	var lib *serial.PortError
	if errors.As(err, &lib) && lib.Code() == serial.PortBusy {
		return ErrBusy
	}
	switch {
	case errors.Is(err, unix.ENOTTY), errors.Is(err, unix.EISDIR):
		return ErrNotATTY
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EWOULDBLOCK):
		return ErrBusy
	case errors.Is(err, fs.ErrPermission), lib != nil && lib.Code() == serial.PermissionDenied:
		return ErrPermission
	case errors.Is(err, fs.ErrNotExist), isGone(err):
		return ErrNotFound
	case lib != nil && (lib.Code() == serial.InvalidSpeed || lib.Code() == serial.InvalidStopBits || lib.Code() == serial.InvalidParity):
		return ErrSettings
	}
	return nil
}

// bare takes an error out of the wrapping that repeats operation and path.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}
