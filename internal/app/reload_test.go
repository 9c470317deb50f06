package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/internal/config"
	"edged/internal/purchase"
)

// edited is the configuration of the market after a person has edited its file.
func (m *market) edited(pairs ...string) *config.Config {
	m.t.Helper()
	file := filepath.Join(m.dir, "edged.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600); err != nil {
		m.t.Fatal(err)
	}
	c, problems := config.Load(file)
	for _, p := range problems {
		m.t.Error(p)
	}
	if c == nil {
		m.t.FailNow()
	}
	return c
}

func (m *market) reload(d *daemon, c *config.Config) Reloaded {
	m.t.Helper()
	r, err := d.Reload(m.ctx, c)
	if err != nil {
		m.t.Error(err)
	}
	return r
}

func TestAReloadAppliesWhatNoSaleStandsOn(t *testing.T) {
	var level slog.LevelVar
	inBubble(t, marketOptions{
		config: []string{"purchase: {hold_limit: \"40.00\"}", "queue: {reserve_bytes: 1MiB}", "log: {level: info}"},
	}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		d.o.Level = &level
		before := d.screens[marketLane].drawnFor().Texts
		r := b.reload(d, b.edited("40.00", "30.00", "language: en", "language: de", "label: Drinks", "label: Getränke",
			"level: info", "level: debug", "reserve_bytes: 1MiB", "reserve_bytes: 1MiB, drain_per_second: 1"))
		want := []string{"lanes[0].doors[0].label", "lanes[0].display.language", "purchase.hold_limit", "queue.drain_per_second", "log.level"}
		if !slices.Equal(r.Applied, want) || len(r.NeedsRestart) > 0 {
			t.Errorf("applied %q and %q need a restart, want %q and none", r.Applied, r.NeedsRestart, want)
		}
		if level.Level() != slog.LevelDebug {
			t.Errorf("level %v, want debug", level.Level())
		}
		if s := d.screens[marketLane]; s.drawnFor().Texts == before || s.doorLabel() != "Getränke" {
			t.Error("the display has its old texts")
		}
		time.Sleep(10 * time.Minute) // the terminal is armed anew
		if got := d.Lanes()[0].Limit; got != 3000 {
			t.Errorf("limit of the next customer is %d, want 3000", got)
		}
		v := b.mustServe(visit("after"), 10*time.Minute)
		if o := outcome(t, b.audit(d, 0), v.OrderIDs[0]); o.HeldMinor != 3000 {
			t.Errorf("held %d, want 3000", o.HeldMinor)
		}
	})
}

func TestAReloadSaysWhatNeedsARestart(t *testing.T) {
	m := underSystemd(t, 0)
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		r := b.reload(d, b.edited("front.terminal", "other.terminal", "http://127.0.0.1:80", "http://127.0.0.1:81", "site: lab", "site: hall"))
		want := []string{"site", "saas.base_url", "lanes[0].terminal.port"}
		if !slices.Equal(r.NeedsRestart, want) || len(r.Applied) > 0 {
			t.Errorf("%q need a restart and %q are applied, want %q and none", r.NeedsRestart, r.Applied, want)
		}
		want2 := "STATUS=restart to take over the configuration; 1 of 1 lanes sell"
		if told := m.during(10 * time.Second); !slices.Contains(told, want2) {
			t.Errorf("told %q, want %q", told, want2)
		}
		b.mustServe(visit("on the old ones"), 10*time.Minute)
		if r := b.reload(d, d.o.Config); len(r.Applied)+len(r.NeedsRestart) > 0 {
			t.Errorf("got %+v after the file is as it was, want nothing", r)
		}
		if told := m.during(10 * time.Second); !slices.Contains(told, "STATUS=1 of 1 lanes sell") {
			t.Errorf("told %q, want that nothing waits any more", told)
		}
	})
}

// A customer who shops is charged by the terms that were shown when the card was held.
func TestM2_AReloadDoesNotTouchASaleInProgress(t *testing.T) {
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		sc := visit("shopping")
		sc.Shop.OpenFor = time.Minute
		reloaded := make(chan Reloaded, 1)
		go func() {
			time.Sleep(20 * time.Second)
			reloaded <- b.reload(d, b.edited("queue:", "purchase: {hold_limit: \"3.00\", resolve_window: 1m}\nqueue:"))
		}()
		v := b.mustServe(sc, 10*time.Minute)
		if r := <-reloaded; len(r.Applied) != 2 {
			t.Errorf("applied %q, want the limit and the window", r.Applied)
		}
		o, err := d.Engine().Order(b.ctx, purchase.OrderID(v.OrderIDs[0]))
		if err != nil {
			t.Fatal(err)
		}
		if held, captured, _ := o.State.Money(); held != 5000 || captured != 500 || o.State.Terms.ResolveWindow != 10*time.Minute {
			t.Errorf("held %d, captured %d, terms %+v, want those of before the reload", held, captured, o.State.Terms)
		}
		time.Sleep(10 * time.Minute)
		if got := d.Lanes()[0].Limit; got != 300 {
			t.Errorf("limit of the next customer is %d, want 300", got)
		}
	})
}

func TestAReloadKeepsTheTextsWhenTheirFileIsBroken(t *testing.T) {
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		own := filepath.Join(b.dir, "screens.yaml")
		if err := os.WriteFile(own, []byte("{{{"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := d.screens[marketLane].drawnFor().Texts
		b.reload(d, b.edited("language: en", "language: de, texts_file: screens.yaml"))
		if d.screens[marketLane].drawnFor().Texts != before {
			t.Error("the display has changed its texts")
		}
		b.mustServe(visit("after"), 10*time.Minute)
	})
}
