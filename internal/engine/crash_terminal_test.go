package engine

import (
	"errors"
	"strings"

	"edged/internal/purchase"
)

// ledger is what terminal and issuer know of the money.
type ledger struct {
	open  map[string]purchase.Hold
	taken map[string]int64 // by receipt of the hold
	sure  bool             // no command that moves money is without an answer
	doubt int64            // amount of a capture that ended in doubt
}

// started: a command has reached the terminal; it needs w.mu.
func (w *crashWorld) started(p *process, cmd purchase.TerminalCommand) {
	w.trace = append(w.trace, "  start "+string(cmd.ID))
	w.told[cmd.ID] = true
	switch cmd.Kind {
	case purchase.CmdArm:
		if w.order == "" {
			w.order = cmd.Order
		}
		if _, ok := w.armed[cmd.Order]; !ok {
			w.armed[cmd.Order] = p.n
		}
		w.armID = cmd.ID
	case purchase.CmdCapture, purchase.CmdRelease:
		if !w.ledger.sure && !w.blind() && w.script.Terms.SessionLimit == 0 {
			w.broken("M7: %s without a question, although another may have been done", cmd.ID)
		}
		if cmd.Kind == purchase.CmdCapture && cmd.Amount > cmd.Hold.Amount {
			w.broken("M2: %s of %d, held %d", cmd.ID, cmd.Amount, cmd.Hold.Amount)
		}
		w.ledger.sure = false
	}
}

// asksForDoor: OpenDoor is on the wire; it needs w.mu.
func (w *crashWorld) asksForDoor(p *process, r OpenRequest) {
	w.trace = append(w.trace, "  OpenDoor "+string(r.Order))
	if r.Order != w.order {
		w.broken("M1: OpenDoor for %s, which nobody has paid for", r.Order)
	}
	if r.Expired() {
		w.broken("M5: OpenDoor after its deadline")
	}
	if w.armed[r.Order] != p.n {
		w.broken("M5: OpenDoor after a restart")
	}
	if i := w.find(w.at, "open "); i < 0 || !strings.HasPrefix(w.script.Lines[i].Text, "open not_sent") {
		w.sent = true
	}
}

// blind: the terminal of this script cannot list its holds.
func (w *crashWorld) blind() bool {
	for _, l := range w.script.Lines {
		if strings.HasPrefix(l.Text, "ask ended not_done unsupported") || strings.HasPrefix(l.Text, "ask ended done more") {
			return true
		}
	}
	return false
}

// serve ends the command at the terminal if the script has nothing to say about
// it; false: nothing to do.
func (w *crashWorld) serve() bool {
	p := w.p
	var cmd *purchase.TerminalCommand
	var abort bool
	w.lockDo(func() { cmd, abort = p.cmd, p.abort })
	switch {
	case cmd == nil:
		return false
	case cmd.Kind == purchase.CmdArm && abort:
		_ = w.endCommand(purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonAborted})
	case cmd.Kind == purchase.CmdArm:
		return false
	case cmd.Order == "" && !w.listWaits():
		w.byLedger(*cmd)
	case cmd.Order != "" && (cmd.Order != w.order || w.home || (w.loose && w.unscripted(*cmd))):
		w.byLedger(*cmd)
	default:
		return false
	}
	return true
}

// unscripted: a question that the script does not know of, or a command for a hold
// that is settled. What else the script is silent about stays unanswered.
func (w *crashWorld) unscripted(cmd purchase.TerminalCommand) bool {
	switch cmd.Kind {
	case purchase.CmdAsk:
		return w.nextKind() != cmd.Kind && !w.expired
	case purchase.CmdRelease:
		return w.over(cmd) || w.find(0, "release") < 0
	}
	return w.over(cmd)
}

// over: the terminal had settled the hold before it was told to, whatever the
// script says of this dialogue.
func (w *crashWorld) over(cmd purchase.TerminalCommand) bool {
	return w.p.late && w.script.Terms.SessionLimit == 0 && (cmd.Kind == purchase.CmdCapture || cmd.Kind == purchase.CmdRelease)
}

// listWaits: the script itself says what the terminal lists.
func (w *crashWorld) listWaits() bool {
	if w.home || w.order == "" {
		return false
	}
	s := w.state()
	unclear := s.Hold == nil && s.ArmDoubt && s.Outcome == nil
	return unclear && (!w.loose || w.ahead("hold_found", "hold_absent"))
}

// nextKind is the kind of command that the next word of the terminal in the script
// is about.
func (w *crashWorld) nextKind() purchase.CommandKind {
	for _, l := range w.script.Lines[min(w.at, len(w.script.Lines)):] {
		if k := kindOf(l.Text); k != "" && k != purchase.CmdArm {
			return k
		}
	}
	return ""
}

// kindOf is the kind of command a line is about.
func kindOf(text string) purchase.CommandKind {
	words := strings.Fields(text)
	switch words[0] {
	case "captured":
		return purchase.CmdCapture
	case "released":
		return purchase.CmdRelease
	case "reversed":
		return purchase.CmdReverse
	case "granted":
		return purchase.CmdArm
	case "arm", "capture", "release", "reverse", "ask":
		if len(words) > 1 {
			return purchase.CommandKind(words[0])
		}
	}
	return ""
}

// byLedger ends a command as a terminal does that works.
func (w *crashWorld) byLedger(cmd purchase.TerminalCommand) {
	l := &w.ledger
	_, open := l.open[cmd.Hold.Receipt]
	end := purchase.Ended{Outcome: purchase.Done, Acked: true}
	accepted := true
	switch cmd.Kind {
	case purchase.CmdAsk:
		end = w.list(cmd)
	case purchase.CmdCapture, purchase.CmdRelease:
		if !open {
			end = purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonNotOpen}
			break
		}
		body := purchase.Body(purchase.Released{Command: cmd.ID})
		if cmd.Kind == purchase.CmdCapture {
			body = purchase.Captured{Command: cmd.ID, Amount: cmd.Amount, Receipt: "0199"}
		}
		accepted = w.result(cmd, body, true)
	case purchase.CmdReverse:
		accepted = w.result(cmd, purchase.Reversed{Command: cmd.ID, Amount: cmd.Amount, Receipt: "0198"}, true)
	}
	if !accepted {
		end = purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonReversed}
	}
	if !w.p.isDead() {
		_ = w.endCommand(end)
	}
}

func (w *crashWorld) list(cmd purchase.TerminalCommand) purchase.Ended {
	if w.blind() || w.script.Terms.SessionLimit > 0 {
		return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonUnsupported}
	}
	if s := w.state(); s.Hold != nil && s.Hold.Settled == purchase.HoldExpired {
		delete(w.ledger.open, s.Hold.Receipt)
	}
	end := purchase.Ended{Outcome: purchase.Done, Terminal: cmd.Hold.Terminal}
	for _, h := range w.ledger.open {
		end.Open = append(end.Open, h)
	}
	return end
}

// move books what our acknowledgement has made final.
func (w *crashWorld) move(cmd purchase.TerminalCommand) {
	l := &w.ledger
	switch cmd.Kind {
	case purchase.CmdCapture:
		w.take(cmd.Hold.Receipt, int64(cmd.Amount))
	case purchase.CmdRelease:
		delete(l.open, cmd.Hold.Receipt)
	case purchase.CmdReverse:
		w.refund(int64(cmd.Amount))
	}
}

func (w *crashWorld) take(receipt string, amount int64) {
	if w.ledger.taken[receipt] != 0 {
		w.lockDo(func() { w.broken("M2: a second capture of the hold %s", receipt) })
	}
	delete(w.ledger.open, receipt)
	w.ledger.taken[receipt] += amount
}

func (w *crashWorld) refund(amount int64) {
	for r := range w.ledger.taken {
		w.ledger.taken[r] -= amount
	}
}

// result posts a terminal result; true: our acknowledgement is at the terminal,
// which makes it final if the terminal lets it stand.
func (w *crashWorld) result(cmd purchase.TerminalCommand, body purchase.Body, stands bool) bool {
	v, err := w.post(purchase.Event{Order: cmd.Order, Body: body})
	if err != nil || v != purchase.Accept {
		return false
	}
	if stands {
		w.move(cmd)
	}
	w.point(w.p, "our acknowledgement is at the terminal")
	return true
}

// endCommand ends the dialogue with the terminal.
func (w *crashWorld) endCommand(end purchase.Ended) error {
	p := w.p
	var cmd purchase.TerminalCommand
	w.lockDo(func() { cmd, p.cmd = *p.cmd, nil })
	end.Command, end.What = cmd.ID, cmd.Kind
	ev := purchase.Event{Order: cmd.Order, Body: end}
	if cmd.Order == "" {
		ev.Lane = "front"
	}
	if cmd.Order != "" && cmd.Kind != purchase.CmdArm && end.Outcome != purchase.InDoubt && (cmd.Kind != purchase.CmdAsk || end.Outcome == purchase.Done) {
		w.lockDo(func() { w.ledger.sure = true })
	}
	_, err := w.post(ev)
	if err != nil {
		return err
	}
	w.last = &ev
	w.point(p, "the end of a command is taken")
	return nil
}

// post hands an event in. It gives an error when the process died before it
// answered.
func (w *crashWorld) post(ev purchase.Event) (purchase.Verdict, error) {
	p := w.p
	v, err := p.eng.Post(w.t.Context(), ev)
	if p.isDead() {
		return purchase.Refuse, errKilled
	}
	if err != nil && !errors.Is(err, purchase.ErrPerson) {
		w.lockDo(func() { w.broken("post %s: %v", ev.Body.Kind(), err) })
	}
	w.lockDo(func() { w.trace = append(w.trace, "  posted "+string(ev.Body.Kind())) })
	return v, err
}

var errKilled = errors.New("the daemon was killed before it answered")
