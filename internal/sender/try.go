package sender

import (
	"context"
	"errors"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// try sends one report once and posts what became of it.
func (s *Sender) try(ctx context.Context, l letter) {
	sendCtx, cancel := context.WithTimeout(ctx, sendLimit)
	r := s.o.Send(sendCtx, l.out.Body)
	cancel()
	if ctx.Err() != nil && r.Verdict != Acked && r.Verdict != Refused {
		return // we stopped it ourselves
	}
	r.RetryAfter = min(r.RetryAfter, longestBar)
	s.metrics.tries.WithLabelValues("report", reasonOf(r)).Inc()
	switch r.Verdict {
	case Acked, Refused:
		s.answered(ctx, l, r)
	case Away:
		if l.dead {
			s.dead.put(l.row.N, time.Now()) // as soon as the SaaS is back
		}
		s.away(r)
	default:
		s.later(l, r)
	}
}

func decode(row queue.ReportRow) (purchase.OutboxRow, error) {
	if row.Err != nil {
		return purchase.OutboxRow{}, row.Err
	}
	return purchase.DecodeOutboxRow(row.Body)
}

// answered posts the SaaS's word. If it cannot be stored, or the row stays for
// another reason, the report is sent once more: the SaaS knows it already.
func (s *Sender) answered(ctx context.Context, l letter, r Result) {
	s.failures = 0
	s.pace.success(time.Now())
	ev := purchase.Event{Order: l.out.Order, Body: purchase.Reported{Report: l.out.Report, OK: r.Verdict == Acked, Msg: r.Msg}}
	_, err := s.o.Post(context.WithoutCancel(ctx), ev)
	if l.dead {
		s.deadAnswered(l, err)
		return
	}
	if err == nil && s.stays(ctx, l.row) {
		err = errStays
	}
	if err != nil {
		s.log.Error("answer to a report is not stored", logkey.OrderID, string(l.out.Order), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
		s.hold(l.row.Seq, 0)
		return
	}
	delete(s.blocked, l.row.Seq)
	s.trouble.over(l.row.Seq)
}

var errStays = errors.New("the report is still in the outbox")

// stays looks whether the report was not taken out of the outbox.
func (s *Sender) stays(ctx context.Context, row queue.ReportRow) bool {
	rows, err := s.o.Outbox.ReadReports(ctx, row.N-1, 1)
	return err == nil && len(rows) == 1 && rows[0].N == row.N
}

// later holds one order back. That slows the others down once, for the SaaS may be what
// is in trouble; the same order's next failures say nothing new of it.
func (s *Sender) later(l letter, r Result) {
	if !l.dead && s.blocked[l.row.Seq].attempts == 0 {
		s.pace.trouble(time.Now())
	}
	if l.dead {
		s.dead.put(l.row.N, time.Now().Add(max(r.RetryAfter, deadRetry)))
		return
	}
	s.hold(l.row.Seq, r.RetryAfter)
	s.trouble.failed(l.row.Seq, s.blocked[l.row.Seq].attempts, r.Msg)
	s.log.Warn("report is sent again later", logkey.OrderID, string(l.out.Order), logkey.Reason, r.Reason, logkey.Err, r.Msg, logkey.Code, r.Code)
}

// hold keeps an order's reports back, for the time that least says or longer. So
// many orders held back that there is no room for one more are trouble of the whole
// SaaS.
func (s *Sender) hold(seq queue.Seq, least time.Duration) {
	b, known := s.blocked[seq]
	if !known && len(s.blocked) >= maxBlocked {
		s.away(Result{Reason: "other", Msg: "too many orders wait for another try", RetryAfter: least})
		return
	}
	b.attempts++
	b.next = time.Now().Add(max(least, Backoff(b.attempts, s.o.RetryBase, s.o.RetryCap, s.o.Rand)))
	s.blocked[seq] = b
}

// away holds everything back: the SaaS as a whole does not answer, or wants less of us.
func (s *Sender) away(r Result) {
	s.failures++
	s.trouble.gone(r.Msg)
	now := time.Now()
	s.barred = now.Add(r.RetryAfter)
	if r.tooMany() {
		s.pace.turnedAway(now)
		s.awayTill = s.barred.Add(s.turn(now))
	} else {
		s.pace.trouble(now)
		s.awayTill = now.Add(max(r.RetryAfter, Backoff(s.failures, s.o.RetryBase, s.o.RetryCap, s.o.Rand)))
	}
	s.back.Store(false) // heard of before this try
	if s.failures == 1 {
		s.log.Warn("reports wait for the SaaS", logkey.Reason, r.Reason, logkey.Err, r.Msg, logkey.Code, r.Code)
	}
}

const (
	shortTurn = 4 // first back-offs that one who was turned away waits at the most
	patience  = 6 // times turned away in a row before the back-off doubles too
)

// turn draws the wait of a report that was turned away because there are too many: short,
// for the pace slows the reports behind it already, and drawn even when the SaaS named a
// time, because it named the same to others.
func (s *Sender) turn(now time.Time) time.Duration {
	top := min(shortTurn*s.o.RetryBase, time.Duration(float64(time.Second)/s.pace.rate(now)))
	wait := time.Duration(s.o.Rand() * float64(top))
	if s.failures <= patience {
		return wait
	}
	return max(wait, Backoff(s.failures-patience, s.o.RetryBase, s.o.RetryCap, s.o.Rand))
}

// foreign leaves a report of another account alone. An order has one account only:
// passing it over changes no sequence.
func (s *Sender) foreign(out purchase.OutboxRow) {
	if s.strange {
		return
	}
	s.strange = true
	s.metrics.tries.WithLabelValues("report", "other_account").Inc()
	s.log.Error("a report belongs to another account than the configured one and waits",
		logkey.OrderID, string(out.Order), logkey.Err, errors.New("account "+out.Account), logkey.Code, errcode.SaaSOtherAccount)
}
