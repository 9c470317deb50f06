// Package ptyline gives a simulator a serial line: a pseudo terminal whose slave
// is found under a stable link, as /dev/serial/by-id finds a USB adapter.
//
// Every time the other side has gone (closed the port, died, was killed) the
// simulator gets a new pty and the link is swapped to it atomically, because a
// process killed with -9 leaves TIOCEXCL on its pty. The slave is raw from the
// start, and bytes written while nobody has the port open are not kept for the
// next reader: Serve hands out the master only once somebody has opened it.
package ptyline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Options say where the line is found.
type Options struct {
	// Link is the path of the symlink to the slave. It replaces a symlink that is
	// there, nothing else.
	Link string
	// Plugged, if set, is asked before each life of the line and blocks for as
	// long as the device is unplugged; meanwhile the link does not exist.
	Plugged func(context.Context) error
}

// openPoll is how often a line looks whether its port has been opened: the
// kernel has no event for it.
const openPoll = 5 * time.Millisecond

// Serve keeps a line behind o.Link until ctx ends, then removes the link and
// returns nil. Each time the port is opened it calls serve with the master;
// serve owns it, returns when a read fails (EIO: the other side has gone), and
// its error is the reason to return only if it wraps ctx's.
func Serve(ctx context.Context, o Options, serve func(context.Context, *os.File) error) error {
	defer unlink(o.Link)
	for ctx.Err() == nil {
		if o.Plugged != nil && o.Plugged(ctx) != nil {
			return nil
		}
		if err := oneLife(ctx, o.Link, serve); err != nil && ctx.Err() == nil {
			return err
		}
		unlink(o.Link)
	}
	return nil
}

func oneLife(ctx context.Context, link string, serve func(context.Context, *os.File) error) error {
	master, slave, err := open()
	if err != nil {
		return err
	}
	defer master.Close()
	if err := swap(link, slave); err != nil {
		return err
	}
	if err := awaitOpen(ctx, master); err != nil {
		return err
	}
	_ = serve(ctx, master) // the line is gone: that is how every life ends
	return nil
}

// open returns a non-blocking master and the path of its slave, in raw mode.
func open() (*os.File, string, error) {
	m, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, "", fmt.Errorf("open pty: %w", err)
	}
	slave, err := prepare(m)
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("prepare pty: %w", err), m.Close())
	}
	return m, slave, nil
}

// prepare unlocks the slave and opens it once itself: only after a first close
// does the master report by POLLHUP whether anybody has the slave open.
func prepare(m *os.File) (string, error) {
	slave := ""
	err := control(m, func(fd int) error {
		n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
		if err != nil {
			return err
		}
		slave = fmt.Sprintf("/dev/pts/%d", n)
		return unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	})
	if err != nil {
		return "", err
	}
	s, err := unix.Open(slave, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	return slave, errors.Join(makeRaw(s), unix.Close(s))
}

func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8 | unix.CREAD | unix.CLOCAL
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

func awaitOpen(ctx context.Context, m *os.File) error {
	tick := time.NewTicker(openPoll)
	defer tick.Stop()
	for {
		closed, err := hungUp(m)
		if err != nil || !closed {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// hungUp says whether nobody has the slave open. One who wrote and has closed it again
// between two looks counts as there: what he wrote is still to be read.
func hungUp(m *os.File) (bool, error) {
	closed := false
	err := control(m, func(fd int) error {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		_, err := unix.Poll(p, 0)
		closed = p[0].Revents&unix.POLLHUP != 0 && p[0].Revents&unix.POLLIN == 0
		if errors.Is(err, unix.EINTR) {
			closed, err = true, nil
		}
		return err
	})
	return closed, err
}

// control runs f on the descriptor without taking it out of the poller.
func control(m *os.File, f func(fd int) error) error {
	raw, err := m.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// swap points link at slave in one rename.
func swap(link, slave string) error {
	if fi, err := os.Lstat(link); err == nil && fi.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("link line: %s exists and is not a symlink", link)
	}
	next := filepath.Join(filepath.Dir(link), "."+filepath.Base(link)+".next")
	_ = os.Remove(next) // left by a killed simulator
	if err := os.Symlink(slave, next); err != nil {
		return fmt.Errorf("link line: %w", err)
	}
	if err := os.Rename(next, link); err != nil {
		return fmt.Errorf("link line: %w", err)
	}
	return nil
}

func unlink(link string) {
	if fi, err := os.Lstat(link); err == nil && fi.Mode()&os.ModeSymlink != 0 {
		_ = os.Remove(link)
	}
}
