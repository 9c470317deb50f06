package admin_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"edged/internal/admin"
)

func uid() string { return strconv.Itoa(os.Getuid()) }

func listen(t *testing.T, path string) net.Listener {
	t.Helper()
	l, err := admin.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheSocketIsForOwnerAndGroupOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := listen(t, path)
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode(); got != fs.ModeSocket|0o660 {
		t.Errorf("mode %v, want srw-rw----", got)
	}
	if err := l.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestALiveSocketIsNotTakenAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := listen(t, path)
	defer l.Close()
	if _, err := admin.Listen(path); !errors.Is(err, admin.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("the first one does not answer any more: %v", err)
	}
	_ = c.Close()
}

func TestADeadSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	if err := errors.Join(dead.Close(), os.WriteFile(path+".new", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	l := listen(t, path)
	defer l.Close()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

func TestAFileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Listen(path); !errors.Is(err, admin.ErrNotSocket) {
		t.Errorf("got %v, want ErrNotSocket", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func TestClosingLeavesTheSocketOfASuccessor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	first := listen(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	second := listen(t, path)
	defer second.Close()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the successor's socket is gone: %v", err)
	}
}

func TestAPathThatIsTooLongIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 120))
	if _, err := admin.Listen(path); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("got %v", err)
	}
}

func TestTheClientSaysWhyNobodyAnswers(t *testing.T) {
	dir := t.TempDir()
	dead := filepath.Join(dir, "dead")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"): "edged is not running (no socket at " + dir + "/none)",
		dead:                       "edged is not running (nobody answers on " + dead + ")",
	} {
		_, err := admin.NewClient(path).Status(context.Background())
		if !errors.Is(err, admin.ErrNotRunning) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestTheClientSaysWhoMayUseTheSocket(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may use every socket")
	}
	path := filepath.Join(t.TempDir(), "s")
	l := listen(t, path)
	defer l.Close()
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	_, err := admin.NewClient(path).Status(context.Background())
	if !errors.Is(err, admin.ErrPermission) || !strings.Contains(err.Error(), "group ") {
		t.Errorf("got %v", err)
	}
}
