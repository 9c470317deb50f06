package app

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"edged/internal/admin"
	"edged/internal/engine"
	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/screen"
	"edged/internal/version"
)

// Status implements admin.Backend.
func (v *adminView) Status(ctx context.Context) (admin.Status, error) {
	now, c := v.a.o.Clock.Read(), v.a.o.Config
	s := admin.Status{
		Now: now.Wall.UTC(), Gateway: c.Gateway, Site: c.Site, Version: version.Get().Version, StartedAt: v.started,
		ClockSynced: now.Synced, Fallback: v.a.o.Fallback, Lanes: v.lanes(), Tasks: []admin.TaskCount{},
	}
	open, err := v.a.engine.OpenOrders(ctx)
	if err != nil {
		return s, v.told(err)
	}
	s.Money, s.Queue.Waiting, s.Queue.OldestAt = moneyOf(open)
	if err := v.addQueue(ctx, &s.Queue); err != nil {
		return s, v.told(err)
	}
	v.addMeasured(&s)
	tasks, err := v.a.engine.Tasks(ctx)
	for _, t := range tasks {
		s.Tasks = count(s.Tasks, string(t.Kind))
	}
	return s, v.told(err)
}

func count(counts []admin.TaskCount, kind string) []admin.TaskCount {
	for i := range counts {
		if counts[i].Kind == kind {
			counts[i].Count++
			return counts
		}
	}
	return append(counts, admin.TaskCount{Kind: kind, Count: 1})
}

func (v *adminView) lanes() []admin.Lane {
	views := slices.SortedFunc(slices.Values(v.a.engine.Lanes()), func(a, b engine.LaneView) int { return cmp.Compare(a.Name, b.Name) })
	out := make([]admin.Lane, len(views))
	for i, l := range views {
		out[i] = admin.Lane{
			Lane: l.Name, Selling: len(l.Why) == 0, Reasons: admin.ReasonsOf(l.Why), Armed: l.Armed, CardSeen: l.CardSeen,
			LimitMinor: int64(l.Limit), Currency: string(l.Currency), Restock: string(screen.RestockOf(l.Restock)),
		}
		out[i].Terminal = terminalOf(l.Terminal)
		if r := l.Refusal; r != nil {
			out[i].RestockRefused = &admin.RestockRefused{Why: r.Why, At: time.UnixMilli(r.At).UTC()}
		}
		if o := l.Order; o != nil {
			out[i].Order = &admin.LaneOrder{OrderID: string(o.Order), Phase: string(o.Phase())}
			if o.Outcome != nil {
				out[i].Order.Outcome = string(o.Outcome.Kind)
			}
		}
	}
	return out
}

func terminalOf(t engine.TerminalView) admin.Terminal {
	return admin.Terminal{
		Up: t.Up, TerminalID: t.ID, Doing: string(t.Doing), Wants: string(t.Wants), Waiting: t.Waiting,
		OpenHolds: t.Holds, MaxHolds: t.MaxHolds, Strange: append([]string{}, t.Strange...), EndOfDay: t.EndOfDay,
	}
}

// moneyOf sums what is on its way.
func moneyOf(open []engine.OrderView) (money []admin.Money, waiting int, oldest time.Time) {
	money = []admin.Money{}
	for _, o := range open {
		s := o.State
		if s.Hold == nil {
			continue
		}
		i := slices.IndexFunc(money, func(m admin.Money) bool { return m.Currency == string(s.Terms.Currency) })
		if i < 0 {
			i, money = len(money), append(money, admin.Money{Currency: string(s.Terms.Currency)})
		}
		m := &money[i]
		m.OpenOrders++
		if s.HoldOpen() {
			m.OpenHolds++
			m.HeldMinor += int64(s.Hold.Amount)
		}
		if o.Phase == purchase.PhaseReview {
			m.InReview++
		}
		if o.Phase != purchase.PhaseReporting || s.Outcome == nil {
			continue
		}
		m.Unreported++
		if at := time.UnixMilli(s.Outcome.At).UTC(); oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
		waiting += len(reportsIn(s, purchase.ReportWaits))
	}
	return money, waiting, oldest
}

func reportsIn(s purchase.State, states ...purchase.ReportState) (out []purchase.Report) {
	for _, r := range s.Reports {
		if slices.Contains(states, r.State) {
			out = append(out, r)
		}
	}
	return out
}

func (v *adminView) addQueue(ctx context.Context, q *admin.Queue) error {
	st, err := v.a.store.Stats(ctx)
	if err != nil {
		return err
	}
	q.Reports, q.Dead, q.Events = st.Reports.Entries, st.Dead, st.Events.Entries
	q.StoreBytes, q.DiskFree, q.ReserveReady, q.Quarantined = st.DatabaseBytes, st.DiskFree, st.ReserveIntact, st.Quarantined
	report := v.a.store.Report()
	q.Damage, _, _ = strings.Cut(report.Damage, "\n") // the first cause; the log has the rest
	for _, path := range report.KeptAside {
		if _, err := os.Stat(path); err == nil {
			q.KeptAside = append(q.KeptAside, path)
		}
	}
	for _, err := range []error{st.Failed, st.Broken} {
		if err != nil {
			q.StoreError = oneLine(err)
			q.ErrorCode, _ = errcode.Of(err)
		}
	}
	return nil
}

// oneLine is an error's text on one line: joined errors have several.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// addMeasured takes from the metrics what only they know: the drivers feed them.
func (v *adminView) addMeasured(s *admin.Status) {
	s.SaaS = admin.SaaS{BaseURL: v.a.o.Config.SaaS.BaseURL, Reachable: v.reachable()}
	if cause := v.a.health.cause(); cause != nil {
		s.SaaS.LastFailure = cause.Error()
		s.SaaS.ErrorCode, _ = errcode.Of(cause)
	}
	s.Devices = v.devices()
	families, err := v.a.reg.Gather()
	if err != nil {
		return // what cannot be measured is down
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch f.GetName() {
			case "edged_saas_last_success_timestamp_seconds":
				if at := m.GetGauge().GetValue(); at > 0 {
					s.SaaS.LastSuccess = time.UnixMilli(int64(at * 1000)).UTC()
				}
			case "edged_device_up":
				labels := map[string]string{}
				for _, l := range m.GetLabel() {
					labels[l.GetName()] = l.GetValue()
				}
				markUp(s.Devices, labels, m.GetGauge().GetValue() == 1)
			}
		}
	}
}

func markUp(devices []admin.Device, labels map[string]string, up bool) {
	for i := range devices {
		if d := &devices[i]; d.Lane == labels["lane"] && d.Device == labels["device"] {
			d.Up = up
		}
	}
}

func (v *adminView) devices() []admin.Device {
	out := []admin.Device{}
	for _, l := range v.a.o.Config.Lanes {
		down := v.a.lines.of(l.Name)
		terminal := admin.Device{
			Lane: l.Name, Device: terminalDevice, Driver: l.Terminal.Driver, Port: l.Terminal.Port, Why: down.Why, ErrorCode: down.Code,
		}
		v.unopened(&terminal)
		out = append(out, terminal)
		if d := l.Display; d != nil {
			shown := admin.Device{Lane: l.Name, Device: displayDevice, Driver: d.Driver, Port: d.Port}
			if err := v.a.screens.why(l.Name); err != nil {
				shown.Why, shown.ErrorCode = err.Error(), errcode.Or(err, errcode.DisplayLost)
			}
			v.unopened(&shown)
			out = append(out, shown)
		}
	}
	return out
}

// unopened says of a device whose line cannot be opened why: that is nearer than what
// its driver saw before.
func (v *adminView) unopened(d *admin.Device) {
	if err := v.a.traces.openings.of(d.Lane, d.Device); err != nil {
		d.Why, d.ErrorCode = err.Error(), errcode.Or(err, errcode.PortNotFound)
	}
}

func (v *adminView) reachable() bool {
	return !slices.ContainsFunc(v.a.engine.Lanes(), func(l engine.LaneView) bool {
		return slices.Contains(l.Why, lane.SaaSUnreachable)
	})
}
