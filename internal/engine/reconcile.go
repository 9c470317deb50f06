package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"edged/internal/errcode"
	book "edged/internal/ledger"
	"edged/internal/logkey"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// reconcileTime bounds the reading of the ledger at an end of day.
const reconcileTime = time.Minute

// till is what is kept of a terminal's ends of day.
type till struct {
	book.Periods
	Last *EndOfDay `json:"last,omitempty"`
}

// EndOfDay is how the last end of day of a terminal compared with the ledger. Amounts
// are in minor units.
type EndOfDay struct {
	Terminal    string         `json:"terminal"`
	Lane        string         `json:"lane"`
	At          int64          `json:"at_ms"` // wall clock
	Synced      bool           `json:"synced"`
	Currency    money.Currency `json:"currency"`
	Counted     money.Minor    `json:"terminal_minor"` // by the terminal
	Booked      money.Minor    `json:"edged_minor"`    // by edged since the one before
	Unconfirmed money.Minor    `json:"unconfirmed_minor,omitempty"`
	InDoubt     money.Minor    `json:"in_doubt_minor,omitempty"`
	Difference  money.Minor    `json:"difference_minor"`
}

func (e *Engine) loadTills(b []byte) {
	if len(b) == 0 {
		return
	}
	if err := json.Unmarshal(b, &e.tills); err != nil {
		e.log.Error("ends of day are unreadable and start anew", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PayUnreadable))
		e.tills = map[string]till{}
	}
}

func (e *Engine) endsOfDay() (out []EndOfDay) {
	for _, t := range e.tills {
		if t.Last != nil {
			out = append(out, *t.Last)
		}
	}
	slices.SortFunc(out, func(a, b EndOfDay) int { return cmp.Compare(a.Terminal, b.Terminal) })
	return out
}

// putTill keeps what changed of one terminal, with what else belongs to that commit.
func (e *Engine) putTill(terminal string, t till, also func(*queue.Tx) error) error {
	tills := map[string]till{terminal: t}
	for name, other := range e.tills {
		if name != terminal {
			tills[name] = other
		}
	}
	body, err := json.Marshal(tills)
	if err != nil {
		return err
	}
	err = e.write(func(tx *queue.Tx) error {
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		return tx.PutMeta(metaTills, body)
	}, true)
	if err == nil {
		e.tills = tills
	}
	return err
}

// beginPeriod: if the command is an end of day, a period begins before it is asked
// for. Should nothing be heard of it any more, it may have happened.
func (e *Engine) beginPeriod(l *laneRun, kind purchase.CommandKind) error {
	l.settling = ""
	if kind != purchase.CmdEndOfDay {
		return nil
	}
	terminal := l.state.Caps.Terminal
	if terminal == "" {
		terminal = book.LaneTill(l.opts.Settings.Name)
	}
	t := e.tills[terminal]
	t.Periods = t.Begin()
	if err := e.putTill(terminal, t, nil); err != nil {
		return err
	}
	l.settling = terminal
	return nil
}

// dayEnded takes the end of an end of day. The comparison reads the ledger beside the
// loop; until it is kept, the end of day counts as one that may have happened.
func (e *Engine) dayEnded(l *laneRun, b purchase.Ended) {
	terminal, name := l.settling, l.opts.Settings.Name
	if terminal == "" {
		return // none is under way since the last start
	}
	l.settling = ""
	t := e.tills[terminal]
	switch {
	case b.Outcome == purchase.InDoubt:
		return
	case b.Outcome == purchase.NotDone:
		t.Periods = t.NotDone()
	case b.Total == nil || l.state.Currency == "":
		e.log.Warn("end of day cannot be compared: the terminal says no total", logkey.Lane, name, logkey.Code, errcode.PayReconciliation)
		t.Periods = t.Done(t.Now)
	default:
		e.startReconcile(l, terminal, t.Periods, *b.Total)
		return
	}
	if err := e.putTill(terminal, t, nil); err != nil {
		e.log.Error("end of day is not stored", logkey.Lane, name, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	}
}

func (e *Engine) startReconcile(l *laneRun, terminal string, p book.Periods, total money.Minor) {
	day := EndOfDay{Terminal: terminal, Lane: l.opts.Settings.Name, Currency: l.state.Currency}
	now := e.stamp()
	day.At, day.Synced = now.Wall, now.Synced
	e.beside.start(func() {
		ctx, cancel := context.WithTimeout(context.Background(), reconcileTime)
		defer cancel()
		takings := book.NewTakings(terminal, day.Currency)
		err := e.eachLine(ctx, takings.Add)
		if err == nil {
			r := book.Reconcile(p, takings, total)
			day.Counted, day.Booked, day.Difference = r.Terminal, r.Edged.Net, r.Difference
			day.Unconfirmed, day.InDoubt = r.Edged.Unconfirmed, r.Edged.InDoubt
			err = e.do(ctx, func() { e.reconciled(day, p) })
		}
		if err != nil {
			e.log.Error("end of day is not compared; the next one will be with both", logkey.Lane, day.Lane, logkey.Err, err, logkey.Code, errcode.PayReconciliation)
		}
	})
}

// reconciled keeps the comparison, with the task for a difference in the same commit.
func (e *Engine) reconciled(day EndOfDay, p book.Periods) {
	t := e.tills[day.Terminal]
	first := t.Last == nil
	t.Periods, t.Last = t.Done(p.Now), &day
	b := e.newBatch()
	var also func(*queue.Tx) error
	text := day.text(first)
	if day.Difference != 0 {
		also = func(tx *queue.Tx) error {
			return b.openTask(tx, 0, Task{
				Kind: purchase.TaskReconciliation, Lane: day.Lane, Subject: fmt.Sprintf("%s/%d", day.Terminal, p.Now),
				Amount: day.Difference, Currency: day.Currency, Text: text, OpenedAt: b.now.Wall,
			})
		}
	}
	e.metrics.reconciliation.WithLabelValues(day.Lane).Set(float64(day.Difference))
	if day.Difference != 0 {
		e.alarm(Alarm{Kind: alarmReconciliation, Lane: day.Lane, Text: text})
	}
	if err := e.putTill(day.Terminal, t, also); err != nil {
		e.log.Error("end of day is not stored", logkey.Lane, day.Lane, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
		return
	}
	b.adoptTasks()
	e.log.Info("end of day", logkey.Lane, day.Lane, logkey.AmountMinor, int64(day.Counted), logkey.Currency, string(day.Currency), logkey.Reason, text)
}

func (d EndOfDay) text(first bool) string {
	amount := func(m money.Minor) string { return money.Format(m, d.Currency) }
	s := fmt.Sprintf("At its end of day terminal %s counted %s; edged booked %s there since the one before", d.Terminal, amount(d.Counted), amount(d.Booked))
	if first {
		s = fmt.Sprintf("At its end of day terminal %s counted %s; edged booked %s there and knows of no earlier end of day", d.Terminal, amount(d.Counted), amount(d.Booked))
	}
	switch {
	case d.Difference > 0:
		s += fmt.Sprintf(": the terminal has %s that edged does not know of", amount(d.Difference))
	case d.Difference < 0:
		s += fmt.Sprintf(": %s that edged booked are missing at the terminal", amount(-d.Difference))
	}
	if d.Unconfirmed != 0 {
		s += fmt.Sprintf("; of edged's, the terminal never confirmed %s", amount(d.Unconfirmed))
	}
	if d.InDoubt != 0 {
		s += fmt.Sprintf("; %s more are in doubt", amount(d.InDoubt))
	}
	return s + "."
}
