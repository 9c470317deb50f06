package lane

import (
	"fmt"
	"slices"
	"time"

	"edged/internal/purchase"
)

// armPause is the wait after an arm command that ended for another reason than
// that nobody came: a terminal that refuses at once must not be hammered.
const armPause = 5 * time.Second

// Step is the whole policy of a lane. It never changes the State it was given.
//
//	terminal:  down ──attached──► asked for open holds ──► idle ◄─────────┐
//	                                                        │             │
//	           first of:  an order's command, oldest first  ├──► busy ────┤
//	                      what the terminal asks for        │             │
//	                      the end of day, if no hold stands │             │
//	                      a card, if the lane may sell      └──► armed ───┘
//	                                                              │ abort, if an
//	                                                              ▼ order's command waits
//
// The error is a bug of ours; the engine takes the lane out of service.
func Step(s State, ev Event) (State, []Effect, error) {
	w := &work{State: s.clone()}
	w.Now = ev.At
	if err := w.apply(ev.Body); err != nil {
		return s, nil, fmt.Errorf("lane %s: %w", s.Settings.Name, err)
	}
	w.next()
	return w.State, w.out, nil
}

type work struct {
	State
	out []Effect
}

func (w *work) emit(e Effect) { w.out = append(w.out, e) }

func (w *work) apply(b Body) error {
	switch b := b.(type) {
	case Attached:
		w.Caps, w.Up, w.Asked = b.Caps, true, false
	case Detached:
		w.Up, w.Asked = false, false
	case Ended:
		w.onEnded(b.Ended)
	case NotStarted:
		w.onNotStarted(b.ID)
	case CardSeen:
		w.CardSeen = w.Busy != nil && w.Busy.Kind == purchase.CmdArm
	case Wanted:
		w.Pending = append(w.Pending, b.Command)
	case Changed:
		w.onChanged(b)
	case NoOrder:
		w.Creating = false
		w.pause()
	case Condition:
		w.tell(b.Reason, b.On)
	case Limit:
		w.Limit, w.Currency = b.Amount, b.Currency
	case Out:
		w.Durable.Out = b.Why
		if w.Durable.Out == "" {
			w.Durable.Out = "by hand"
		}
	case In:
		w.onIn(b.Who)
	case Tick:
		w.Day, w.Clock = b.Day, b.Clock
	case EndOfDayNow:
		w.Durable.EndOfDay, w.Durable.EndOfDayAt = asked, 0
	case RestockAsked:
		w.onRestockAsked(b)
	case RestockAnswered:
		w.onRestockAnswered(b)
	case RestockSign:
		w.onRestockSign(b)
	case RestockEnded:
		w.onRestockEnded(b)
	default:
		return fmt.Errorf("%w: unknown event %T", purchase.ErrBug, b)
	}
	return nil
}

// onIn frees what nothing else will ever free: a restock without an end, and a
// door whose callback never comes. A person has seen that it is closed.
func (w *work) onIn(who string) {
	w.Durable.Out, w.Durable.Restock = "", nil
	w.Asked = false // a hold that nobody here knew of may be gone
	for _, o := range w.Orders {
		if o.DoorBusy {
			w.emit(Tell{Order: o.ID, Body: purchase.Person{Act: purchase.ActDoorClosed, Note: "lane in", Who: who}})
		}
	}
}

func (w *work) tell(r Reason, on bool) {
	w.Told = slices.DeleteFunc(w.Told, func(o Reason) bool { return o == r })
	if on {
		w.Told = append(w.Told, r)
	}
	slices.Sort(w.Told)
}

func (w *work) onChanged(b Changed) {
	i := w.find(b.Order.ID)
	if i < 0 && !b.Closed && b.Order.Phase == purchase.PhaseArmed {
		w.Creating = false // it is the one that was asked for
	}
	if b.Order.Phase == purchase.PhaseUnclear && (i < 0 || w.Orders[i].Phase != purchase.PhaseUnclear) {
		w.Asked = false // the list tells which hold is its
	}
	if w.Partial && i >= 0 && w.Orders[i].HoldOpen && !b.Order.HoldOpen {
		w.Asked = false // a terminal that names one hold at a time names the next
	}
	switch {
	case b.Closed && i >= 0:
		w.Orders = slices.Delete(w.Orders, i, i+1)
	case b.Closed:
	case i >= 0:
		w.Orders[i] = b.Order
	default:
		w.Orders = append(w.Orders, b.Order)
	}
	w.sawReceipt(b.Order.Receipt)
}

func (w *work) onEnded(b purchase.Ended) {
	if w.Busy == nil || w.Busy.ID != b.Command {
		return
	}
	cmd := *w.Busy
	w.Busy, w.CardSeen, w.Aborting = nil, false, false
	switch cmd.Kind {
	case purchase.CmdArm:
		w.onArmEnded(cmd.Order, b)
	case purchase.CmdAsk:
		if cmd.Order == "" {
			w.onListed(b)
		}
	case purchase.CmdEndOfDay:
		w.onEndOfDayEnded(b)
	case purchase.CmdMaintain:
		w.onWorkEnded("terminal maintenance", b)
	}
}

// onArmEnded: an order is armed again only if nobody presented a card for it. Its
// own change may come later, when the store could not take it at once.
func (w *work) onArmEnded(id purchase.OrderID, b purchase.Ended) {
	if b.CardSeen || b.Outcome != purchase.NotDone {
		w.Used = id
	}
	if b.Outcome == purchase.NotDone && (b.Reason == purchase.ReasonTimeout || b.Reason == purchase.ReasonAborted || b.CardSeen) {
		return
	}
	if b.Outcome == purchase.InDoubt {
		w.Asked = false
	}
	if b.Outcome != purchase.Done {
		w.pause()
	}
}

func (w *work) pause() { w.PauseTo = w.Now.Mono + armPause.Milliseconds() }

// paused: a pause of another boot cannot be told from one of this boot, but it
// is never longer than armPause.
func (w *work) paused() bool {
	return w.PauseTo > w.Now.Mono && w.PauseTo <= w.Now.Mono+armPause.Milliseconds()
}

// Wake is the time until the lane wants to be stepped again although nothing
// happens; zero: never.
func (s State) Wake() time.Duration {
	w := work{State: s}
	if w.paused() {
		return time.Duration(s.PauseTo-s.Now.Mono)*time.Millisecond + time.Millisecond
	}
	return 0
}

func (w *work) onNotStarted(id purchase.CommandID) {
	if w.Busy == nil || w.Busy.ID != id {
		return
	}
	cmd := *w.Busy
	w.Busy, w.CardSeen, w.Aborting = nil, false, false
	if cmd.Order != "" && cmd.Kind != purchase.CmdArm {
		w.Pending = slices.Insert(w.Pending, 0, cmd)
	}
	w.pause()
}

// next decides what the terminal does.
func (w *work) next() {
	w.countDays()
	switch {
	case !w.Up:
	case w.Busy != nil:
		w.interrupt()
	case w.paused():
	case len(w.Pending) > 0:
		cmd := w.Pending[0]
		w.Pending = w.Pending[1:]
		w.start(cmd)
	case !w.Asked || w.listAgain():
		w.start(purchase.TerminalCommand{ID: w.own(purchase.CmdAsk), Kind: purchase.CmdAsk})
	case w.Caps.Wants == purchase.CmdMaintain && w.workAllowed():
		w.start(purchase.TerminalCommand{ID: w.own(purchase.CmdMaintain), Kind: purchase.CmdMaintain})
	case w.endOfDayDue():
		w.endOfDay()
	default:
		w.arm()
	}
	w.openRestock()
}

func (w *work) start(cmd purchase.TerminalCommand) {
	w.Busy = &cmd
	w.emit(Start{Command: cmd})
}

// own numbers a command that belongs to no order.
func (w *work) own(kind purchase.CommandKind) purchase.CommandID {
	w.Serial++
	return purchase.CommandID(fmt.Sprintf("%s/%s/%d", w.Settings.Name, kind, w.Serial))
}

// interrupt ends a wait for a card when something else must come first. Once the
// order has its hold there is no wait any more, only the command's end to come.
func (w *work) interrupt() {
	if w.Busy.Kind != purchase.CmdArm || w.Aborting || w.CardSeen {
		return
	}
	if i := w.find(w.Busy.Order); i >= 0 && w.Orders[i].Phase != purchase.PhaseArmed {
		return
	}
	if len(w.Pending) > 0 || !w.Selling() || w.stale(w.armed()) {
		w.Aborting = true
		w.emit(Abort{ID: w.Busy.ID})
	}
}

// stale: a new order would not be armed for the same money, or not for this door.
func (w *work) stale(o *Order) bool {
	return o != nil && (o.Limit != w.Limit || w.OrderedIn != w.Currency || !w.doorFree(o.Door))
}

// arm waits for a card, for the order that is armed already or for a new one.
func (w *work) arm() {
	o := w.armed()
	if !w.Selling() || w.Creating || (o != nil && o.ID == w.Used) {
		return
	}
	if o == nil || w.stale(o) {
		w.newOrder()
		return
	}
	w.Serial++
	w.start(purchase.TerminalCommand{
		ID: purchase.CommandFor(o.ID, purchase.CmdArm, w.Serial), Kind: purchase.CmdArm, Order: o.ID,
		Amount: w.Limit, Currency: w.Currency,
	})
}

func (w *work) newOrder() {
	if o := w.armed(); o != nil {
		w.emit(Tell{Order: o.ID, Body: purchase.Abandon{Why: "armed for another limit or door"}})
		return
	}
	w.Creating, w.OrderedIn = true, w.Currency
	w.emit(NewOrder{Door: *w.freeDoor(), Limit: w.Limit, Currency: w.Currency, After: w.Receipt, Caps: w.Caps})
}
