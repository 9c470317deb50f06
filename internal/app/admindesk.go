package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"edged/internal/admin"
	"edged/internal/engine"
	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/sender"
)

// letterPage is how many rows of the outbox are read at once.
const letterPage = 256

// retryLimit bounds a retry by hand; the caller waits for it.
const retryLimit = time.Minute

// letter is one row of the outbox or one dead letter.
type letter struct {
	n        queue.N
	seq      queue.Seq // of its order, in the outbox
	dead     bool
	class    string
	reason   string
	attempts int64
	body     []byte
	order    purchase.OrderID   // "" if it is unreadable
	row      purchase.OutboxRow // of class report
}

// Queue implements admin.Backend. Reports that wait for the SaaS's order number come
// last: they are not in the outbox yet.
func (v *adminView) Queue(ctx context.Context, limit int) ([]admin.QueueEntry, error) {
	letters, err := v.letters(ctx, 0)
	if err != nil {
		return nil, err
	}
	open, err := v.a.engine.OpenOrders(ctx)
	if err != nil {
		return nil, v.told(err)
	}
	reports := map[purchase.OrderID][]purchase.Report{}
	var waits []admin.QueueEntry
	for _, o := range open {
		reports[o.State.Order] = o.State.Reports
		for _, r := range reportsIn(o.State, purchase.ReportWaits) {
			waits = append(waits, admin.QueueEntry{
				Class: admin.ClassReport, State: admin.StateWaits, OrderID: string(o.State.Order), Report: admin.ReportOf(r),
				Reason: "no callback has brought the SaaS's order number", AccountOK: o.State.Terms.Account == v.account(),
			})
		}
	}
	var out []admin.QueueEntry
	for _, l := range letters {
		out = append(out, v.entry(l, reports))
	}
	out = append(out, waits...)
	for i := range out {
		out[i].ErrorCode = out[i].Code()
	}
	return out[:min(limit, len(out))], nil
}

func (v *adminView) account() string { return account(v.a.o.Config.SaaS) }

func (v *adminView) entry(l letter, reports map[purchase.OrderID][]purchase.Report) admin.QueueEntry {
	e := admin.QueueEntry{
		N: int64(l.n), Class: l.class, State: admin.StateQueued, OrderID: string(l.order),
		Attempts: l.attempts, Reason: l.reason, AccountOK: true,
	}
	if l.dead {
		e.State = admin.StateDead
	} else if t := v.a.sender.Trying(l.seq); e.Reason == "" {
		e.Attempts, e.Reason = int64(t.Attempts), t.Why
	}
	if l.class != admin.ClassReport {
		return e
	}
	e.AccountOK = l.row.Account == v.account()
	of := reports[l.row.Order]
	if i := slices.IndexFunc(of, func(r purchase.Report) bool { return r.N == l.row.Report }); i >= 0 {
		e.Report = admin.ReportOf(of[i])
	}
	return e
}

// QueueEntry implements admin.Backend.
func (v *adminView) QueueEntry(ctx context.Context, n int64) (admin.QueueDetail, error) {
	l, err := v.letter(ctx, n)
	if err != nil {
		return admin.QueueDetail{}, err
	}
	reports := map[purchase.OrderID][]purchase.Report{}
	if l.row.Order != "" {
		o, err := v.a.engine.Order(ctx, l.row.Order)
		if err != nil {
			return admin.QueueDetail{}, v.told(err)
		}
		reports[l.row.Order] = o.State.Reports
	}
	body := l.body
	if l.class == admin.ClassReport {
		body = l.row.Body
	}
	if !json.Valid(body) {
		body = nil
	}
	e := v.entry(l, reports)
	e.ErrorCode = e.Code()
	return admin.QueueDetail{QueueEntry: e, Account: l.row.Account, Body: body}, nil
}

// letters lists the outbox behind after and every dead letter, by number.
func (v *adminView) letters(ctx context.Context, after queue.N) ([]letter, error) {
	var out []letter
	for {
		rows, err := v.a.store.ReadReports(ctx, after, letterPage)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			after = r.N
			out = append(out, newLetter(letter{n: r.N, seq: r.Seq, class: admin.ClassReport, body: r.Body}))
		}
		if len(rows) < letterPage {
			break
		}
	}
	dead, err := v.dead(ctx)
	if err != nil {
		return nil, err
	}
	out = append(dead, out...)
	slices.SortFunc(out, func(a, b letter) int { return cmp.Compare(a.n, b.n) })
	return out, nil
}

// dead lists the dead letters.
func (v *adminView) dead(ctx context.Context) ([]letter, error) {
	var out []letter
	for after := queue.N(0); ; {
		rows, err := v.a.store.ReadDead(ctx, after, letterPage)
		if err != nil {
			return nil, err
		}
		for _, d := range rows {
			after = d.N
			out = append(out, deadLetter(d))
		}
		if len(rows) < letterPage {
			return out, nil
		}
	}
}

func deadLetter(d queue.Dead) letter {
	return newLetter(letter{n: d.N, dead: true, class: d.Class, reason: d.Reason, attempts: d.Attempts, body: d.Body})
}

func newLetter(l letter) letter {
	if l.class == admin.ClassCallback {
		l.order = strayOrder(l.body)
	}
	if l.class != admin.ClassReport {
		return l
	}
	row, err := purchase.DecodeOutboxRow(l.body)
	if err != nil {
		l.reason = err.Error()
	}
	l.row, l.order = row, row.Order
	return l
}

// strayOrder is the order that a callback of an order nobody knows is about; "" if the
// letter is unreadable.
func strayOrder(body []byte) purchase.OrderID {
	ev, err := purchase.DecodeEvent(body)
	if err != nil {
		return ""
	}
	return ev.Order
}

func (v *adminView) letter(ctx context.Context, n int64) (letter, error) {
	rows, err := v.a.store.ReadReports(ctx, queue.N(n-1), 1)
	if err != nil {
		return letter{}, err
	}
	if len(rows) == 1 && rows[0].N == queue.N(n) {
		return newLetter(letter{n: rows[0].N, seq: rows[0].Seq, class: admin.ClassReport, body: rows[0].Body}), nil
	}
	dead, err := v.a.store.ReadDead(ctx, queue.N(n-1), 1)
	if err != nil {
		return letter{}, err
	}
	if len(dead) == 1 && dead[0].N == queue.N(n) {
		return deadLetter(dead[0]), nil
	}
	return letter{}, fmt.Errorf("%w: the queue has no entry %d", admin.ErrNotFound, n)
}

// Retry implements admin.Backend. What waits in the outbox is the sender's: it is
// only woken, so that nothing is sent twice at a time. A dead letter is nobody's: it
// is sent here, with the same bytes and to its own account only (M4).
func (v *adminView) Retry(ctx context.Context, n int64, who string) (message string, err error) {
	deed := engine.Deed{Who: who, Act: "queue retry", Object: fmt.Sprintf("entry %d", n)}
	err = v.act(ctx, deed, func() (err error) { message, err = v.retry(ctx, n); return err })
	return message, err
}

func (v *adminView) retry(ctx context.Context, n int64) (string, error) {
	l, err := v.letter(ctx, n)
	switch {
	case err != nil:
		return "", err
	case !l.dead:
		v.a.sender.Wake()
		return "the sender was woken", nil
	case l.class != admin.ClassReport:
		return "", fmt.Errorf("%w: a %s cannot be sent; drop it with a reason", admin.ErrConflict, l.class)
	case l.row.Account != v.account():
		return "", fmt.Errorf("%w: the report belongs to account %s", admin.ErrConflict, l.row.Account)
	}
	sendCtx, cancel := context.WithTimeout(ctx, retryLimit)
	defer cancel()
	r := sendReport(v.a.client)(sendCtx, l.row.Body)
	switch r.Verdict {
	case sender.Acked:
		ev := purchase.Event{Order: l.row.Order, Body: purchase.Reported{Report: l.row.Report, OK: true, Msg: r.Msg}}
		_, err := v.a.engine.Post(context.WithoutCancel(ctx), ev)
		return "the SaaS acknowledged the report", v.told(err)
	case sender.Refused:
		return "", fmt.Errorf("%w: the SaaS refuses the report again: %s", admin.ErrConflict, r.Msg)
	}
	return "", fmt.Errorf("%w: the SaaS did not answer: %s", admin.ErrUnavailable, r.Msg)
}

// Drop implements admin.Backend. A report is closed through its order, so that the
// journal tells who did it and why; any other dead letter belongs to no order.
func (v *adminView) Drop(ctx context.Context, n int64, d admin.Drop, who string) error {
	deed := engine.Deed{Who: who, Act: "queue drop", Object: fmt.Sprintf("entry %d", n), Note: d.Reason}
	return v.act(ctx, deed, func() error { return v.drop(ctx, n, d, who) })
}

func (v *adminView) drop(ctx context.Context, n int64, d admin.Drop, who string) error {
	l, err := v.letter(ctx, n)
	if err != nil {
		return err
	}
	if l.class != admin.ClassReport {
		v.a.log.Warn("dead letter is dropped by hand", logkey.Kind, l.class, logkey.Reason, d.Reason, logkey.Caller, who)
		return v.a.engine.DropStray(ctx, l.n)
	}
	if d.Order != string(l.row.Order) {
		return fmt.Errorf("%w: entry %d belongs to order %s, not to %q", admin.ErrConflict, n, l.row.Order, d.Order)
	}
	_, err = v.a.engine.Post(ctx, purchase.Event{Order: l.row.Order, Body: purchase.Person{
		Act: purchase.ActDropReport, Report: l.row.Report, Note: d.Reason, Who: who,
	}})
	return v.told(err)
}
