package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"edged/internal/errcode"
)

// little is when a disk is called nearly full: the alert EdgedDiskLow says the same.
const little = 64 << 20

// disk looks at where the store is, and at the flash below it.
func (x *examination) disk() {
	dir := x.o.Config.StateDir
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.note("disk", "%s is not there yet: the daemon makes it", dir)
		return
	case err != nil:
		x.coded("disk", Bad, errcode.StoreReadOnly, "%s cannot be looked at: %v", dir, err)
		return
	case !info.IsDir():
		x.coded("disk", Bad, errcode.StoreReadOnly, "%s is no directory", dir)
		return
	}
	if info.Mode().Perm()&0o007 != 0 {
		x.add(Finding{
			Area: "disk", Level: Warn, What: fmt.Sprintf("everybody on this machine may look into %s (mode %o)", dir, info.Mode().Perm()),
			Cause: "The directory was made by hand.", Next: "chmod 0700 " + dir,
		})
	}
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		x.coded("disk", Bad, errcode.StoreIO, "the file system of %s does not answer: %v", dir, err)
		return
	}
	free := int64(st.Bavail) * int64(st.Bsize) // 32 bits wide on 32-bit ARM
	switch {
	case st.Flags&unix.ST_RDONLY != 0:
		x.coded("disk", Bad, errcode.StoreReadOnly, "the file system of %s is read-only", dir)
	case free < little:
		x.coded("disk", Warn, errcode.StoreDiskFull, "%s has %d MiB left", dir, free>>20)
	default:
		x.good("disk", "%s has %d MiB left", dir, free>>20)
	}
	x.remains(dir)
	x.flash()
}

// remains are what earlier trouble has left.
func (x *examination) remains(dir string) {
	kept, _ := filepath.Glob(filepath.Join(dir, "edged.db.bad-*")) // the pattern is well formed
	if len(kept) > 0 {
		x.coded("disk", Warn, errcode.StoreDamaged, "damaged databases are kept: %d", len(kept))
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "quarantine")); err == nil && len(entries) > 0 {
		x.coded("disk", Warn, errcode.StoreBadRecord, "damaged records are kept: %d files in %s", len(entries), filepath.Join(dir, "quarantine"))
	}
}

// flash reads what eMMC tells of its life (JESD84-B51: EXT_CSD 267 to 269, as Linux
// shows them). SD cards tell nothing.
func (x *examination) flash() {
	devices := x.glob("sys/block/mmcblk*")
	if len(devices) == 0 {
		x.note("disk", "no eMMC or SD card: the medium tells nothing of its wear here")
	}
	for _, d := range devices {
		name := filepath.Base(d)
		if strings.Contains(name, "boot") || strings.Contains(name, "rpmb") {
			continue
		}
		life := strings.Fields(x.read(filepath.Join(d, "device/life_time")))
		if len(life) != 2 {
			x.note("disk", "%s tells nothing of its wear (an SD card)", name)
			continue
		}
		worst := int64(0)
		for _, l := range life {
			n, err := strconv.ParseInt(strings.TrimPrefix(l, "0x"), 16, 64)
			if err == nil {
				worst = max(worst, n)
			}
		}
		eol := x.read(filepath.Join(d, "device/pre_eol_info"))
		switch {
		case worst >= 0x0b || eol == "0x03":
			x.add(Finding{Area: "disk", Level: Bad, What: name + " is beyond its life", Cause: "The flash has been written to for as long as its maker promises.", Next: "Replace it now: copy the state directory while edged is stopped."})
		case worst >= 0x09 || eol == "0x02":
			x.add(Finding{Area: "disk", Level: Warn, What: fmt.Sprintf("%s has used about %d %% of its life", name, worst*10), Cause: "Flash wears with what is written.", Next: "Plan its replacement; look for what writes (\"iotop -a\")."})
		case worst == 0:
			x.note("disk", "%s does not define its wear", name)
		default:
			x.good("disk", "%s has used %d to %d %% of its life", name, worst*10-10, worst*10)
		}
	}
}
