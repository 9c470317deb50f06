package sender

import (
	"context"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/queue"
)

const (
	// deadRetry is the time between two tries of a dead letter (DESIGN M4).
	deadRetry = 6 * time.Hour
	// deadLook is the time between two looks for dead letters.
	deadLook = 10 * time.Minute
	// deadFirst is when, after a start, the ones are tried that were there before:
	// a gateway that is switched off every evening must try them too.
	deadFirst = 15 * time.Minute
)

// deadRound keeps when each dead letter is tried again. What a person drops, or the
// SaaS acknowledges, is forgotten with the next look.
type deadRound struct {
	look time.Time // the next one; zero: the first
	due  map[queue.N]time.Time
	next time.Time // the earliest of due; zero: none
}

func (d *deadRound) put(n queue.N, at time.Time) {
	if d.due == nil {
		d.due = map[queue.N]time.Time{}
	}
	d.due[n] = at
	d.next = time.Time{}
	for _, t := range d.due {
		if d.next.IsZero() || t.Before(d.next) {
			d.next = t
		}
	}
}

// wait shortens a wait to the next look or try.
func (d *deadRound) wait(now time.Time, wait time.Duration) time.Duration {
	wait = min(wait, d.look.Sub(now))
	if !d.next.IsZero() {
		wait = min(wait, d.next.Sub(now))
	}
	return max(wait, 0)
}

// nextDead is the first dead report whose time has come.
func (s *Sender) nextDead(ctx context.Context, now time.Time) *letter {
	d := &s.dead
	if d.look.After(now) && (d.next.IsZero() || d.next.After(now)) {
		return nil
	}
	first := d.look.IsZero()
	d.look = now.Add(deadLook)
	letters, err := s.readDead(ctx)
	if err != nil {
		s.unreadable(ctx, err)
		d.next = time.Time{} // with the next look
		return nil
	}
	old := d.due
	*d = deadRound{look: d.look}
	var ready *letter
	for _, l := range letters {
		at, known := old[l.row.N]
		switch {
		case known:
		case first:
			at = now.Add(deadFirst/2 + time.Duration(s.o.Rand()*float64(deadFirst)))
		default:
			at = now.Add(deadRetry)
		}
		if ready == nil && !at.After(now) {
			ready, at = &l, now.Add(deadRetry)
		}
		d.put(l.row.N, at)
	}
	return ready
}

// readDead reads every dead report of this account; any other letter is a person's.
func (s *Sender) readDead(ctx context.Context) ([]letter, error) {
	var out []letter
	for after := queue.N(0); ; {
		rows, err := s.o.Outbox.ReadDead(ctx, after, pageRows)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			after = row.N
			if row.Class != classReport {
				continue
			}
			l := letter{row: queue.ReportRow{N: row.N, Seq: row.Seq, Body: row.Body}, dead: true}
			if l.out, err = decode(l.row); err == nil && l.out.Account == s.o.Account {
				out = append(out, l)
			}
		}
		if len(rows) < pageRows {
			return out, nil
		}
	}
}

// classReport is the class of a dead letter that is a payment report.
const classReport = "report"

// deadAnswered: an acknowledgement takes the letter away in the commit of its event;
// after a no it waits again.
func (s *Sender) deadAnswered(l letter, err error) {
	if err != nil {
		s.dead.put(l.row.N, time.Now().Add(s.o.RetryCap))
		s.log.Warn("answer to a dead letter is not stored", logkey.OrderID, string(l.out.Order), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	}
}
