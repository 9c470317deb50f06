package engine

import (
	"strings"

	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

// What the terminal really did stands in the script further down: how the dialogue
// ended, and if that is not known, what the terminal says when it is asked.

// granted: the terminal has an approval and waits for our word.
func (w *crashWorld) granted(b purchase.HoldGranted) {
	cmd := w.pending(purchase.CmdArm)
	if cmd == nil && w.loose && w.armed[w.order] != w.p.n {
		w.skip("nobody waits for a card")
		return
	}
	b.Command = w.armID
	acked, stands := w.fateOfGrant()
	ev := purchase.Event{Order: w.order, Body: b}
	v, err := w.post(ev)
	if err == errKilled {
		return
	}
	w.last = &ev
	w.next()
	if v != purchase.Accept {
		return
	}
	if stands {
		w.ledger.open[b.Hold.Receipt] = b.Hold
	}
	w.point(w.p, "our acknowledgement is at the terminal")
	if acked && !w.p.isDead() {
		w.p.eng.Acked(b.Command)
	}
}

func (w *crashWorld) fateOfGrant() (acked, stands bool) {
	for i := w.at + 1; i < len(w.script.Lines); i++ {
		text := w.script.Lines[i].Text
		switch {
		case strings.HasPrefix(text, "open "):
			acked = true // it leaves only behind the acknowledgement
		case strings.HasPrefix(text, "arm ended done"):
			return true, true
		case strings.HasPrefix(text, "arm ended not_done"):
			return acked || strings.Contains(text, "acked"), false
		case strings.HasPrefix(text, "arm ended in_doubt"):
			acked = acked || strings.Contains(text, "acked")
			listed, said := w.listedLater(i)
			return acked, listed || (!said && acked)
		case strings.HasPrefix(text, "ask ended done"):
			listed := strings.Contains(text, " open")
			return acked || listed, listed
		}
	}
	return true, true
}

// listedLater is the terminal's next word about which holds are open.
func (w *crashWorld) listedLater(from int) (listed, said bool) {
	i := w.find(from+1, "ask ended done")
	if i < 0 {
		return false, false
	}
	return strings.Contains(w.script.Lines[i].Text, " open"), true
}

// stands: the terminal lets a result stand that we acknowledge.
func (w *crashWorld) stands(kind purchase.CommandKind) bool {
	for i := w.at + 1; i < len(w.script.Lines); i++ {
		text := w.script.Lines[i].Text
		over := strings.HasPrefix(text, string(kind)+" ended")
		switch {
		case over && strings.Contains(text, " done"):
			return true
		case over && strings.Contains(text, " not_done"):
			return false
		case over || w.script.Lines[i].Restart != nil:
			listed, said := w.listedLater(i)
			return said && !listed
		}
	}
	return true
}

// kept: a result stands that we refuse, against the terminal's own rules.
func (w *crashWorld) kept(kind purchase.CommandKind) bool {
	listed, said := w.listedLater(w.at)
	return kind == purchase.CmdCapture && said && !listed
}

// answer is the result of a command that moves money.
func (w *crashWorld) answer(l transcript.Line, id purchase.CommandID, amount money.Minor, body purchase.Body) {
	kind := kindOf(l.Text)
	cmd := w.pending(kind)
	switch {
	case cmd != nil && cmd.ID == id:
	case w.loose && !(strings.Contains(l.Text, " n=") && w.told[id]):
		w.skip("the terminal has no such command")
		return
	default:
		w.tell(purchase.Event{Order: w.order, Body: body})
		return
	}
	c := *cmd
	if amount > 0 {
		c.Amount = amount
	}
	repeated := w.p.result
	w.p.result = true
	kept := c.Amount > cmd.Amount && w.kept(kind) && !repeated
	if kept {
		w.move(c)
	}
	v, err := w.post(purchase.Event{Order: w.order, Body: body})
	if err == errKilled {
		return
	}
	w.last = &purchase.Event{Order: w.order, Body: body}
	if v == purchase.Accept && !kept && !repeated && w.stands(kind) {
		w.move(c)
	}
	w.next()
	w.point(w.p, "our answer is at the terminal")
}

// ended is the end of a command's dialogue.
func (w *crashWorld) commandEnded(l transcript.Line, b purchase.Ended) {
	cmd := w.pending(b.What)
	mine := cmd != nil && (b.What == purchase.CmdArm || cmd.ID == b.Command)
	if !mine && w.loose && !(strings.Contains(l.Text, " n=") && w.told[b.Command]) {
		w.skip("the terminal has no such command")
		return
	}
	w.believe(b)
	if !mine {
		if b.What == purchase.CmdArm {
			b.Command = w.armID
		}
		w.tell(purchase.Event{Order: w.order, Body: b})
		return
	}
	if w.endCommand(b) == nil {
		w.next()
	}
}

// believe takes over what the end of a command says of the money.
func (w *crashWorld) believe(b purchase.Ended) {
	s := w.state()
	if s.Hold == nil {
		return
	}
	receipt := s.Hold.Receipt
	switch {
	case b.What == purchase.CmdArm && b.Outcome == purchase.NotDone:
		delete(w.ledger.open, receipt)
	case b.What == purchase.CmdCapture && b.Outcome != purchase.NotDone && !w.p.result:
		for _, op := range s.Ops {
			if op.Kind == purchase.CmdCapture {
				w.ledger.doubt = int64(op.Amount)
			}
		}
	case b.Reason == purchase.ReasonNotOpen:
		if listed, _ := w.listedLater(w.at); !listed {
			w.notOpen(receipt, nil)
		}
	case b.What == purchase.CmdAsk && b.Outcome == purchase.Done && !b.More && len(b.Open) == 0 && (b.Terminal == "" || b.Terminal == s.Hold.Terminal):
		w.notOpen(receipt, b.Last)
	}
}

// notOpen: what was in doubt has been done, unless the terminal says that it booked
// nothing of the kind; if nothing was in doubt, the hold is gone.
func (w *crashWorld) notOpen(receipt string, last *purchase.Hold) {
	done := last == nil || last.Receipt != receipt
	if _, open := w.ledger.open[receipt]; open && w.ledger.doubt > 0 && done {
		w.take(receipt, w.ledger.doubt)
	}
	delete(w.ledger.open, receipt)
}
