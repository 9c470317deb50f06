package config

import (
	"fmt"
	"slices"

	"edged/internal/yamlfile"
)

// drivers lists the drivers of one kind of device: those in this build, and those
// of the design that this build has none of. The app's wiring has a test that
// the first list is what it can make.
type drivers struct {
	kind    string
	built   []string
	planned []string
}

func terminalDrivers() drivers {
	return drivers{kind: "card terminal", built: []string{"zvt"}, planned: []string{"mdb"}}
}

// genericProfile is a zvt terminal of which nothing else is known.
const genericProfile = "generic"

// TerminalProfiles are the families of zvt terminals that validation accepts (ZVT
// notes §15). No hold outlives the end of day of any but the first.
func TerminalProfiles() []string {
	return []string{genericProfile, "feig", "card-complete", "verifone", "ccv"}
}

func displayDrivers() drivers {
	return drivers{
		kind:    "display",
		built:   []string{"pole-escpos", "pole-cd5220"},
		planned: []string{"nextion", "dgus"},
	}
}

func badgeDrivers() drivers {
	return drivers{kind: "badge reader", planned: []string{"rdm6300", "wiegand", "osdp"}}
}

// TerminalDrivers are the card terminal drivers that validation accepts.
func TerminalDrivers() []string { return terminalDrivers().built }

// DisplayDrivers are the display drivers that validation accepts.
func DisplayDrivers() []string { return displayDrivers().built }

// DisplayCharsets are those that validation accepts with a display driver: the code
// pages that its command set can select (display notes, §1.5 and §1.8).
func DisplayCharsets(driver string) []string {
	if driver == "pole-cd5220" {
		return []string{"cp858", "cp1252", "ascii"}
	}
	return []string{"cp858", "cp1252", "cp850", "cp437", "ascii"}
}

// canChoose tells whether a customer can choose a door on this display: the pole
// displays only show (DESIGN §2, several doors on one lane).
func canChoose(d *Display) bool {
	return d != nil && (d.Driver == "nextion" || d.Driver == "dgus")
}

// problem is the text for an unusable driver name, or "".
func (d drivers) problem(name string) string {
	want := "want " + yamlfile.Either(d.built)
	if len(d.built) == 0 {
		want = "want no " + d.kind + " at all: leave the block out"
	}
	switch {
	case slices.Contains(d.built, name):
		return ""
	case name == "":
		return "missing, " + want
	case slices.Contains(d.planned, name):
		return fmt.Sprintf("driver not in this build, got %s, %s", yamlfile.Quote(name), want)
	}
	return fmt.Sprintf("unknown %s driver, got %s, %s", d.kind, yamlfile.Quote(name), want)
}

// unbuilt names what may be configured by contract but is not in this build, where
// going on without it would be dangerous: a relay that brings no callback, a
// password that guards no page.
func (k *checker) unbuilt() {
	if k.c.Callbacks.Relay {
		k.Problem("callbacks.relay", "not in this build, got true, want false and callbacks.listen")
	}
	if k.c.Metrics.WebConfigFile != "" {
		k.Problem("metrics.web_config_file", "not in this build, got %s, want none and metrics.listen on loopback", quoteFile(k.c.Metrics.WebConfigFile))
	}
}
