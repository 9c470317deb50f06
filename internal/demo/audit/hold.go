package audit

import (
	"slices"

	"edged/internal/sim/readersim"
)

// Commands of the terminal that the rules name.
const (
	cmdReserve = "06 22"
	cmdPartial = "06 23" // gives the rest of a hold back
	cmdBook    = "06 24" // takes part of a hold
	cmdRelease = "06 25"
	cmdReverse = "06 30"

	codeNotOpen = 0xB8 // the terminal has no such open hold (ZVT §12)
)

// captures is M2.
func (a *auditor) captures(s *sale) {
	h, o := s.hold, s.order
	if h == nil {
		if o != nil && o.CapturedMinor > 0 {
			a.find("M2", s, "edged says it took %s and the terminal has no hold of the order", minor(o.CapturedMinor))
		}
		return
	}
	a.oneCapture(s)
	if o == nil {
		return
	}
	if o.Terminal != "" && o.Terminal != h.TerminalID {
		a.find("M2", s, "the hold is of terminal %s and edged has it at %s", h.TerminalID, o.Terminal)
	}
	if o.HeldMinor != h.Amount {
		a.find("M2", s, "the terminal holds %s and edged says %s", minor(h.Amount), minor(o.HeldMinor))
	}
	if o.CapturedMinor != h.CapturedMinor && !o.Unconfirmed {
		a.find("M2", s, "the terminal took %s and edged says %s", minor(h.CapturedMinor), minor(o.CapturedMinor))
	}
}

// oneCapture looks at the terminal's book alone, and at what was recognised.
func (a *auditor) oneCapture(s *sale) {
	h := s.hold
	if h.Captures > 1 {
		a.find("M2", s, "hold %04d was captured %d times", h.Receipt, h.Captures)
	}
	if h.CapturedMinor > h.Amount {
		a.find("M2", s, "%s were taken of a hold of %s", minor(h.CapturedMinor), minor(h.Amount))
	}
	for _, tx := range a.Terminals[s.lane].Txs {
		if tx.Hold == h.ID && tx.TerminalID != h.TerminalID {
			a.find("M2", s, "%s of hold %04d ran on terminal %s", tx.Command, h.Receipt, tx.TerminalID)
		}
	}
	if h.CapturedMinor == 0 {
		return
	}
	total, known := recognised(s)
	switch {
	case !known:
		a.find("M2", s, "%s were taken and nothing was recognised", minor(h.CapturedMinor))
	case h.CapturedMinor > total:
		a.find("M2", s, "%s were taken for a recognised total of %s", minor(h.CapturedMinor), minor(total))
	case s.opening != nil && h.CapturedMinor > s.opening.Total:
		a.find("M2", s, "%s were taken for goods of %s", minor(h.CapturedMinor), minor(s.opening.Total))
	}
}

// recognised is the first total the SaaS came to for the order.
func recognised(s *sale) (int64, bool) {
	for _, c := range s.decisions() {
		if charge, total := says(c); charge {
			return total, true
		}
	}
	return 0, false
}

// refunds is M2 of money given back after a capture.
func (a *auditor) refunds(s *sale) {
	if s.order == nil {
		return
	}
	done, seen := int64(0), map[string]bool{}
	for _, r := range s.order.Refunds {
		if seen[r.Number] {
			a.find("M2", s, "refund %s is there twice", r.Number)
		}
		seen[r.Number] = true
		if r.State == refundDone {
			done += r.AmountMinor
		}
	}
	if done > s.order.CapturedMinor {
		a.find("M2", s, "%s were given back of %s", minor(done), minor(s.order.CapturedMinor))
	}
	if s.hold == nil {
		return
	}
	reversals := 0
	for _, tx := range a.Terminals[s.lane].Txs {
		if tx.Hold == s.hold.ID && tx.Command == cmdReverse && !tx.BookedAt.IsZero() && tx.ReversedAt.IsZero() {
			reversals++
		}
	}
	if reversals > 1 {
		a.find("M2", s, "the capture of hold %04d was reversed %d times", s.hold.Receipt, reversals)
	}
	a.refundsTold(s, done, reversals)
}

// refundsTold: what edged calls given back, the terminal has given back, and the
// other way round.
func (a *auditor) refundsTold(s *sale, done int64, reversals int) {
	switch {
	case done > 0 && reversals == 0 && !a.byPerson(s.order):
		a.find("M2", s, "edged says that %s were given back, and the terminal has reversed nothing", minor(done))
	case done == 0 && reversals > 0:
		a.find("M3", s, "the terminal has reversed the capture of hold %04d, and edged says nothing of it", s.hold.Receipt)
	}
	for _, r := range s.order.Reports {
		if r.Type != 2 {
			continue
		}
		i := slices.IndexFunc(s.order.Refunds, func(x Refund) bool { return x.Number == r.OrderNo })
		switch {
		case i < 0:
			a.find("M4", s, "the SaaS is told of refund %s, and edged has none", r.OrderNo)
		case r.OK != (s.order.Refunds[i].State == refundDone):
			a.find("M4", s, "the SaaS is told that refund %s has succeeded: %v, and edged says %s", r.OrderNo, r.OK, s.order.Refunds[i].State)
		}
	}
}

// byPerson says whether a refund was ended by hand: then no terminal knows of it.
func (a *auditor) byPerson(o *Order) bool {
	return slices.ContainsFunc(o.Tasks, func(t Task) bool { return t.Kind == "refund" })
}

// deductions: no supported terminal can charge more without the card, so that each
// deduction fails once, and moves nothing.
func (a *auditor) deductions(s *sale) {
	if s.order == nil {
		return
	}
	seen := map[string]bool{}
	for _, r := range s.order.Reports {
		if r.Type != 1 {
			continue
		}
		if seen[r.OrderNo] {
			a.find("M2", s, "deduction %s is there twice", r.OrderNo)
		}
		seen[r.OrderNo] = true
		if r.OK {
			a.find("M2", s, "the SaaS is told that deduction %s has succeeded, and nothing can have been taken", r.OrderNo)
		}
	}
}

// holdEnds is M3: nothing is held for nobody.
func (a *auditor) holdEnds(s *sale) {
	h, o := s.hold, s.order
	if o != nil && o.Parked != "" {
		a.find("M3", s, "edged failed on the order: %s", o.Parked)
	}
	if h == nil {
		return
	}
	open := h.State == readersim.Open
	switch {
	case open && o == nil:
		a.find("M3", s, "hold %04d of %s is open and edged has no order for it", h.Receipt, minor(h.Amount))
	case open && o.Outcome != "" && len(o.Tasks) == 0:
		a.find("M3", s, "hold %04d of %s is open, the order has ended (%s) and nobody has a task", h.Receipt, minor(h.Amount), o.Outcome)
	case open && o.Outcome == "" && len(o.Tasks) == 0:
		a.find("M3", s, "hold %04d of %s is open, and so is the order, which nobody has a task about", h.Receipt, minor(h.Amount))
	case open && (o.HoldState == holdReleased || o.HoldState == holdCaptured):
		a.find("M3", s, "hold %04d is open and edged says %s", h.Receipt, o.HoldState)
	case h.State == readersim.Released && o != nil:
		a.earlyRelease(s)
	}
}

// earlyRelease: a hold that could have been captured is not given back once goods
// were recognised.
func (a *auditor) earlyRelease(s *sale) {
	for _, c := range s.decisions() {
		charge, total := says(c)
		if !charge || c.TakenAt.IsZero() {
			continue
		}
		if c.TakenAt.Before(s.hold.EndedAt) && s.expect().Because == "" {
			a.find("M3", s, "hold %04d was given back after %s had been recognised", s.hold.Receipt, minor(total))
		}
		return
	}
}

// durableFirst is M3: a result is on flash before it is acknowledged.
func (a *auditor) durableFirst(s *sale) {
	h := s.hold
	if h == nil || h.AnswerCode != 0 || h.AnsweredAt.IsZero() {
		return
	}
	switch o := s.order; {
	case o == nil && h.State != readersim.Open: // open: holdEnds has it
		a.find("M3", s, "the approval of hold %04d was acknowledged and edged knows nothing of it", h.Receipt)
	case o == nil:
	case o.Decision != nil && o.Decision.Source == fromRestart:
		a.find("M3", s, "the approval of hold %04d was acknowledged and edged had to find it after a restart", h.Receipt)
	case o.HeldAt.Sub(h.AnsweredAt) > slack:
		a.find("M3", s, "the approval of hold %04d was acknowledged %v before edged had it", h.Receipt, o.HeldAt.Sub(h.AnsweredAt))
	}
}

// commands is M2 and M7 of what the terminal was asked: a hold is settled once, and
// a command that reached the acquirer is followed by a question, not by another.
func (a *auditor) commands(lane string, led *readersim.Ledger) {
	var doubt int64 // the hold of a settling command after which nobody has asked
	for _, e := range led.Events {
		switch {
		case e.Kind == readersim.Authorised && e.Command == cmdReserve, e.Kind == readersim.Wire && e.Dir == "rx" && e.Command == readersim.Enquiry:
			doubt = 0
		case e.Kind == readersim.Authorised && settles(e.Command):
			if doubt != 0 && doubt == e.Hold {
				a.find("M7", a.saleOf(lane, e.Hold), "%s was asked again without a question in between", e.Command)
			}
			doubt = e.Hold
		case e.Kind == readersim.Refused && settles(e.Command) && e.Code == codeNotOpen && doubt != 0:
			a.find("M2", a.saleOf(lane, doubt), "%s was asked for a hold that was settled already", e.Command)
		}
	}
}

func settles(command string) bool {
	return command == cmdPartial || command == cmdBook || command == cmdRelease
}

func (a *auditor) saleOf(lane string, hold int64) *sale {
	for _, s := range a.sales {
		if s.lane == lane && s.hold != nil && s.hold.ID == hold {
			return s
		}
	}
	return nil
}
