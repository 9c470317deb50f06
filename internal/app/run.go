package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"edged/internal/config"
	"edged/internal/engine"
	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/logkey"
	"edged/internal/machines"
	"edged/internal/money"
	"edged/internal/queue"
	"edged/internal/supervise"
)

// stopTerminal is how long a terminal may take to end the dialogue it is in.
const stopTerminal = 30 * time.Second

// Run works until ctx ends. Cards are refused first, then the dialogues under way
// end, then the engine commits what they said, then the store is closed.
func (a *App) Run(ctx context.Context) error {
	sup, err := supervise.New(supervise.Options{Logger: a.log, Registerer: a.reg})
	if err != nil {
		return errors.Join(err, a.close())
	}
	services, err := a.services(ctx)
	if err != nil {
		return errors.Join(err, a.close())
	}
	err = sup.Run(ctx, services...)
	return errors.Join(err, a.close())
}

// services lists what runs, in the order of starting; they stop in reverse.
func (a *App) services(ctx context.Context) ([]supervise.Service, error) {
	out := a.fleetServices([]supervise.Service{
		{Name: "engine", Run: a.engine.Run, StopTimeout: stopTerminal},
		{Name: "watchdog", Run: a.watchdog.Run},
		{Name: "sender", Run: a.sender.Run},
		{Name: "reach", Run: a.reach.Run},
		{Name: "machines", Run: a.machines.Run},
	})
	out = append(out, a.screens.services()...)
	for name, t := range a.engine.Terminals() {
		out = append(out, supervise.Service{
			Name: "terminal " + name, StopTimeout: stopTerminal,
			Run: func(ctx context.Context) error {
				return t.Run(ctx, a.lines.hearing(name, a.engine.Post), a.engine.Acked)
			},
		})
	}
	recorders, err := a.traces.services(a.o.RecordDir, a.log)
	if err != nil {
		return nil, err
	}
	out = append(out, recorders...)
	faces, err := a.faces(ctx)
	if err != nil {
		return nil, err
	}
	out = append(out, faces...)
	return append(out, supervise.Service{Name: "ready", Run: a.ready}), nil
}

// ready starts last: everything is bound and every lane has a state.
func (a *App) ready(ctx context.Context) error {
	if a.o.Fallback {
		if err := a.engine.SetCondition(ctx, lane.NoConfig, true); err != nil {
			return err
		}
	}
	a.startLimits(ctx)
	if err := a.systemd.Ready(); err != nil {
		a.log.Warn("service manager is not told that edged is ready", logkey.Err, err, logkey.Code, errcode.RunService)
	}
	a.log.Info("edged is ready")
	a.tellStatus(ctx)
	if err := a.systemd.Stopping(); err != nil {
		a.log.Warn("service manager is not told that edged stops", logkey.Err, err, logkey.Code, errcode.RunService)
	}
	return nil
}

func (a *App) watchdogInterval() time.Duration {
	d, err := a.systemd.WatchdogInterval()
	if err != nil {
		a.log.Warn("watchdog interval is unreadable; nobody watches", logkey.Err, err, logkey.Code, errcode.RunService)
		return 0
	}
	return d
}

func (a *App) tellLocked(ctx context.Context, machineID string, on bool) {
	if err := a.engine.SetLocked(ctx, machineID, on); err != nil && ctx.Err() == nil {
		a.log.Error("lock is not told", logkey.MachineID, machineID, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	}
}

// startLimits uses what was learned before the restart: the SaaS may be away.
func (a *App) startLimits(ctx context.Context) {
	for _, id := range machineIDs(a.o.Config) {
		if c, ok := a.machines.Known(id); ok {
			a.tellPayConfig(ctx, id, c)
		}
	}
}

// tellPayConfig gives a lane its limit: the configured one, else the SaaS's. The
// first door's cabinet decides.
func (a *App) tellPayConfig(ctx context.Context, machineID string, c machines.PayConfig) {
	for _, l := range a.lanes {
		if len(l.conf.Doors) == 0 || l.conf.Doors[0].MachineID != machineID {
			continue
		}
		if err := a.setLimit(ctx, l, c); err != nil && ctx.Err() == nil {
			a.log.Error("limit is not set", logkey.Lane, l.conf.Name, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
		}
	}
}

func (a *App) setLimit(ctx context.Context, l builtLane, c machines.PayConfig) error {
	limit, minHold, err := amounts(a.live.conf.Load().Purchase, c)
	if err != nil {
		return err
	}
	if err := l.terminal.currency(c.Currency); err != nil {
		return err
	}
	return a.engine.SetLimit(ctx, l.conf.Name, limit, minHold, c.Currency)
}

// amounts reads the configured amounts in the cabinet's currency.
func amounts(p config.Purchase, c machines.PayConfig) (limit, minHold money.Minor, err error) {
	limit = c.Limit
	if p.HoldLimit != "" {
		if limit, err = money.Parse(string(p.HoldLimit), c.Currency); err != nil {
			return 0, 0, err
		}
	}
	if p.MinHold != "" {
		minHold, err = money.Parse(string(p.MinHold), c.Currency)
	}
	return limit, minHold, err
}

// reportStore tells what opening the store has found: nothing of it is silent.
func (a *App) reportStore(r queue.OpenReport) {
	for _, q := range r.Quarantined {
		a.log.Error("record was set aside", logkey.Kind, q.Table, logkey.Path, q.File, logkey.Reason, q.Reason, logkey.Code, errcode.StoreBadRecord)
	}
}

func joinLines(lines []string) string { return strings.Join(lines, "\n") }

// Lanes is what the lanes do now.
func (a *App) Lanes() []engine.LaneView { return a.engine.Lanes() }
