package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"edged/internal/engine"
	"edged/internal/errcode"
	"edged/internal/logkey"
)

// told keeps the one line that the service manager shows.
type told struct {
	wake        chan struct{} // a lane has changed
	needRestart atomic.Bool
}

// restart says whether the file has keys that wait for a restart.
func (t *told) restart(on bool) {
	t.needRestart.Store(on)
	t.changed()
}

func (t *told) changed() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// showLane takes what a lane shows now, for its display, the fleet and the status line. It
// never blocks.
func (a *App) showLane(v engine.LaneView) {
	a.screens.show(v)
	a.fleet.show(v)
	a.told.changed()
}

// tellStatus keeps the status line up to date until ctx ends.
func (a *App) tellStatus(ctx context.Context) {
	last := ""
	for {
		if text := a.statusLine(); text != last {
			last = text
			if err := a.systemd.Status(text); err != nil {
				a.log.Warn("service manager is not told what sells", logkey.Err, err, logkey.Code, errcode.RunService)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-a.told.wake:
		}
	}
}

// statusLine says what sells, and of each lane that does not, why.
func (a *App) statusLine() string {
	views := slices.Clone(a.engine.Lanes())
	slices.SortFunc(views, func(a, b engine.LaneView) int { return strings.Compare(a.Name, b.Name) })
	selling, out := 0, []string{}
	for _, v := range views {
		if len(v.Why) == 0 {
			selling++
			continue
		}
		why := make([]string, len(v.Why))
		for i, r := range v.Why {
			why[i] = string(r)
		}
		out = append(out, v.Name+": "+strings.Join(why, ", "))
	}
	text := fmt.Sprintf("%d of %d lanes sell", selling, len(views))
	if a.o.Fallback {
		text = "configuration not valid; " + text
	}
	if a.told.needRestart.Load() {
		text = "restart to take over the configuration; " + text
	}
	if len(out) > 0 {
		text += "; " + strings.Join(out, "; ")
	}
	return text
}
