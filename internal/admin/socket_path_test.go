package admin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A configuration that is valid must not fail at the start: every path that the
// kernel takes is taken, to the last byte.
func TestTheLongestPathOfASocketIsTaken(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "e")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	name := func(n int) string { return filepath.Join(dir, strings.Repeat("s", n-len(dir)-1)) }
	for _, path := range []string{name(maxPath), name(maxPath - 4), filepath.Join(dir, "s"), filepath.Join(dir, "~")} {
		l, err := Listen(path)
		if err != nil {
			t.Errorf("%d bytes: %v", len(path), err)
			continue
		}
		if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != socketMode {
			t.Errorf("%d bytes: %v, %v; want a socket of mode %o", len(path), info, err, socketMode)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Listen(name(maxPath + 1)); err == nil || !strings.Contains(err.Error(), "108 bytes") {
		t.Errorf("one byte more: %v, want that it is too long", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
