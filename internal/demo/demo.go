package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"edged/internal/sim/displaysim"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
)

// Options of Run.
type Options struct {
	Exe    string // the daemon: this program
	Dir    string // where everything is kept; "" = a new directory that goes with a clean run
	Listen string // of the SaaS simulator; "" = a free loopback port
	Auto   int    // customers to serve without keys; 0 = keys
	Faults bool   // customers to whom things happen
	Kill   bool   // the daemon is killed at named points
	Seed   uint64
	In     *os.File // keys
	Out    io.Writer
}

// ErrUnclean is returned when the auditor found something, or could not look.
var ErrUnclean = errors.New("the audit is not clean")

// demo is one demonstration under way.
type demo struct {
	o      Options
	gear   gear
	site   *site
	world  *world.World
	child  *child
	killer *killer
	stop   context.CancelFunc
	parts  sync.WaitGroup
}

// gear is what a demonstration is made of beside its options.
type gear struct {
	lanes int
	short bool                                 // the timers of an automatic run
	point func(d *demo, lane int, name string) // told of every named point of the wire; lane -1: the SaaS
	dial  func(net.Conn) net.Conn              // wraps what the SaaS simulator dials
	wire  func(net.Listener) net.Listener      // wraps what it listens on
}

// Run demonstrates until its customers are served or its user has had enough. It
// blocks. Errors: ErrUnclean with what was found; what kept it from starting.
func Run(ctx context.Context, o Options) (err error) {
	d, err := prepare(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close(err == nil)) }()
	if err := d.child.Start(); err != nil {
		return err
	}
	if o.Auto > 0 {
		return d.auto(ctx)
	}
	return d.keys(ctx)
}

// makeDir gives the directory to work in by its whole path, which the daemon's
// configuration wants; a new temporary one without a name.
func makeDir(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "edged-demo-")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o700) // keys and ledgers are in it
}

// prepare builds the site and starts the simulators.
func prepare(ctx context.Context, o Options) (*demo, error) {
	g := gear{lanes: 1, short: o.Auto > 0}
	if o.Kill {
		g.point = func(d *demo, _ int, name string) { d.point(name) }
	}
	return open(ctx, o, g)
}

// open is prepare with another gear.
func open(ctx context.Context, o Options, g gear) (*demo, error) {
	var err error
	if o.Dir, err = makeDir(o.Dir); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	d := &demo{o: o, gear: g}
	var ln net.Listener
	if d.site, ln, err = openSite(siteOptions{dir: o.Dir, listen: cmp.Or(o.Listen, "127.0.0.1:0"), lanes: g.lanes, short: g.short}); err != nil {
		return nil, err
	}
	if d.child, err = newChild(o.Exe, o.Dir, d.site.config, d.site.socket); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	d.killer = newKiller(o.Seed, d.child.Kill, d.child.Restart)
	if err := d.build(); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	if g.wire != nil {
		ln = g.wire(ln)
	}
	runCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	d.serve(runCtx, ln)
	return d, nil
}

// build makes the world and everything in it. Its ledgers are in the directory, so
// that an auditor can look at them from outside.
func (d *demo) build() (err error) {
	o := world.Options{
		LedgerPath: filepath.Join(d.o.Dir, "world.jsonl"),
		SaaS: saassim.Options{
			AppID: appID, Key: d.site.Key, Secret: d.site.Secret,
			LedgerPath: filepath.Join(d.o.Dir, "saas.jsonl"), RepeatEvery: 200 * time.Millisecond,
			DetectAfter: d.pick(100*time.Millisecond, 2*time.Second),
			OnPoint:     func(name string) { d.passed(-1, "saas: "+name) },
			Client:      d.client(),
		},
		OpenAfter: d.pick(30*time.Millisecond, 700*time.Millisecond),
		Alone:     d.pick(150*time.Millisecond, time.Hour), // by hand the door is closed by a key
	}
	for i, l := range d.site.lanes {
		var terminal terminalPoint
		o.SaaS.Machines = append(o.SaaS.Machines, cabinet(l.machineID))
		o.Lanes = append(o.Lanes, world.LaneOptions{
			Name: l.name, Doors: []world.DoorRef{{MachineID: l.machineID, Door: door}},
			Terminal: readersim.Options{
				TerminalID: l.terminalID, LedgerPath: l.ledger, Timing: d.timing(),
				OnPoint: func(name string) { d.passed(i, terminal.Name(name)) },
			},
			Display: displaysim.Options{},
		})
	}
	d.world, err = world.New(o)
	return err
}

// client posts the callbacks of the SaaS simulator; nil is its own.
func (d *demo) client() *http.Client {
	if d.gear.dial == nil {
		return nil
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return d.gear.dial(c), nil
	}
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: dial, IdleConnTimeout: 10 * time.Second}}
}

func (d *demo) passed(lane int, name string) {
	if d.gear.point != nil {
		d.gear.point(d, lane, name)
	}
}

// pick is a time for the automatic run, or the one a person can follow.
func (d *demo) pick(auto, byHand time.Duration) time.Duration {
	if d.gear.short {
		return auto
	}
	return byHand
}

// timing of the terminal; the automatic run has the daemon's shortened timers.
func (d *demo) timing() readersim.Timing {
	if d.gear.short {
		return readersim.Timing{
			T1: 200 * time.Millisecond, T2: shortT2, T3: shortT3,
			Host: 30 * time.Millisecond, Boot: 200 * time.Millisecond, Ask: 100 * time.Millisecond, CardWait: shortT4 - time.Second,
		}
	}
	return readersim.Timing{Host: time.Second}
}

// point kills the daemon, if the killer wants to, and writes it down.
func (d *demo) point(name string) {
	before := d.killer.Total()
	d.killer.Point(name)
	if d.killer.Total() != before {
		d.world.Record(world.KillDone, name)
	}
}

// serve runs the simulators until close.
func (d *demo) serve(ctx context.Context, ln net.Listener) {
	srv := &http.Server{Handler: d.world.SaaS, ReadHeaderTimeout: 10 * time.Second}
	d.parts.Go(func() { d.failed(d.world.Run(ctx)) })
	for _, l := range d.site.lanes {
		lane := d.world.Lanes[l.name]
		d.parts.Go(func() { d.failed(lane.Terminal.ServePty(ctx, l.terminal)) })
		d.parts.Go(func() { d.failed(lane.Display.ServePty(ctx, l.display)) })
	}
	d.parts.Go(func() {
		if err := srv.Serve(d.world.SaaS.Listen(ln)); !errors.Is(err, http.ErrServerClosed) {
			d.failed(err)
		}
	})
	d.parts.Go(func() {
		<-ctx.Done()
		_ = srv.Close() // nobody waits for an answer any more
	})
}

// failed takes the error of a simulator: the demonstration cannot go on with it.
func (d *demo) failed(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		d.child.fail(fmt.Errorf("simulator: %w", err))
	}
}

// end stops the daemon first, then the simulators.
func (d *demo) end() error {
	err := d.child.Stop(20 * time.Second)
	d.stop()
	d.parts.Wait()
	return err
}

// close is end; a clean run leaves nothing.
func (d *demo) close(clean bool) error {
	err := d.end()
	if err != nil || !clean {
		fmt.Fprintf(d.o.Out, "logs, ledgers and the store are kept in %s\n", d.o.Dir)
		return err
	}
	return os.RemoveAll(d.o.Dir)
}

// cabinet is what is for sale.
func cabinet(machineID string) saassim.Machine {
	return saassim.Machine{
		ID: machineID, Name: "Lobby", Signal: 4, Temperature: "5", RunningState: 1, PreAuthorLimit: "50", Currency: "EUR",
		Goods: []saassim.Goods{
			{ID: "101", Name: "Cola 0.33l", PriceMinor: 250, Door: door},
			{ID: "102", Name: "Mineral water", PriceMinor: 180, Door: door},
			{ID: "103", Name: "Sandwich", PriceMinor: 490, Door: door},
			{ID: "104", Name: "Nuts 500g", PriceMinor: 699, Door: door},
			{ID: "105", Name: "Chocolate", PriceMinor: 120, Door: door},
		},
	}
}
