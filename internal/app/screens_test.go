package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/config"
	"edged/internal/engine"
	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/screen"
	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/pole"
)

// paper keeps every page that is shown.
type paper struct {
	mu    sync.Mutex
	pages []string
}

func (p *paper) Run(ctx context.Context) error { <-ctx.Done(); return nil }

func (p *paper) Show(rows []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages = append(p.pages, strings.Join(rows, "\n"))
}

// Why implements customerDisplay: paper is always there.
func (p *paper) Why() error { return nil }

func (p *paper) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pages) == 0 {
		return ""
	}
	return p.pages[len(p.pages)-1]
}

// painted runs a lane's screen for fn in a bubble.
func painted(t *testing.T, fn func(c *customerScreen, p *paper)) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		c := &customerScreen{lane: "front", display: p, wake: make(chan struct{}, 1)}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = c.run(ctx) })
		synctest.Wait()
		fn(c, p)
		stop()
		wg.Wait()
	})
}

func TestNothingIsPaintedBeforeSomethingIsKnownOfTheLane(t *testing.T) {
	painted(t, func(c *customerScreen, p *paper) {
		time.Sleep(time.Minute)
		if got := p.last(); got != "" {
			t.Errorf("painted %q", got)
		}
		c.show(engine.LaneView{Name: "front", Why: []lane.Reason{lane.Starting}})
		synctest.Wait()
		if p.last() == "" {
			t.Error("nothing is painted of a lane that is known")
		}
	})
}

func TestARefusedRestockIsShownForAMoment(t *testing.T) {
	painted(t, func(c *customerScreen, p *paper) {
		view := engine.LaneView{Name: "front", Armed: true, Limit: 5000, Currency: "EUR"}
		c.show(view)
		synctest.Wait()
		idle := p.last()
		view.Refusal = &engine.RestockRefusal{ID: purchase.OrderID("R1"), Why: "a customer's door is open"}
		c.show(view)
		synctest.Wait()
		if !strings.HasPrefix(p.last(), "Restock not now") {
			t.Fatalf("shown %q, want that there is no restock now", p.last())
		}
		time.Sleep(screen.NoticeTime - time.Millisecond)
		if !strings.HasPrefix(p.last(), "Restock not now") {
			t.Errorf("shown %q before the notice is over", p.last())
		}
		time.Sleep(time.Second)
		if strings.HasPrefix(p.last(), "Restock") {
			t.Errorf("shown %q, long after the notice", p.last())
		}
		c.show(view) // again for another reason: the refusal is an old one
		synctest.Wait()
		if strings.HasPrefix(p.last(), "Restock") || idle == "" {
			t.Errorf("shown %q after another change", p.last())
		}
	})
}

// What the configuration accepts for a display can be made.
func TestEveryDisplayThatTheConfigurationAcceptsIsMade(t *testing.T) {
	for _, driver := range config.DisplayDrivers() {
		for _, charset := range config.DisplayCharsets(driver) {
			d, err := pole.NewDialect(driver, cells.Setup{Charset: cells.Charset(charset)})
			if err != nil || string(d.Charset()) != charset {
				t.Errorf("%s %s: %v, %v", driver, charset, d.Charset(), err)
			}
		}
		for _, charset := range cells.Charsets() {
			_, err := pole.NewDialect(driver, cells.Setup{Charset: charset})
			if accepted := slices.Contains(config.DisplayCharsets(driver), string(charset)); accepted != (err == nil) {
				t.Errorf("%s %s: the configuration accepts it: %v; making it: %v", driver, charset, accepted, err)
			}
		}
	}
}

// A file of texts that is bad by now costs no sale: the built-in texts are shown.
func TestADisplayShowsTheOperatorsTextsAndTheBuiltInOnesWithoutThem(t *testing.T) {
	for content, want := range map[string]string{
		"de: {starting: [Guten Tag, Moment bitte]}\n": "Guten Tag           \nMoment bitte        ",
		"de: {starting: Guten Tag}\n":                 "Startet             \nBitte warten        ",
	} {
		file := filepath.Join(t.TempDir(), "screens.yaml")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		conf := config.Lane{Name: "front", Display: &config.Display{Driver: pole.CD5220, Port: "/dev/ttyS1", Language: "de", Charset: "cp858", TextsFile: file}}
		a := &App{o: Options{Config: &config.Config{Lanes: []config.Lane{conf}}}.withDefaults(), log: slog.New(slog.DiscardHandler), reg: prometheus.NewRegistry()}
		a.lanes = []builtLane{{conf: conf}}
		if err := a.makeScreens(); err != nil {
			t.Fatal(err)
		}
		page := screen.Render(screen.Situation{Reasons: []lane.Reason{lane.Starting}}, a.screens["front"].face)
		if got := strings.Join(page.Rows, "\n"); got != want {
			t.Errorf("%q shows %q, want %q", content, got, want)
		}
	}
}
