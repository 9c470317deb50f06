package queue

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// reserveName is the money reserve: blocks of the disk that only money may use.
const reserveName = "reserve"

// ReleaseReserve gives the reserve's space to the file system, so that commits go
// on after [ErrDiskFull]. It is no error when it has been given up already.
func (s *Store) ReleaseReserve() error {
	s.reserveMu.Lock()
	defer s.reserveMu.Unlock()
	err := os.Remove(s.reservePath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncPath(s.o.Dir)
	}
	return classify("release reserve", err)
}

// RebuildReserve allocates the reserve again, when it is not intact; it returns
// [ErrDiskFull] as long as the space is not there. It blocks for the disk.
func (s *Store) RebuildReserve() error {
	s.reserveMu.Lock()
	defer s.reserveMu.Unlock()
	if s.ReserveIntact() {
		return nil
	}
	return classify("rebuild reserve", s.allocateReserve())
}

func (s *Store) allocateReserve() error {
	tmp := s.reservePath() + ".tmp"
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(allocate(f, s.o.ReserveBytes), f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, s.reservePath()); err != nil {
		return err
	}
	return syncPath(s.o.Dir)
}

// allocate gives f real blocks; where the file system cannot, by writing zeros.
func allocate(f *os.File, size int64) error {
	err := unix.Fallocate(int(f.Fd()), 0, 0, size)
	if !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	zeros := make([]byte, 64<<10)
	for at := int64(0); at < size; at += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at); err != nil {
			return err
		}
	}
	return nil
}

// ReserveIntact tells whether the whole reserve is there. It asks the file system.
func (s *Store) ReserveIntact() bool {
	if s.o.ReserveBytes == 0 {
		return true
	}
	var st unix.Stat_t
	if unix.Stat(s.reservePath(), &st) != nil {
		return false
	}
	const block = 512 // the unit of st_blocks, whatever the file system's own
	return st.Size >= s.o.ReserveBytes && int64(st.Blocks)*block >= s.o.ReserveBytes
}

// reserveThere tells whether there is a reserve, whole or not, to give up.
func (s *Store) reserveThere() bool {
	_, err := os.Stat(s.reservePath())
	return err == nil
}

func (s *Store) reservePath() string { return filepath.Join(s.o.Dir, reserveName) }

// diskFree returns the bytes an unprivileged process can still use, -1 when the
// file system does not say.
func diskFree(dir string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return -1
	}
	return int64(st.Bavail) * int64(st.Bsize)
}
