package demo

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The first lane and the account of the demonstration.
const (
	machineID  = "2412090001"
	door       = 1
	laneName   = "front"
	appID      = "P000000000000000"
	terminalID = "52500001"
)

// site is the directory of a demonstration: the daemon's configuration and
// secrets, its state, the simulators' ledgers, and the links to the serial lines. What
// is kept of it in site.json makes it the same site when it is opened again: an order
// belongs to the address of the SaaS it was opened at.
type site struct {
	SaaS      string `json:"saas"`      // where the SaaS simulator listens
	Callbacks string `json:"callbacks"` // where the daemon does
	Metrics   string `json:"metrics"`
	Key       string `json:"key"`
	Secret    string `json:"secret"`
	Lanes     int    `json:"lanes"`

	dir    string
	config string
	socket string
	lanes  []laneSite
}

// laneSite is one lane with a cabinet of its own.
type laneSite struct {
	name       string
	machineID  string
	terminalID string
	terminal   string // link to the card terminal's line
	display    string // link to the display's line
	ledger     string // of the terminal
}

// What the automatic run shortens: a customer of minutes must fit into seconds.
// Everything else is what the package ships.
const (
	openDeadline     = 3 * time.Second
	resolveWindow    = 4 * time.Second
	decisionDeadline = 6 * time.Second
	shortT2          = 400 * time.Millisecond
	shortT3          = 800 * time.Millisecond
	shortT4          = 3500 * time.Millisecond // longer than the terminal waits for a card
)

// shortened is the same as YAML; the run prints it first.
func shortened() []string {
	return []string{
		fmt.Sprintf("purchase: {open_deadline: %s, resolve_window: %s, decision_deadline: %s, door_remind: 2s, door_alarm: 5s}",
			openDeadline, resolveWindow, decisionDeadline),
		"queue: {drain_per_second: 50, retry_base: 50ms, retry_cap: 1s, reserve_bytes: 1MiB}",
	}
}

func shortTimers() string {
	return fmt.Sprintf("timers: {t2: %s, t3: %s, t4: %s}", shortT2, shortT3, shortT4)
}

// siteOptions of openSite.
type siteOptions struct {
	dir    string
	listen string // of the SaaS simulator; port 0 = a free one
	lanes  int
	short  bool // the timers of an automatic run
}

// openSite opens the site in a directory, or makes one there, and the listener of its
// SaaS simulator.
func openSite(o siteOptions) (*site, net.Listener, error) {
	s := &site{dir: o.dir, config: filepath.Join(o.dir, "edged.yaml"), socket: filepath.Join(o.dir, "edged.sock")}
	kept, err := os.ReadFile(s.keptPath())
	switch {
	case errors.Is(err, os.ErrNotExist):
		s.SaaS, s.Lanes, s.Key, s.Secret = o.listen, max(o.lanes, 1), randomHex(8), randomHex(16)
	case err != nil:
		return nil, nil, fmt.Errorf("demo: %w", err)
	default:
		if err := json.Unmarshal(kept, s); err != nil {
			return nil, nil, fmt.Errorf("demo: %s: %w", s.keptPath(), err)
		}
	}
	s.addLanes()
	ln, err := net.Listen("tcp", s.SaaS)
	if err != nil {
		return nil, nil, fmt.Errorf("demo: the SaaS simulator cannot listen: %w", err)
	}
	if kept == nil {
		if err := s.create(ln.Addr().String(), o.short); err != nil {
			return nil, nil, errors.Join(err, ln.Close())
		}
	}
	return s, ln, nil
}

func (s *site) keptPath() string { return filepath.Join(s.dir, "site.json") }

func (s *site) addLanes() {
	for i := range s.Lanes {
		l := laneSite{name: laneName, machineID: machineID, terminalID: terminalID}
		suffix := ""
		if i > 0 {
			suffix = fmt.Sprintf("-%d", i+1)
			l.name, l.machineID, l.terminalID = "lane"+suffix, fmt.Sprintf("24120900%02d", i+1), fmt.Sprintf("525000%02d", i+1)
		}
		l.terminal, l.display = filepath.Join(s.dir, "terminal"+suffix), filepath.Join(s.dir, "display"+suffix)
		l.ledger = filepath.Join(s.dir, "terminal"+suffix+".jsonl")
		s.lanes = append(s.lanes, l)
	}
}

// create writes a new site; the file it is known by comes last.
func (s *site) create(saas string, short bool) (err error) {
	s.SaaS = saas
	host, _, err := net.SplitHostPort(saas)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		host = "127.0.0.1" // only the SaaS simulator may be shown to others
	}
	if s.Callbacks, err = freeAddress(host); err != nil {
		return err
	}
	if s.Metrics, err = freeAddress(host); err != nil {
		return err
	}
	kept, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	for _, f := range []struct{ name, text string }{
		{"saas-key", s.Key},
		{"saas-secret", s.Secret},
		{"callback-key", randomHex(32)},
		{"edged.yaml", s.yaml(short)},
		{"site.json", string(kept)},
	} {
		if err := os.WriteFile(filepath.Join(s.dir, f.name), []byte(f.text+"\n"), 0o600); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

func (s *site) yaml(short bool) string {
	lines := []string{
		"# Written by edged demo; the daemon runs on it as on any other.",
		"gateway: demo",
		"site: demo",
		"state_dir: " + filepath.Join(s.dir, "state"),
		fmt.Sprintf("saas: {base_url: %q, app_id: %q}", "http://"+s.SaaS, appID),
		fmt.Sprintf("callbacks: {public_url: %q, listen: %q}", "http://"+s.Callbacks, s.Callbacks),
		"lanes:",
	}
	for _, l := range s.lanes {
		lines = append(lines,
			"  - name: "+l.name,
			fmt.Sprintf("    doors: [{machine_id: %q, door: %d, label: Drinks}]", l.machineID, door),
			fmt.Sprintf("    terminal: {driver: zvt, port: %s, capture: partial_reversal, reversal: by_receipt%s}", l.terminal, timers(short)),
			fmt.Sprintf("    display: {driver: pole-escpos, port: %s, language: en}", l.display))
	}
	lines = append(lines,
		fmt.Sprintf("metrics: {listen: %q}", s.Metrics),
		`console: {listen: ""}`,
		"admin_socket: "+s.socket,
		"log: {level: info, format: json}")
	if short {
		lines = append(lines, shortened()...)
	}
	return strings.Join(lines, "\n")
}

func timers(short bool) string {
	if !short {
		return ""
	}
	return ", " + shortTimers()
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// freeAddress is an address of a host of this machine at which nobody listens now.
func freeAddress(host string) (string, error) {
	ln, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
