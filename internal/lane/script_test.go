package lane_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
)

// A script is a transcript: directives at the left margin, below each, indented,
// what Step yields. These are all the directives; what is in brackets may be left
// out:
//
//	lane [doors=N max_holds=N end_of_day=HH:MM over_end_of_day gone]
//	clock DAY HH:MM | unsynced           of the ticks from now on
//	ready [CAPS]                         started, limit told, attached, no hold listed
//	attach [CAPS]                        max_holds=N eod over_eod session wants=KIND
//	detach
//	ended OUTCOME [REASON] [card more open=RECEIPT:AMOUNT,... id=ID]
//	not_started [id=ID]
//	card
//	wanted ORDER KIND
//	order ID PHASE [busy hold receipt= after= limit= door=N]
//	closed ID
//	no_order
//	on REASON | off REASON
//	limit AMOUNT CURRENCY
//	out [WHY] | in
//	end_of_day
//	restock ID [door=N] | restock_answer ID ok|no | restock_sign ID SIGN | restock_ended ID
//	+DURATION                            time passes, then a tick
//	restart                              only what is durable is left
type script struct {
	settings lane.Settings
	s        lane.State
	at       purchase.Stamp
	wall     time.Time // zero: not synchronised
	why      string
	kept     string
	out      strings.Builder
	watch    *watch
}

// args are the words of one directive; every one must be used.
type args struct {
	words []string
	named map[string]string
}

func split(line string) *args {
	a := &args{named: map[string]string{}}
	for _, w := range strings.Fields(line) {
		if k, v, ok := strings.Cut(w, "="); ok {
			a.named[k] = v
		} else {
			a.words = append(a.words, w)
		}
	}
	return a
}

func (a *args) word() string {
	if len(a.words) == 0 {
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

func (a *args) flag(name string) bool {
	for i, w := range a.words {
		if w == name {
			a.words = append(a.words[:i:i], a.words[i+1:]...)
			return true
		}
	}
	return false
}

func (a *args) text(key string) string {
	v := a.named[key]
	delete(a.named, key)
	return v
}

func (a *args) number(key string, def int) int {
	if n, err := strconv.Atoi(a.text(key)); err == nil {
		return n
	}
	return def
}

func (a *args) rest() string {
	w := strings.Join(a.words, " ")
	a.words = nil
	return w
}

func minor(text string) money.Minor {
	m, err := money.Parse(text, "EUR")
	if err != nil {
		panic(fmt.Sprintf("%q is no amount", text))
	}
	return m
}

func door(n int) lane.Door { return lane.Door{MachineID: "M1", Number: n} }

func (x *script) setLane(a *args) {
	x.settings = lane.Settings{
		Name: "front", MaxHolds: a.number("max_holds", 1), EndOfDay: a.text("end_of_day"),
		HoldsOverEndOfDay: a.flag("over_end_of_day"), Gone: a.flag("gone"),
	}
	for n := range a.number("doors", 1) {
		x.settings.Doors = append(x.settings.Doors, door(n+1))
	}
	x.restart(lane.Durable{})
}

func (x *script) restart(d lane.Durable) {
	x.s = lane.New(x.settings, d)
	x.watch = newWatch()
}

func caps(a *args) purchase.TerminalCaps {
	return purchase.TerminalCaps{
		Terminal: "T1", MaxHolds: a.number("max_holds", 2), NeedsEndOfDay: a.flag("eod"), HoldsOverEndOfDay: a.flag("over_eod"),
		Session: a.flag("session"), Wants: purchase.CommandKind(a.text("wants")),
	}
}

func (x *script) tick() lane.Tick {
	if x.wall.IsZero() {
		return lane.Tick{}
	}
	return lane.Tick{Day: x.wall.Format(time.DateOnly), Clock: x.wall.Format("15:04")}
}

func (x *script) setClock(a *args) {
	x.wall = time.Time{}
	if !a.flag("unsynced") {
		var err error
		if x.wall, err = time.Parse(time.DateOnly+" 15:04", a.rest()); err != nil {
			panic(err)
		}
	}
}

func (x *script) wait(verb string) lane.Body {
	d, err := time.ParseDuration(verb[1:])
	if err != nil {
		panic(fmt.Sprintf("%q is no time", verb))
	}
	x.at.Mono += d.Milliseconds()
	x.at.Powered += d.Milliseconds()
	if !x.wall.IsZero() {
		x.wall = x.wall.Add(d)
	}
	return x.tick()
}

// events are what a directive means.
func (x *script) events(verb string, a *args) []lane.Body {
	switch verb {
	case "lane":
		x.setLane(a)
	case "restart":
		x.restart(x.s.Durable)
	case "clock":
		x.setClock(a)
		return []lane.Body{x.tick()}
	case "ready":
		return []lane.Body{
			lane.Condition{Reason: lane.Starting},
			lane.Limit{Amount: 5000, Currency: "EUR"},
			lane.Attached{Caps: caps(a)},
			lane.Ended{Ended: purchase.Ended{Command: "front/ask/1", Outcome: purchase.Done}},
		}
	default:
		return []lane.Body{x.event(verb, a)}
	}
	return nil
}

func (x *script) event(verb string, a *args) lane.Body {
	switch verb {
	case "attach":
		return lane.Attached{Caps: caps(a)}
	case "detach":
		return lane.Detached{}
	case "ended":
		return x.ended(a)
	case "not_started":
		return lane.NotStarted{ID: x.command(a)}
	case "card":
		return lane.CardSeen{}
	case "wanted":
		id, kind := purchase.OrderID(a.word()), purchase.CommandKind(a.word())
		return lane.Wanted{Command: purchase.TerminalCommand{ID: purchase.CommandFor(id, kind, 1), Kind: kind, Order: id}}
	case "order":
		return lane.Changed{Order: order(a)}
	case "closed":
		return lane.Changed{Order: lane.Order{ID: purchase.OrderID(a.word()), Phase: purchase.PhaseClosed}, Closed: true}
	case "no_order":
		return lane.NoOrder{}
	case "on", "off":
		return lane.Condition{Reason: lane.Reason(a.word()), On: verb == "on"}
	case "limit":
		return lane.Limit{Amount: minor(a.word()), Currency: money.Currency(a.word())}
	case "out":
		return lane.Out{Why: a.rest()}
	case "in":
		return lane.In{}
	case "end_of_day":
		return lane.EndOfDayNow{}
	}
	return x.restockEvent(verb, a)
}

func (x *script) restockEvent(verb string, a *args) lane.Body {
	switch verb {
	case "restock":
		return lane.RestockAsked{ID: purchase.OrderID(a.word()), Door: door(a.number("door", 1)), Who: "badge 7"}
	case "restock_answer":
		id, ok := purchase.OrderID(a.word()), a.word() == "ok"
		return lane.RestockAnswered{ID: id, OK: ok, Msg: map[bool]string{false: "the SaaS refused"}[ok]}
	case "restock_sign":
		return lane.RestockSign{ID: purchase.OrderID(a.word()), Sign: purchase.SignName(a.word())}
	case "restock_ended":
		return lane.RestockEnded{ID: purchase.OrderID(a.word())}
	}
	if strings.HasPrefix(verb, "+") {
		return x.wait(verb)
	}
	panic(fmt.Sprintf("unknown directive %q", verb))
}

// command is the one named, else the one that runs.
func (x *script) command(a *args) purchase.CommandID {
	if id := a.text("id"); id != "" {
		return purchase.CommandID(id)
	}
	if x.s.Busy == nil {
		panic("no command runs")
	}
	return x.s.Busy.ID
}

func (x *script) ended(a *args) lane.Body {
	e := purchase.Ended{Command: x.command(a), CardSeen: a.flag("card"), More: a.flag("more")}
	e.Outcome, e.Reason = purchase.Outcome(a.word()), purchase.Reason(a.word())
	if open := a.text("open"); open != "" {
		for h := range strings.SplitSeq(open, ",") {
			receipt, amount, _ := strings.Cut(h, ":")
			hold := purchase.Hold{Receipt: receipt}
			if amount != "" {
				hold.Amount = minor(amount)
			}
			e.Open = append(e.Open, hold)
		}
	}
	return lane.Ended{Ended: e}
}

func order(a *args) lane.Order {
	o := lane.Order{
		ID: purchase.OrderID(a.word()), Phase: purchase.Phase(a.word()), DoorBusy: a.flag("busy"), HoldOpen: a.flag("hold"),
		Receipt: a.text("receipt"), After: a.text("after"), Door: door(a.number("door", 1)), Limit: 5000,
	}
	if l := a.text("limit"); l != "" {
		o.Limit = minor(l)
	}
	return o
}
