package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"edged/internal/errcode"
	book "edged/internal/ledger"
	"edged/internal/logkey"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// The ledger of an open order lies in its record, that of a closed one in the brief
// of its archive row, and what is pruned is added up by day in sums: each entry is in
// exactly one of them, and gets there in the commit that makes it or moves it.

// enter books what a step has moved, for the commit that will keep it. A promise that
// does not hold is told once for each order and stops nothing.
func (b *batch) enter(c *change, was purchase.State) {
	c.line = c.line.Post(was, c.state, b.e.mark(b.now, book.Till(c.state)))
	err := c.line.Check(c.state)
	if err == nil || c.misbooked {
		return
	}
	c.misbooked = true
	b.e.violated(err)
	c.effects = append(
		c.effects,
		purchase.OpenTask{Task: purchase.TaskLedger, Text: ledgerText(err)},
		purchase.Alarm{Alarm: alarmLedger, Text: err.Error()},
	)
}

func ledgerText(err error) string {
	return "The money of this order does not add up, which is a fault of edged: keep its journal and report it. " + err.Error() + "."
}

func (e *Engine) violated(err error) {
	e.metrics.ledgerBroken.Inc()
	if e.o.Audit != nil {
		e.o.Audit(err)
	}
}

// mark is now as an entry at that terminal carries it. A day is the site's: staff and
// the terminal's end of day go by it, too.
func (e *Engine) mark(now purchase.Stamp, terminal string) book.Mark {
	return book.Mark{
		Day: book.DayOf(time.UnixMilli(now.Wall).In(time.Local)), Period: e.tills[terminal].Now, Unsynced: !now.Synced,
	}
}

// audit checks the whole ledger of the open orders, what no step has touched as well,
// and that they balance for each terminal. An order that has been told of is left out.
func (e *Engine) audit() {
	type till struct {
		terminal string
		currency money.Currency
	}
	balances, open := map[till]book.Amounts{}, map[till]money.Minor{}
	for _, o := range e.orders {
		if err := o.line.Check(o.state); err != nil && !o.misbooked {
			e.misbooked(o, err)
		}
		if o.misbooked {
			continue
		}
		k := till{o.line.Terminal, o.line.Currency}
		balances[k] = balances[k].Plus(o.line.Balance())
		if o.state.HoldOpen() {
			open[k] += o.state.Hold.Amount
		}
	}
	for k, b := range balances {
		if b.Total() == 0 && b[book.Held]+b[book.InDoubt] == open[k] {
			continue
		}
		err := fmt.Errorf("%w: terminal %s: the accounts add up to %d, %d held and in doubt for %d of open holds",
			book.ErrBroken, k.terminal, b.Total(), b[book.Held]+b[book.InDoubt], open[k])
		e.violated(err)
		e.alarm(Alarm{Kind: alarmLedger, Text: err.Error()})
	}
}

// misbooked tells of an order that audit has found.
func (e *Engine) misbooked(o *order, err error) {
	o.misbooked = true
	e.violated(err)
	e.alarm(Alarm{Kind: alarmLedger, Order: o.state.Order, Lane: o.state.Terms.Lane, Text: err.Error()})
	e.orderTask(o, purchase.OpenTask{Task: purchase.TaskLedger, Text: ledgerText(err)})
}

// orderTask opens a task of an order in a commit of its own.
func (e *Engine) orderTask(o *order, eff purchase.OpenTask) {
	b := e.newBatch()
	t := taskOf(&change{order: *o}, eff, b.now)
	if err := e.write(func(tx *queue.Tx) error { return b.openTask(tx, o.seq, t) }, true); err != nil {
		e.log.Error("task is not stored", logkey.OrderID, string(t.Order), logkey.Kind, string(t.Kind), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
		return
	}
	b.adoptTasks()
}

// prune adds up what leaves the archive; it runs in the store's writer. With a sum
// that is unreadable nothing is pruned until it has been set aside.
func (e *Engine) prune(tx *queue.Tx, on time.Duration, before time.Time) error {
	err := pruneInto(tx, on, before)
	if errors.Is(err, queue.ErrBadRecord) {
		e.sumBad.Store(true)
	}
	return err
}

// setSumsAside lets a reader meet the sum that prune could not read.
func (e *Engine) setSumsAside() {
	if e.sumBad.CompareAndSwap(true, false) {
		e.beside.start(func() {
			if _, err := e.o.Store.ReadSums(context.Background()); err != nil {
				e.log.Warn("sums of the ledger cannot be read", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
			}
		})
	}
}

func pruneInto(tx *queue.Tx, on time.Duration, before time.Time) error {
	sheet := book.Sheet{}
	_, err := tx.PruneArchive(on, before, pruneAtOnce, func(a queue.Archived) error {
		if l, ok := briefOf(a.Brief); ok {
			sheet.Add(l)
		} else if o, _, err := decodeArchived(a); err == nil {
			sheet.Add(o.line)
		} // else it was unreadable for everybody before
		return nil
	})
	for k, m := range sheet {
		if err == nil {
			err = addSum(tx, k, m)
		}
	}
	return err
}

func addSum(tx *queue.Tx, k book.Key, m book.Moved) error {
	b, ok, err := tx.Sum(k.Text())
	if err != nil {
		return err
	}
	sum := book.Sheet{k: m}
	if ok {
		kept, err := book.DecodeMoved(b)
		if err != nil {
			return fmt.Errorf("sum %s: %w", k.Text(), err)
		}
		sum.AddSum(k, kept)
	}
	if b, err = sum[k].Encode(); err != nil {
		return err
	}
	return tx.PutSum(k.Text(), b)
}

func briefOf(b []byte) (book.Line, bool) {
	l, err := book.ParseLine(string(b))
	return l, err == nil
}

// Ledger is the whole book: every day of every terminal, and how the last end of day
// of each compared. It reads a few bytes of every order that is kept. Errors: the
// store's, ErrStopped, ctx's.
func (e *Engine) Ledger(ctx context.Context) (book.Sheet, []EndOfDay, error) {
	const tries = 3 // pruning moves entries between the two reads at most every 30 s
	var ends []EndOfDay
	err := e.do(ctx, func() { ends = e.endsOfDay() })
	for range tries {
		if err != nil {
			return nil, nil, err
		}
		sheet := book.Sheet{}
		var before, after map[string][]byte
		if before, err = e.o.Store.ReadSums(ctx); err == nil {
			err = e.eachLine(ctx, sheet.Add)
		}
		if err == nil {
			after, err = e.o.Store.ReadSums(ctx)
		}
		if err == nil && maps.EqualFunc(before, after, slices.Equal[[]byte]) {
			return sheet, ends, addSums(sheet, after)
		}
	}
	if err == nil {
		err = ErrLedgerMoves
	}
	return nil, nil, err
}

func addSums(sheet book.Sheet, sums map[string][]byte) error {
	for key, b := range sums {
		k, err := book.ParseKey(key)
		if err != nil {
			return err
		}
		m, err := book.DecodeMoved(b)
		if err != nil {
			return err
		}
		sheet.AddSum(k, m)
	}
	return nil
}

// eachLine tells every line that is kept, open or closed, once. What moves meanwhile
// is told as it was before or after.
func (e *Engine) eachLine(ctx context.Context, tell func(book.Line)) error {
	open, err := e.openLines(ctx)
	if err != nil {
		return err
	}
	for _, l := range open {
		tell(l)
	}
	closed, err := e.closedLines(ctx, open, tell)
	if err != nil {
		return err
	}
	again, err := e.openLines(ctx) // and what came back from the archive, or is new
	for seq, l := range again {
		_, told := slices.BinarySearch(closed, seq)
		if _, was := open[seq]; !was && !told {
			tell(l)
		}
	}
	return err
}

func (e *Engine) openLines(ctx context.Context) (map[queue.Seq]book.Line, error) {
	var open map[queue.Seq]book.Line
	err := e.do(ctx, func() {
		open = make(map[queue.Seq]book.Line, len(e.orders))
		for _, o := range e.orders {
			open[o.seq] = o.line
		}
	})
	if err != nil {
		return nil, err // the loop may still be writing it
	}
	return open, nil
}

// closedLines tells the lines of the archive but those in open, and lists them.
func (e *Engine) closedLines(ctx context.Context, open map[queue.Seq]book.Line, tell func(book.Line)) ([]queue.Seq, error) {
	const page = 1000
	var told []queue.Seq
	for after := queue.Seq(0); ; {
		rows, err := e.o.Store.ReadBriefs(ctx, after, page)
		if err != nil || len(rows) == 0 {
			return told, err
		}
		for _, r := range rows {
			after = r.Seq
			if _, is := open[r.Seq]; is {
				continue
			}
			told = append(told, r.Seq)
			tell(e.closedLine(ctx, r))
		}
	}
}

// closedLine is the line of an archived order; one from before there was a ledger is
// opened from its state.
func (e *Engine) closedLine(ctx context.Context, r queue.Brief) book.Line {
	if l, ok := briefOf(r.Bytes); ok {
		return l
	}
	a, ok, err := e.o.Store.ReadArchive(ctx, r.ID)
	if err == nil && ok {
		var o *order
		if o, _, err = decodeArchived(a); err == nil {
			return o.line
		}
	}
	if err != nil {
		e.log.Warn("archived order is missing in the ledger", logkey.OrderID, string(purchase.NewOrderID(r.ID)), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PayUnreadable))
	}
	return book.Line{}
}
