package admin

import (
	"time"

	"edged/internal/purchase"
)

// OrderOf describes a purchase. What the state does not know (parked, archived,
// tasks) is filled in by the caller.
func OrderOf(s purchase.State) Order {
	held, captured, refunded := s.Money()
	t := s.Terms
	o := Order{
		OrderID: string(s.Order), Lane: t.Lane, MachineID: t.MachineID, Door: t.Door, Phase: string(s.Phase()),
		Currency: string(t.Currency), LimitMinor: int64(t.Limit),
		HeldMinor: int64(held), CapturedMinor: int64(captured), RefundedMinor: int64(refunded),
		SaaSOrderNo: s.SaaSNo, TransID: s.TransID, Terminal: t.Terminal,
		Opens: []OpenTry{}, Commands: []Command{}, Conflicts: []Decision{}, Items: []Item{},
		Reports: []Report{}, Refunds: []Refund{}, Tasks: []Task{},
		ArmedAt: wall(s.ArmedAt), PreOpenAt: wall(s.Door.PreOpen), DoorOpenedAt: wall(s.Door.Opened),
		DoorClosedAt: wall(s.Door.Closed), CancelledAt: wall(s.Door.Cancel),
	}
	if s.Review != nil {
		o.ReviewedAt = wall(s.Review.At)
	}
	o.addHold(s)
	o.addEnd(s)
	o.addDecision(s)
	o.addLists(s)
	return o
}

func (o *Order) addHold(s purchase.State) {
	h := s.Hold
	if h == nil {
		return
	}
	o.Receipt, o.Card, o.HeldAt, o.HoldGone = h.Receipt, h.Card, wall(h.At), h.Gone
	if h.Terminal != "" {
		o.Terminal = h.Terminal
	}
	switch {
	case h.Settled != "":
		o.HoldState = h.Settled
	case h.Gone != "":
		o.HoldState = HoldGone
	default:
		o.HoldState = HoldOpen
	}
}

func (o *Order) addEnd(s purchase.State) {
	if r := s.Outcome; r != nil {
		o.Outcome, o.Cause, o.EndedAt, o.Unconfirmed = string(r.Kind), r.Cause, wall(r.At), r.Flag != ""
	}
}

func (o *Order) addDecision(s purchase.State) {
	if d := s.Decision; d != nil {
		o.TotalMinor = int64(d.Total)
		o.Decision = &Decision{Source: string(d.Source), Charge: d.Charge, TotalMinor: int64(d.Total), Why: d.Why, At: wall(d.At)}
		for _, l := range d.Lines {
			o.Items = append(o.Items, Item{ID: l.ID, Name: l.Name, Count: l.Count, Price: l.Price})
		}
	}
	for _, c := range s.Conflict {
		o.Conflicts = append(o.Conflicts, Decision{Source: string(c.Source), Charge: c.Charge, TotalMinor: int64(c.Total), At: wall(c.At)})
	}
}

func (o *Order) addLists(s purchase.State) {
	for _, t := range s.Opens {
		o.Opens = append(o.Opens, OpenTry{Answer: string(t.Answer), Message: t.Msg, At: wall(t.At)})
	}
	for _, c := range s.Ops {
		o.Commands = append(o.Commands, Command{
			Kind: string(c.Kind), N: c.N, AmountMinor: int64(c.Amount), Receipt: c.Receipt,
			Outcome: string(c.End), Reason: string(c.Why), Code: c.Code, ErrorCode: c.Why.ErrCode(), At: wall(c.At),
		})
	}
	for _, r := range s.Reports {
		o.Reports = append(o.Reports, ReportOf(r))
	}
	for _, r := range s.Refunds {
		o.Refunds = append(o.Refunds, Refund{Number: r.Number, N: r.N, AmountMinor: int64(r.Amount), State: string(r.State), Problem: r.Bad})
	}
}

// ReportOf describes one report.
func ReportOf(r purchase.Report) Report {
	return Report{
		N: r.N, Type: int(r.Type), OrderID: r.OrderID, OrderNo: r.OrderNo, OK: r.OK, State: string(r.State), Message: r.Message,
	}
}

// wall reads a time for people; zero is never.
func wall(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
