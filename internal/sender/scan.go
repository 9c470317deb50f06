package sender

import (
	"context"
	"maps"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// next finds the first report that may be sent, or says how long there is nothing
// to do. Rows behind the cursor are looked at only after a whole round, or when
// one of them may be tried again: an order's reports go in sequence.
func (s *Sender) next(ctx context.Context) (*letter, time.Duration) {
	now := time.Now()
	if d := s.awayFor(now); d > 0 {
		return nil, d
	}
	if !s.due.IsZero() && !s.due.After(now) {
		s.rewind()
	}
	for whole := s.cursor == 0; ; {
		rows, err := s.o.Outbox.ReadReports(ctx, s.cursor, pageRows)
		if err != nil {
			s.unreadable(ctx, err)
			return nil, s.o.RetryBase
		}
		s.unread = false
		for _, row := range rows {
			if out, ok := s.mayTry(row, now); ok {
				return &letter{row: row, out: out}, 0
			}
			s.cursor = row.N
		}
		switch {
		case len(rows) == pageRows:
		case whole:
			if l := s.nextDead(ctx, now); l != nil { // what was never refused goes first
				return l, 0
			}
			return nil, s.idle(now)
		default:
			s.rewind()
			whole = true
		}
	}
}

func (s *Sender) unreadable(ctx context.Context, err error) {
	if !s.unread && ctx.Err() == nil {
		s.log.Error("outbox cannot be read", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
		s.unread = true
	}
}

// awayFor is the time for which nothing is sent at all.
func (s *Sender) awayFor(now time.Time) time.Duration {
	if s.back.Swap(false) {
		s.awayTill = s.barred
	}
	return s.awayTill.Sub(now)
}

func (s *Sender) rewind() { s.cursor, s.due = 0, time.Time{} }

// idle ends a whole round that found nothing. A block that is over and was not met
// belongs to an order without reports.
func (s *Sender) idle(now time.Time) time.Duration {
	maps.DeleteFunc(s.blocked, func(_ queue.Seq, b block) bool { return !b.next.After(now) })
	s.trouble.keep(s.blocked)
	wait := idleLook
	if !s.due.IsZero() {
		wait = min(wait, s.due.Sub(now))
	}
	wait = s.dead.wait(now, wait)
	s.rewind()
	return wait
}

// mayTry says whether the report may be sent now. What is no report of ours is
// held back here, before it costs a token.
func (s *Sender) mayTry(row queue.ReportRow, now time.Time) (purchase.OutboxRow, bool) {
	if b := s.blocked[row.Seq]; b.next.After(now) {
		s.passOver(b.next)
		return purchase.OutboxRow{}, false
	}
	out, err := decode(row)
	switch {
	case err != nil:
		if s.blocked[row.Seq].attempts == 0 {
			s.log.Error("report is unreadable", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PayUnreadable))
		}
		s.hold(row.Seq, s.o.RetryCap)
		s.passOver(now.Add(s.o.RetryCap))
	case out.Account != s.o.Account:
		s.foreign(out)
	default:
		return out, true
	}
	return purchase.OutboxRow{}, false
}

func (s *Sender) passOver(until time.Time) {
	if s.due.IsZero() || until.Before(s.due) {
		s.due = until
	}
}
