package port

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// machine builds the part of a file system that list reads: "path": text, or a link
// if the text starts with "->".
func machine(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, ok := cutLink(text); ok {
			err = os.Symlink(to, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func cutLink(text string) (string, bool) {
	if len(text) > 2 && text[:2] == "->" {
		return text[2:], true
	}
	return "", false
}

func TestList(t *testing.T) {
	const (
		usb  = "sys/devices/platform/usb1/1-1"
		uart = "sys/devices/platform/serial0"
	)
	root := machine(t, map[string]string{
		// A USB adapter, as the FTDI driver shows it.
		usb + "/idVendor":                           "0403\n",
		usb + "/idProduct":                          "6001\n",
		usb + "/manufacturer":                       "FTDI\n",
		usb + "/product":                            "FT232R USB UART\n",
		usb + "/serial":                             "A50285BI\n",
		usb + "/1-1:1.0/ttyUSB0/driver":             "->/sys/bus/usb-serial/drivers/ftdi_sio",
		usb + "/1-1:1.0/ttyUSB0/tty/ttyUSB0/device": "->../../../ttyUSB0",
		"sys/class/tty/ttyUSB0":                     "->../../devices/platform/usb1/1-1/1-1:1.0/ttyUSB0/tty/ttyUSB0",
		"dev/serial/by-id/usb-FTDI_A50285BI-port0":  "->../../ttyUSB0",
		// A UART of the board, and a placeholder of the 8250 driver.
		uart + "/driver":              "->/sys/bus/platform/drivers/uart",
		uart + "/tty/ttyAMA0/device":  "->../../../serial0",
		uart + "/tty/ttyAMA0/type":    "32\n",
		uart + "/tty/ttyS1/device":    "->../../../serial0",
		uart + "/tty/ttyS1/type":      "0\n",
		"sys/class/tty/ttyAMA0":       "->../../devices/platform/serial0/tty/ttyAMA0",
		"sys/class/tty/ttyS1":         "->../../devices/platform/serial0/tty/ttyS1",
		"sys/class/tty/tty1/active":   "tty1\n", // a console: no device
		"sys/class/tty/ttyUSB9":       "->../../devices/gone",
		"dev/serial/by-id/not-a-link": "",
	})
	want := []Info{
		{Device: "/dev/ttyAMA0", Driver: "uart"},
		{
			Device: "/dev/ttyUSB0", ByID: "/dev/serial/by-id/usb-FTDI_A50285BI-port0", Driver: "ftdi_sio",
			VendorID: "0403", ProductID: "6001", Manufacturer: "FTDI", Product: "FT232R USB UART", Serial: "A50285BI",
		},
	}
	got, err := list(root)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestListWithoutAnyUSBPort(t *testing.T) {
	root := machine(t, map[string]string{"sys/class/tty/tty1/active": "tty1\n"})
	if got, err := list(root); err != nil || len(got) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestListWithoutSysfs(t *testing.T) {
	_, err := list(t.TempDir())
	wantErr(t, "list", err, os.ErrNotExist)
}

func TestListOfThisMachine(t *testing.T) {
	ports, err := List()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ports {
		if filepath.Dir(p.Device) != "/dev" {
			t.Errorf("odd device %q", p.Device)
		}
	}
}
