package modelcheck

import (
	"errors"
	"time"

	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
)

const (
	slots     = 3 // orders at a time: two with a hold, one armed
	customers = 2
	nobody    = slots // holds that no order knows are its
	limit     = 1000
	price     = 700
)

// plan is what differs between explorations: how terminal and SaaS are inclined.
type plan struct {
	name    string
	says    [customers][]purchase.Body // callbacks about each customer, in any order or never
	crashes uint8
	dups    uint8 // callbacks that are told again
	faults  uint8 // of all other kinds

	session bool // MDB: hold and capture are one session
	noAsk   bool // the terminal cannot list its holds
	tells   bool // it tells its last booking
	partial bool // it may hold less than it was asked for
	greedy  bool // it may take another amount than it was asked for
	sloppy  bool // it may do what was not acknowledged
	refuses bool // the SaaS may refuse doors and reports
	reverse bool // refunds by reversal
	keep    bool // on_deadline: keep
	expires bool // the issuer may drop a hold
	foreign bool // the terminal holds money that this gateway never asked for, in the first customer's place
	day     bool // somebody asks for the end of day
	restock bool // the operator's staff wants the door
	one     bool // the second customer does not come
}

// stage of the dialogue with the terminal.
type stage uint8

const (
	idle    stage = iota
	running       // the command is at the terminal
	posted        // its result is on flash or refused, our answer not yet at the terminal
	acked         // the terminal has our acknowledgement
)

// truth of a hold, which only terminal and issuer know.
type truth uint8

const (
	none truth = iota
	open
	captured
	released
	gone
)

// callStage of an OpenDoor call.
type callStage uint8

const (
	noCall  callStage = iota
	waiting           // for the terminal's acknowledgement
	ready             // to leave
	sent              // and not answered
)

// world is one state of everything. It holds no pointers, so that it can be copied,
// compared and hashed.
type world struct {
	lane   uint32 // of cores.lanes; its Durable is on flash, the rest in memory
	orders [slots]slot

	// What the engine's loop will take next, in memory.
	follow [5]followed

	// The dialogue with the terminal; lost with the process.
	stage    stage
	refused  bool // our answer to the result
	aborting bool
	cmd      uint32 // of cores.cmds
	amount   uint16 // of the result

	holds  [customers]hold
	last   uint8 // what the terminal booked last: hold*4 + truth + 1
	taps   uint8 // customers that have come
	tasks  uint8 // of the lane, a bit for each unknown hold
	asked  uint8 // by people: restocks that opened the door
	budget budget
	broken uint8 // 1: the engine has parked an order or a lane; never explored further
}

type budget struct{ crashes, dups, faults uint8 }

func (b budget) left() int { return int(b.crashes) + int(b.dups) + int(b.faults) }

// followed is something a core has asked for: an event of an order or of the lane.
type followed struct {
	slot uint8 // from 1; 0: the lane's
	what uint32
}

// slot is one order: its state on flash, what the engine and the sender have in
// memory about it, and what the SaaS knows.
type slot struct {
	state    uint32 // of cores.orders; 0: free
	customer uint8  // from 1; 0: no card yet
	call     callStage
	attempt  uint8
	late     bool   // the deadline of the call is over
	rows     uint8  // outbox, a bit for each report
	dead     uint8  // refused reports
	tasks    uint16 // open ones, a bit for each kind

	took bool  // the SaaS has taken an OpenDoor
	told uint8 // callbacks told, a bit each

	audit audit
}

type hold struct {
	truth  truth
	slot   uint8
	amount uint16
	taken  uint16
}

// model is a plan and what it has learned of the cores.
type model struct {
	plan *plan
	c    *cores
	err  error // the promise that the last action has broken
	// ending is the end of a command that was posted last.
	ending purchase.Ended

	says                         [customers][]uint32 // bodies
	restarted, started, attached uint32              // what every start begins with
}

func newModel(p *plan) *model {
	m := &model{plan: p, c: newCores()}
	m.restarted = m.c.body(purchase.Restarted{})
	m.started, m.attached = m.c.ask(lane.Condition{Reason: lane.Starting}), m.c.ask(lane.Attached{Caps: m.caps()})
	for i, says := range p.says {
		for _, b := range says {
			m.says[i] = append(m.says[i], m.c.body(b))
		}
	}
	return m
}

func (m *model) terms() purchase.Terms {
	t := purchase.Terms{
		Lane: "front", MachineID: "cabinet", Door: 1, Limit: limit, MinHold: 600, Currency: "EUR", Terminal: "T1", Account: "account",
		OpenDeadline: time.Second, ResolveWindow: time.Second, DetectWait: time.Second, DecisionDeadline: time.Second,
		HoldTTL: time.Second, RetryBase: time.Second, RetryCap: time.Second,
		OnDeadline: purchase.ReleaseOnDeadline, OverLimit: purchase.ReportPaid, ReverseByReceipt: m.plan.reverse,
	}
	if !m.plan.expires {
		t.HoldTTL = 0
	}
	if m.plan.session {
		t.SessionLimit, t.HoldTTL = time.Second, 0
	}
	if m.plan.keep {
		t.OnDeadline = purchase.KeepOnDeadline
	}
	return t
}

func (m *model) caps() purchase.TerminalCaps {
	c := purchase.TerminalCaps{Terminal: "T1", MaxHolds: 2, CaptureBelowHold: true, ReverseByReceipt: m.plan.reverse}
	if m.plan.session {
		c.MaxHolds, c.Session, c.SessionLimit = 1, true, time.Second
	}
	return c
}

func (m *model) settings() lane.Settings {
	return lane.Settings{Name: "front", Doors: []lane.Door{{MachineID: "cabinet", Number: 1}}, MaxHolds: 2}
}

// first is the world in which edged has started and its terminal waits for a card.
func (m *model) first() world {
	w := world{budget: budget{m.plan.crashes, m.plan.dups, m.plan.faults}}
	switch {
	case m.plan.foreign:
		w.holds[0], w.taps = hold{truth: open, slot: nobody, amount: 500}, 1
	case m.plan.one:
		w.taps = 1
	}
	w.lane = m.c.lane(lane.State{})
	m.boot(&w)
	for range wayHome {
		if m.armed(&w) {
			return w
		}
		a, ok := m.good(&w, true)
		if !ok {
			break
		}
		m.do(&w, a)
	}
	m.fail("M3", errors.New("the lane does not arm"))
	return w
}

// armed: the terminal waits for a card.
func (m *model) armed(w *world) bool {
	return w.stage == running && !w.aborting && m.c.cmds[w.cmd].Kind == purchase.CmdArm
}

func word(from purchase.Source, mode purchase.Mode, n int) purchase.Body {
	d := purchase.Detected{Source: from, SaaSOrderNo: "S1", OK: true, Mode: mode}
	for range n {
		d.Lines = append(d.Lines, purchase.Line{Count: "1", Price: "7.00"})
	}
	return d
}

func sign(s purchase.SignName) purchase.Body { return purchase.Sign{Sign: s, SaaSOrderNo: "S1"} }

// verdict is what a callback says about the goods, if that can be understood.
func verdict(b purchase.Body) (total money.Minor, ok bool) {
	d, is := b.(purchase.Detected)
	if !is || !d.OK || d.Unreadable != "" || d.Mode == purchase.ModeInterrupt {
		return 0, false
	}
	switch {
	case d.Mode == purchase.ModeCancel:
		return 0, true
	case d.Mode != purchase.ModeNormal || len(d.Lines) > 0 && d.Lines[0].Price != "7.00":
		return 0, false
	}
	return price * money.Minor(len(d.Lines)), true
}
