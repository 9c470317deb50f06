package demo

import (
	"os"
	"path/filepath"
	"testing"
)

func TestADirectoryThatIsNotThereIsMade(t *testing.T) {
	want := filepath.Join(t.TempDir(), "new", "demo")
	dir, err := makeDir(want)
	if err != nil || dir != want {
		t.Fatalf("made %q, %v; want %q", dir, err, want)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("it is %v, %v; want only the owner in it", info, err)
	}
	if dir, err := makeDir(want); err != nil || dir != want {
		t.Errorf("a directory that is there: %q, %v", dir, err)
	}
}
