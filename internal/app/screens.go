package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"edged/internal/engine"
	"edged/internal/screen"
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
	label   string // of the lane's door
	lang    string
	size    screen.Size
	display *pole.Display
	wake    chan struct{}

	mu   sync.Mutex
	view engine.LaneView
	old  []engine.LaneView // not looked at yet; bounded by maxUnseen
}

// maxUnseen bounds the views that wait to be looked at; the oldest gives way.
const maxUnseen = 16

func (a *App) makeScreens() error {
	a.screens = screens{}
	for _, l := range a.lanes {
		d := l.conf.Display
		if d == nil {
			continue
		}
		opener, err := port.NewOpener(port.Options{Settings: port.Settings{Path: d.Port}, Open: a.o.OpenPort})
		if err != nil {
			return fmt.Errorf("lane %s: display: %w", l.conf.Name, err)
		}
		dialect, err := pole.NewDialect(d.Driver, cells.Setup{})
		if err != nil {
			return fmt.Errorf("lane %s: display: %w", l.conf.Name, err)
		}
		display, err := pole.New(pole.Options{
			Lane: l.conf.Name, Dialect: dialect, Open: func(ctx context.Context) (pole.Line, error) { return opener.Open(ctx) },
			Logger: a.log, Registerer: a.reg,
		})
		if err != nil {
			return fmt.Errorf("lane %s: display: %w", l.conf.Name, err)
		}
		s := &customerScreen{
			lane: l.conf.Name, lang: d.Language, size: screen.Size{Rows: 2, Cols: 20}, display: display,
			wake: make(chan struct{}, 1),
		}
		if len(l.conf.Doors) > 0 {
			s.label = l.conf.Doors[0].Label
		}
		a.screens[l.conf.Name] = s
	}
	return nil
}

// show takes what a lane shows now. It never blocks.
func (s screens) show(v engine.LaneView) {
	if c := s[v.Name]; c != nil {
		c.show(v)
	}
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
		var sit screen.Situation
		for _, v := range c.unseen() {
			watch, sit = watch.Look(c.situation(v), time.Since(start))
		}
		page := screen.Render(sit, c.size, c.lang)
		c.display.Show(page.Rows)
		if page.Next > 0 {
			timer.Reset(page.Next)
		}
	}
}

// unseen is every view since the last look, or the last one again.
func (c *customerScreen) unseen() []engine.LaneView {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.old) == 0 {
		return []engine.LaneView{c.view}
	}
	views := c.old
	c.view, c.old = views[len(views)-1], nil
	return views
}

func (c *customerScreen) situation(v engine.LaneView) screen.Situation {
	s := screen.Situation{
		Reasons: v.Why, Armed: v.Armed, CardSeen: v.CardSeen, Limit: v.Limit, Currency: v.Currency,
		Door: c.label, Restock: screen.RestockOf(v.Restock),
	}
	if v.Order != nil {
		s.Order = screen.OrderOf(*v.Order, v.Reminded)
	}
	return s
}
