package doctor

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"edged/internal/errcode"
)

// read gives the text of a file below the root, "" if it is not there.
func (x *examination) read(path string) string {
	b, err := os.ReadFile(filepath.Join(x.o.Root, path))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// glob lists files below the root.
func (x *examination) glob(pattern string) []string {
	found, _ := filepath.Glob(filepath.Join(x.o.Root, pattern)) // the patterns are well formed
	for i, f := range found {
		found[i] = strings.TrimPrefix(f, strings.TrimSuffix(x.o.Root, "/"))
	}
	return found
}

// hot is where the processors of such gateways slow down (the Raspberry Pi's at 80 °C).
const hot = 80.0

// gateway looks at the machine itself: memory, heat and power.
func (x *examination) gateway() {
	for line := range strings.Lines(x.read("proc/meminfo")) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "MemAvailable:" {
			continue
		}
		if kib, err := strconv.ParseInt(f[1], 10, 64); err == nil {
			level, next := Good, ""
			if kib < 32<<10 {
				level, next = Warn, "Find what takes it (\"top -o RES\"): edged itself needs about 25 MB."
			}
			x.add(Finding{Area: "gateway", Level: level, What: "memory available: " + strconv.FormatInt(kib>>10, 10) + " MiB", Next: next})
		}
	}
	highest := math.Inf(-1)
	for _, f := range x.glob("sys/class/thermal/thermal_zone*/temp") {
		if milli, err := strconv.ParseFloat(x.read(f), 64); err == nil {
			highest = max(highest, milli/1000)
		}
	}
	switch celsius := strconv.FormatFloat(highest, 'f', 0, 64) + " °C"; {
	case math.IsInf(highest, -1):
		x.note("gateway", "this machine tells no temperature")
	case highest >= hot:
		x.add(Finding{
			Area: "gateway", Level: Warn, What: "the processor is at " + celsius, Cause: "The gateway stands in the sun, in the cabinet's exhaust, or without air.",
			Next: "Give it air. At such temperatures it slows down, and its flash ages fast.",
		})
	default:
		x.good("gateway", "the processor is at %s", celsius)
	}
	// Bits of the Raspberry Pi's firmware: 0 and 16, the voltage is or was too low.
	if bits, err := strconv.ParseUint(strings.TrimPrefix(x.read("sys/devices/platform/soc/soc:firmware/get_throttled"), "0x"), 16, 64); err == nil && bits&0x10001 != 0 {
		x.add(Finding{
			Area: "gateway", Level: Warn, What: "the supply voltage is or was too low", Cause: "A weak supply, a thin cable, or too much on the USB ports.",
			Next: "Use the supply that belongs to the board. USB adapters that come and go are often this.",
		})
	}
}

// clock looks at who sets it.
func (x *examination) clock() {
	if x.o.Clock == nil {
		return
	}
	r := x.o.Clock.Read()
	switch {
	case !r.Synced:
		x.coded("clock", Warn, errcode.ClockUnsynced, "the clock says %s, and no time server has set it", r.Wall.Format(time.DateTime))
	default:
		x.good("clock", "the clock says %s UTC and is synchronised", r.Wall.Format(time.DateTime))
	}
	if r.Wall.Before(x.o.BuildDate) {
		x.coded("clock", Warn, errcode.ClockUnsynced, "the clock is before the day on which this edged was built")
	}
	if len(x.glob("sys/class/rtc/rtc*")) == 0 {
		x.note("clock", "no clock with a battery: after a power cut the time is wrong until a time server is reached; purchases do not depend on it")
	}
}
