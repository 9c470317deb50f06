// Package app is the only wiring of the daemon: it makes the rooms from the
// configuration, gives each what it needs, and runs them in order.
//
// It holds no policy and parses nothing. New opens the store and takes over what
// it holds; Run works until its context ends and returns when everything that was
// started has stopped and the store is closed.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/callback"
	"edged/internal/clock"
	"edged/internal/config"
	"edged/internal/engine"
	"edged/internal/machines"
	"edged/internal/queue"
	"edged/internal/reach"
	"edged/internal/saas"
	"edged/internal/saas/wire"
	"edged/internal/sender"
	"edged/internal/serialdev/port"
	"edged/internal/supervise"
)

// payConfigName is the file that keeps what the SaaS wants held.
const payConfigName = "pay-config.json"

// Options of New. Config and Secrets are required; what is nil has the real thing
// of this machine, and exists so that a test can hold the whole daemon in a bubble.
type Options struct {
	Config  *config.Config
	Secrets *config.Secrets
	// Fallback: Config is the last valid one, because the file is invalid now. The
	// daemon settles and reports on it and sells nothing.
	Fallback bool

	Logger    *slog.Logger
	Level     *slog.LevelVar // of Logger, for a reload; nil: it cannot be changed
	BuildDate time.Time      // TLS certificates are never judged by an earlier time (M10)

	Clock       clock.Clock
	OpenPort    func(context.Context, port.Settings) (port.Line, error)
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	Listen      func(network, addr string) (net.Listener, error) // the local API's socket too
	// RecordDir is where the trace of each line is written; "" is nowhere.
	RecordDir  string
	StoreVFS   string // of the store, for power-fail tests; needs StoreAlone
	StoreAlone bool
}

// App is the daemon.
type App struct {
	o   Options
	log *slog.Logger
	reg *prometheus.Registry

	store    *queue.Store
	client   *saas.Client
	engine   *engine.Engine
	sender   *sender.Sender
	reach    *reach.Watch
	health   saasHealth
	lines    deviceWhy
	machines *machines.Watch
	lanes    []builtLane
	screens  screens
	traces   traces
	ring     *callback.Ring
	watchdog *supervise.Watchdog
	systemd  supervise.Systemd
	live     live
	told     told
	fleet    fleet
}

// New makes the daemon and opens its store. It blocks for the disk. After an
// error nothing is left open.
func New(ctx context.Context, o Options) (*App, error) {
	a := &App{o: o.withDefaults(), reg: prometheus.NewRegistry()}
	a.log = a.o.Logger
	a.live.conf.Store(a.o.Config)
	a.told.wake = make(chan struct{}, 1)
	a.traces.open, a.traces.openings = a.o.OpenPort, &openings{log: a.log}
	a.registerMetrics()
	for _, step := range []func(context.Context) error{
		a.openStore, a.makeClient, a.makeLanes, a.makeFleet, a.makeEngine, a.makeSender, a.makeWatches,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	return a, nil
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OpenPort == nil {
		o.OpenPort = port.Open
	}
	return o
}

func (a *App) openStore(ctx context.Context) (err error) {
	if a.o.Clock == nil {
		if a.o.Clock, err = clock.NewSystem(); err != nil {
			return err
		}
	}
	a.store, err = queue.Open(ctx, queue.Options{
		Dir: a.o.Config.StateDir, VFS: a.o.StoreVFS, Exclusive: a.o.StoreAlone,
		Logger: a.log, Registerer: a.reg, ReserveBytes: int64(a.o.Config.Queue.ReserveBytes),
	})
	if err != nil {
		return fmt.Errorf("open store in %s: %w", a.o.Config.StateDir, err)
	}
	a.reportStore(a.store.Report())
	return nil
}

func (a *App) makeClient(context.Context) (err error) {
	c := a.o.Config
	keys := make([]string, len(a.o.Secrets.CallbackKeys))
	for i, k := range a.o.Secrets.CallbackKeys {
		keys[i] = k.Reveal()
	}
	parsed, err := callback.ParseKeys(joinLines(keys))
	if err != nil {
		return fmt.Errorf("callback keys: %w", err)
	}
	if a.ring, err = callback.NewRing(c.Gateway, parsed...); err != nil {
		return fmt.Errorf("callback keys: %w", err)
	}
	a.reach = reach.New(reach.Options{
		Probe: func(ctx context.Context) error { return a.client.Probe(ctx) },
		Ask:   a.askSaaS,
		Tell:  a.tellReach,
	})
	a.health.watch = a.reach
	a.client, err = saas.New(saas.Options{
		BaseURL: c.SaaS.BaseURL, AppID: c.SaaS.AppID,
		Key: wire.NewSecret(a.o.Secrets.SaaSKey.Reveal()), Secret: wire.NewSecret(a.o.Secrets.SaaSSecret.Reveal()),
		RequestsPerSecond: float64(c.SaaS.RequestsPerSecond), Timeout: c.SaaS.Timeout.Std(),
		DialContext: a.o.DialContext, TLS: &tls.Config{MinVersion: tls.VersionTLS12},
		VerifyTime: a.verifyTime, OnCall: a.health.heard, Registerer: a.reg,
	})
	return err
}

// verifyTime is what certificates are judged by: a gateway that woke up in 1970
// must still reach the SaaS (M10).
func (a *App) verifyTime() time.Time {
	var lastGood time.Time
	if a.engine != nil {
		lastGood = a.engine.LastGood()
	}
	return clock.VerifyTime(a.o.Clock.Read(), a.o.BuildDate, lastGood)
}

func (a *App) builder() laneBuilder {
	return laneBuilder{conf: a.o.Config, secrets: a.o.Secrets, traces: &a.traces, log: a.log, reg: a.reg}
}

func (a *App) makeLanes(context.Context) error {
	for _, c := range a.o.Config.Lanes {
		l, err := a.builder().build(c)
		if err != nil {
			return err
		}
		a.lanes = append(a.lanes, l)
	}
	return a.makeScreens()
}

func (a *App) makeEngine(ctx context.Context) (err error) {
	a.watchdog, err = supervise.NewWatchdog(supervise.WatchdogOptions{
		Logger: a.log, Alive: a.systemd.Alive, Interval: a.watchdogInterval(),
	})
	if err != nil {
		return err
	}
	lanes := make([]engine.LaneOptions, len(a.lanes))
	for i, l := range a.lanes {
		lanes[i] = l.opts
	}
	a.engine, err = engine.New(ctx, engine.Options{
		Store: a.store, Clock: a.o.Clock, Lanes: lanes, LaneFor: a.builder().gone,
		SaaS:         doors{client: a.client, ring: a.ring, publicURL: a.o.Config.Callbacks.PublicURL},
		Poll:         poll(a.o.Config, a.client),
		EncodeReport: encodeReport, Show: a.showLane, Outbox: func() { a.sender.Wake() },
		Alarm: a.fleet.alarm, Moved: a.fleet.moved,
		Progress: a.watchdog.Progress, Logger: a.log, Registerer: a.reg,
	})
	return err
}

func (a *App) makeSender(context.Context) (err error) {
	q := a.o.Config.Queue
	a.sender, err = sender.New(sender.Options{
		Outbox: a.store, Send: sendReport(a.client), Post: a.engine.Post, Account: account(a.o.Config.SaaS),
		PerSecond: float64(q.DrainPerSecond), RetryBase: q.RetryBase.Std(), RetryCap: q.RetryCap.Std(),
		Logger: a.log, Registerer: a.reg,
	})
	return err
}

func (a *App) makeWatches(context.Context) (err error) {
	a.machines, err = machines.New(machines.Options{
		Machines: machineIDs(a.o.Config), File: filepath.Join(a.o.Config.StateDir, payConfigName),
		PayConfig: payConfig(a.client), Info: a.fleet.telling(machineInfo(a.client, a.o.Config.SaaS.LockedState)),
		TellPayConfig: a.tellPayConfig, TellLocked: a.tellLocked, Logger: a.log, Registerer: a.reg,
		InfoEvery: infoEvery(a.o.Config.SaaS.LockedState),
	})
	return err
}

// Engine is for tests and for faces that live in cmd.
func (a *App) Engine() *engine.Engine { return a.engine }

// close gives back what New has taken, in reverse order.
func (a *App) close() error {
	if a.client != nil {
		a.client.Close()
	}
	if a.store == nil {
		return nil
	}
	return a.store.Close()
}
