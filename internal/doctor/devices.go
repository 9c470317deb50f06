package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"edged/internal/errcode"
)

// devices looks at the ports of all lanes without opening one.
func (x *examination) devices() {
	for _, l := range x.o.Config.Lanes {
		x.device(l.Name, "terminal", l.Terminal.Port)
		if l.Display != nil {
			x.device(l.Name, "display", l.Display.Port)
		}
	}
}

func (x *examination) device(lane, device, path string) {
	who := "lane " + lane + ": " + device + ": "
	if strings.HasPrefix(path, "tcp://") {
		x.note("devices", "%s%s is on the network; \"edged status\" says whether it answers", who, path)
		return
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.coded("devices", Bad, errcode.PortNotFound, "%s%s is not there", who, path)
		return
	case err != nil:
		x.coded("devices", Bad, errcode.PortPermission, "%s%v", who, err)
		return
	case info.Mode()&os.ModeCharDevice == 0:
		x.coded("devices", Bad, errcode.PortNoTTY, "%s%s is no serial port", who, path)
		return
	case unix.Access(path, unix.R_OK|unix.W_OK) != nil:
		x.coded("devices", Warn, errcode.PortPermission, "%sthis user may not open %s (the daemon has a user of its own)", who, path)
		return
	}
	if other := x.holder(path); other != "" {
		x.coded("devices", Bad, errcode.PortBusy, "%s%s is held by %s", who, path, other)
		return
	}
	if !strings.HasPrefix(path, "/dev/serial/by-id/") && strings.HasPrefix(filepath.Base(path), "tty") {
		x.note("devices", "%s%s is there; its name may change with the next start: \"edged ports\" has a name that stays", who, path)
		return
	}
	x.good("devices", "%s%s is there", who, path)
}

// holder names a program other than edged that has the port open, as far as this user
// may see.
func (x *examination) holder(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	for _, fd := range x.glob("proc/[0-9]*/fd/*") {
		if to, err := os.Readlink(filepath.Join(x.o.Root, fd)); err != nil || to != real {
			continue
		}
		pid := strings.Split(strings.TrimPrefix(fd, "/proc/"), "/")[0]
		name := x.read(filepath.Join("proc", pid, "comm"))
		if _, err := strconv.Atoi(pid); err == nil && name != "edged" {
			return name + " (process " + pid + ")"
		}
	}
	return ""
}
