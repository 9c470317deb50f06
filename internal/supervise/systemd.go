package supervise

import (
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Systemd tells the service manager how the daemon is (sd_notify(3)). Outside
// systemd, where NOTIFY_SOCKET is not set, every call does nothing and is nil.
type Systemd struct{}

// Ready says that the start, or a reload, is over.
func (s Systemd) Ready() error { return s.send(daemon.SdNotifyReady) }

// Status sets the one line that `systemctl status` shows.
func (s Systemd) Status(text string) error {
	return s.send("STATUS=" + strings.Join(strings.Fields(text), " "))
}

// Reloading says that the configuration is being read again; Ready ends it.
func (s Systemd) Reloading() error {
	return s.send(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
}

// Stopping says that the daemon is on its way down.
func (s Systemd) Stopping() error { return s.send(daemon.SdNotifyStopping) }

// Alive feeds the watchdog once. Watchdog calls it.
func (s Systemd) Alive() error { return s.send(daemon.SdNotifyWatchdog) }

// WatchdogInterval is WatchdogSec= of the unit, 0 if there is no watchdog for this
// process.
func (s Systemd) WatchdogInterval() (time.Duration, error) {
	d, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return 0, fmt.Errorf("read watchdog interval: %w", err)
	}
	return d, nil
}

func (Systemd) send(state string) error {
	if _, err := daemon.SdNotify(false, state); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}
