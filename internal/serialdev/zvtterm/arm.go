package zvtterm

import (
	"context"
	"time"

	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// arm waits for a card and places a hold on it: 06 22 (section 9.4).
func (s *session) arm(j *job) (purchase.Ended, error) {
	if j.cmd.Amount <= 0 || j.cmd.Amount > zvt.MaxAmountMinor {
		return refuse("amount to hold is out of range"), nil
	}
	x := &transaction{s: s, cmd: j.cmd}
	x.body = func(m zvt.StatusInformation) (purchase.Body, error) {
		hold, err := s.holdOf(j.cmd, m)
		return purchase.HoldGranted{Command: j.cmd.ID, Hold: hold, Unread: unread(m)}, err
	}
	return s.transact(j, x, func() dialogue {
		return dialogue{
			request: zvt.Reservation{
				AmountMinor: zvt.Minor(int64(j.cmd.Amount)), Currency: s.t.opts.currency(),
				PaymentType: zvt.Some(zvt.PaymentByTerminal), TLV: zvt.Wrap(),
			},
			abort: j.abort,
			show:  x.cardShown,
		}
	})
}

// showWithin bounds the post of CardSeen: the terminal's next command waits
// meanwhile, with seconds to spare.
const showWithin = 500 * time.Millisecond

// cardShown tells once that a card was presented. It is for the display: an engine
// that is too busy for it misses it.
func (x *transaction) cardShown(m zvt.IntermediateStatus) {
	if x.seen || !showsCard(m) {
		return
	}
	x.seen = true
	ctx, cancel := context.WithTimeout(x.s.ctx, showWithin)
	defer cancel()
	_, _ = x.s.t.post(ctx, x.event(purchase.CardSeen{Command: x.cmd.ID}, ""))
}
