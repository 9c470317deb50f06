package supervise

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// manager listens as systemd does and returns what it is told.
func manager(t *testing.T) (receive func() string) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", socket)
	return func() string {
		t.Helper()
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4096)
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
}

func TestSystemdIsToldEveryState(t *testing.T) {
	receive := manager(t)
	var s Systemd
	tests := []struct {
		name string
		call func() error
		want string
	}{
		{"ready", s.Ready, "READY=1"},
		{"stopping", s.Stopping, "STOPPING=1"},
		{"alive", s.Alive, "WATCHDOG=1"},
		{"a status stays one line", func() error { return s.Status("2 lanes sell\nREADY=1") }, "STATUS=2 lanes sell READY=1"},
	}
	for _, tt := range tests {
		if err := tt.call(); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got := receive(); got != tt.want {
			t.Errorf("%s: told %q, want %q", tt.name, got, tt.want)
		}
	}
	if err := s.Reloading(); err != nil {
		t.Fatal(err)
	}
	if got := receive(); !strings.HasPrefix(got, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Errorf("reloading: told %q", got)
	}
}

func TestOutsideSystemdNothingHappens(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "")
	var s Systemd
	if err := s.Ready(); err != nil {
		t.Errorf("Ready = %v", err)
	}
	if d, err := s.WatchdogInterval(); d != 0 || err != nil {
		t.Errorf("WatchdogInterval = %v, %v", d, err)
	}
}

func TestADeadManagerIsAnError(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "gone"))
	if err := (Systemd{}).Ready(); err == nil {
		t.Error("Ready = nil")
	}
}

func TestTheWatchdogIntervalIsTheUnits(t *testing.T) {
	t.Setenv("WATCHDOG_USEC", "30000000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	if d, err := (Systemd{}).WatchdogInterval(); d != 30*time.Second || err != nil {
		t.Errorf("WatchdogInterval = %v, %v", d, err)
	}
	t.Setenv("WATCHDOG_PID", "1")
	if d, err := (Systemd{}).WatchdogInterval(); d != 0 || err != nil {
		t.Errorf("for another process: %v, %v", d, err)
	}
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	t.Setenv("WATCHDOG_USEC", "soon")
	if _, err := (Systemd{}).WatchdogInterval(); err == nil {
		t.Error("a malformed interval is no error")
	}
}
