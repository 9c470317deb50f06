package engine

import (
	"encoding/json"

	"edged/internal/clock"
	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/logkey"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// load takes over what the store holds. A record that cannot be read is logged
// and left in the store; the rest goes on (M11).
func (e *Engine) load(snap *queue.Snapshot) {
	e.loadPowered(snap.Meta[metaPowered])
	e.loadDeeds(snap.Meta)
	e.loadOrders(snap)
	e.loadTasks(snap)
	e.loadTills(snap.Meta[metaTills])
	e.loadLanes(snap)
	e.recount(snap)
	for id, o := range e.orders {
		e.track(id, o)
		e.tellLane(o, nil)
	}
}

func (e *Engine) loadPowered(b []byte) {
	var p clock.Powered
	if len(b) > 0 {
		if err := json.Unmarshal(b, &p); err != nil {
			e.log.Error("powered-on time is unreadable and starts anew", logkey.Err, err, logkey.Code, errcode.ClockPowered)
		}
	}
	p.Up = false // whether the SaaS could reach us since it was saved is not known
	e.powered = p.At(e.o.Clock.Read())
	e.saved = e.powered.On
}

func (e *Engine) loadOrders(snap *queue.Snapshot) {
	for _, row := range snap.Orders {
		o, err := decodeOrder(row.Seq, row.State)
		if err != nil {
			e.log.Error("order is unreadable", logkey.OrderID, string(purchase.NewOrderID(row.ID)), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PayUnreadable))
			e.alarm(Alarm{Kind: alarmUnreadable, Order: purchase.NewOrderID(row.ID), Text: err.Error()})
			continue
		}
		if o.lineBad != nil {
			e.log.Error("ledger of an order is unreadable and opened anew", logkey.OrderID, string(o.state.Order), logkey.Err, o.lineBad, logkey.Code, errcode.PayUnreadable)
		}
		e.orders[o.state.Order] = o
		e.bySeq[row.Seq] = o.state.Order
	}
	for _, row := range snap.Journal {
		if o := e.orders[e.bySeq[row.Seq]]; o != nil {
			o.journal = append(o.journal, row.N)
		}
	}
	e.loadReports(snap)
	e.loadStrays(snap)
}

// loadReports ties the outbox rows to their orders. Rows of one order are in the
// sequence of its queued reports.
func (e *Engine) loadReports(snap *queue.Snapshot) {
	next := map[queue.Seq]int{}
	for _, row := range snap.Reports {
		o := e.orders[e.bySeq[row.Seq]]
		if o == nil {
			continue
		}
		for i := next[row.Seq]; i < len(o.state.Reports); i++ {
			if o.state.Reports[i].State == purchase.ReportQueued {
				o.reports[o.state.Reports[i].N] = row.N
				next[row.Seq] = i + 1
				break
			}
		}
	}
	for _, d := range snap.Dead {
		o := e.orders[e.bySeq[d.Seq]]
		if r, err := purchase.DecodeOutboxRow(d.Body); o != nil && err == nil && d.Class == classReport {
			o.dead[r.Report] = d.N
		}
	}
}

func (e *Engine) loadLanes(snap *queue.Snapshot) {
	for _, opts := range e.o.Lanes {
		e.addLane(opts, snap.Lanes[opts.Settings.Name])
	}
	for _, o := range e.orders {
		name := o.state.Terms.Lane
		if e.lanes[name] == nil {
			e.addGone(name, o.state.Terms.Currency, snap.Lanes[name])
		}
	}
}

func (e *Engine) addLane(opts LaneOptions, record []byte) {
	l := &laneRun{opts: opts, stored: record, told: map[lane.Reason]bool{}}
	var r laneRecord
	if len(record) > 0 {
		if err := json.Unmarshal(record, &r); err != nil {
			e.log.Error("lane record is unreadable and starts anew", logkey.Lane, opts.Settings.Name, logkey.Err, err, logkey.Code, errcode.PayUnreadable)
		}
	}
	l.state = lane.New(opts.Settings, r.Durable)
	l.state.Limit, l.state.Currency = opts.Limit, opts.Currency
	e.lanes[opts.Settings.Name] = l
}

// addGone keeps a lane alive that is no longer configured but has open orders:
// it drains on the settings stored with it and sells nothing.
func (e *Engine) addGone(name string, cur money.Currency, record []byte) {
	opts := LaneOptions{}
	var r laneRecord
	if json.Unmarshal(record, &r) == nil && e.o.LaneFor != nil {
		var err error
		if opts, err = e.o.LaneFor(name, cur, r.Config); err != nil {
			e.log.Error("lane is gone from the configuration and its terminal cannot be used", logkey.Lane, name, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.LaneDraining))
		}
	}
	opts.Settings.Name, opts.Settings.Gone = name, true
	e.addLane(opts, record)
}
