package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// Classes of dead letters.
const (
	classReport   = "report"
	classCallback = "callback" // of an order nobody knows
)

// classEvent is the store's class of telemetry.
const classEvent = "event"

// saveEvery is how much powered-on time may be lost by a power cut while commits
// go on; saveIdle while nothing but a long deadline runs (M10).
const (
	saveEvery = time.Minute
	saveIdle  = 30 * time.Minute
)

// commit writes the batch in one transaction. Without anything to write there is
// no commit and no sync.
func (b *batch) commit() error {
	var dirty []*change
	for _, c := range b.list {
		if c.dirty {
			dirty = append(dirty, c)
		}
	}
	if len(dirty) == 0 && len(b.strays) == 0 && !b.e.saveDue() {
		return nil
	}
	if b.e.storeBad != nil {
		return b.e.storeBad
	}
	journals, err := b.closedJournals(dirty)
	if err == nil {
		err = b.readRefused(dirty)
	}
	if err != nil {
		b.e.onCommitFailed(err)
		return err
	}
	before := make([]order, len(dirty))
	for i, c := range dirty {
		before[i] = c.order.copy()
	}
	saved := b.e.saved
	err = b.e.write(func(tx *queue.Tx) error {
		b.opened, b.closed = map[taskKey]task{}, nil // it may be the second try
		for i, c := range dirty {
			c.order = before[i].copy()
			if err := b.writeOrder(tx, c, journals[i]); err != nil {
				return fmt.Errorf("write order %s: %w", c.state.Order, err)
			}
		}
		if err := b.putStrays(tx); err != nil {
			return err
		}
		return b.e.savePowered(tx)
	}, b.money)
	if err != nil {
		b.e.saved = saved
	}
	return err
}

// write commits fn. When the disk is full and money depends on fn, no lane sells
// from now on, the money reserve is given up, and the commit is tried once more.
func (e *Engine) write(fn func(*queue.Tx) error, money bool) error {
	ctx := context.Background() // only the disk knows how long it takes
	err := e.o.Store.Commit(ctx, fn)
	if money && errors.Is(err, queue.ErrDiskFull) && e.o.Store.ReserveIntact() {
		e.condition(lane.DiskReserve, true)
		e.log.Error("disk is full: the money reserve is given up", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreDiskFull))
		if err := e.o.Store.ReleaseReserve(); err != nil {
			return err
		}
		err = e.o.Store.Commit(ctx, fn)
	}
	if err != nil {
		e.onCommitFailed(err)
		return err
	}
	e.failing, e.recoverWait = false, 0
	return nil
}

// closedJournals reads the journals of orders that will be archived, before the
// transaction begins.
func (b *batch) closedJournals(dirty []*change) ([][]json.RawMessage, error) {
	out := make([][]json.RawMessage, len(dirty))
	for i, c := range dirty {
		if !c.closed() || len(c.journal) == 0 {
			continue
		}
		rows, err := b.e.o.Store.ReadJournalRows(context.Background(), c.seq, c.journal)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			out[i] = append(out[i], row.Event)
		}
	}
	return out, nil
}

// readRefused reads the bytes of reports that become dead letters, before the
// transaction begins: a dead letter is retried with the same bytes (M4).
func (b *batch) readRefused(dirty []*change) error {
	for _, c := range dirty {
		for _, r := range c.state.Reports {
			row, ok := c.reports[r.N]
			if !ok || r.State != purchase.ReportDead {
				continue
			}
			rows, err := b.e.o.Store.ReadReports(context.Background(), row-1, 1)
			if err != nil {
				return err
			}
			if len(rows) == 1 && rows[0].N == row {
				b.refused[row] = rows[0].Body
			}
		}
	}
	return nil
}

func (o *order) closed() bool { return o.parked == "" && o.state.Closed() }

func (b *batch) writeOrder(tx *queue.Tx, c *change, journal []json.RawMessage) (err error) {
	if c.seq == 0 {
		if c.seq, err = tx.NewSeq(); err != nil {
			return err
		}
	}
	id, err := c.state.Order.Bits()
	if err != nil {
		return err
	}
	if c.filed != nil {
		if _, _, err := tx.Unarchive(id); err != nil {
			return err
		}
	}
	if err := b.writeEffects(tx, c); err != nil {
		return err
	}
	if c.bytes, err = c.encode(); err != nil {
		return err
	}
	if c.closed() {
		return b.writeClosed(tx, c, id, journal)
	}
	for _, ev := range c.events {
		n, err := tx.AppendJournal(c.seq, ev)
		if err != nil {
			return err
		}
		c.journal = append(c.journal, n)
	}
	return tx.PutOrder(c.seq, id, c.bytes)
}

// writeClosed moves the order with its whole journal into the archive.
func (b *batch) writeClosed(tx *queue.Tx, c *change, id queue.OrderID, journal []json.RawMessage) error {
	for _, ev := range c.events {
		journal = append(journal, ev)
	}
	blob, err := json.Marshal(archiveRecord{Order: c.bytes, Journal: journal})
	if err != nil {
		return err
	}
	at, on := time.UnixMilli(b.now.Wall), time.Duration(b.now.Powered)*time.Millisecond
	if err := tx.Archive(queue.Archived{Seq: c.seq, ID: id, At: at, On: max(on, time.Second), Blob: blob, Brief: []byte(c.line.String())}); err != nil {
		return err
	}
	if err := tx.DeleteJournal(c.journal...); err != nil {
		return err
	}
	return tx.DeleteOrder(c.seq)
}

func decodeArchived(a queue.Archived) (*order, [][]byte, error) {
	var r archiveRecord
	if err := json.Unmarshal(a.Blob, &r); err != nil {
		return nil, nil, fmt.Errorf("decode archived order: %w", err)
	}
	o, err := decodeOrder(a.Seq, r.Order)
	if err != nil {
		return nil, nil, err
	}
	events := make([][]byte, len(r.Journal))
	for i, ev := range r.Journal {
		events[i] = ev
	}
	return o, events, nil
}

// writeEffects writes what must be in the same commit: reports and tasks.
func (b *batch) writeEffects(tx *queue.Tx, c *change) error {
	for _, eff := range c.effects {
		var err error
		switch eff := eff.(type) {
		case purchase.SendReport:
			err = b.writeReport(tx, c, eff.Report)
		case purchase.OpenTask:
			err = b.openTask(tx, c.seq, taskOf(c, eff, b.now))
		case purchase.CloseTask:
			err = b.closeTask(tx, taskKey{c.state.Order, "", eff.Task, eff.Subject})
		}
		if err != nil {
			return err
		}
	}
	return b.settleReports(tx, c)
}

func (b *batch) writeReport(tx *queue.Tx, c *change, r purchase.Report) error {
	body, err := b.e.o.EncodeReport(r)
	if err != nil {
		return err
	}
	row, err := purchase.OutboxRow{Order: c.state.Order, Report: r.N, Account: c.state.Terms.Account, Body: body}.Encode()
	if err != nil {
		return err
	}
	c.reports[r.N], err = tx.AddReport(c.seq, row)
	return err
}

// settleReports removes outbox rows whose report has an answer. A refused one
// becomes a dead letter with its bytes.
func (b *batch) settleReports(tx *queue.Tx, c *change) error {
	for _, r := range c.state.Reports {
		switch r.State {
		case purchase.ReportAcked, purchase.ReportDropped:
			if err := b.dropReport(tx, c, r.N); err != nil {
				return err
			}
		case purchase.ReportDead:
			if err := b.buryReport(tx, c, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) dropReport(tx *queue.Tx, c *change, n int) error {
	if row, ok := c.reports[n]; ok {
		delete(c.reports, n)
		if err := tx.DeleteReport(row); err != nil {
			return err
		}
	}
	if row, ok := c.dead[n]; ok {
		delete(c.dead, n)
		return tx.DeleteDead(row)
	}
	return nil
}

func (b *batch) buryReport(tx *queue.Tx, c *change, r purchase.Report) error {
	row, ok := c.reports[r.N]
	if !ok {
		return nil
	}
	body, ok := b.refused[row]
	if !ok {
		return fmt.Errorf("report %d: its bytes are gone", r.N)
	}
	n, err := tx.PutDead(queue.Dead{Seq: c.seq, Class: classReport, Reason: "refused by the SaaS", Attempts: 1, Body: body})
	if err != nil {
		return err
	}
	c.dead[r.N] = n
	delete(c.reports, r.N)
	return tx.DeleteReport(row)
}

// finish takes over the copies and answers the posters.
func (b *batch) finish(err error) {
	if err == nil {
		b.adoptTasks()
		for _, c := range b.list {
			if c.dirty {
				b.e.adopt(c, b.now)
			}
		}
		if b.e.o.Audit != nil {
			b.e.audit()
		}
		b.adoptStrays()
	}
	for _, w := range b.waits {
		switch {
		case w.err == nil && w.durable && err != nil:
			b.e.hold(w.r)
			w.r.answer(purchase.Refuse, err)
		case w.durable && err != nil && (errors.Is(w.err, ErrParked) || errors.Is(w.err, purchase.ErrBug)):
			w.r.answer(purchase.Refuse, err) // nor is it kept in the journal (M6)
		default:
			w.r.answer(w.verdict, w.err)
		}
		if arm, ok := w.r.ev.Body.(purchase.Arm); ok && (err != nil || w.err != nil) {
			b.lanes = append(b.lanes, laneEvent{r: &request{body: lane.NoOrder{}}, lane: arm.Terms.Lane})
		}
	}
	if err != nil {
		b.list = nil // nothing of them is told to anybody
	}
}

// adopt takes over one committed change and starts its waiting OpenDoor, before
// the poster is answered.
func (e *Engine) adopt(c *change, now purchase.Stamp) {
	o := c.order
	id := o.state.Order
	was := c.before
	if c.filed != nil {
		was = c.filed
	}
	e.metrics.observe(was, &o)
	if e.o.Moved != nil && (was == nil || was.state.Phase() != o.state.Phase()) {
		e.o.Moved(o.state)
	}
	e.left(was, &o)
	o.queued(was, now)
	if o.closed() {
		delete(e.orders, id)
		delete(e.bySeq, o.seq)
		delete(e.timed, id)
	} else {
		e.orders[id] = &o
		e.bySeq[o.seq] = id
		e.track(id, &o)
	}
	for _, eff := range c.effects {
		if open, ok := eff.(purchase.OpenDoor); ok && open.After != "" {
			e.waitAcked(id, open)
		}
	}
}
