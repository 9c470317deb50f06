package sender

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// Outbox is what the sender reads; queue.Store is one.
type Outbox interface {
	ReadReports(ctx context.Context, after queue.N, limit int) ([]queue.ReportRow, error)
}

// Verdict is what became of one try.
type Verdict string

// The verdicts.
const (
	Acked   Verdict = "acked"   // acknowledged, or processed already
	Refused Verdict = "refused" // a final no: a dead letter
	Later   Verdict = "later"   // this report again, later
	Away    Verdict = "away"    // the SaaS does not answer, or wants less of us: everything later
)

// Result is a verdict with what is known of it.
type Result struct {
	Verdict    Verdict
	Reason     string        // short class, for the metric
	Msg        string        // for people
	RetryAfter time.Duration // zero: not told
}

// Options of New.
type Options struct {
	Outbox  Outbox
	Send    func(ctx context.Context, body []byte) Result // one try; must end with ctx
	Post    func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error)
	Account string // the one the Send of this sender belongs to

	PerSecond float64       // most per second, DESIGN: at most 2
	RetryBase time.Duration // first back-off
	RetryCap  time.Duration // longest back-off
	Rand      func() float64

	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Sender drains the outbox. One goroutine (Run) works; Wake may be called from
// anywhere.
type Sender struct {
	o       Options
	log     *slog.Logger
	metrics *metrics
	wake    chan struct{}

	// Run's own.
	pace     pace
	cursor   queue.N
	blocked  map[queue.Seq]block
	failures int       // in a row, of the whole SaaS
	awayTill time.Time // no request before
	strange  bool      // a row of another account has been alarmed
}

// block keeps an order's first report back.
type block struct {
	attempts int
	next     time.Time
}

const (
	pageRows   = 64
	maxBlocked = 4096
	idleLook   = time.Minute // a look at the outbox although nobody woke us
	sendLimit  = 30 * time.Second
)

// New prepares a sender; nothing happens until Run.
func New(o Options) (*Sender, error) {
	if o.PerSecond <= 0 || o.RetryBase <= 0 || o.RetryCap < o.RetryBase {
		return nil, fmt.Errorf("sender: rate %v, back-off %v to %v: must be positive and rising", o.PerSecond, o.RetryBase, o.RetryCap)
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	return &Sender{
		o: o, log: o.Logger.With(logkey.Component, "sender"), metrics: m, wake: make(chan struct{}, 1),
		pace: pace{rate: o.PerSecond, top: o.PerSecond}, blocked: map[queue.Seq]block{},
	}, nil
}

// Wake says that a report was queued, or that the SaaS is back. It never blocks.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run drains until ctx ends.
func (s *Sender) Run(ctx context.Context) error {
	for {
		row, wait, err := s.next(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("outbox cannot be read", logkey.Err, err)
			wait = s.o.RetryBase
		}
		if row == nil {
			if !s.sleep(ctx, wait, true) {
				return nil
			}
			continue
		}
		if !s.sleep(ctx, s.pace.take(time.Now()), false) {
			return nil
		}
		s.try(ctx, *row)
	}
}

// sleep waits; false: ctx ended. Only an idle sender may be woken.
func (s *Sender) sleep(ctx context.Context, d time.Duration, idle bool) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	wake := s.wake
	if !idle {
		wake = nil
	}
	select {
	case <-t.C:
	case <-wake:
		s.cursor = 0
	case <-ctx.Done():
		return false
	}
	return true
}

// next finds the first report whose order is not held back, or says how long
// there is nothing to do.
func (s *Sender) next(ctx context.Context) (*queue.ReportRow, time.Duration, error) {
	now := time.Now()
	if d := s.awayTill.Sub(now); d > 0 {
		return nil, d, nil
	}
	passes := 0
	for {
		rows, err := s.o.Outbox.ReadReports(ctx, s.cursor, pageRows)
		if err != nil {
			return nil, 0, err
		}
		for i := range rows {
			if s.mayTry(rows[i].Seq, now) {
				s.cursor = rows[i].N - 1
				return &rows[i], 0, nil
			}
			s.cursor = rows[i].N
		}
		if len(rows) < pageRows {
			if s.cursor == 0 || passes > 0 {
				s.cursor = 0
				return nil, s.untilBlocked(now), nil
			}
			s.cursor, passes = 0, passes+1
		}
	}
}

func (s *Sender) mayTry(seq queue.Seq, now time.Time) bool {
	b, ok := s.blocked[seq]
	return !ok || !b.next.After(now)
}

func (s *Sender) untilBlocked(now time.Time) time.Duration {
	d := idleLook
	for _, b := range s.blocked {
		d = min(d, max(b.next.Sub(now), time.Millisecond))
	}
	return d
}

// try sends one report once and posts what became of it.
func (s *Sender) try(ctx context.Context, row queue.ReportRow) {
	out, err := decode(row)
	if err != nil {
		s.log.Error("report is unreadable", logkey.Err, err)
		s.hold(row.Seq, s.o.RetryCap)
		return
	}
	if out.Account != s.o.Account {
		s.foreign(out, row.Seq)
		return
	}
	sendCtx, cancel := context.WithTimeout(ctx, sendLimit)
	r := s.o.Send(sendCtx, out.Body)
	cancel()
	s.metrics.tries.WithLabelValues("report", reasonOf(r)).Inc()
	switch r.Verdict {
	case Acked, Refused:
		s.answered(ctx, out, row, r)
	case Later:
		s.pace.trouble()
		s.hold(row.Seq, r.RetryAfter)
		s.log.Warn("report is sent again later", logkey.OrderID, string(out.Order), logkey.Reason, r.Reason, logkey.Err, r.Msg)
	case Away:
		s.away(r)
	}
}

func decode(row queue.ReportRow) (purchase.OutboxRow, error) {
	if row.Err != nil {
		return purchase.OutboxRow{}, row.Err
	}
	return purchase.DecodeOutboxRow(row.Body)
}

// answered posts the SaaS's word. If it cannot be stored the report is sent once
// more: the SaaS knows it already.
func (s *Sender) answered(ctx context.Context, out purchase.OutboxRow, row queue.ReportRow, r Result) {
	s.failures = 0
	s.pace.success()
	ev := purchase.Event{Order: out.Order, Body: purchase.Reported{Report: out.Report, OK: r.Verdict == Acked, Msg: r.Msg}}
	if _, err := s.o.Post(context.WithoutCancel(ctx), ev); err != nil {
		s.log.Error("answer to a report is not stored", logkey.OrderID, string(out.Order), logkey.Err, err)
		s.hold(row.Seq, 0)
		return
	}
	delete(s.blocked, row.Seq)
}

// hold keeps an order's reports back; at is the least wait, zero for none.
func (s *Sender) hold(seq queue.Seq, least time.Duration) {
	b := s.blocked[seq]
	b.attempts++
	b.next = time.Now().Add(max(least, Backoff(b.attempts, s.o.RetryBase, s.o.RetryCap, s.o.Rand)))
	if len(s.blocked) < maxBlocked || b.attempts > 1 {
		s.blocked[seq] = b
	}
}

// away holds everything back: the SaaS as a whole does not answer.
func (s *Sender) away(r Result) {
	s.failures++
	s.pace.trouble()
	wait := max(r.RetryAfter, Backoff(s.failures, s.o.RetryBase, s.o.RetryCap, s.o.Rand))
	s.awayTill = time.Now().Add(wait)
	if s.failures == 1 {
		s.log.Warn("reports wait for the SaaS", logkey.Reason, r.Reason, logkey.Err, r.Msg)
	}
}

// foreign leaves a report of another account alone.
func (s *Sender) foreign(out purchase.OutboxRow, seq queue.Seq) {
	s.metrics.tries.WithLabelValues("report", "other_account").Inc()
	s.blocked[seq] = block{attempts: 1, next: time.Now().Add(time.Hour)}
	if !s.strange {
		s.strange = true
		s.log.Error("a report belongs to another account than the configured one and waits",
			logkey.OrderID, string(out.Order), logkey.Err, errors.New("account "+out.Account))
	}
}
