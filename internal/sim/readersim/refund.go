package readersim

import (
	"cmp"
	"context"
)

// refund is 06 31: a credit to a card that the customer presents, whatever was sold
// before (§9.9).
func (l *life) refund(ctx context.Context, cmd apdu) error {
	f, err := parseFields(cmd.data)
	amount, named, bad := f.amount()
	switch {
	case err != nil || bad != nil || !named || amount == 0:
		return l.failWith(ctx, cmd, codeProtocol)
	case l.t.opt.NoRefunds:
		return l.failWith(ctx, cmd, codeUnknown)
	}
	if err := l.agree(ctx); err != nil {
		return err
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

// extend is 06 22 with the trace number and authorisation of an open reservation: its
// amount becomes the new total (§9.4). It needs no card.
func (l *life) extend(ctx context.Context, cmd apdu, f fields, total int64) error {
	h, code := l.extendable(f, total)
	if err := l.agree(ctx); err != nil {
		return err
	}
	if code != 0 {
		return l.fail(ctx, cmd, code, true)
	}
	if err := l.show(ctx, showHost); err != nil {
		return err
	}
	if err := l.hostTrip(ctx, l.t.opt.Timing.Host); err != nil {
		return err
	}
	tx := l.authorise(Event{Command: headName(cmdReserve), Hold: h.ID, Requested: total, Amount: total, Card: h.Card})
	stands, err := l.report(ctx, tx, l.statusInfo(tx, Card{Masked: h.Card}.withDefaults(), total, f.has(0x49)))
	if err != nil || !stands {
		return err
	}
	return l.complete(ctx)
}

func (l *life) extendable(f fields, total int64) (Hold, byte) {
	trace, err := fromBCD(f[0x0B])
	if err != nil {
		return Hold{}, codeProtocol
	}
	var found *Hold
	l.t.book.View(func(led *Ledger) {
		for _, h := range led.open() {
			if h.Trace == int(trace) {
				c := *h
				found = &c
			}
		}
	})
	switch {
	case found == nil:
		return Hold{}, codeReservation
	case string(f[0x3B]) != string(padded(approvalCode(&found.Tx), 8, 0)):
		return Hold{}, codeReservation
	case total <= found.Amount:
		return Hold{}, codeTooMuch
	}
	return *found, 0
}

// brand is the place of a card in BMP 60 (§6), by its first digit (ISO/IEC 7812).
func brand(masked string) int {
	const mastercard, amex, visa, other = 2, 3, 4, 6
	switch cmp.Or(masked, " ")[0] {
	case '2', '5':
		return mastercard
	case '3':
		return amex
	case '4':
		return visa
	}
	return other
}

// dayTotals is BMP 60 of what is to be settled: the receipts from and to, and count
// and sum of each brand.
func dayTotals(captured []*Hold) []byte {
	var count [7]byte
	var sum [7]int64
	first, last := 0, 0
	for _, h := range captured {
		i := brand(h.Card)
		count[i]++
		sum[i] += h.CapturedMinor
		if first == 0 {
			first = h.Receipt
		}
		last = h.Receipt
	}
	b := append(toBCD(int64(first), 2), toBCD(int64(last), 2)...)
	for i := range count {
		b = append(append(b, count[i]), toBCD(sum[i], 6)...)
	}
	return b
}
