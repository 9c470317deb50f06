// Package port opens and owns the line to a device: a serial port, or a TCP
// connection with the same interface.
//
// It promises:
//   - Reads and writes obey deadlines. A write that nobody drains ends at its
//     deadline with the number of bytes it got rid of; Close frees every blocked call.
//   - A pulled plug is ErrUnplugged, a call after Close is os.ErrClosed, silence is
//     os.ErrDeadlineExceeded: three things that are never mistaken for each other.
//   - One owner: TIOCEXCL keeps other programs out, a lock on the device node other
//     instances of edged, those of root too, whom TIOCEXCL does not stop.
//   - Close does not wait for bytes that a silent device will never take: what is still
//     in the kernel's buffer is thrown away. Who needs it delivered waits for the
//     device's answer first.
//   - A device is opened by its stable name and waited for: see Opener.
//
// It refuses to know a protocol, to repeat a write, and to log: it returns errors.
//
// Why two open files on one device: go.bug.st/serial sets the mode, drives the modem
// lines and knows odd baud rates, but its Write cannot be given a deadline and hangs for
// ever when nobody drains it, its Read calls an unplug the same as our own Close, and
// its list of ports opens each of them. So bytes go through an os.File of our own,
// opened O_NONBLOCK before the library opens the same node; the library never reads or
// writes. Control calls on our file go through SyscallConn: Fd may switch a file to
// blocking, after which deadlines and Close no longer work.
//
// A daemon that is killed leaves TIOCEXCL set on a pty for as long as the master
// lives; a real port forgets it with the last close.
//
// The tests run on ptys and on the kernel's own files. What only an adapter shows is
// not tested here: modem lines (a pty answers ENOTTY), the mode on the wire, a close
// that waits for a UART to drain, and the name that comes back as another ttyUSB
// number after a replug. An unplug and that name were seen on a virtual machine with an
// emulated FTDI adapter; a real one was not at hand.
package port
