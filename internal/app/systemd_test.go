package app

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// manager is the socket of a service manager; its reader never blocks, so that it
// works in a bubble.
type manager struct {
	t  *testing.T
	fd int
}

// underSystemd makes this process one that systemd watches.
func underSystemd(t *testing.T, watchdog time.Duration) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	t.Setenv("WATCHDOG_USEC", strconv.FormatInt(watchdog.Microseconds(), 10))
	return &manager{t: t, fd: fd}
}

// heard is what was told since the last call.
func (m *manager) heard() (all []string) {
	m.t.Helper()
	for {
		b := make([]byte, 4096)
		n, _, err := unix.Recvfrom(m.fd, b, unix.MSG_DONTWAIT)
		if err == unix.EAGAIN {
			return all
		}
		if err != nil {
			m.t.Fatal(err)
		}
		all = append(all, string(b[:n]))
	}
}

// during passes the time and collects; the socket's queue is short (unix(7)).
func (m *manager) during(d time.Duration) (all []string) {
	m.t.Helper()
	for ; d > 0; d -= time.Second {
		time.Sleep(time.Second)
		all = append(all, m.heard()...)
	}
	return all
}

func fed(told []string) (n int) {
	for _, s := range told {
		if s == "WATCHDOG=1" {
			n++
		}
	}
	return n
}

// A hang of the loop is the one thing that only a restart cures: nobody is charged,
// released or reported while it lasts.
func TestM12_AHungEngineLoopStarvesTheWatchdogOfTheWholeDaemon(t *testing.T) {
	const limit = 30 * time.Second
	m := underSystemd(t, limit)
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		m.heard()
		if n := fed(m.during(5 * time.Minute)); n < 29 || n > 31 {
			t.Errorf("fed %d times in 5 minutes in which nothing happens, want one in 10 s", n)
		}
		gate := make(chan struct{})
		b.clock.gate.Store(&gate)
		m.during(limit + 10*time.Second) // what was fed before the hang counts that long
		if n := fed(m.during(5 * time.Minute)); n != 0 {
			t.Errorf("fed %d times while the loop hangs, want never", n)
		}
		b.clock.gate.Store(nil)
		close(gate)
		if n := fed(m.during(time.Minute)); n < 5 {
			t.Errorf("fed %d times in the minute after the hang, want one in 10 s", n)
		}
		b.mustServe(visit("after the hang"), 10*time.Minute)
	})
}

// Losing the network is no reason to restart.
func TestM12_TheWatchdogIsFedWithoutANetwork(t *testing.T) {
	m := underSystemd(t, 30*time.Second)
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		b.cut(true)
		m.heard()
		told := m.during(10 * time.Minute)
		if n := fed(told); n < 59 || n > 61 {
			t.Errorf("fed %d times in 10 minutes without a network, want one in 10 s", n)
		}
		if want := "STATUS=0 of 1 lanes sell; front: saas_unreachable"; !slices.Contains(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		b.cut(false)
		if told, want := m.during(2*time.Minute), "STATUS=1 of 1 lanes sell"; !slices.Contains(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

func TestTheServiceManagerIsToldInOrder(t *testing.T) {
	m := underSystemd(t, 0)
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		d.end()
		told := m.heard()
		last := ""
		for _, s := range told {
			if s == "READY=1" && last != "" {
				t.Errorf("told %q before READY", last)
			}
			last = s
		}
		if told[0] != "READY=1" || last != "STOPPING=1" || !strings.Contains(strings.Join(told, "\n"), "STATUS=1 of 1 lanes sell") {
			t.Errorf("told %q, want READY, what sells, and STOPPING", told)
		}
		*d = *b.start() // the bubble ends it
	})
}
