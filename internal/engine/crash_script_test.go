package engine

import (
	"fmt"
	"strings"

	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

// line plays one line of the script. When the process is killed before it has
// answered, the line stays and its source tells it again, as the real ones do;
// what died with the process (a dialogue with the terminal, an answer of the SaaS)
// is not told again.
func (w *crashWorld) line(l transcript.Line) {
	w.trace = append(w.trace, l.Text)
	switch {
	case strings.HasPrefix(l.Text, "terms"):
		w.next()
	case l.Wait != nil:
		w.wait(*l.Wait)
	case l.Restart != nil:
		w.restart(*l.Restart)
	case l.Again:
		w.again()
	case l.Text == "arm":
		w.awaitArmed()
	default:
		w.event(l)
	}
}

func (w *crashWorld) event(l transcript.Line) {
	w.awaitCommand(kindOf(l.Text))
	body, err := l.Event(w.state())
	switch {
	case w.p.isDead():
		return
	case err != nil && w.loose:
		w.skip("no such command")
		return
	case err != nil:
		w.t.Fatalf("%v\n%s", err, w.story())
	}
	ev := purchase.Event{Order: w.order, Body: body}
	switch b := body.(type) {
	case purchase.CardSeen:
		b.Command = w.armID
		ev.Body = b
		w.tell(ev)
	case purchase.HoldGranted:
		w.granted(b)
	case purchase.Captured:
		w.answer(l, b.Command, b.Amount, b)
	case purchase.Released:
		w.answer(l, b.Command, 0, b)
	case purchase.Reversed:
		w.answer(l, b.Command, b.Amount, b)
	case purchase.Ended:
		w.commandEnded(l, b)
	case purchase.HoldFound:
		w.listed(ev, []purchase.Hold{b.Hold})
	case purchase.HoldAbsent:
		w.listed(ev, nil)
	case purchase.OpenAnswered:
		w.openAnswered(ev, b)
	case purchase.Reported:
		w.reported(ev, b)
	case purchase.Attached, purchase.Detached:
		w.tell(w.ofLane(body))
	default:
		w.callback(ev)
	}
}

func (w *crashWorld) ofLane(body purchase.Body) purchase.Event {
	if _, ok := body.(purchase.Attached); ok {
		body = purchase.Attached{Caps: w.p.Caps()}
	}
	return purchase.Event{Lane: "front", Body: body}
}

func (w *crashWorld) skip(why string) {
	w.trace = append(w.trace, "  skipped: "+why)
	w.next()
}

// tell posts what its source repeats until it is answered.
func (w *crashWorld) tell(ev purchase.Event) {
	if _, err := w.post(ev); err == errKilled {
		return
	}
	w.last = &ev
	w.next()
	w.point(w.p, "the poster has its answer")
}

func (w *crashWorld) again() {
	switch {
	case w.last == nil, w.loose && !isCallback(w.last.Body):
		w.skip("nothing to repeat")
	default:
		ev := *w.last
		ev.Key = fmt.Sprint("again ", w.at)
		w.tell(ev)
	}
}

// callback: the SaaS tells of orders that it knows.
func (w *crashWorld) callback(ev purchase.Event) {
	if !isCallback(ev.Body) {
		w.tell(ev)
		return
	}
	if w.loose && !w.sent {
		w.skip("the SaaS does not know the order")
		return
	}
	ev.Key = fmt.Sprint("line ", w.at)
	w.heard = true
	w.tell(ev)
}

// openAnswered is the SaaS's answer to the request on its way.
func (w *crashWorld) openAnswered(ev purchase.Event, b purchase.OpenAnswered) {
	for _, c := range w.p.calls {
		if c.order == w.order && !c.done {
			c.done = true
			c.answer <- b
			w.next()
			return
		}
	}
	if w.loose {
		w.skip("no OpenDoor is on its way")
		return
	}
	w.tell(ev)
}

// reported is the SaaS's answer to a report that was sent from the outbox.
func (w *crashWorld) reported(ev purchase.Event, b purchase.Reported) {
	if bytes := w.outbox(b.Report); bytes != "" {
		if old, ok := w.reports[b.Report]; ok && old != bytes {
			w.broken("M4: report %d was %s and is sent as %s", b.Report, old, bytes)
		}
		w.reports[b.Report] = bytes
	} else if s := w.state(); w.loose && (b.Report > len(s.Reports) || s.Reports[b.Report-1].State == purchase.ReportWaits) {
		w.skip("no such report")
		return
	}
	w.tell(ev)
}

// outbox gives the bytes of a report of the order that waits to be sent.
func (w *crashWorld) outbox(n int) string {
	rows, err := w.p.store.ReadReports(w.t.Context(), 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range rows {
		if r, err := purchase.DecodeOutboxRow(row.Body); err == nil && r.Order == w.order && r.Report == n {
			return string(r.Body)
		}
	}
	return ""
}

// listed is the terminal's list of holds, if the lane has asked for it; else the
// lane's word itself.
func (w *crashWorld) listed(ev purchase.Event, holds []purchase.Hold) {
	for _, h := range holds {
		if s := w.state(); s.Outcome == nil {
			w.ledger.open[h.Receipt] = h
		}
	}
	switch {
	case w.awaitList():
		if w.endCommand(purchase.Ended{Outcome: purchase.Done, Open: holds}) == nil {
			w.next()
		}
	case w.loose && len(holds) > 0:
		w.skip("the lane has asked already")
	default:
		w.tell(ev)
	}
}

// pending is the order's command of the kind, if it is at the terminal.
func (w *crashWorld) pending(kind purchase.CommandKind) (cmd *purchase.TerminalCommand) {
	w.lockDo(func() {
		if c := w.p.cmd; c != nil && c.Kind == kind && c.Order == w.order && w.order != "" {
			cmd = c
		}
	})
	return cmd
}
