package config

import (
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"edged/internal/errcode"
	"edged/internal/screen/catalogue"
	"edged/internal/yamlfile"
)

func (k *checker) lanes() {
	if len(k.c.Lanes) == 0 {
		k.ProblemOf(errcode.ConfigMissing, "lanes", "missing, want at least one lane")
	}
	names, doors, ports := k.claims("lane name"), k.claims("door"), k.claims("port")
	for i, lane := range k.c.Lanes {
		path := at("lanes", i)
		if k.Broken(path) {
			continue
		}
		k.name(path+".name", lane.Name)
		if lane.Name != "" {
			names.take(lane.Name, path+".name")
		}
		k.doors(path, lane, doors)
		k.terminal(path+".terminal", lane.Terminal, ports)
		k.display(path+".display", lane.Display, ports)
		k.badge(path+".badge", lane.Badge, ports)
	}
}

func (k *checker) doors(lane string, l Lane, taken *claims) {
	path := lane + ".doors"
	if len(l.Doors) == 0 {
		k.ProblemOf(errcode.ConfigMissing, path, "missing, want at least one door")
	}
	if len(l.Doors) > 1 && !canChoose(l.Display) {
		k.Problem(path, "too many doors, got %d, want 1: no customer can choose on this lane's display", len(l.Doors))
	}
	for i, d := range l.Doors {
		k.door(at(path, i), d, taken)
	}
}

func (k *checker) door(path string, d Door, taken *claims) {
	if k.Broken(path) {
		return
	}
	const want = "1 to 64 letters, digits, - and _"
	if k.required(path+".machine_id", d.MachineID, "the machine id of the SaaS") {
		k.match(path+".machine_id", d.MachineID, regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`), want)
	}
	k.between(path+".door", d.Door, 1, 99)
	taken.take(fmt.Sprintf("%s door %d", d.MachineID, d.Door), path)
}

func (k *checker) terminal(path string, t Terminal, ports *claims) {
	if !k.Has(path) {
		k.ProblemOf(errcode.ConfigMissing, path, "missing, want a card terminal")
		return
	}
	if k.Broken(path) {
		return
	}
	k.driver(path+".driver", t.Driver, terminalDrivers())
	k.port(path+".port", t.Port, true, ports)
	bauds := []int{1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200}
	if !slices.Contains(bauds, t.Baud) {
		k.Problem(path+".baud", "not a baud rate, got %d, want 9600, 19200, 38400, 57600 or 115200", t.Baud)
	}
	k.between(path+".stop_bits", t.StopBits, 1, 2)
	k.between(path+".max_holds", t.MaxHolds, 1, 100)
	k.positive(path+".hold_ttl", t.HoldTTL)
	k.less("purchase.decision_deadline", k.c.Purchase.DecisionDeadline, path+".hold_ttl", t.HoldTTL)
	k.positive(path+".session_limit", t.SessionLimit)
	if t.EndOfDay != "" {
		k.match(path+".end_of_day", t.EndOfDay, regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`), `a time of day such as "03:30", or ""`)
	}
	k.oneOf(path+".reversal", t.Reversal, "none", "by_receipt")
	k.oneOf(path+".profile", t.Profile, TerminalProfiles()...)
	if t.HoldsOverEndOfDay && t.Profile != genericProfile {
		k.Problem(path+".holds_over_end_of_day", "impossible, got true, want false: no %s terminal keeps a hold over its end of day", t.Profile)
	}
	if t.Driver == "zvt" {
		k.capture(path+".capture", t.Capture)
	}
}

func (k *checker) capture(path, got string) {
	const want = "partial_reversal or book_total, whichever the terminal's provider names: they carry opposite amounts"
	switch got {
	case "partial_reversal", "book_total":
	case "":
		k.ProblemOf(errcode.ConfigMissing, path, "missing, want %s", want)
	default:
		k.Problem(path, "unknown value, got %s, want %s", yamlfile.Quote(got), want)
	}
}

func (k *checker) display(path string, d *Display, ports *claims) {
	if d == nil || k.Broken(path) {
		return
	}
	k.driver(path+".driver", d.Driver, displayDrivers())
	k.port(path+".port", d.Port, false, ports)
	k.oneOf(path+".language", d.Language, catalogue.Languages()...)
	if !k.Broken(path + ".driver") {
		k.oneOf(path+".charset", d.Charset, DisplayCharsets(d.Driver)...)
	}
}

func (k *checker) badge(path string, b *Badge, ports *claims) {
	if b == nil || k.Broken(path) {
		return
	}
	k.driver(path+".driver", b.Driver, badgeDrivers())
	k.port(path+".port", b.Port, false, ports)
	k.required(path+".allow_file", b.AllowFile, "the file that lists the badges")
}

func (k *checker) driver(path, name string, known drivers) {
	if text := known.problem(name); text != "" {
		code := errcode.ConfigValue
		if name == "" {
			code = errcode.ConfigMissing
		}
		k.ProblemOf(code, path, "%s", text)
	}
}

// port checks a device path, or tcp://host:port where the driver can use one. That
// the device is there is not asked: it may be plugged in later.
func (k *checker) port(path, got string, tcp bool, taken *claims) {
	want := "a device such as /dev/serial/by-id/…"
	if tcp {
		want += " or tcp://host:port"
	}
	if !k.required(path, got, want) {
		return
	}
	address, isTCP := strings.CutPrefix(got, "tcp://")
	switch {
	case isTCP && tcp && isHostPort(address):
	case !isTCP && filepath.IsAbs(got):
	default:
		k.Problem(path, "not a port, got %s, want %s", yamlfile.Quote(got), want)
		return
	}
	taken.take(got, path)
}

func isHostPort(address string) bool {
	host, port, err := net.SplitHostPort(address)
	n, perr := strconv.ParseUint(port, 10, 16)
	return err == nil && perr == nil && host != "" && n != 0
}
