package engine

import (
	"reflect"
	"slices"

	"edged/internal/lane"
	"edged/internal/logkey"
	"edged/internal/purchase"
)

// view is what a display shows of the lane now.
func (l *laneRun) view() LaneView {
	s := l.state
	v := LaneView{
		Name: s.Settings.Name, Why: s.Why(), CardSeen: s.CardSeen, Limit: s.Limit, Currency: s.Currency,
		Restock: s.Durable.Restock, Order: l.last, Reminded: l.reminded, Refusal: l.refusal,
	}
	v.Terminal = TerminalView{
		Up: s.Up, ID: s.Caps.Terminal, Wants: s.Caps.Wants, Waiting: len(s.Pending), Holds: s.OpenHolds(), MaxHolds: s.MaxHolds(),
		Strange: s.Strange, EndOfDay: s.Durable.EndOfDay,
	}
	if s.Busy != nil {
		v.Terminal.Doing = s.Busy.Kind
	}
	v.Armed = s.Busy != nil && s.Busy.Kind == purchase.CmdArm
	return v
}

// show tells the display, if something it shows has changed.
func (e *Engine) show(l *laneRun) {
	v := l.view()
	if reflect.DeepEqual(v, l.shown) {
		return
	}
	if !slices.Equal(v.Why, l.shown.Why) {
		e.log.Info("lane", logkey.Lane, v.Name, logkey.Status, sells(v.Why), logkey.Reason, v.Why)
	}
	l.shown = v
	e.metrics.lane(v.Name, v.Why, lane.Reasons())
	if e.o.Show != nil {
		e.o.Show(v)
	}
}

func sells(why []lane.Reason) string {
	if len(why) == 0 {
		return "selling"
	}
	return "out of service"
}

// publish makes the lanes readable without asking the loop.
func (e *Engine) publish() {
	views := make([]LaneView, 0, len(e.lanes))
	for _, l := range e.lanes {
		views = append(views, l.view())
	}
	e.view.Store(&views)
}

// Lanes is the state of every lane after the last turn. It does not block.
func (e *Engine) Lanes() []LaneView { return *e.view.Load() }

func (e *Engine) alarm(a Alarm) {
	a.Code = alarmCode(a.Kind)
	e.log.Warn("alarm", logkey.Kind, a.Kind, logkey.OrderID, string(a.Order), logkey.Lane, a.Lane, logkey.Reason, a.Text, logkey.Code, a.Code)
	e.metrics.alarms.WithLabelValues(a.Kind).Inc()
	if e.o.Alarm != nil {
		e.o.Alarm(a)
	}
}
