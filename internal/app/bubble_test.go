package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/clock"
	"edged/internal/serialdev/port"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
)

// internet is a network of pipes: sockets would stop the time of a bubble.
type internet struct {
	down  atomic.Bool
	dials atomic.Int64

	mu     sync.Mutex
	places map[string]*pipes
}

var errNoRoute = errors.New("network is unreachable")

func (n *internet) listen(_, addr string) (net.Listener, error) {
	p := &pipes{addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.places[addr] = p
	return p, nil
}

func (n *internet) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	n.dials.Add(1)
	n.mu.Lock()
	p := n.places[addr]
	n.mu.Unlock()
	if n.down.Load() || p == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errNoRoute}
	}
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.closed:
	case <-ctx.Done():
	}
	return nil, errors.Join(net.ErrClosed, here.Close())
}

// pipes is a listener whose connections are pipes.
type pipes struct {
	addr   string
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return placeAddr(p.addr) }

type placeAddr string

func (placeAddr) Network() string  { return "pipe" }
func (a placeAddr) String() string { return string(a) }

// wakes counts how often the engine's loop looks at the clock: each of its turns does.
type wakes struct {
	clock.Clock
	n    atomic.Int64
	gate atomic.Pointer[chan struct{}] // whoever looks waits for its end; nil: nobody waits
}

func (w *wakes) Read() clock.Reading {
	w.n.Add(1)
	if gate := w.gate.Load(); gate != nil {
		<-*gate
	}
	return w.Clock.Read()
}

// bubble is a market in virtual time, with the whole daemon in it.
type bubble struct {
	*market
	net   *internet
	clock *wakes
	opens atomic.Int64 // of the terminal's port
}

// bubbleConfig is what the package ships, but for the reserve's size.
func bubbleConfig() []string { return []string{"queue: {reserve_bytes: 1MiB}"} }

// inBubble runs f with a daemon that is ready to sell.
func inBubble(t *testing.T, o marketOptions, f func(*bubble, *daemon)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{net: &internet{places: map[string]*pipes{}}}
		o.saasAddr, o.callbackAddr = "127.0.0.1:80", "127.0.0.1:8443"
		change := o.world
		o.world = func(w *world.Options) {
			w.SaaS.DetectAfter, w.SaaS.RepeatEvery = 2*time.Second, 10*time.Second
			w.SaaS.Client = &http.Client{Transport: &http.Transport{DialContext: b.net.dial}, Timeout: 10 * time.Second}
			if change != nil {
				change(w)
			}
		}
		if o.config == nil {
			o.config = bubbleConfig()
		}
		b.market = newMarket(t, o)
		b.clock = &wakes{Clock: clock.NewFake(time.Now())}
		b.options.Clock, b.options.OpenPort, b.options.DialContext, b.options.Listen = b.clock, b.open, b.net.dial, b.net.listen
		to := t.Output()
		if o.log != nil {
			to = io.MultiWriter(to, o.log)
		}
		b.options.Logger = slog.New(slog.NewTextHandler(to, nil))
		b.run()
		d := b.start()
		f(b, d)
		d.end()
		b.close()
	})
}

// run runs the simulators until close.
func (b *bubble) run() {
	b.t.Helper()
	ln, err := b.net.listen("tcp", "127.0.0.1:80")
	if err != nil {
		b.t.Fatal(err)
	}
	srv := &http.Server{Handler: b.world.SaaS}
	b.parts.Go(func() {
		if err := b.world.Run(b.ctx); err != nil {
			b.t.Errorf("world: %v", err)
		}
	})
	b.parts.Go(func() { _ = srv.Serve(b.world.SaaS.Listen(ln)) })
	b.parts.Go(func() {
		<-b.ctx.Done()
		_ = srv.Close() // nobody waits for an answer any more
	})
}

// open plugs a pipe between a driver and its device.
func (b *bubble) open(ctx context.Context, s port.Settings) (port.Line, error) {
	device := filepath.Ext(s.Path)
	lane := b.world.Lanes[strings.TrimSuffix(filepath.Base(s.Path), device)]
	here, there := net.Pipe()
	if device == ".display" {
		b.parts.Go(func() { _ = lane.Display.Serve(b.ctx, there) })
		return here, nil
	}
	b.opens.Add(1)
	now, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if err := lane.Terminal.Plugged(now); err != nil {
		return nil, fmt.Errorf("open %s: no such device", s.Path)
	}
	b.parts.Go(func() { _ = lane.Terminal.Attach(b.ctx, there, readersim.Serial) })
	return here, nil
}

// cut takes the network away in both directions.
func (b *bubble) cut(off bool) {
	b.net.down.Store(off)
	b.world.SaaS.Cut(off)
}

// traffic is what the daemon did in a time.
type traffic struct {
	wakes, dials, opens, syncs, written, wire int64
	calls                                     map[string]int64
}

func (b *bubble) traffic(d *daemon) traffic {
	b.t.Helper()
	st, err := d.store.Stats(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	n := traffic{
		wakes: b.clock.n.Load(), dials: b.net.dials.Load(), opens: b.opens.Load(), syncs: st.Syncs, written: st.WrittenBytes,
		calls: map[string]int64{},
	}
	for _, e := range b.terminal().Ledger().Events {
		if e.Kind == readersim.Wire {
			n.wire++
		}
	}
	for _, e := range b.world.SaaS.Ledger().Events {
		if e.Kind == saassim.RequestSeen {
			n.calls[e.Call]++
		}
	}
	return n
}

// during counts what the daemon does while f runs.
func (b *bubble) during(d *daemon, what string, f func()) traffic {
	b.t.Helper()
	before := b.traffic(d)
	f()
	synctest.Wait()
	n := b.traffic(d)
	n.wakes, n.dials, n.opens = n.wakes-before.wakes, n.dials-before.dials, n.opens-before.opens
	n.syncs, n.written, n.wire = n.syncs-before.syncs, n.written-before.written, n.wire-before.wire
	for call := range n.calls {
		n.calls[call] -= before.calls[call]
	}
	b.t.Logf("%s: %d looks at the clock, %d dials, %d opens of the port, %d messages on its wire, %d syncs, %d bytes written, calls %v",
		what, n.wakes, n.dials, n.opens, n.wire, n.syncs, n.written, n.calls)
	return n
}

// awaitSelling waits until the lane waits for a card.
func (b *bubble) awaitSelling(d *daemon, within time.Duration) time.Duration {
	b.t.Helper()
	began := time.Now()
	for !d.Lanes()[0].Armed {
		if time.Since(began) > within {
			b.t.Fatalf("the lane does not sell within %v: %+v", within, d.Lanes())
		}
		time.Sleep(100 * time.Millisecond)
	}
	return time.Since(began)
}

func TestTheWholeDaemonSellsInVirtualTime(t *testing.T) {
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		for i := range 3 {
			v := b.mustServe(visit(fmt.Sprint(i)), 5*time.Minute)
			if o := outcome(t, b.audit(d, 0), v.OrderIDs[0]); o.Outcome != "paid" || o.CapturedMinor != 2*colaMinor {
				t.Errorf("order %+v, want paid %d", o, 2*colaMinor)
			}
		}
	})
}

// TestM12_AnHourWithoutTheSaaS cuts the network as a customer's goods are recognised: the
// money is taken all the same, the report waits, no card is taken meanwhile, and all
// of it comes back by itself.
func TestM12_AnHourWithoutTheSaaS(t *testing.T) {
	var cut func()
	o := marketOptions{world: func(w *world.Options) {
		w.SaaS.OnPoint = func(point string) {
			if point == "callback OrderDetected posted" && cut != nil {
				cut()
			}
		}
	}}
	inBubble(t, o, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		cut = func() { cut = nil; b.cut(true) }
		ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
		defer cancel()
		v, err := b.world.Serve(ctx, visit("cut off"))
		if err != nil {
			t.Fatal(err)
		}
		n := b.during(d, "an hour without the SaaS", func() { time.Sleep(time.Hour) })
		if d.Lanes()[0].Armed {
			t.Error("the lane takes cards while no door can be opened")
		}
		o := outcome(t, b.orders(d), v.OrderIDs[0])
		if o.Outcome != "paid" || len(o.Reports) != 1 || o.Reports[0].State == "acked" {
			t.Errorf("order %+v, want paid with a report that waits", o)
		}
		if n.dials > 1000 { // a handshake every 5 s, a question about the cabinet every minute, the report's retries
			t.Errorf("%d dials in an hour without a network, want about one every 5 s", n.dials)
		}
		if n.wakes > 6000 || n.written > 256<<10 {
			t.Errorf("%d looks at the clock and %d bytes written in an hour without a network", n.wakes, n.written)
		}
		b.cut(false)
		if took := b.awaitSelling(d, time.Minute); took > 30*time.Second {
			t.Errorf("the lane sells again %v after the network came back", took)
		}
		b.mustServe(visit("after"), 10*time.Minute)
		if err := b.world.Settled(b.ctx, v); err != nil {
			t.Error(err)
		}
		b.audit(d, 0)
	})
}

// TestADayWithoutCustomers: nothing to sell is nothing to write, but for the end of
// day. Budgets: no turn of the loop more often than its timers ask for.
func TestADayWithoutCustomers(t *testing.T) {
	t.Parallel()
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		n := b.during(d, "a day without customers", func() { time.Sleep(24 * time.Hour) })
		if n.written > 64<<10 || n.syncs > 40 {
			t.Errorf("%d bytes written with %d syncs, want next to none", n.written, n.syncs)
		}
		if n.calls["PayConfig"] < 18 || n.calls["PayConfig"] > 40 {
			t.Errorf("the pay config was asked for %d times, want once an hour", n.calls["PayConfig"])
		}
		if n.dials > 4000 { // a handshake every 30 s
			t.Errorf("%d dials, want one every 30 s", n.dials)
		}
		if n.wakes > 90_000 { // three a turn, a turn every 10 s and for each thing the terminal says
			t.Errorf("%d looks at the clock, want about one in 2 s", n.wakes)
		}
		if ends := b.endsOfDay(); ends != 1 {
			t.Errorf("%d ends of day, want 1", ends)
		}
		b.mustServe(visit("next morning"), 10*time.Minute)
		b.audit(d, 0)
	})
}

// endsOfDay counts how often the terminal was told to end its day.
func (b *bubble) endsOfDay() (n int) {
	for _, e := range b.terminal().Ledger().Events {
		if e.Kind == readersim.Wire && e.Dir == "rx" && e.Command == "06 50" {
			n++
		}
	}
	return n
}

// TestANightWithoutTheTerminal pulls its cable with a hold open, whose capture comes
// when it is back.
func TestANightWithoutTheTerminal(t *testing.T) {
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		sc := visit("cable pulled")
		sc.Happens = []world.Happening{{At: world.AtOpened, What: world.TerminalUnplug, For: 8 * time.Hour}}
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Minute)
		defer cancel()
		v, err := b.world.Serve(ctx, sc)
		if err != nil {
			t.Fatal(err)
		}
		n := b.during(d, "a night without the terminal", func() { time.Sleep(8*time.Hour - time.Minute) })
		if n.opens > 6000 { // every 5 s
			t.Errorf("the port was opened %d times, want every 5 s at most", n.opens)
		}
		if n.written > 256<<10 {
			t.Errorf("%d bytes written while the terminal is away", n.written)
		}
		if o := outcome(t, b.orders(d), v.OrderIDs[0]); o.HoldState != "open" {
			t.Errorf("order %+v, want its hold open", o)
		}
		time.Sleep(10 * time.Minute)
		if err := b.world.Settled(ctx, v); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		b.mustServe(visit("next morning"), 10*time.Minute)
		if o := outcome(t, b.audit(d, 0), v.OrderIDs[0]); o.Outcome != "paid" {
			t.Errorf("order %+v, want paid", o)
		}
	})
}

// TestADecisionThatNeverComes: recognition leaves it to a merchant who never settles.
func TestADecisionThatNeverComes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		terminal string
		within   [2]time.Duration // of the release, from the purchase
	}{
		"is waited for until its deadline":               {", end_of_day: \"\"", [2]time.Duration{20 * time.Hour, 20*time.Hour + 10*time.Minute}},
		"is not waited for longer than to the day's end": {", end_of_day: \"03:30\"", [2]time.Duration{time.Hour, 4 * time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, marketOptions{terminal: c.terminal}, func(b *bubble, d *daemon) { b.undecided(d, c.within) })
		})
	}
}

func (b *bubble) undecided(d *daemon, within [2]time.Duration) {
	b.t.Helper()
	sc := visit("undecided")
	sc.Kind = "recognition is left to a merchant who never settles"
	sc.SaaS.Detect = &saassim.Decision{Mode: 2, Msg: "camera blocked"}
	sc.Expect = world.Expect{Outcomes: []world.Outcome{world.Unpaid}, Because: "nobody decided"}
	ctx, cancel := context.WithTimeout(b.ctx, 48*time.Hour)
	defer cancel()
	v, err := b.world.Serve(ctx, sc)
	if err != nil {
		b.t.Fatal(err)
	}
	began := time.Now()
	if err := b.world.Settled(ctx, v); err != nil {
		b.t.Fatal(err)
	}
	if took := time.Since(began); took < within[0] || took > within[1] {
		b.t.Errorf("the hold was given back after %v, want between %v and %v", took, within[0], within[1])
	}
	if o := outcome(b.t, b.audit(d, 0), v.OrderIDs[0]); o.Outcome != "unpaid" || o.HoldState != "released" {
		b.t.Errorf("order %+v, want unpaid with its hold released", o)
	}
	b.mustServe(visit("after"), 10*time.Minute)
	b.audit(d, 0)
}
