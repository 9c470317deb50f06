package readersim

import (
	"context"
	"fmt"
	"time"
)

// register is 06 00 (§9.1): password, config byte, then currency raw and bitmaps.
func (l *life) register(ctx context.Context, cmd apdu) error {
	d := cmd.data
	if len(d) < 4 || string(d[:3]) != string(digitBytes(l.t.opt.Password)) {
		return l.refuse(ctx, cmd, codePassword)
	}
	config, d := d[3], d[4:]
	if len(d) >= 2 {
		if string(d[:2]) != string(l.currency()) {
			return l.send(ctx, apdu{class: 0x84, instr: codeCurrency, data: builder{}.raw(0x6F, l.currency()...)})
		}
		d = d[2:]
	}
	f, err := parseFields(d)
	if err != nil {
		return l.refuse(ctx, cmd, codeProtocol)
	}
	if err := l.agree(ctx); err != nil {
		return err
	}
	l.registered, l.config, l.tlv = true, config, f.has(0x06)
	l.blocks = listsCommand(f[0x06], cmdPrintBlock)
	l.t.book.Add(Event{Kind: Registered, TerminalID: l.t.opt.TerminalID, Note: fmt.Sprintf("config %02x", config)})
	b := builder{}.raw(0x19, 0x10).raw(0x29, digitBytes(l.t.opt.TerminalID)...).raw(0x49, l.currency()...)
	return l.complete(ctx, b...)
}

// listsCommand looks into tag 26 of a container for a permitted command (§7).
func listsCommand(container []byte, head uint16) bool {
	for len(container) >= 2 {
		tag := container[0]
		n, used, err := tlvLen(container[1:])
		if err != nil || len(container) < 1+used+n || tag&0x1F == 0x1F {
			return false
		}
		v := container[1+used : 1+used+n]
		switch {
		case tag == 0x0A && len(v) == 2 && uint16(v[0])<<8|uint16(v[1]) == head:
			return true
		case tag == 0x26 && listsCommand(v, head):
			return true
		}
		container = container[1+used+n:]
	}
	return false
}

// logOff is 06 02: back to config 86, no containers (§9.2).
func (l *life) logOff(ctx context.Context, _ apdu) error {
	if err := l.agree(ctx); err != nil {
		return err
	}
	l.registered, l.config, l.tlv, l.blocks = false, 0x86, false, false
	return nil
}

// statusEnquiry is 05 01 (§9.12).
func (l *life) statusEnquiry(ctx context.Context, cmd apdu) error {
	if err := l.agree(ctx); err != nil {
		return err
	}
	l.t.mu.Lock()
	status := l.t.status
	l.t.mu.Unlock()
	service := byte(0)
	if len(cmd.data) >= 5 && cmd.data[3] == 0x03 {
		service = cmd.data[4]
	}
	if service&0x02 != 0 { // without the version
		return l.complete(ctx, status)
	}
	b := builder{}.text(0x3C, l.t.opt.Version)[1:] // LLLVAR without a tag
	return l.complete(ctx, append(b, status)...)
}

// repeatReceipt is 06 20: the Status Information of the last transaction (§9.13).
func (l *life) repeatReceipt(ctx context.Context, cmd apdu) error {
	if err := l.agree(ctx); err != nil {
		return err
	}
	var last *Tx
	var hold Hold
	l.t.book.View(func(led *Ledger) {
		if tx := led.Txs[led.booked]; tx != nil {
			c := *tx
			last = &c
			if h := led.Holds[tx.Hold]; h != nil {
				hold = *h
			}
		}
	})
	if last == nil {
		return l.fail(ctx, cmd, codeUnknown, false)
	}
	if f, err := parseFields(cmd.data); err == nil && f.has(0x03) && f[0x03][0]&0x01 != 0 {
		amount := last.Amount
		if last.Hold != 0 {
			amount = l.answerAmount(&hold, last)
		}
		info := l.statusInfo(last, Card{Masked: last.Card}.withDefaults(), amount, true)
		if _, err := l.tell(ctx, msg(cmdStatusInfo, info...)); err != nil {
			return err
		}
	}
	return l.complete(ctx)
}

// endOfDay is 06 50 (§9.10); what it does to open holds is the terminal's policy.
func (l *life) endOfDay(ctx context.Context, cmd apdu) error {
	var open []*Hold
	l.t.book.View(func(led *Ledger) {
		for _, h := range led.open() {
			c := *h
			open = append(open, &c)
		}
	})
	if err := l.agree(ctx); err != nil {
		return err
	}
	if len(open) > 0 && l.t.opt.EndOfDay == RefuseOpen {
		l.t.book.Add(Event{Kind: Refused, Command: headName(cmd.head()), Code: codeReservation})
		_, err := l.tell(ctx, msg(cmdPTAbort, builder{codeReservation}.bcd(0x87, int64(open[0].Receipt), 2)...))
		return err
	}
	if err := l.hostTrip(ctx, l.t.opt.Timing.Host); err != nil {
		return err
	}
	if l.t.opt.EndOfDay != StrandOpen {
		for _, h := range open {
			l.closeByPolicy(h)
		}
	}
	return l.settleDay(ctx)
}

// closeByPolicy charges or frees a hold that is open at the end of the day.
func (l *life) closeByPolicy(h *Hold) {
	take := int64(0)
	if l.t.opt.EndOfDay == ChargeFull {
		take = h.Amount
	}
	tx := l.authorise(Event{
		Command: headName(cmdEndOfDay), Hold: h.ID, Requested: h.Amount, Amount: take, Card: h.Card,
		Note: "open at the end of the day",
	})
	l.t.book.Add(Event{Kind: Booked, Tx: tx.ID, Amount: take})
}

func (l *life) settleDay(ctx context.Context) error {
	total, trace := int64(0), 0
	var captured []*Hold
	l.t.book.View(func(led *Ledger) {
		total = led.keyed
		for _, h := range led.HoldList() {
			if h.State == Captured && h.SettledAt.IsZero() {
				total += h.CapturedMinor
				c := *h
				captured = append(captured, &c)
			}
		}
		if tx := led.Txs[led.last]; tx != nil {
			trace = tx.Trace
		}
	})
	l.t.book.Add(Event{Kind: EndOfDay, Amount: total, TerminalID: l.t.opt.TerminalID})
	now := time.Now()
	info := builder{}.raw(0x27, codeOK).bcd(0x04, total, 6).bcd(0x0B, int64(trace), 3)
	info = info.raw(0x0C, digitBytes(now.Format("150405"))...).raw(0x0D, digitBytes(now.Format("0102"))...)
	info = info.text(0x60, string(dayTotals(captured)))
	if _, err := l.tell(ctx, msg(cmdStatusInfo, info...)); err != nil {
		return err
	}
	return l.endDay(ctx)
}

// endDay ends the dialogue as the family does (§9.10, §12).
func (l *life) endDay(ctx context.Context) error {
	switch code := l.t.opt.DayCode; {
	case l.t.opt.NotReady:
		_, err := l.tell(ctx, msg(cmdPTAbort, codeNotReady))
		return err
	case code != 0: // an update: it hears nothing for a while
		if err := l.complete(ctx, 0x27, code); err != nil {
			return err
		}
		return l.deaf(ctx, l.t.opt.Timing.Boot)
	}
	return l.complete(ctx)
}

// deaf is a terminal that is at something else and loses what comes meanwhile.
func (l *life) deaf(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-l.t.in:
		case <-timer.C:
			return nil
		case cut := <-l.t.cuts:
			return cut
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// maintain is diagnosis and initialisation (§9.11): a trip to the host. A diagnosis
// brings the host's time along.
func (l *life) maintain(ctx context.Context, cmd apdu) error {
	if err := l.agree(ctx); err != nil {
		return err
	}
	if err := l.hostTrip(ctx, l.t.opt.Timing.Host); err != nil {
		return err
	}
	if cmd.head() == cmdDiagnosis {
		now := time.Now()
		clock := builder{}.raw(0xAA, digitBytes(now.Format("060102"))...).raw(0x0C, digitBytes(now.Format("150405"))...)
		if err := l.hand(ctx, msg(cmdSetClock, clock...)); err != nil {
			return err
		}
	}
	l.t.SetStatus(0)
	return l.complete(ctx)
}

// readCard is 06 C0: it ends with the card's 04 0F, without a completion (§9.15).
func (l *life) readCard(ctx context.Context, cmd apdu) error {
	if len(cmd.data) < 1 {
		return l.refuse(ctx, cmd, codeProtocol)
	}
	if err := l.agree(ctx); err != nil {
		return err
	}
	p, code, err := l.awaitCard(ctx, seconds(cmd.data[0]))
	switch {
	case err != nil:
		return err
	case p == nil:
		return l.fail(ctx, cmd, code, false)
	}
	p.result <- TapResult{Code: codeOK}
	pan := digitBytes(p.card.Masked)
	info := builder{}.raw(0x27, codeOK).text(0x22, string(pan)).raw(0x8A, p.card.Type)
	_, err = l.tell(ctx, msg(cmdStatusInfo, info...))
	return err
}

// print sends the receipts if the gateway registered for them (§8, §9.1): as blocks
// that say whose they are, or line by line the customer's alone.
func (l *life) print(ctx context.Context, tx *Tx, c Card) error {
	const wanted = 0x80 | 0x02
	if l.config&wanted != wanted || l.t.opt.NoReceipts {
		return nil
	}
	lines := receiptLines(tx, c)
	if l.blocks {
		if err := l.hand(ctx, printBlock(0x01, lines[:2])); err != nil {
			return err
		}
		return l.hand(ctx, printBlock(0x02, lines))
	}
	for i, text := range lines {
		attr := byte(0x40)
		if i == len(lines)-1 {
			attr |= 0x80 // the last one
		}
		if err := l.hand(ctx, msg(cmdPrintLine, append([]byte{attr}, text...)...)); err != nil {
			return err
		}
	}
	return nil
}

func receiptLines(tx *Tx, c Card) []string {
	return []string{
		fmt.Sprintf("RECEIPT %04d", tx.Receipt), fmt.Sprintf("TRACE %06d", tx.Trace), c.Name + " " + c.Masked,
		fmt.Sprintf("TOTAL %d.%02d", tx.Amount/100, tx.Amount%100),
	}
}

func printBlock(whose byte, lines []string) apdu {
	var texts []byte
	for _, text := range lines {
		texts = joined(texts, tlv(0x09, []byte{0x40}), tlv(0x07, []byte(text)))
	}
	texts = append(texts, tlv(0x09, []byte{0x81})...)
	return msg(cmdPrintBlock, tlv(0x06, joined(tlv(0x1F07, []byte{whose}), tlv(0x25, texts)))...)
}

// hand sends a print command; that it is refused or unanswered stops nothing.
func (l *life) hand(ctx context.Context, a apdu) error {
	_, err := l.tell(ctx, a)
	if soft(err) {
		return nil
	}
	return err
}
