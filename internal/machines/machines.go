// Package machines asks the SaaS what it says of each cabinet: how much is to be
// held per purchase and in which currency, and whether the cabinet is locked.
//
// It promises that what was learned once survives a restart without network (a
// small file beside the store, written only when it changes), that every cabinet
// is asked again with jitter, and that an answer which cannot be used changes
// nothing.
package machines

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/money"
	"edged/internal/pause"
)

// PayConfig is what the SaaS wants held per purchase.
type PayConfig struct {
	Limit    money.Minor    `json:"limit_minor"`
	Currency money.Currency `json:"currency"`
}

// Info is how a cabinet is doing. What the SaaS did not say is not known.
type Info struct {
	Signal       int // 0 to 5
	Celsius      float64
	CelsiusKnown bool
	Locked       bool
	LockKnown    bool
}

// Options of New.
type Options struct {
	Machines []string
	File     string // where the last answers are kept

	// PayConfig asks for limit (major units, exact) and currency as the SaaS says
	// them; Info asks how the cabinet is doing.
	PayConfig func(ctx context.Context, machineID string) (limit, currency string, err error)
	Info      func(ctx context.Context, machineID string) (Info, error)

	TellPayConfig func(ctx context.Context, machineID string, c PayConfig)
	TellLocked    func(ctx context.Context, machineID string, locked bool)

	Every  time.Duration // between questions about the pay config; 0 = 1 h
	Retry  time.Duration // after a failure; 0 = 10 s
	Logger *slog.Logger
	// InfoEvery is the time between questions how a cabinet is doing; 0 = 1 min.
	InfoEvery  time.Duration
	Registerer prometheus.Registerer
}

// Watch asks. Run is its one goroutine per cabinet.
type Watch struct {
	o       Options
	metrics *metrics

	mu     sync.Mutex
	known  map[string]PayConfig
	unkept bool // known is newer than the file
}

// New prepares a watch and reads what was learned before. A file that cannot be
// read is as good as none. The error is the registry's.
func New(o Options) (*Watch, error) {
	if o.Every <= 0 {
		o.Every = time.Hour
	}
	if o.Retry <= 0 {
		o.Retry = 10 * time.Second
	}
	if o.InfoEvery <= 0 {
		o.InfoEvery = time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(o.Registerer, o.Machines)
	if err != nil {
		return nil, err
	}
	w := &Watch{o: o, metrics: m, known: map[string]PayConfig{}}
	if b, err := os.ReadFile(o.File); err == nil {
		if err := json.Unmarshal(b, &w.known); err != nil {
			o.Logger.Warn("kept pay configs are unreadable", logkey.Path, o.File, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PayUnreadable))
			w.known = nil
		}
	}
	if w.known == nil { // unreadable, or "null"
		w.known = map[string]PayConfig{}
	}
	return w, nil
}

// Known is what was last learned of a cabinet.
func (w *Watch) Known(machineID string) (PayConfig, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.known[machineID]
	return c, ok && c.Currency.Valid() && c.Limit > 0
}

// Run asks until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, id := range w.o.Machines {
		wg.Go(func() { w.payConfigs(ctx, id) })
		if w.o.Info != nil {
			wg.Go(func() { w.infos(ctx, id) })
		}
	}
	<-ctx.Done()
	return nil
}

func (w *Watch) payConfigs(ctx context.Context, id string) {
	failed := false
	for {
		err := w.ask(ctx, id)
		wait := jitter(w.o.Every)
		if err != nil {
			wait = jitter(w.o.Retry)
			if !failed && ctx.Err() == nil {
				w.o.Logger.Warn("pay config is not known", logkey.MachineID, id, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.LaneLimitUnknown))
			}
		}
		failed = err != nil
		if !pause.For(ctx, wait) {
			return
		}
	}
}

func (w *Watch) ask(ctx context.Context, id string) error {
	limit, currency, err := w.o.PayConfig(ctx, id)
	if err != nil {
		return err
	}
	var c PayConfig
	if c.Currency, err = money.ParseCurrency(currency); err != nil {
		return fmt.Errorf("currency: %w", err)
	}
	if c.Limit, err = money.Parse(limit, c.Currency); err != nil {
		return fmt.Errorf("preAuthorLimit: %w", err)
	}
	if c.Limit <= 0 {
		return fmt.Errorf("preAuthorLimit %q: %w", limit, ErrNothingToHold)
	}
	w.keep(id, c)
	w.o.TellPayConfig(ctx, id, c)
	return nil
}

// keep takes over what is new and writes it down. What could not be written is
// written with the next answer; only the first failure is logged.
func (w *Watch) keep(id string, c PayConfig) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known[id] == c && !w.unkept {
		return
	}
	w.known[id] = c
	err := w.write()
	if err != nil && !w.unkept {
		w.o.Logger.Warn("pay configs cannot be kept", logkey.Path, w.o.File, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	}
	w.unkept = err != nil
}

func (w *Watch) write() error {
	b, err := json.MarshalIndent(w.known, "", "  ")
	if err != nil {
		return err
	}
	return replace(w.o.File, b)
}

// replace writes the file whole or not at all. It is a cache: after a power cut
// the old one is as good.
func replace(path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(append(b, '\n')); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Sync(); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// infos shows how a cabinet is doing. An answer that never came leaves the lock as it
// was and the rest unknown.
func (w *Watch) infos(ctx context.Context, id string) {
	for {
		i, err := w.o.Info(ctx, id)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			i = Info{}
			w.metrics.unknown(id)
		} else {
			w.metrics.show(id, i)
		}
		if i.LockKnown {
			w.o.TellLocked(ctx, id, i.Locked)
		}
		if !pause.For(ctx, jitter(w.o.InfoEvery)) {
			return
		}
	}
}

// jitter spreads a pause by a quarter to both sides: a fleet must not ask at once.
func jitter(d time.Duration) time.Duration {
	return d*3/4 + time.Duration(rand.Int64N(int64(d/2)+1))
}
