package demo

import (
	"os"
	"path/filepath"
	"testing"
)

// The daemon refuses relative paths in its configuration.
func TestADirectoryIsKnownByItsWholePath(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, err := makeDir("demo")
	if err != nil || !filepath.IsAbs(dir) {
		t.Fatalf("the directory is %q, %v", dir, err)
	}
	if info, err := os.Stat("demo"); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v, want a directory of mode 0700", info, err)
	}
}
