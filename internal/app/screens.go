package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"edged/internal/config"
	"edged/internal/engine"
	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/screen"
	"edged/internal/screen/catalogue"
	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/pole"
	"edged/internal/serialdev/port"
	"edged/internal/supervise"
)

// screens are the lanes' customer displays by lane name.
type screens map[string]*customerScreen

// customerScreen renders what one lane shows, again and again, on one display.
type customerScreen struct {
	lane    string
	display customerDisplay
	wake    chan struct{}

	mu    sync.Mutex
	face  screen.Face // its texts change with a reload, as does label
	label string      // of the lane's door
	view  engine.LaneView
	old   []engine.LaneView // not looked at yet; bounded by maxUnseen
	seen  bool              // view is one, and not the empty one before the first

	// The one of run: a refused restock, and until when it is shown.
	refused purchase.OrderID
	notice  time.Time
}

// customerDisplay is what shows rows to a customer; Show does not block.
type customerDisplay interface {
	Run(ctx context.Context) error
	Show(rows []string)
	Why() error // it is down; nil: it is up, or was not tried yet
}

// maxUnseen bounds the views that wait to be looked at; the oldest gives way.
const maxUnseen = 16

func (a *App) makeScreens() error {
	a.screens = screens{}
	texts, problems := config.LoadTexts(a.o.Config)
	for _, p := range problems {
		a.log.Error("display texts cannot be used, the built-in ones are shown", logkey.Err, p.String(), logkey.Code, errcode.DisplayTexts)
	}
	for _, l := range a.lanes {
		d := l.conf.Display
		if d == nil {
			continue
		}
		s, err := a.makeScreen(l.conf, catalogue.For(d.Language, texts[d.TextsFile]))
		if err != nil {
			return fmt.Errorf("lane %s: display: %w", l.conf.Name, err)
		}
		a.screens[l.conf.Name] = s
	}
	return nil
}

func (a *App) makeScreen(l config.Lane, texts *catalogue.Texts) (*customerScreen, error) {
	d := l.Display
	open, err := a.traces.display(l.Name, d)
	if err != nil {
		return nil, err
	}
	opener, err := port.NewOpener(port.Options{Settings: port.Settings{Path: d.Port}, Open: open})
	if err != nil {
		return nil, err
	}
	dialect, err := pole.NewDialect(d.Driver, cells.Setup{Charset: cells.Charset(d.Charset)})
	if err != nil {
		return nil, err
	}
	display, err := pole.New(pole.Options{
		Lane: l.Name, Dialect: dialect, Open: func(ctx context.Context) (pole.Line, error) { return opener.Open(ctx) },
		Logger: a.log, Registerer: a.reg,
	})
	if err != nil {
		return nil, err
	}
	s := &customerScreen{
		lane: l.Name, display: display, wake: make(chan struct{}, 1),
		face: screen.Face{Texts: texts, Shown: dialect.Charset().Shown},
	}
	if len(l.Doors) > 0 {
		s.label = l.Doors[0].Label
	}
	return s, nil
}

// show takes what a lane shows now. It never blocks.
func (s screens) show(v engine.LaneView) {
	if c := s[v.Name]; c != nil {
		c.show(v)
	}
}

// why is why a lane's display shows nothing; nil if it does or there is none.
func (s screens) why(lane string) error {
	if c := s[lane]; c != nil {
		return c.display.Why()
	}
	return nil
}

func (s screens) services() []supervise.Service {
	var out []supervise.Service
	for name, c := range s {
		out = append(out,
			supervise.Service{Name: "display " + name, Run: c.display.Run},
			supervise.Service{Name: "screen " + name, Run: c.run})
	}
	return out
}

func (c *customerScreen) show(v engine.LaneView) {
	c.mu.Lock()
	if len(c.old) == maxUnseen {
		c.old = c.old[1:]
	}
	c.old = append(c.old, v)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run paints whenever a fact or the time changes what is to be seen.
func (c *customerScreen) run(ctx context.Context) error {
	start := time.Now()
	var watch screen.Watch
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.wake:
		case <-timer.C:
		}
		views := c.unseen()
		if len(views) == 0 {
			continue // nothing is known of the lane yet
		}
		var sit screen.Situation
		now := time.Now()
		for _, v := range views {
			watch, sit = watch.Look(c.situation(v, now), now.Sub(start))
		}
		page := screen.Render(sit, c.drawnFor())
		c.display.Show(page.Rows)
		if next := c.next(page.Next, now); next > 0 {
			timer.Reset(next)
		}
	}
}

// next is when to paint again: for the page's sake, or to end a notice. Zero: when
// something happens.
func (c *customerScreen) next(page time.Duration, now time.Time) time.Duration {
	left := c.notice.Sub(now)
	if left <= 0 || (page > 0 && page < left) {
		return page
	}
	return left
}

// unseen is every view since the last look, or the last one again; none before the
// first.
func (c *customerScreen) unseen() []engine.LaneView {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.old) == 0 && c.seen:
		return []engine.LaneView{c.view}
	case len(c.old) == 0:
		return nil
	}
	views := c.old
	c.view, c.old, c.seen = views[len(views)-1], nil, true
	return views
}

func (c *customerScreen) situation(v engine.LaneView, now time.Time) screen.Situation {
	if r := v.Refusal; r != nil && r.ID != c.refused {
		c.refused, c.notice = r.ID, now.Add(screen.NoticeTime)
	}
	s := screen.Situation{
		Reasons: v.Why, Armed: v.Armed, CardSeen: v.CardSeen, Limit: v.Limit, Currency: v.Currency,
		Door: c.doorLabel(), Restock: screen.RestockOf(v.Restock),
		RestockRefused: now.Before(c.notice),
	}
	if v.Order != nil {
		s.Order = screen.OrderOf(*v.Order, v.Reminded)
	}
	return s
}
