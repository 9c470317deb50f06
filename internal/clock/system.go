package clock

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	bootIDFile = "/proc/sys/kernel/random/boot_id" // random(4)
	// timesyncdFile exists since the first synchronisation of this boot
	// (systemd-timesyncd.service(8), FILES; /run is emptied at boot).
	timesyncdFile = "/run/systemd/timesync/synchronized"
)

// System reads the clocks of this machine.
type System struct {
	boot          string
	timesyncdFile string
}

// NewSystem reads the boot id and tries CLOCK_BOOTTIME once, so that Read cannot
// fail later.
func NewSystem() (*System, error) {
	id, err := os.ReadFile(bootIDFile)
	if err != nil {
		return nil, fmt.Errorf("read boot id: %w", err)
	}
	boot := strings.TrimSpace(string(id))
	if boot == "" {
		return nil, fmt.Errorf("read boot id: %s is empty", bootIDFile)
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return nil, fmt.Errorf("read time since boot: %w", err)
	}
	return &System{boot: boot, timesyncdFile: timesyncdFile}, nil
}

// Read implements Clock.
func (s *System) Read() Reading {
	var ts unix.Timespec
	// Cannot fail: NewSystem has tried the same call with a valid pointer.
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts)
	var awake unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &awake) // cannot fail (clock_gettime(2))
	return Reading{
		Boot:      s.boot,
		SinceBoot: time.Duration(ts.Nano()),
		Awake:     time.Duration(awake.Nano()),
		Wall:      time.Now().Round(0).UTC(),
		Synced:    kernelSynced() || exists(s.timesyncdFile),
	}
}

// kernelSynced asks the kernel's NTP state, which every time daemon keeps
// (adjtimex(2): STA_UNSYNC, TIME_ERROR). The kernel withdraws it some hours after
// the last contact to a server; the drift since is no matter for our deadlines,
// hence the second sign in Read. A sandbox may forbid the call: then only the
// second sign counts.
func kernelSynced() bool {
	var tx unix.Timex
	state, err := unix.Adjtimex(&tx)
	return err == nil && state != unix.TIME_ERROR && tx.Status&unix.STA_UNSYNC == 0
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
