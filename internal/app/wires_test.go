package app

import (
	"context"
	"net"
	"net/http"
	"os"
	"testing"

	"edged/internal/sim/ptyline"
	"edged/internal/sim/readersim"
	"edged/internal/sim/world"
)

// onRealWires makes a market whose devices hang on ptys and whose SaaS and callbacks
// go through sockets. Its simulators run; the daemon does not yet. attach is the
// terminal's end of a lane's line; nil is the terminal itself.
func onRealWires(t testing.TB, o marketOptions, attach func(lane *world.Lane) func(context.Context, *os.File) error) *market {
	t.Helper()
	saas, callbacks := listenLocal(t), listenLocal(t)
	o.saasAddr, o.callbackAddr = saas.Addr().String(), callbacks.Addr().String()
	m := newMarket(t, o)
	callbacks.Close() // the daemon opens it
	t.Cleanup(m.close)
	srv := &http.Server{Handler: m.world.SaaS}
	run := func(part func() error) {
		m.parts.Go(func() {
			if err := part(); err != nil && m.ctx.Err() == nil {
				t.Errorf("simulator: %v", err)
			}
		})
	}
	run(func() error { return m.world.Run(m.ctx) })
	run(func() error { return srv.Serve(m.world.SaaS.Listen(saas)) })
	m.parts.Go(func() {
		<-m.ctx.Done()
		_ = srv.Close()
	})
	for name, lane := range m.world.Lanes {
		end := func(ctx context.Context, master *os.File) error {
			return lane.Terminal.Attach(ctx, master, readersim.Serial)
		}
		if attach != nil {
			end = attach(lane)
		}
		line := ptyline.Options{Link: m.link(name, "terminal"), Plugged: lane.Terminal.Plugged}
		run(func() error { return ptyline.Serve(m.ctx, line, end) })
		run(func() error { return lane.Display.ServePty(m.ctx, m.link(name, "display")) })
	}
	return m
}

// quick is a market whose timers are as short as the automatic demo's.
func quick() marketOptions {
	return marketOptions{
		config: shortConfig(), terminal: ", " + shortTimers,
		world: func(o *world.Options) {
			for i := range o.Lanes {
				o.Lanes[i].Terminal.Timing = shortTiming()
			}
		},
	}
}

func listenLocal(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}
