package readersim

import (
	"cmp"
	"context"
	"fmt"
)

func approvalCode(tx *Tx) string { return fmt.Sprintf("%06d", (tx.ID*7919+431)%1000000) }

// noReceipt in BMP 87 asks for what is open (§9.5). It is not BCD.
const noReceipt = "\xff\xff"

func isEnquiry(f fields) bool { return !f.has(0x87) || string(f[0x87]) == noReceipt }

// partialReversal is 06 23: the amount is given back, the rest is taken; without
// a receipt it is the enquiry of open reservations (§9.5).
func (l *life) partialReversal(ctx context.Context, cmd apdu) error {
	f, err := parseFields(cmd.data)
	if err != nil {
		return l.failWith(ctx, cmd, codeProtocol)
	}
	if isEnquiry(f) {
		return l.enquiry(ctx, f.has(0x06))
	}
	if l.t.opt.Capture != PartialReversal && l.t.opt.Capture != BothCaptures {
		return l.refuse(ctx, cmd, codeUnknown)
	}
	return l.resolve(ctx, cmd, f, func(h *Hold, amount int64) int64 { return h.Amount - amount })
}

// bookTotal is 06 24: the amount is taken, the rest is given back (§9.6).
func (l *life) bookTotal(ctx context.Context, cmd apdu) error {
	if l.t.opt.Capture != BookTotal && l.t.opt.Capture != BothCaptures {
		return l.refuse(ctx, cmd, codeUnknown)
	}
	f, err := parseFields(cmd.data)
	if err != nil {
		return l.failWith(ctx, cmd, codeProtocol)
	}
	_, named, _ := f.amount()
	return l.resolve(ctx, cmd, f, func(h *Hold, amount int64) int64 {
		if !named {
			return h.Amount // no amount takes everything
		}
		return amount
	})
}

// release is 06 25: everything is given back (§9.7).
func (l *life) release(ctx context.Context, cmd apdu) error {
	f, err := parseFields(cmd.data)
	if err != nil {
		return l.failWith(ctx, cmd, codeProtocol)
	}
	return l.resolve(ctx, cmd, f, func(*Hold, int64) int64 { return 0 })
}

// resolve ends a hold with what final makes of the amount in the command.
func (l *life) resolve(ctx context.Context, cmd apdu, f fields, final func(*Hold, int64) int64) error {
	amount, _, err := f.amount()
	receipt, bad := fromBCD(f[0x87])
	if err != nil || bad != nil || !f.has(0x87) {
		return l.failWith(ctx, cmd, codeProtocol)
	}
	h, code := l.holdFor(int(receipt), f)
	if code == 0 {
		if take := final(&h, amount); take < 0 || take > h.Amount {
			code = codeTooMuch
		}
	}
	if err := l.agree(ctx); err != nil {
		return err
	}
	if code != 0 {
		return l.fail(ctx, cmd, code, true)
	}
	return l.resolveAtHost(ctx, cmd, &h, final(&h, amount), f.has(0x49))
}

func (l *life) resolveAtHost(ctx context.Context, cmd apdu, h *Hold, take int64, currency bool) error {
	if err := l.show(ctx, showWait); err != nil {
		return err
	}
	if err := l.hostTrip(ctx, l.t.opt.Timing.Host); err != nil {
		return err
	}
	tx := l.authorise(Event{
		Command: headName(cmd.head()), Hold: h.ID, Requested: h.Amount, Amount: take, Card: h.Card,
	})
	card := Card{Masked: h.Card}.withDefaults()
	if l.t.opt.PrintFirst {
		if err := l.print(ctx, tx, card); err != nil {
			return err
		}
	}
	stands, err := l.report(ctx, tx, l.statusInfo(tx, card, l.answerAmount(h, tx), currency))
	if err != nil || !stands {
		return err
	}
	if !l.t.opt.PrintFirst {
		if err := l.print(ctx, tx, card); err != nil {
			return err
		}
	}
	return l.complete(ctx)
}

// answerAmount is what the terminal puts into BMP 04: they differ (§10). What a
// reversal undoes is no part of a hold.
func (l *life) answerAmount(h *Hold, tx *Tx) int64 {
	switch {
	case l.t.opt.Answer == AnswerZero:
		return 0
	case l.t.opt.Answer == AnswerReversed && tx.Command != headName(cmdReverse):
		return h.Amount - tx.Amount
	}
	return tx.Amount
}

// holdFor finds the hold a command refers to. Receipt numbers come again, so a
// trace that is given must fit. A hold is resolved once (§11.3).
func (l *life) holdFor(receipt int, f fields) (Hold, byte) {
	var h *Hold
	l.t.book.View(func(led *Ledger) {
		for _, x := range led.HoldList() {
			if x.Receipt == receipt {
				c := *x
				h = &c
			}
		}
	})
	trace, err := fromBCD(f[0x0B])
	switch {
	case h == nil || err != nil || f.has(0x0B) && int(trace) != h.Trace:
		return Hold{}, codeReservation
	case f.has(0x29) && string(f[0x29]) != string(digitBytes(h.TerminalID)):
		return Hold{}, codeReservation
	case h.State == Open && h.Stranded:
		return Hold{}, codeNoReversal
	case h.State == Open:
		return *h, 0
	case h.State == Captured:
		return *h, codeReservation
	default:
		return *h, codeDone
	}
}

// enquiry answers with 06 1E B8 and the open receipts (§9.5).
func (l *life) enquiry(ctx context.Context, list bool) error {
	if err := l.agree(ctx); err != nil {
		return err
	}
	var open []int
	l.t.book.View(func(led *Ledger) {
		for _, h := range led.open() {
			open = append(open, h.Receipt)
		}
	})
	b := builder{codeReservation}
	switch {
	case len(open) == 0:
		b = b.raw(0x87, []byte(noReceipt)...)
	case list && !l.t.opt.OneByOne:
		var objects []byte
		for _, r := range open {
			objects = append(objects, tlv(0x08, toBCD(int64(r), 2))...)
		}
		b = append(b, tlv(0x06, tlv(0x23, objects))...)
	default:
		b = b.bcd(0x87, int64(open[0]), 2)
	}
	_, err := l.tell(ctx, msg(cmdPTAbort, b...))
	return err
}

// reverse is 06 30: the whole of a booked, not yet settled transaction (§9.8).
func (l *life) reverse(ctx context.Context, cmd apdu) error {
	f, err := parseFields(cmd.data)
	receipt, bad := fromBCD(f[0x87])
	if err != nil || bad != nil || !f.has(0x87) {
		return l.failWith(ctx, cmd, codeProtocol)
	}
	h, code := l.reversible(int(receipt), f)
	if err := l.agree(ctx); err != nil {
		return err
	}
	if code != 0 {
		return l.fail(ctx, cmd, code, true)
	}
	take := h.CapturedMinor
	if h.State == Open {
		take = h.Amount
	}
	return l.resolveAtHost(ctx, cmd, &h, take, f.has(0x49))
}

func (l *life) reversible(receipt int, f fields) (Hold, byte) {
	var h Hold
	code := byte(codeNoReversal)
	amount, named, _ := f.amount()
	l.t.book.View(func(led *Ledger) {
		tx := led.byReceipt(receipt)
		if tx == nil || !tx.booked() {
			return
		}
		of := led.Holds[cmp.Or(tx.Hold, tx.ID)]
		switch {
		case of == nil:
		case of.State == Undone || of.State == Released:
			code = codeDone
		case of.State == Captured && tx.ID != of.ID && of.SettledAt.IsZero() && (!named || amount == of.CapturedMinor):
			h, code = *of, 0
		case of.State == Open && tx.ID == of.ID && !of.Stranded:
			h, code = *of, 0
		}
	})
	return h, code
}
