package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edged/internal/clock"
	"edged/internal/config"
	"edged/internal/saas/wire"
	"edged/internal/sim/saassim"
)

// place is a gateway to examine: a root of its own, a configuration, a SaaS.
type place struct {
	t     *testing.T
	root  string
	clock *clock.Fake
	o     Options
}

func newPlace(t *testing.T) *place {
	t.Helper()
	sim, err := saassim.New(saassim.Options{
		AppID: "P1", Key: "the-key", Secret: "the-secret",
		Machines: []saassim.Machine{{ID: "2412090001", Name: "Lobby", Signal: 4, Temperature: "5", RunningState: 1, PreAuthorLimit: "50", Currency: "EUR"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim)
	t.Cleanup(srv.Close)
	still := clock.NewStill(time.Now().UTC())
	still.SetSynced(true)
	p := &place{t: t, root: t.TempDir(), clock: still}
	state := filepath.Join(p.root, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	conf := &config.Config{StateDir: state}
	conf.SaaS.BaseURL, conf.SaaS.AppID = srv.URL, "P1"
	conf.Lanes = []config.Lane{{Name: "front", Doors: []config.Door{{MachineID: "2412090001", Door: 1}, {MachineID: "2412090001", Door: 2}}}}
	conf.Lanes[0].Terminal.Port = "tcp://10.0.0.5:20007"
	p.o = Options{Config: conf, Key: wire.NewSecret("the-key"), Secret: wire.NewSecret("the-secret"), Clock: still, Root: p.root}
	p.file("proc/meminfo", "MemTotal:  1000000 kB\nMemAvailable:  500000 kB\n")
	p.file("sys/class/thermal/thermal_zone0/temp", "48000\n")
	p.file("sys/class/rtc/rtc0/name", "rtc\n")
	p.file("sys/block/mmcblk0/device/life_time", "0x01 0x02\n")
	p.file("sys/block/mmcblk0/device/pre_eol_info", "0x01\n")
	return p
}

func (p *place) file(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// said is every finding as a line.
func said(all []Finding) string {
	var s strings.Builder
	for _, f := range all {
		fmt.Fprintf(&s, "%s %s: %s [%s]\n", f.Level, f.Area, f.What, f.Code)
	}
	return s.String()
}

func TestAGatewayThatIsWellHasNothingToLookAt(t *testing.T) {
	p := newPlace(t)
	told := 0
	p.o.Found = func(Finding) { told++ }
	all := Examine(t.Context(), p.o)
	if Worst(all) != Note || told != len(all) {
		t.Errorf("worst is %s, %d of %d told as they came:\n%s", Worst(all), told, len(all), said(all))
	}
	for _, want := range []string{
		"good gateway: memory available: 488 MiB", "good gateway: the processor is at 48 °C", "is synchronised", "MiB left",
		"good disk: mmcblk0 has used 10 to 20 % of its life", "note devices: lane front: terminal: tcp://10.0.0.5:20007 is on the network",
		"good saas: logging in as P1", `good saas: machine 2412090001 is "Lobby": signal 4 of 5, 5 °C`, "50 EUR are held",
	} {
		if strings.Count(said(all), want) != 1 {
			t.Errorf("%q is not said once in\n%s", want, said(all))
		}
	}
}

func TestEachTroubleIsNamedWithItsCauseAndTheNextStep(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(*place)
		want string // the line
	}{
		{"a wrong key", func(p *place) { p.o.Key = wire.NewSecret("no") }, "bad saas: logging in: login: auth"},
		{"a machine of another account", func(p *place) { p.o.Config.Lanes[0].Doors[0].MachineID = "2412090009" }, "bad saas: machine 2412090009: machine_info: refused"},
		{"no name server", func(p *place) {
			p.o.Config.SaaS.BaseURL = "http://openapi.example"
			p.o.Resolve = func(context.Context, string) ([]string, error) { return nil, errors.New("no such host") }
		}, "bad network: the name openapi.example is not resolved: no such host [EDG-SAAS-001]"},
		{"no route", func(p *place) {
			p.o.Dial = func(context.Context, string, string) (net.Conn, error) {
				return nil, errors.New("network is unreachable")
			}
		}, "bad network: no connection to port"},
		{"a captive portal", func(p *place) {
			srv := httptest.NewTLSServer(nil)
			p.t.Cleanup(srv.Close)
			p.o.Config.SaaS.BaseURL = srv.URL
		}, "who answers is perhaps a captive portal"},
		{"a port that is not there", func(p *place) { p.o.Config.Lanes[0].Terminal.Port = filepath.Join(p.root, "ttyUSB0") }, "is not there [EDG-PORT-002]"},
		{"a file for a port", func(p *place) {
			p.file("ttyUSB0", "")
			p.o.Config.Lanes[0].Terminal.Port = filepath.Join(p.root, "ttyUSB0")
		}, "is no serial port [EDG-PORT-004]"},
		{"a port that another program holds", func(p *place) {
			p.file("proc/77/comm", "getty\n")
			if err := os.MkdirAll(filepath.Join(p.root, "proc/77/fd"), 0o755); err != nil {
				p.t.Fatal(err)
			}
			if err := os.Symlink("/dev/null", filepath.Join(p.root, "proc/77/fd/3")); err != nil {
				p.t.Fatal(err)
			}
			p.o.Config.Lanes[0].Terminal.Port = "/dev/null" // a character device, as ports are
		}, "/dev/null is held by getty (process 77) [EDG-PORT-003]"},
		{"a clock that nobody set", func(p *place) { p.clock.SetSynced(false) }, "no time server has set it [EDG-CLOCK-001]"},
		{"a clock in 1970", func(p *place) {
			p.o.Clock, p.o.BuildDate = clock.NewStill(time.Unix(60, 0).UTC()), time.Now()
		}, "before the day on which this edged was built"},
		{"no clock with a battery", func(p *place) { p.must(os.RemoveAll(filepath.Join(p.root, "sys/class/rtc"))) }, "note clock: no clock with a battery"},
		{"old flash", func(p *place) { p.file("sys/block/mmcblk0/device/life_time", "0x09 0x03") }, "warn disk: mmcblk0 has used about 90 % of its life"},
		{"dead flash", func(p *place) { p.file("sys/block/mmcblk0/device/pre_eol_info", "0x03") }, "bad disk: mmcblk0 is beyond its life"},
		{"an SD card", func(p *place) { p.must(os.Remove(filepath.Join(p.root, "sys/block/mmcblk0/device/life_time"))) }, "tells nothing of its wear"},
		{"heat", func(p *place) { p.file("sys/class/thermal/thermal_zone1/temp", "86000") }, "warn gateway: the processor is at 86 °C"},
		{"a weak supply", func(p *place) { p.file("sys/devices/platform/soc/soc:firmware/get_throttled", "0x50000") }, "supply voltage"},
		{"little memory", func(p *place) { p.file("proc/meminfo", "MemAvailable: 20000 kB") }, "warn gateway: memory available: 19 MiB"},
		{"a damaged database", func(p *place) { p.file("state/edged.db.bad-1", "x") }, "warn disk: damaged databases are kept: 1 [EDG-STORE-004]"},
		{"damaged records", func(p *place) { p.file("state/quarantine/orders-1", "x") }, "warn disk: damaged records are kept: 1 files"},
		{"an open state directory", func(p *place) { p.must(os.Chmod(filepath.Join(p.root, "state"), 0o777)) }, "everybody on this machine may look into"},
		{"no state directory yet", func(p *place) { p.o.Config.StateDir = "/nowhere/edged" }, "note disk: /nowhere/edged is not there yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			c.make(p)
			all := Examine(t.Context(), p.o)
			if !strings.Contains(said(all), c.want) {
				t.Fatalf("%q is not said in\n%s", c.want, said(all))
			}
			for _, f := range all {
				if (f.Level == Warn || f.Level == Bad) && f.Next == "" {
					t.Errorf("%q has no next step", f.What)
				}
			}
		})
	}
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// M8: whoever sends a report of the doctor to somebody sends no secret.
func TestM8_NoFindingHoldsASecret(t *testing.T) {
	for _, key := range []string{"the-key", "wrong-key-of-somebody"} {
		p := newPlace(t)
		p.o.Key = wire.NewSecret(key)
		b, err := json.Marshal(Examine(t.Context(), p.o))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{key, "the-secret", "Bearer"} {
			if strings.Contains(string(b), secret) {
				t.Errorf("a finding holds %q:\n%s", secret, b)
			}
		}
	}
}

// TestAnExaminationEnds: a network that swallows everything does not hold it up.
func TestAnExaminationEnds(t *testing.T) {
	p := newPlace(t)
	p.o.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if all := Examine(ctx, p.o); Worst(all) != Bad {
		t.Errorf("the worst is %s:\n%s", Worst(all), said(all))
	}
}
