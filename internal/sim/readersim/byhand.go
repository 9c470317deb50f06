package readersim

// byHand is the command of a transaction that nobody sent over the wire.
const byHand = "by hand"

// BookByHand books a payment that staff keyed in at the terminal itself. No gateway
// learns of it but by the total of the next end of day. It returns its number. It must
// not be called while a command is under way.
func (t *Terminal) BookByHand(amountMinor int64) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var id int64
	e := Event{
		Kind: Authorised, Command: byHand, TerminalID: t.opt.TerminalID, Currency: t.opt.Currency,
		Requested: amountMinor, Amount: amountMinor, Receipt: t.opt.FirstReceipt, Trace: 1, Card: Card{}.withDefaults().Masked,
	}
	t.book.View(func(led *Ledger) {
		id = led.last + 1
		if prev := led.Txs[led.last]; prev != nil {
			e.Receipt, e.Trace = prev.Receipt%maxReceipt+1, prev.Trace%maxTrace+1
		}
	})
	e.Tx = id
	t.book.Add(e)
	t.book.Add(Event{Kind: Booked, Tx: id, Amount: amountMinor})
	return id
}
