package readersim

import (
	"cmp"
	"context"
)

// reserve is 06 22 (§9.4).
func (l *life) reserve(ctx context.Context, cmd apdu) error {
	f, err := parseFields(cmd.data)
	amount, named, badAmount := f.amount()
	switch {
	case err != nil || badAmount != nil:
		return l.failWith(ctx, cmd, codeProtocol)
	case f.has(0x49) && string(f[0x49]) != string(l.currency()):
		return l.refuse(ctx, cmd, codeCurrency)
	case f.has(0x0B) && !l.t.opt.Extends:
		return l.failWith(ctx, cmd, codeUnknown)
	case f.has(0x0B):
		return l.extend(ctx, cmd, f, amount)
	case !named:
		amount = l.t.opt.DefaultHold
	}
	if err := l.agree(ctx); err != nil {
		return err
	}
	if l.openHolds() >= l.t.opt.MaxHolds {
		return l.fail(ctx, cmd, codeReservation, false)
	}
	p, code, err := l.awaitCard(ctx, l.t.opt.Timing.CardWait)
	switch {
	case err != nil:
		return err
	case p == nil:
		return l.fail(ctx, cmd, code, true)
	}
	return l.issuer(ctx, cmd, p, amount, f.has(0x49))
}

// issuer asks the card's issuer and reports.
func (l *life) issuer(ctx context.Context, cmd apdu, p *presentation, amount int64, currency bool) error {
	r := TapResult{Code: codeAborted}
	defer func() { p.result <- r }()
	if err := l.show(ctx, showHost); err != nil {
		return err
	}
	if err := l.hostTrip(ctx, cmp.Or(p.card.Host, l.t.opt.Timing.Host)); err != nil {
		return err
	}
	if p.card.Decline != 0 {
		r.Code = p.card.Decline
		return l.fail(ctx, cmd, p.card.Decline, true)
	}
	granted := amount
	if p.card.GrantMinor > 0 {
		granted = min(amount, p.card.GrantMinor)
	}
	tx := l.authorise(Event{Command: headName(cmd.head()), Requested: amount, Amount: granted, Card: p.card.Masked})
	stands, err := l.report(ctx, tx, l.statusInfo(tx, p.card, granted, currency))
	if stands {
		r = TapResult{Approved: true, AmountMinor: granted, Tx: tx.ID, Receipt: tx.Receipt, Trace: tx.Trace}
	}
	switch {
	case err != nil || !stands:
		return err
	case p.card.ReverseAfterAck:
		l.t.book.Add(Event{Kind: Autoreversed, Tx: tx.ID, Amount: granted, Note: "after the acknowledgement"})
		r.Approved = false
		_, err := l.tell(ctx, msg(cmdPTAbort, codeAborted))
		return err
	}
	return l.complete(ctx)
}

// authorise numbers a transaction and writes that the acquirer agreed.
func (l *life) authorise(e Event) *Tx {
	var prev *Tx
	var id int64
	l.t.book.View(func(led *Ledger) { prev, id = led.Txs[led.last], led.last+1 })
	e.Kind, e.Tx, e.TerminalID, e.Currency = Authorised, id, l.t.opt.TerminalID, l.t.opt.Currency
	e.Receipt, e.Trace = l.t.opt.FirstReceipt, 1
	if prev != nil {
		e.Receipt, e.Trace = prev.Receipt%maxReceipt+1, prev.Trace%maxTrace+1
	}
	l.t.book.Add(e)
	l.tx = id
	return l.lookup(id)
}

func (l *life) lookup(id int64) *Tx {
	var tx Tx
	l.t.book.View(func(led *Ledger) { tx = *led.Txs[id] })
	return &tx
}

func (l *life) openHolds() int {
	n := 0
	l.t.book.View(func(led *Ledger) { n = len(led.open()) })
	return n
}

// report sends the Status Information of a transaction that the acquirer agreed
// to, and lets the answer decide (§11.1). It says whether the transaction stands;
// if not, the dialogue is over.
func (l *life) report(ctx context.Context, tx *Tx, info []byte) (bool, error) {
	for {
		answer, err := l.ask(ctx, msg(cmdStatusInfo, info...))
		switch {
		case soft(err):
			return l.unanswered(ctx, tx, err)
		case err != nil:
			return false, err // power cut: resync decides
		}
		l.decide(tx, answer)
		if _, err := l.point(ctx, PointAnswered, headName(cmdStatusInfo)); err != nil {
			return answer.agrees(), err
		}
		switch {
		case answer.agrees():
			return true, nil
		case answer.code() != codeWait:
			_, err := l.tell(ctx, msg(cmdPTAbort, codeAborted))
			return false, err
		}
		if err := l.pause(ctx, l.t.opt.Timing.Ask); err != nil { // asks again (§9.3)
			return false, err
		}
	}
}

// decide books a transaction or takes it back by the gateway's answer (§9.3):
// the terminal's commit point.
func (l *life) decide(tx *Tx, answer apdu) {
	l.t.book.Add(Event{Kind: Answered, Tx: tx.ID, Code: int(answer.code())})
	switch {
	case answer.code() == codePartIssued:
		l.t.book.Add(Event{Kind: Booked, Tx: tx.ID, Amount: partIssued(answer, tx.Amount), Note: "partly issued"})
	case answer.agrees():
		l.t.book.Add(Event{Kind: Booked, Tx: tx.ID, Amount: tx.Amount})
	case answer.code() != codeWait:
		l.t.book.Add(Event{Kind: Autoreversed, Tx: tx.ID, Amount: tx.Amount, Note: "refused by the gateway"})
	}
}

func partIssued(answer apdu, granted int64) int64 {
	f, err := parseFields(answer.data)
	n, named, bad := f.amount()
	if err != nil || bad != nil || !named {
		return granted
	}
	return min(n, granted)
}

// unanswered is a Status Information nobody acknowledged: the terminal reverses
// (or keeps, by its policy) and tries to say so.
func (l *life) unanswered(ctx context.Context, tx *Tx, why error) (bool, error) {
	l.unacked(tx, why.Error())
	if l.t.opt.Unacked == KeepUnacked {
		return true, nil
	}
	_, err := l.tell(ctx, msg(cmdPTAbort, codeAborted))
	return false, err
}

func (l *life) currency() []byte { return digitBytes("0" + l.t.opt.Currency) }

// statusInfo is the 04 0F of a transaction (§6, §9.4).
func (l *life) statusInfo(tx *Tx, c Card, amount int64, currency bool) []byte {
	at := tx.AuthorisedAt
	b := builder{}.raw(0x27, codeOK).bcd(0x04, amount, 6)
	if currency {
		b = b.raw(0x49, l.currency()...)
	}
	b = b.raw(0x0C, digitBytes(at.Format("150405"))...).raw(0x0D, digitBytes(at.Format("0102"))...)
	pan := digitBytes(c.Masked)
	b = b.text(0x22, string(pan)).raw(0x29, digitBytes(tx.TerminalID)...)
	b = b.bcd(0x87, int64(tx.Receipt), 2).bcd(0x0B, int64(tx.Trace), 3)
	if tx.Hold != 0 {
		b = b.bcd(0x37, int64(l.lookup(tx.Hold).Trace), 3)
	}
	b = b.raw(0x3B, padded(approvalCode(tx), 8, 0)...).raw(0x2A, padded(l.t.opt.Merchant, 15, ' ')...)
	b = b.raw(0x8A, c.Type).text(0x8B, c.Name+"\x00").raw(0x19, 0x60)
	if l.tlv { // contactless, no cardholder check, online (tag 2F, §7)
		b = append(b, tlv(0x06, tlv(0x2F, joined(tlv(0x1F10, []byte{0}), tlv(0x1F11, []byte{1}), tlv(0x1F12, []byte{2}))))...)
	}
	return b
}

func joined(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
