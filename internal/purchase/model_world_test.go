package purchase_test

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"edged/internal/ledger"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

// The model: one order under Step, and around it an engine that loses everything
// that is not committed, a terminal with a mind of its own and a SaaS that loses,
// repeats and reorders. Time moves only from deadline to deadline. Whatever can
// happen next is an action; a test takes one after the other, all of them or some.

// plan is what differs between explorations: how the terminal and the SaaS are
// inclined, and what people do.
type plan struct {
	name    string
	says    []purchase.Body // callbacks of the SaaS; any order, any number of times, or never
	faults  int             // how many things may go wrong
	session bool            // MDB
	noAsk   bool            // the terminal cannot list its holds
	tells   bool            // it tells its last booking
	partial bool            // it may grant less than asked
	greedy  bool            // it may take more than asked
	sloppy  bool            // it may do what was not acknowledged
	refuses bool            // the SaaS may refuse reports
	reverse bool            // refunds by reversal
	keep    bool            // on_deadline: keep
}

func (p *plan) terms() purchase.Terms {
	t := transcript.Terms()
	t.Limit, t.MinHold = 1000, 600
	t.OpenDeadline, t.ResolveWindow = 2*time.Second, 30*time.Second
	t.DetectWait, t.DecisionDeadline = 20*time.Second, 50*time.Second
	t.DoorRemind, t.DoorAlarm = 0, 500*time.Second
	t.HoldTTL, t.RetryBase, t.RetryCap = 300*time.Second, time.Second, time.Second
	t.ReverseByReceipt = p.reverse
	if p.session {
		t.SessionLimit, t.HoldTTL = 40*time.Second, 0
	}
	if p.keep {
		t.OnDeadline = purchase.KeepOnDeadline
	}
	return t
}

// stage of a dialogue with the terminal.
type stage int

const (
	idle    stage = iota
	running       // the command is at the terminal
	posted        // its result is on flash, our answer not yet at the terminal
	acked         // the terminal has our acknowledgement
)

// truth of the hold, which only terminal and issuer know.
type truth string

const (
	none     truth = "none"
	open     truth = "open"
	captured truth = "captured"
	released truth = "released"
	gone     truth = "gone"
)

// call is one OpenDoor that the engine was asked for.
type call struct {
	purchase.OpenDoor
	sent  bool
	heard bool // of the order, when it was asked for
}

type world struct {
	plan *plan
	s    purchase.State // committed
	enc  string         // of it, without times: see timeless
	now  purchase.Stamp
	line ledger.Line // what was entered for it; it follows from how s came about

	// Lost with the process.
	queue    []purchase.TerminalCommand // asked for, not started
	calls    []call
	stage    stage
	cmd      purchase.TerminalCommand // of the dialogue
	amount   money.Minor              // of its result
	refused  bool                     // our answer to it
	armAcked bool

	hold   truth
	taken  money.Minor // by the terminal
	got    bool        // the SaaS took OpenDoor
	heard  uint        // callbacks delivered, a bit each
	outbox []int       // reports without an answer
	dead   []int       // reports it refused
	tasks  []string
	faults int // left
	audit  auditor
	err    error
	quiet  bool // checks of repeats are off, for the long way home
}

func newWorld(p *plan) *world {
	w := &world{plan: p, now: transcript.Start().Now, hold: none, faults: p.faults}
	w.now.Wall = 1
	w.post(purchase.Arm{Terms: p.terms()})
	w.stage, w.cmd = running, purchase.TerminalCommand{ID: purchase.CommandFor(transcript.Order(), purchase.CmdArm, 1), Kind: purchase.CmdArm, Amount: 1000}
	return w
}

// copy gives a world that can go its own way. Step never changes a State it was
// given, so that is shared.
func (w *world) copy() *world {
	c := *w
	c.queue = slices.Clone(w.queue)
	c.calls = slices.Clone(w.calls)
	c.outbox = slices.Clone(w.outbox)
	c.dead = slices.Clone(w.dead)
	c.tasks = slices.Clone(w.tasks)
	return &c
}

// fail keeps the first broken promise.
func (w *world) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// post is the engine: Step, commit, and only then the effects. It says whether the
// poster may accept.
func (w *world) post(body purchase.Body) (accept bool) {
	ev := purchase.Event{Order: transcript.Order(), At: w.now, Body: body}
	next, effects, err := purchase.Step(w.s, ev)
	if err != nil {
		w.fail(fmt.Errorf("%s: %w", body.Kind(), err))
		return false
	}
	if w.s.Hold == nil && next.Hold != nil {
		w.audit.granted(next.Hold.Amount)
	}
	if w.s.Decision == nil && next.Decision != nil {
		w.fail2(w.audit.gaveUp(*next.Decision))
	}
	w.line = w.line.Post(w.s, next, ledger.Mark{})
	w.fail2(w.line.Check(next))
	w.s, w.enc = next, timeless(next)
	if !w.quiet {
		w.repeat(ev)
	}
	accept = true
	for _, e := range effects {
		if _, no := e.(purchase.Refused); no {
			accept = false
		}
		w.effect(e)
	}
	return accept
}

// repeat: the same event under another key changes nothing and asks for nothing (M6).
func (w *world) repeat(ev purchase.Event) {
	if ev.Body.Kind() == purchase.KindRestarted {
		return
	}
	again, effects, err := purchase.Step(w.s, ev)
	if err != nil {
		w.fail(broken("M6", "%s told twice: %v", ev.Body.Kind(), err))
		return
	}
	if !reflect.DeepEqual(again, w.s) && (timeless(again) != w.enc || !slices.Equal(again.Due, w.s.Due)) {
		w.fail(broken("M6", "%s told twice changes the order", ev.Body.Kind()))
	}
	for _, e := range effects {
		switch e.(type) {
		case purchase.Alarm, purchase.Refused:
		default:
			w.fail(broken("M6", "%s told twice yields %T", ev.Body.Kind(), e))
		}
	}
}

func stored(s purchase.State) string {
	b, err := s.Encode()
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (w *world) effect(e purchase.Effect) {
	switch e := e.(type) {
	case purchase.Command:
		w.queue = append(w.queue, e.TerminalCommand)
	case purchase.OpenDoor:
		w.calls = append(w.calls, call{OpenDoor: e, heard: w.audit.Heard})
	case purchase.SendReport:
		w.outbox = append(w.outbox, e.Report.N)
		w.fail2(w.audit.reported(e.Report))
	case purchase.OpenTask:
		if key := string(e.Task) + " " + e.Subject; !slices.Contains(w.tasks, key) {
			w.tasks = append(w.tasks, key)
		}
	case purchase.CloseTask:
		w.tasks = slices.DeleteFunc(w.tasks, func(k string) bool { return k == string(e.Task)+" "+e.Subject })
	}
}

func (w *world) fail2(err error) {
	if err != nil {
		w.fail(err)
	}
}

// crash: what is not committed is gone, and the daemon starts anew. A result that
// was not answered is reversed by the terminal: nothing of it was true yet.
func (w *world) crash(reboot bool) {
	if w.plan.session {
		w.sessionEnds()
	}
	w.queue, w.calls, w.stage, w.refused, w.armAcked = nil, nil, idle, false, false
	if reboot {
		w.now.Boot += "+"
		w.now.Mono = 1000
	}
	w.post(purchase.Restarted{})
}

// tick goes to the next deadline and tells it.
func (w *world) tick() {
	var next purchase.Deadline
	for i, d := range w.s.Due {
		if i == 0 || d.Left(w.now) < next.Left(w.now) {
			next = d
		}
	}
	if left := max(next.Left(w.now).Milliseconds(), 0); left > 0 {
		w.now.Mono += left
		w.now.Powered += left
		w.now.Reach += left
	}
	if next.Name == purchase.DueHoldTTL && w.hold == open {
		w.hold = gone // the issuer drops it
	}
	w.post(purchase.Due{Name: next.Name})
}

// timeless is the stored form without the deadlines and the time of the end.
func timeless(s purchase.State) string {
	s.Due = nil
	if s.Outcome != nil {
		o := *s.Outcome
		o.Powered = 0
		s.Outcome = &o
	}
	return stored(s)
}

// key tells worlds apart: what can still happen depends on nothing else. Times
// count by what is left of them.
func (w *world) key() [16]byte {
	b := append(make([]byte, 0, 2048), w.enc...)
	due := slices.Clone(w.s.Due)
	slices.SortFunc(due, func(a, b purchase.Deadline) int { return strings.Compare(string(a.Name), string(b.Name)) })
	for _, d := range due {
		b = fmt.Appendf(b, " %s %d", d.Name, max(d.Left(w.now), 0))
	}
	b = fmt.Append(b, w.stage, w.cmd.ID, w.amount, w.refused, w.armAcked, w.hold, w.taken, w.got, w.heard, w.outbox, w.dead, w.tasks, w.faults, w.audit)
	for _, q := range w.queue {
		b = append(b, q.ID...)
	}
	for _, c := range w.calls {
		b = fmt.Append(b, c.Attempt, c.sent, c.heard, max(c.Deadline.Left(w.now), 0))
	}
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}

// ending is what the auditor judges when nothing happens any more.
func (w *world) ending() ending {
	e := ending{closed: w.s.Closed(), held: w.hold == open, tasks: w.tasks}
	if w.s.Outcome != nil {
		e.outcome = *w.s.Outcome
	}
	for _, r := range w.s.Reports {
		if r.Type == purchase.PayNormal {
			e.payments = append(e.payments, r)
		}
		e.waits = e.waits || r.State == purchase.ReportWaits
	}
	phase := w.s.Phase()
	e.waits = e.waits || phase == purchase.PhaseArmed || phase == purchase.PhaseOpen
	return e
}
