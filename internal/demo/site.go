package demo

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The cabinet, lane and account of the demonstration.
const (
	machineID  = "2412090001"
	door       = 1
	laneName   = "front"
	appID      = "P000000000000000"
	terminalID = "52500001"
)

// site is the directory of a demonstration: the daemon's configuration and
// secrets, its state, the simulators' ledgers, and the links to the serial lines.
type site struct {
	dir      string
	config   string
	socket   string
	terminal string // link to the card terminal's line
	display  string // link to the display's line
	key      string
	secret   string
	metrics  string // address of /metrics
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

// newSite makes the directory. saasURL is where the SaaS simulator listens.
func newSite(dir, saasURL string, short bool) (*site, error) {
	s := &site{
		dir: dir, config: filepath.Join(dir, "edged.yaml"), socket: filepath.Join(dir, "edged.sock"),
		terminal: filepath.Join(dir, "terminal"), display: filepath.Join(dir, "display"),
		key: randomHex(8), secret: randomHex(16),
	}
	callbacks, err := freeAddress()
	if err != nil {
		return nil, err
	}
	if s.metrics, err = freeAddress(); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{
		"saas-key": s.key, "saas-secret": s.secret, "callback-key": randomHex(32),
		"edged.yaml": s.yaml(saasURL, callbacks, short),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
	}
	return s, nil
}

func (s *site) yaml(saasURL, callbacks string, short bool) string {
	lines := []string{
		"# Written by edged demo; the daemon runs on it as on any other.",
		"gateway: demo",
		"site: demo",
		"state_dir: " + filepath.Join(s.dir, "state"),
		fmt.Sprintf("saas: {base_url: %q, app_id: %q}", saasURL, appID),
		fmt.Sprintf("callbacks: {public_url: %q, listen: %q}", "http://"+callbacks, callbacks),
		"lanes:",
		"  - name: " + laneName,
		fmt.Sprintf("    doors: [{machine_id: %q, door: %d, label: Drinks}]", machineID, door),
		fmt.Sprintf("    terminal: {driver: zvt, port: %s, capture: partial_reversal, reversal: by_receipt%s}", s.terminal, timers(short)),
		fmt.Sprintf("    display: {driver: pole-escpos, port: %s, language: en}", s.display),
		fmt.Sprintf("metrics: {listen: %q}", s.metrics),
		`console: {listen: ""}`,
		"admin_socket: " + s.socket,
		"log: {level: info, format: json}",
	}
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

// freeAddress is a loopback address nobody listens on now.
func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
