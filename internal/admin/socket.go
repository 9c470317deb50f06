package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// DefaultSocket is where the packaged daemon listens.
	DefaultSocket = "/run/edged/edged.sock"

	// Group may use the socket, beside root and the daemon's own user, if it exists.
	Group = "edged-admin"

	socketMode = 0o660

	// maxPath is what fits into sun_path with its terminating zero (unix(7)).
	maxPath = len(unix.RawSockaddrUnix{}.Path) - 1
)

// Listen opens the socket with its permissions already set: it is made beside path
// and renamed, so that nobody connects before. A socket that nobody answers on is
// replaced. Closing the listener removes the path, if it is still the listener's.
// Errors: ErrInUse, ErrNotSocket, the file system's.
func Listen(path string) (net.Listener, error) {
	if len(path) > maxPath {
		return nil, fmt.Errorf("admin socket %s: %d bytes, longer than the %d that a socket's path may have", path, len(path), maxPath)
	}
	temporary := beside(path)
	if err := free(path); err != nil {
		return nil, fmt.Errorf("admin socket %s: %w", path, err)
	}
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: temporary, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	l.SetUnlinkOnClose(false)
	s := &socket{UnixListener: l, path: path}
	if err := s.publish(temporary); err != nil {
		return nil, errors.Join(fmt.Errorf("admin socket %s: %w", path, err), os.Remove(temporary), l.Close())
	}
	return s, nil
}

// beside is a name in the same directory and of the same length: whatever fits as the
// path fits as the temporary one.
func beside(path string) string {
	last := byte('~')
	if path == "" {
		return path // nobody can listen there, as is told
	}
	if path[len(path)-1] == last {
		last = '_'
	}
	return path[:len(path)-1] + string(last)
}

// free says whether path may be taken: there is nothing, or a dead socket.
func free(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return ErrNotSocket
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		return errors.Join(ErrInUse, c.Close())
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) {
		return nil
	}
	return fmt.Errorf("%w, or may be: %w", ErrInUse, err)
}

// socket is a listener that owns its path.
type socket struct {
	*net.UnixListener
	path  string
	mine  os.FileInfo
	close sync.Once
	err   error
}

func (s *socket) publish(temporary string) error {
	if err := os.Chmod(temporary, socketMode); err != nil {
		return err
	}
	if err := giveToGroup(temporary); err != nil {
		return err
	}
	info, err := os.Lstat(temporary)
	if err != nil {
		return err
	}
	s.mine = info
	return os.Rename(temporary, s.path)
}

// giveToGroup lets the group in, if there is one and we may: a daemon that is not
// in it (a demo, a test) keeps its own.
func giveToGroup(path string) error {
	g, err := user.LookupGroup(Group)
	if err != nil {
		return nil
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return fmt.Errorf("group %s: %w", Group, err)
	}
	if err := os.Chown(path, -1, gid); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// Close stops listening and removes the path unless another daemon has taken it.
func (s *socket) Close() error {
	s.close.Do(func() {
		s.err = s.UnixListener.Close()
		if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.mine) {
			s.err = errors.Join(s.err, os.Remove(s.path))
		}
	})
	return s.err
}

// owners describes who may use a socket, for an error.
func owners(path string) string {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return "only root may look into " + filepath.Dir(path)
	}
	group := strconv.Itoa(int(st.Gid))
	if g, err := user.LookupGroupId(group); err == nil {
		group = g.Name
	}
	return "it is for root and group " + group
}
