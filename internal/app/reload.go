package app

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"sync/atomic"

	"edged/internal/config"
	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/screen/catalogue"
	"edged/internal/sender"
)

// live is what a reload may replace while the daemon works. Options.Config stays as
// the daemon was started with it.
type live struct {
	conf atomic.Pointer[config.Config]
}

// Reloaded says what became of the keys that differ from the running ones.
type Reloaded struct {
	Applied      []string
	NeedsRestart []string // the old values go on
}

// Keys that change beside sales in progress: none of them touches a line, the store
// or an account. Everything else waits for a restart.
var (
	liveKey  = regexp.MustCompile(`^(log\.level|purchase\..*|queue\.(drain_per_second|retry_base|retry_cap)|lanes\[\d+\]\.(display\.(language|texts_file)|doors\[0\]\.label))$`)
	levelKey = regexp.MustCompile(`^log\.level$`)
	paceKey  = regexp.MustCompile(`^queue\.`)
	termsKey = regexp.MustCompile(`^(purchase\.|queue\.retry_cap)`)
)

// Reload takes over what can change without touching a sale in progress: c is valid
// as a whole. An order keeps the terms it was armed with. Texts are read again even
// if no key has changed. Errors: ctx's, the engine's; what came before is applied.
func (a *App) Reload(ctx context.Context, c *config.Config) (Reloaded, error) {
	var r Reloaded
	old := a.live.conf.Load()
	for _, key := range config.Diff(old, c) {
		if liveKey.MatchString(key) && (a.o.Level != nil || !levelKey.MatchString(key)) {
			r.Applied = append(r.Applied, key)
		} else {
			r.NeedsRestart = append(r.NeedsRestart, key)
		}
	}
	next := merge(old, c)
	a.live.conf.Store(next)
	err := errors.Join(a.reloadLevel(next), a.reloadPace(next, r.Applied), a.reloadTerms(ctx, next, r.Applied))
	a.reloadTexts(next)
	a.told.restart(len(r.NeedsRestart) > 0)
	return r, err
}

// merge is the running configuration with the live keys of the new one.
func merge(running, c *config.Config) *config.Config {
	next := *running
	next.Log.Level, next.Purchase = c.Log.Level, c.Purchase
	next.Queue.DrainPerSecond, next.Queue.RetryBase, next.Queue.RetryCap = c.Queue.DrainPerSecond, c.Queue.RetryBase, c.Queue.RetryCap
	next.Lanes = slices.Clone(running.Lanes)
	if len(c.Lanes) != len(next.Lanes) {
		return &next
	}
	for i := range next.Lanes {
		l, n := &next.Lanes[i], c.Lanes[i]
		if len(l.Doors) > 0 && len(l.Doors) == len(n.Doors) {
			l.Doors = slices.Clone(l.Doors)
			l.Doors[0].Label = n.Doors[0].Label
		}
		if l.Display != nil && n.Display != nil {
			d := *l.Display
			d.Language, d.TextsFile = n.Display.Language, n.Display.TextsFile
			l.Display = &d
		}
	}
	return &next
}

func (a *App) reloadLevel(c *config.Config) error {
	if a.o.Level == nil {
		return nil
	}
	return a.o.Level.UnmarshalText([]byte(c.Log.Level))
}

func (a *App) reloadPace(c *config.Config, changed []string) error {
	if !slices.ContainsFunc(changed, paceKey.MatchString) {
		return nil
	}
	q := c.Queue
	return a.sender.SetLimits(sender.Limits{PerSecond: float64(q.DrainPerSecond), RetryBase: q.RetryBase.Std(), RetryCap: q.RetryCap.Std()})
}

// reloadTerms gives the lanes their terms and limits for the next orders.
func (a *App) reloadTerms(ctx context.Context, c *config.Config, changed []string) error {
	if !slices.ContainsFunc(changed, termsKey.MatchString) {
		return nil
	}
	b := a.builder()
	b.conf = c
	var errs []error
	for _, l := range a.lanes {
		errs = append(errs, a.engine.SetTerms(ctx, l.conf.Name, b.terms(l.conf.Terminal)))
	}
	a.startLimits(ctx)
	return errors.Join(errs...)
}

// reloadTexts draws with the texts as their files are now. A file with problems
// changes nothing: what is shown goes on.
func (a *App) reloadTexts(c *config.Config) {
	texts, problems := config.LoadTexts(c)
	for _, p := range problems {
		a.log.Error("display texts cannot be used, those of before are shown", logkey.Err, p.String(), logkey.Code, errcode.DisplayTexts)
	}
	for _, l := range c.Lanes {
		s := a.screens[l.Name]
		if s == nil || l.Display == nil {
			continue
		}
		own, read := texts[l.Display.TextsFile]
		if l.Display.TextsFile != "" && (!read || own == nil) {
			continue
		}
		s.redraw(catalogue.For(l.Display.Language, own), l.Doors[0].Label)
	}
}
