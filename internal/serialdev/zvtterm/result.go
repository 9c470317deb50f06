package zvtterm

import (
	"context"
	"encoding/hex"
	"fmt"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// transaction is a command that moves money, from its first 04 0F to the answer
// that commits it.
type transaction struct {
	s   *session
	cmd purchase.TerminalCommand
	// body turns an approved result into the event to be posted. An error refuses
	// the result without posting it.
	body func(zvt.StatusInformation) (purchase.Body, error)

	shown    resultKey        // the approved result that was posted
	posted   bool             // shown is set
	verdict  purchase.Verdict // of shown; empty: it did not become durable
	acked    bool             // the terminal surely has our 80 00 00 to shown
	clash    bool             // a second, different approval came
	refusal  string           // why the driver itself refused a result
	failed   zvt.ResultCode   // of the last result that was no approval
	failText string
	seen     bool // a card was presented
	slip     slip // the customer's receipt

	failedLast bool // failed came after the approval
}

// resultKey tells a repeated result from another one (section 2.6: by receipt and
// trace, never by the bytes alone).
type resultKey struct {
	terminal, receipt, trace string
	amount                   zvt.Opt[int64]
}

func keyOf(m zvt.StatusInformation) resultKey {
	return resultKey{terminal: m.TerminalID, receipt: m.Receipt, trace: m.TraceNo(), amount: m.AmountMinor}
}

// result decides how a 04 0F is answered (STYLE §2):
//
//	no approval, with a code     80 00 00  nothing moved
//	no code at all               84 66 00  it might be an approval
//	approval, posted, Accept     80 00 00  the commit point
//	approval, posted, Refuse     84 66 00  the terminal reverses
//	approval, not durable        error     silence, line closed: it reverses
//	the same approval again      as before, posted once
//	another approval             84 66 00  and the command ends in doubt
func (x *transaction) result(m zvt.StatusInformation) (bool, error) {
	switch {
	case !m.Result.Set:
		x.refusal = "result without a code"
		return false, nil
	case !m.Approved():
		x.failed, x.failText, x.failedLast = m.Result.Value, m.Text, x.posted
		x.seen = x.seen || cardWasSeen(x.failed)
		return true, nil
	case !x.posted:
		return x.first(m)
	case keyOf(m) != x.shown:
		x.clash = true
		return false, nil
	}
	return x.verdict == purchase.Accept, nil
}

func (x *transaction) first(m zvt.StatusInformation) (bool, error) {
	body, err := x.body(m)
	if err != nil {
		x.refusal = err.Error()
		return false, nil
	}
	x.posted, x.seen, x.shown = true, true, keyOf(m)
	if len(m.Unparsed) > 0 {
		x.s.t.opts.Logger.Warn("part of a terminal's result is not readable", logkey.Command, x.cmd.ID, logkey.Frame, unread(m), logkey.Code, errcode.ZVTUnread)
	}
	x.slip.from(x.cmd, m)
	x.s.t.known = x
	key := fmt.Sprintf("%s/%s/%s", x.cmd.ID, m.Receipt, m.TraceNo())
	x.verdict, err = x.s.ask(x.event(body, key))
	return x.verdict == purchase.Accept, err
}

func (x *transaction) event(body purchase.Body, key string) purchase.Event {
	return x.s.t.event(x.cmd, body, key)
}

// accepted is told what became of 80 00 00.
func (x *transaction) accepted(st sent) {
	if st.taken && x.verdict == purchase.Accept {
		x.setAcked()
	}
}

// setAcked tells the engine once.
func (x *transaction) setAcked() {
	if !x.acked {
		x.acked = true
		x.s.t.acked(x.cmd.ID)
	}
}

// ask posts a result that waits for our answer. When it is not durable 1 s before
// the terminal stops waiting, the line is closed at once, whatever the poster does:
// a late answer could be taken for the answer to something else.
func (s *session) ask(ev purchase.Event) (purchase.Verdict, error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.t.opts.Timers.answerWithin())
	defer cancel()
	type reply struct {
		verdict purchase.Verdict
		err     error
	}
	done := make(chan reply, 1)
	go func() {
		v, err := s.t.post(ctx, ev)
		done <- reply{v, err}
	}()
	select {
	case r := <-done:
		if r.err == nil && ctx.Err() == nil {
			return r.verdict, nil
		}
		return "", fmt.Errorf("%w: %w", errNotDurable, firstOf(r.err, ctx.Err()))
	case <-ctx.Done():
		s.t.hangUp()
		<-done // the poster keeps its promise, or nothing can be promised any more
		return "", fmt.Errorf("%w: %w", errNotDurable, ctx.Err())
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// strayResult answers a result that comes outside its dialogue. One that was posted
// is answered as it was then. Everything else is refused, so that the terminal takes
// it back: its command has ended, and nobody would be told of what follows.
func (s *session) strayResult(a zvt.APDU) error {
	m, err := zvt.Parse(a)
	info, ok := m.(zvt.StatusInformation)
	x := s.t.known
	switch {
	case err != nil || !ok || !info.Result.Set:
		return s.refuse()
	case !info.Approved():
		return s.take()
	case x != nil && x.verdict == purchase.Accept && keyOf(info) == x.shown:
		return s.take()
	}
	return s.refuse()
}

// conclude turns the end of a transaction's dialogue into the outcome of its command.
func (x *transaction) conclude(end ending, aborted bool) purchase.Ended {
	completed := end.kind == zvt.CmdCompletion
	kept := x.verdict == purchase.Accept && completed && !x.clash
	if kept {
		x.setAcked() // it follows our acknowledgement, so that was taken
	}
	e := purchase.Ended{Outcome: purchase.NotDone, Acked: x.acked, CardSeen: x.seen, Slip: x.slip.lines(kept)}
	switch {
	case x.clash, kept && (x.failedLast || end.contradicts()):
		x.doubt(&e, "the terminal reported two different results")
	case kept:
		e.Outcome = purchase.Done
	case x.verdict == purchase.Accept:
		e.Reason, e.Code, e.Text = purchase.ReasonReversed, codeText(end.code), end.text
	case (x.posted || x.refusal != "") && completed:
		// We answered 84 66, so it had to end by 06 1E (section 9.3).
		x.doubt(&e, "the terminal completed what we refused")
	case x.posted || x.refusal != "":
		e.Reason, e.Text = purchase.ReasonRefused, x.refusal
	case x.failed != zvt.ResultOK:
		x.fail(&e, x.failed, x.failText, aborted)
	case !completed:
		x.fail(&e, end.code, end.text, aborted)
	default: // section 8: a completion alone is no success
		x.doubt(&e, "the terminal completed without a result")
	}
	return e
}

func (x *transaction) doubt(e *purchase.Ended, text string) {
	e.Outcome, e.Reason, e.Text = purchase.InDoubt, purchase.ReasonOther, text
}

func (x *transaction) fail(e *purchase.Ended, code zvt.ResultCode, text string, aborted bool) {
	e.Reason, e.Code, e.Text = reasonFor(x.cmd.Kind, code, aborted), codeText(code), text
	e.CardSeen = e.CardSeen || cardWasSeen(code)
}

// unread is what follows the first field that nobody knows (section 5: it must not
// fail a payment). It goes to flash with the rest of the result, before that is
// acknowledged: what it says about money is not lost, only not understood.
func unread(m zvt.StatusInformation) string {
	const most = 256 // bytes; a vendor's addition has a few
	return hex.EncodeToString(m.Unparsed[:min(most, len(m.Unparsed))])
}

// holdOf reads a granted hold. Without a receipt number it could never be found
// again.
func (s *session) holdOf(cmd purchase.TerminalCommand, m zvt.StatusInformation) (purchase.Hold, error) {
	if m.Receipt == "" || m.Receipt == zvt.NoReceipt {
		return purchase.Hold{}, fmt.Errorf("hold without a receipt number")
	}
	if !m.AmountMinor.Set && len(m.Unparsed) > 0 { // it may be less than asked: no hold of unknown size (M2)
		return purchase.Hold{}, fmt.Errorf("hold without a readable amount")
	}
	h := purchase.Hold{
		Terminal: m.TerminalID, Receipt: m.Receipt, Trace: m.TraceNo(), Date: m.Date, Time: m.Time,
		Amount: cmd.Amount, Currency: cmd.Currency, Card: m.CardNumber, Brand: brandOf(m),
	}
	if h.Terminal == "" {
		h.Terminal = s.t.Caps().Terminal
	}
	if m.AmountMinor.Set { // may be less than asked (section 9.4); some leave it out
		h.Amount = money.Minor(m.AmountMinor.Value)
	}
	if !m.Authorisation.IsZero() {
		h.Auth = hex.EncodeToString(m.Authorisation[:])
	}
	if m.Currency != "" {
		c, err := money.ParseCurrency(m.Currency)
		if err != nil {
			return purchase.Hold{}, fmt.Errorf("hold in another currency: %w", err)
		}
		h.Currency = c
	}
	return h, nil
}

func brandOf(m zvt.StatusInformation) string {
	if m.CardName != "" {
		return m.CardName
	}
	return zvt.CardTypeName(m.CardType.Value)
}
