package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"edged/internal/purchase"
)

// cutTerminal is a card terminal whose memory is the ledger. It behaves as a good
// ZVT terminal: what edged has not acknowledged is undone.
type cutTerminal struct {
	run     *cutRun
	lane    string
	started chan purchase.TerminalCommand
	taps    chan int // a customer of the plan
	aborts  chan purchase.CommandID

	mu   sync.Mutex
	busy bool
}

func newCutTerminal(r *cutRun, name string) *cutTerminal {
	return &cutTerminal{
		run: r, lane: name, started: make(chan purchase.TerminalCommand, 1), taps: make(chan int),
		aborts: make(chan purchase.CommandID, 8),
	}
}

func (c *cutTerminal) id() string { return "terminal " + c.lane }

// Caps implements Terminal.
func (c *cutTerminal) Caps() purchase.TerminalCaps {
	return purchase.TerminalCaps{Terminal: c.id(), MaxHolds: 2, CaptureBelowHold: true, ReverseByReceipt: c.lane == "front"}
}

// Start implements Terminal.
func (c *cutTerminal) Start(cmd purchase.TerminalCommand) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy {
		return errors.New("busy")
	}
	c.busy = true
	c.started <- cmd
	return nil
}

// Abort implements Terminal.
func (c *cutTerminal) Abort(id purchase.CommandID) { c.aborts <- id }

// Run implements Terminal.
func (c *cutTerminal) Run(ctx context.Context, post Post, acked func(purchase.CommandID)) error {
	if _, err := post(ctx, purchase.Event{Lane: c.lane, Body: purchase.Attached{Caps: c.Caps()}}); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case cmd := <-c.started:
			e := c.do(ctx, cmd, acked)
			c.mu.Lock()
			c.busy = false
			c.mu.Unlock()
			e.Command, e.What, e.Terminal = cmd.ID, cmd.Kind, c.id()
			ev := purchase.Event{Order: cmd.Order, Body: e}
			if cmd.Order == "" {
				ev.Lane = c.lane
			}
			_, _ = post(context.WithoutCancel(ctx), ev) // the engine keeps it, or is gone
		}
	}
}

func (c *cutTerminal) do(ctx context.Context, cmd purchase.TerminalCommand, acked func(purchase.CommandID)) purchase.Ended {
	switch cmd.Kind {
	case purchase.CmdArm:
		return c.arm(ctx, cmd, acked)
	case purchase.CmdAsk:
		return c.list()
	case purchase.CmdCapture:
		return c.capture(ctx, cmd)
	case purchase.CmdRelease:
		return c.release(ctx, cmd)
	case purchase.CmdReverse:
		return c.reverse(ctx, cmd)
	}
	return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonUnsupported}
}

// accepted posts a result and waits for edged's word.
func (c *cutTerminal) accepted(ctx context.Context, cmd purchase.TerminalCommand, body purchase.Body) bool {
	v, err := c.run.post(context.WithoutCancel(ctx), purchase.Event{Order: cmd.Order, Body: body})
	return err == nil && v == purchase.Accept
}

func notDone(why purchase.Reason) purchase.Ended {
	return purchase.Ended{Outcome: purchase.NotDone, Reason: why}
}

func (c *cutTerminal) arm(ctx context.Context, cmd purchase.TerminalCommand, acked func(purchase.CommandID)) purchase.Ended {
	var index int
	for waiting := true; waiting; {
		select {
		case index = <-c.taps:
			waiting = false
		case id := <-c.aborts:
			if id == cmd.ID {
				return notDone(purchase.ReasonAborted)
			}
		case <-ctx.Done():
			return notDone(purchase.ReasonLine)
		}
	}
	v := c.run.led.plan[index]
	tap := cutFact{kind: cutTapped, lane: c.lane, order: cmd.Order, visit: index, receipt: c.nextReceipt()}
	c.run.note(tap)
	if v.declined {
		return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonDeclined, CardSeen: true}
	}
	h := purchase.Hold{Terminal: c.id(), Receipt: tap.receipt, Amount: cmd.Amount}
	if v.grant != 0 {
		h.Amount = v.grant
	}
	if !c.accepted(ctx, cmd, purchase.HoldGranted{Command: cmd.ID, Hold: h}) {
		return purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonReversed, CardSeen: true}
	}
	c.run.note(cutFact{kind: cutHeld, lane: c.lane, order: cmd.Order, receipt: h.Receipt, amount: h.Amount})
	if v.ackLost {
		return purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, CardSeen: true}
	}
	acked(cmd.ID)
	return purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}
}

func (c *cutTerminal) nextReceipt() (receipt string) {
	c.run.led.look(func() {
		n := 1
		for _, s := range c.run.led.sales {
			if s.visit.lane == c.lane {
				n++
			}
		}
		receipt = fmt.Sprintf("%04d", n)
	})
	return receipt
}

func (c *cutTerminal) list() purchase.Ended {
	e := purchase.Ended{Outcome: purchase.Done}
	c.run.led.look(func() {
		for _, s := range c.run.led.sales {
			if s.visit.lane == c.lane && s.open() {
				e.Open = append(e.Open, purchase.Hold{Terminal: c.id(), Receipt: s.receipt})
			}
		}
	})
	c.run.note(cutFact{kind: cutListed, lane: c.lane})
	return e
}

// begin finds the hold that a command is about and says whether the terminal has it.
func (c *cutTerminal) begin(cmd purchase.TerminalCommand) (s cutSale, open bool) {
	c.run.note(cutFact{kind: cutAsked, lane: c.lane, receipt: cmd.Hold.Receipt, command: cmd.Kind})
	c.run.led.look(func() {
		if p := c.run.led.byReceipt(c.lane, cmd.Hold.Receipt); p != nil {
			s, open = *p, p.open()
		}
	})
	return s, open
}

func (c *cutTerminal) capture(ctx context.Context, cmd purchase.TerminalCommand) purchase.Ended {
	s, open := c.begin(cmd)
	switch {
	case !open:
		return notDone(purchase.ReasonNotOpen)
	case s.visit.offline && s.asked == 1:
		return notDone(purchase.ReasonHostOffline)
	case !c.accepted(ctx, cmd, purchase.Captured{Command: cmd.ID, Amount: cmd.Amount, Receipt: "9" + s.receipt}):
		return notDone(purchase.ReasonReversed)
	}
	c.run.note(cutFact{kind: cutCaptured, lane: c.lane, receipt: s.receipt, amount: cmd.Amount})
	if s.visit.capLost {
		return purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine}
	}
	return purchase.Ended{Outcome: purchase.Done, Acked: true}
}

func (c *cutTerminal) release(ctx context.Context, cmd purchase.TerminalCommand) purchase.Ended {
	s, open := c.begin(cmd)
	switch {
	case !open:
		return notDone(purchase.ReasonNotOpen)
	case !c.accepted(ctx, cmd, purchase.Released{Command: cmd.ID}):
		return notDone(purchase.ReasonReversed)
	}
	c.run.note(cutFact{kind: cutReleased, lane: c.lane, receipt: s.receipt})
	return purchase.Ended{Outcome: purchase.Done, Acked: true}
}

// reverse undoes a capture by its own receipt.
func (c *cutTerminal) reverse(ctx context.Context, cmd purchase.TerminalCommand) purchase.Ended {
	s, there := cutSale{}, false
	c.run.led.look(func() {
		if p := c.run.led.byReceipt(c.lane, cmd.Receipt[min(1, len(cmd.Receipt)):]); p != nil {
			s, there = *p, p.captured != nil && p.reversed == nil
		}
	})
	switch {
	case !there:
		return notDone(purchase.ReasonNotOpen)
	case !c.accepted(ctx, cmd, purchase.Reversed{Command: cmd.ID, Amount: cmd.Amount}):
		return notDone(purchase.ReasonReversed)
	}
	c.run.note(cutFact{kind: cutReversed, lane: c.lane, receipt: s.receipt, amount: cmd.Amount})
	return purchase.Ended{Outcome: purchase.Done, Acked: true}
}
