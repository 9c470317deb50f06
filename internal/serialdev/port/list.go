package port

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Info describes a serial port of this machine.
type Info struct {
	Device       string `json:"device"`          // /dev/ttyUSB0
	ByID         string `json:"by_id,omitempty"` // the stable name for the configuration
	Driver       string `json:"driver,omitempty"`
	VendorID     string `json:"vendor_id,omitempty"`  // USB, four hex digits
	ProductID    string `json:"product_id,omitempty"` // USB, four hex digits
	Manufacturer string `json:"manufacturer,omitempty"`
	Product      string `json:"product,omitempty"`
	Serial       string `json:"serial,omitempty"`
}

// List returns the serial ports with a device behind them, by name. It reads sysfs and
// /dev/serial/by-id and opens no port, so that it disturbs no device.
func List() ([]Info, error) { return list("/") }

func list(root string) ([]Info, error) {
	class := filepath.Join(root, "sys/class/tty")
	entries, err := os.ReadDir(class)
	if err != nil {
		return nil, fmt.Errorf("list serial ports: %w", err)
	}
	names, err := stableNames(root)
	if err != nil {
		return nil, fmt.Errorf("list serial ports: %w", err)
	}
	var ports []Info
	for _, e := range entries {
		dir := filepath.Join(class, e.Name())
		if !hasDevice(dir) {
			continue
		}
		info := Info{Device: "/dev/" + e.Name(), ByID: names[e.Name()], Driver: target(filepath.Join(dir, "device/driver"))}
		info.readUSB(root, dir)
		ports = append(ports, info)
	}
	slices.SortFunc(ports, func(a, b Info) int { return cmp.Compare(a.Device, b.Device) })
	return ports, nil
}

// hasDevice tells ports from consoles and pseudo-terminals, which have no device, and
// from the placeholders of the 8250 driver, whose type is 0 (PORT_UNKNOWN of
// linux/serial_core.h).
func hasDevice(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, "device")); err != nil {
		return false
	}
	return attribute(dir, "type") != "0"
}

// stableNames maps the kernel's names to those under /dev/serial/by-id.
func stableNames(root string) (map[string]string, error) {
	const byID = "/dev/serial/by-id"
	entries, err := os.ReadDir(filepath.Join(root, byID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // made by udev with the first USB port
	}
	if err != nil {
		return nil, err
	}
	names := make(map[string]string)
	for _, e := range entries {
		if name := target(filepath.Join(root, byID, e.Name())); name != "" {
			names[name] = byID + "/" + e.Name()
		}
	}
	return names, nil
}

// readUSB finds the USB device above the port, if it hangs on one.
func (i *Info) readUSB(root, dir string) {
	at, err := filepath.EvalSymlinks(filepath.Join(dir, "device"))
	if err != nil {
		return
	}
	for top := filepath.Join(root, "sys"); strings.HasPrefix(at, top+"/"); at = filepath.Dir(at) {
		if i.VendorID = attribute(at, "idVendor"); i.VendorID == "" {
			continue
		}
		i.ProductID = attribute(at, "idProduct")
		i.Manufacturer = attribute(at, "manufacturer")
		i.Product = attribute(at, "product")
		i.Serial = attribute(at, "serial")
		return
	}
}

// attribute returns the text of a sysfs file, "" if there is none.
func attribute(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// target returns the last part of what a link points to, "" if it is none.
func target(link string) string {
	to, err := os.Readlink(link)
	if err != nil {
		return ""
	}
	return filepath.Base(to)
}
