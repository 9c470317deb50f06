package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"edged/internal/config"
	"edged/internal/demo/audit"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
	"edged/internal/testutil"
)

// The cabinet of the market and the first lane before it.
const (
	marketMachine = "2412090001"
	marketLane    = "front"
	colaMinor     = 250
)

// laneName is the lane at door i+1.
func laneName(i int) string {
	if i == 0 {
		return marketLane
	}
	return fmt.Sprintf("lane-%d", i+1)
}

// market is a gateway's surroundings: a cabinet with its SaaS, a card terminal, a
// display and customers. How they are wired to the daemon is up to who makes it:
// net.Pipe in a bubble, ptys and sockets outside.
type market struct {
	t       testing.TB
	dir     string
	world   *world.World
	options Options // with which the daemon starts

	ctx   context.Context // of the simulators
	stop  context.CancelFunc
	parts sync.WaitGroup
}

// marketOptions are what the tests want different.
type marketOptions struct {
	saasAddr, callbackAddr string
	metrics                string    // address of /metrics; "" is none
	log                    io.Writer // gets the daemon's log too
	certificate            bool      // of the callbacks listener; the SaaS does not trust it
	push                   string    // where metrics are pushed to; "" is nowhere
	lanes                  int       // each with a door of its own; 1
	dir                    string    // on the disk to use; the temporary directory
	config                 []string  // further lines of edged.yaml
	terminal               string    // further keys of the terminal
	world                  func(*world.Options)
}

// shortConfig are windows for tests in real time, as the automatic demo has them.
func shortConfig() []string {
	return []string{
		"purchase: {open_deadline: 3s, resolve_window: 4s, decision_deadline: 8s, door_remind: 2s, door_alarm: 5s}",
		"queue: {drain_per_second: 50, retry_base: 50ms, retry_cap: 1s, reserve_bytes: 1MiB}",
	}
}

const shortTimers = "timers: {t2: 400ms, t3: 800ms, t4: 5s}"

// shortTiming is the terminal's side of shortTimers.
func shortTiming() readersim.Timing {
	return readersim.Timing{
		T1: 200 * time.Millisecond, T2: 400 * time.Millisecond, T3: 800 * time.Millisecond,
		Host: 10 * time.Millisecond, Boot: 50 * time.Millisecond, Ask: 100 * time.Millisecond, CardWait: 4 * time.Second,
	}
}

// newMarket makes the simulators and the daemon's configuration; nothing runs yet.
func newMarket(t testing.TB, o marketOptions) *market {
	t.Helper()
	m := &market{t: t, dir: place(t, o.dir)}
	o.lanes = max(o.lanes, 1)
	m.ctx, m.stop = context.WithCancel(context.WithoutCancel(t.Context()))
	wo := world.Options{
		SaaS: saassim.Options{
			AppID: "P000000000000000", Key: "k", Secret: "s", DetectAfter: 20 * time.Millisecond, RepeatEvery: 200 * time.Millisecond,
			Machines: []saassim.Machine{{
				ID: marketMachine, PreAuthorLimit: "50", Currency: "EUR",
				Goods: []saassim.Goods{{ID: "101", Name: "Cola", PriceMinor: colaMinor, Door: 1}},
			}},
		},
		OpenAfter: 10 * time.Millisecond, Alone: 100 * time.Millisecond,
	}
	for i := range o.lanes {
		wo.Lanes = append(wo.Lanes, world.LaneOptions{Name: laneName(i), Doors: []world.DoorRef{{MachineID: marketMachine, Door: i + 1}}})
	}
	if o.world != nil {
		o.world(&wo)
	}
	var err error
	if m.world, err = world.New(wo); err != nil {
		t.Fatal(err)
	}
	m.configure(o)
	return m
}

// place is a directory that goes with the test.
func place(t testing.TB, under string) string {
	t.Helper()
	if under == "" {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(under, "market")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// configure writes and reads the daemon's files.
func (m *market) configure(o marketOptions) {
	m.t.Helper()
	lines := []string{
		"gateway: gw-test",
		"site: lab",
		"state_dir: " + filepath.Join(m.dir, "state"),
		fmt.Sprintf("saas: {base_url: %q, app_id: P000000000000000, requests_per_second: 100}", "http://"+o.saasAddr),
		fmt.Sprintf("callbacks: {public_url: %q, listen: %q}", "http://"+o.callbackAddr, o.callbackAddr),
		fmt.Sprintf("metrics: {listen: %q, remote_write: {url: %q, bearer_token_file: push-token}}", o.metrics, o.push),
		`console: {listen: ""}`,
		"admin_socket: " + filepath.Join(m.dir, "edged.sock"),
		"lanes:",
	}
	for i := range o.lanes {
		name := laneName(i)
		lines = append(lines,
			"  - name: "+name,
			fmt.Sprintf("    doors: [{machine_id: %q, door: %d, label: Drinks}]", marketMachine, i+1),
			fmt.Sprintf("    terminal: {driver: zvt, port: %s, capture: partial_reversal%s}", m.link(name, "terminal"), o.terminal),
			fmt.Sprintf("    display: {driver: pole-escpos, port: %s, language: en}", m.link(name, "display")))
	}
	files := map[string]string{
		"saas-key": "k", "saas-secret": "s", "callback-key": strings.Repeat("ab", 32), "push-token": pushToken,
	}
	if o.certificate {
		files["tls.crt"], files["tls.key"] = selfSigned(m.t)
		lines[4] = fmt.Sprintf("callbacks: {public_url: %q, listen: %q, tls_cert_file: tls.crt, tls_key_file: tls.key}", "http://"+o.callbackAddr, o.callbackAddr)
	}
	files["edged.yaml"] = strings.Join(append(lines, o.config...), "\n")
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text+"\n"), 0o600); err != nil {
			m.t.Fatal(err)
		}
	}
	conf, problems := config.Load(filepath.Join(m.dir, "edged.yaml"))
	for _, p := range problems {
		m.t.Error(p)
	}
	if conf == nil {
		m.t.FailNow()
	}
	secrets, problems := config.LoadSecrets(conf)
	for _, p := range problems {
		m.t.Error(p)
	}
	m.options = Options{Config: conf, Secrets: secrets}
}

// link is where the line of a lane's device is found.
func (m *market) link(lane, device string) string { return filepath.Join(m.dir, lane+"."+device) }

func (m *market) terminal() *readersim.Terminal { return m.world.Lanes[marketLane].Terminal }

// daemon is one life of the daemon.
type daemon struct {
	*App
	t    testing.TB
	stop context.CancelFunc
	done chan error
}

// start starts the daemon.
func (m *market) start() *daemon {
	m.t.Helper()
	ctx, stop := context.WithCancel(m.ctx)
	a, err := New(ctx, m.options)
	if err != nil {
		m.t.Fatal(err)
	}
	d := &daemon{App: a, t: m.t, stop: stop, done: make(chan error, 1)}
	go func() { d.done <- a.Run(ctx) }()
	return d
}

// end stops the daemon in order and returns when it is gone.
func (d *daemon) end() {
	d.t.Helper()
	d.stop()
	if err := testutil.Await(d.t, d.done, "the end of the daemon"); err != nil {
		d.t.Errorf("the daemon ended with %v", err)
	}
}

// close ends the simulators; the daemon has ended before.
func (m *market) close() {
	m.stop()
	m.parts.Wait()
}

// visit is one customer who takes two bottles for 5.00.
func visit(id string) world.Scenario {
	return world.Scenario{
		ID: id, Kind: "goods are taken and paid", Lane: marketLane,
		Shop:   world.Shopping{Take: []world.Pick{{Goods: "101", Count: "2"}}, OpenFor: 20 * time.Millisecond},
		Expect: world.Expect{Outcomes: []world.Outcome{world.Paid}, CaptureMinor: 2 * colaMinor},
	}
}

// serve lets a customer shop and waits until the money has come to rest; patience 0
// is a minute.
func (m *market) serve(sc world.Scenario, patience time.Duration) (world.Visit, error) {
	ctx, cancel := context.WithTimeout(m.ctx, cmp.Or(patience, time.Minute))
	defer cancel()
	v, err := m.world.Serve(ctx, sc)
	if err != nil {
		return v, fmt.Errorf("customer %s was not served: %w", sc.ID, err)
	}
	if err := m.world.Settled(ctx, v); err != nil {
		return v, fmt.Errorf("customer %s was served: %w", sc.ID, err)
	}
	return v, nil
}

// mustServe is serve for a customer who has to get what he pays for.
func (m *market) mustServe(sc world.Scenario, patience time.Duration) world.Visit {
	m.t.Helper()
	v, err := m.serve(sc, patience)
	if err != nil {
		m.t.Fatal(err)
	}
	if v.Tap == nil || !v.Tap.Approved || len(v.OrderIDs) != 1 {
		m.t.Fatalf("customer %s: %+v, want a door that opened after a tap", sc.ID, v)
	}
	return v
}

// orders are the daemon's, as `edged order ls --all --json` prints them.
func (m *market) orders(d *daemon) []audit.Order {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.ctx, time.Minute)
	defer cancel()
	list, err := (&adminView{a: d.App}).Orders(ctx, 1_000_000, true)
	if err != nil {
		m.t.Fatal(err)
	}
	b, err := json.Marshal(list)
	if err != nil {
		m.t.Fatal(err)
	}
	var out []audit.Order
	if err := json.Unmarshal(b, &out); err != nil {
		m.t.Fatal(err)
	}
	return out
}

// audit lets the auditor look at all books. The daemon's last commit may come a
// moment after the simulators have come to rest, so it is given a few looks.
func (m *market) audit(d *daemon, openDeadline time.Duration) []audit.Order {
	m.t.Helper()
	for try := 1; ; try++ {
		orders := m.orders(d)
		terminals := map[string]*readersim.Ledger{}
		for name, l := range m.world.Lanes {
			terminals[name] = l.Terminal.Ledger()
		}
		findings := audit.Check(audit.Books{
			World: m.world.Ledger(), SaaS: m.world.SaaS.Ledger(), Orders: orders, Terminals: terminals, OpenDeadline: openDeadline,
		})
		if len(findings) == 0 || try == 20 {
			for _, f := range findings {
				m.t.Errorf("audit: %s", f)
			}
			return orders
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// outcome is how the order ended.
func outcome(t testing.TB, orders []audit.Order, id string) audit.Order {
	t.Helper()
	for _, o := range orders {
		if o.OrderID == id {
			return o
		}
	}
	t.Fatalf("no order %s among %d", id, len(orders))
	return audit.Order{}
}
