package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/config"
	"edged/internal/engine"
	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/serialdev/devmetrics"
	"edged/internal/serialdev/port"
	"edged/internal/serialdev/zvt"
	"edged/internal/serialdev/zvtterm"
)

const (
	moneyRetryBase = 30 * time.Second // between tries of a capture or release
	moneyRetryCap  = 10 * time.Minute
	detectWait     = 2 * time.Minute // door closed and nothing recognised
)

// builtLane is a lane with what has to be told to it later.
type builtLane struct {
	opts     engine.LaneOptions
	terminal *lateTerminal
	conf     config.Lane
}

// laneBuilder makes lanes from the configuration.
type laneBuilder struct {
	conf    *config.Config
	secrets *config.Secrets
	traces  *traces
	log     *slog.Logger
	reg     prometheus.Registerer
}

func (b laneBuilder) build(c config.Lane) (builtLane, error) {
	stored, err := json.Marshal(c)
	if err != nil {
		return builtLane{}, fmt.Errorf("lane %s: %w", c.Name, err)
	}
	if _, err := devmetrics.New(b.reg, c.Name, "terminal"); err != nil { // its driver comes with the currency
		return builtLane{}, err
	}
	open, err := b.traces.terminal(c.Name, c.Terminal)
	if err != nil {
		return builtLane{}, fmt.Errorf("lane %s: terminal: %w", c.Name, err)
	}
	late := newLateTerminal(func(cur money.Currency) (engine.Terminal, error) { return b.zvt(c, cur, open) })
	doors := make([]lane.Door, len(c.Doors))
	for i, d := range c.Doors {
		doors[i] = lane.Door{MachineID: d.MachineID, Number: d.Door}
	}
	t := c.Terminal
	return builtLane{
		conf: c, terminal: late,
		opts: engine.LaneOptions{
			Settings: lane.Settings{
				Name: c.Name, Doors: doors, MaxHolds: t.MaxHolds, EndOfDay: t.EndOfDay, HoldsOverEndOfDay: t.HoldsOverEndOfDay,
			},
			Terms: b.terms(t), Terminal: late, Stored: stored,
		},
	}, nil
}

// terms is the template of a lane's orders; amounts are filled in when the
// currency is known.
func (b laneBuilder) terms(t config.Terminal) purchase.Terms {
	p := b.conf.Purchase
	return purchase.Terms{
		Account:      account(b.conf.SaaS),
		OpenDeadline: p.OpenDeadline.Std(), ResolveWindow: p.ResolveWindow.Std(), DetectWait: detectWait,
		DecisionDeadline: p.DecisionDeadline.Std(), DoorRemind: p.DoorRemind.Std(), DoorAlarm: p.DoorAlarm.Std(),
		HoldTTL: t.HoldTTL.Std(), RetryBase: min(moneyRetryBase, b.retryCap()), RetryCap: b.retryCap(),
		SessionLimit: t.SessionLimit.Std(), // the lane keeps it only for session terminals
		OnDeadline:   purchase.OnDeadline(p.OnDeadline), OverLimit: purchase.OverLimit(p.OverLimit),
		ReverseByReceipt: t.Reversal == "by_receipt",
	}
}

// retryCap bounds the retries of a capture too, when the queue's is shorter.
func (b laneBuilder) retryCap() time.Duration {
	return min(moneyRetryCap, b.conf.Queue.RetryCap.Std())
}

// account names whom an order belongs to (M4).
func account(s config.SaaS) string { return strings.TrimRight(s.BaseURL, "/") + "|" + s.AppID }

func (b laneBuilder) zvt(c config.Lane, cur money.Currency, open openPort) (engine.Terminal, error) {
	t := c.Terminal
	settings := port.Settings{Path: t.Port, Baud: t.Baud, StopBits: t.StopBits}
	opener, err := port.NewOpener(port.Options{Settings: settings, Open: open})
	if err != nil {
		return nil, fmt.Errorf("lane %s: terminal: %w", c.Name, err)
	}
	opts := zvtterm.Options{
		Lane: c.Name, Serial: !strings.HasPrefix(t.Port, "tcp://"), Profile: t.Profile,
		Open:     func(ctx context.Context) (zvtterm.Line, error) { return opener.Open(ctx) },
		Password: zvt.Password(b.secrets.TerminalPasswords[c.Name].Reveal()),
		Currency: cur, Capture: zvtterm.Capture(t.Capture), MaxHolds: t.MaxHolds,
		HoldsOverEndOfDay: t.HoldsOverEndOfDay, ReverseByReceipt: t.Reversal == "by_receipt",
		Timers: zvtterm.Timers{T1: t.Timers.T1.Std(), T2: t.Timers.T2.Std(), T3: t.Timers.T3.Std(), T4: t.Timers.T4.Std()},
		Logger: b.log, Registerer: b.reg,
	}
	if err := slowLine(&opts, settings, open); err != nil {
		return nil, fmt.Errorf("lane %s: terminal: %w", c.Name, err)
	}
	term, err := zvtterm.New(opts)
	if err != nil {
		return nil, fmt.Errorf("lane %s: terminal: %w", c.Name, err)
	}
	return term, nil
}

// slowLine lets the driver find a terminal that was switched off and is back at its
// default rate, if it can be told to use the configured one.
func slowLine(o *zvtterm.Options, s port.Settings, open openPort) error {
	if _, ok := zvt.BaudCode(s.Baud); !ok || s.Baud == zvt.DefaultBaud || !o.Serial {
		return nil
	}
	o.Baud, s.Baud = s.Baud, zvt.DefaultBaud
	opener, err := port.NewOpener(port.Options{Settings: s, Open: open})
	if err != nil {
		return err
	}
	o.OpenDefault = func(ctx context.Context) (zvtterm.Line, error) { return opener.Open(ctx) }
	return nil
}

// gone rebuilds a lane that is no longer configured from what was stored with it.
func (b laneBuilder) gone(_ string, cur money.Currency, stored []byte) (engine.LaneOptions, error) {
	var c config.Lane
	if err := json.Unmarshal(stored, &c); err != nil {
		return engine.LaneOptions{}, fmt.Errorf("stored lane: %w", err)
	}
	l, err := b.build(c)
	if err != nil {
		return engine.LaneOptions{}, err
	}
	return l.opts, l.terminal.currency(cur)
}

// machineIDs lists the cabinets of all lanes, each once.
func machineIDs(c *config.Config) []string {
	var ids []string
	for _, l := range c.Lanes {
		for _, d := range l.Doors {
			if !slices.Contains(ids, d.MachineID) {
				ids = append(ids, d.MachineID)
			}
		}
	}
	return ids
}
