package zvtterm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/pause"
	"edged/internal/purchase"
	"edged/internal/serialdev/devmetrics"
)

// Post hands an event to the engine. It returns when the event is on flash (nil) or
// surely not applied (error), and soon after ctx ends.
type Post = func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error)

// Terminal is the driver of one terminal. Run owns the line; the other methods may
// be called from any goroutine and never block.
type Terminal struct {
	opts    Options
	profile Profile
	device  *devmetrics.Device
	wake    chan struct{} // a command waits

	mu       sync.Mutex
	attached bool
	caps     purchase.TerminalCaps
	job      *job // the command that was started and has not ended

	// The rest belongs to Run's goroutine.
	post      Post
	acked     func(purchase.CommandID)
	wire      *wire        // the open line, nil between lines
	known     *transaction // the last one whose result was posted
	unsettled bool         // a dialogue may still be going on at the terminal
	down      string       // why, as last told by Detached; empty while attached
	everUp    bool
	slow      bool // the line is to be opened at zvt.DefaultBaud
}

// job is a started command on its way to its one Ended.
type job struct {
	cmd     purchase.TerminalCommand
	abort   chan struct{} // closed by Abort
	aborted bool          // guarded by Terminal.mu
}

// New returns a Terminal that is detached until Run.
func New(o Options) (*Terminal, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	device, err := devmetrics.New(o.Registerer, o.Lane, "terminal")
	if err != nil {
		return nil, err
	}
	profile, err := profileOf(o.Profile)
	if err != nil {
		return nil, err
	}
	if profile.DayTakesHolds && o.HoldsOverEndOfDay {
		return nil, fmt.Errorf("%w: holds over the end of day, and no %s terminal keeps them", ErrOptions, profile.Name)
	}
	o = o.withDefaults()
	if profile.StatusEvery > 0 {
		o.StatusEvery = profile.StatusEvery
	}
	o.Logger = o.Logger.With(logkey.Component, "zvtterm", logkey.Lane, o.Lane)
	return &Terminal{
		opts: o, profile: profile, device: device, wake: make(chan struct{}, 1), unsettled: true,
		caps: profile.caps(o),
	}, nil
}

// Caps are those of the terminal attached now or last. Terminal is empty until one
// has registered.
func (t *Terminal) Caps() purchase.TerminalCaps {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.caps
}

// Start hands over a command. Errors: ErrBusy, ErrDetached. With nil, exactly one
// Ended with cmd.ID is posted, from Run's goroutine.
func (t *Terminal) Start(cmd purchase.TerminalCommand) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.attached:
		return ErrDetached
	case t.job != nil:
		return ErrBusy
	}
	t.job = &job{cmd: cmd, abort: make(chan struct{})}
	select {
	case t.wake <- struct{}{}:
	default: // one is waiting there from a command that has ended
	}
	return nil
}

// Abort wishes that a command end early. It ends by its own Ended all the same,
// with whatever the terminal says.
func (t *Terminal) Abort(id purchase.CommandID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.job != nil && t.job.cmd.ID == id {
		t.job.wish()
	}
}

// wish closes abort once; the caller holds Terminal.mu.
func (j *job) wish() {
	if !j.aborted {
		j.aborted = true
		close(j.abort)
	}
}

// Run opens the line, serves the terminal and opens the line again, for ever. It
// returns ctx's error when that ends; a dialogue under way is aborted then if it
// waits for a card, and gets Options.Linger to end.
func (t *Terminal) Run(ctx context.Context, post Post, acked func(purchase.CommandID)) error {
	t.post, t.acked = post, acked
	wait := t.opts.RetryBase
	for {
		up, err := t.life(ctx)
		t.detach(ctx, err)
		if up {
			wait = t.opts.RetryBase
		}
		if !pause.For(ctx, wait) {
			return ctx.Err()
		}
		wait = min(2*wait, t.opts.RetryCap)
	}
}

// life is one open line. up: a terminal was attached to it.
func (t *Terminal) life(ctx context.Context) (up bool, err error) {
	line, err := t.open(ctx)
	if err != nil {
		return false, fmt.Errorf("open: %w", err)
	}
	t.wire = newWire(line)
	defer t.hangUp()
	talk, cancel := linger(ctx, t.opts.Linger)
	defer cancel()
	s := &session{t: t, link: newLink(t.wire, t.opts), ctx: ctx}
	if err := s.attach(ctx); err != nil {
		t.otherRate(err)
		return false, s.explained(err)
	}
	s.ctx = talk
	return true, s.serve(ctx)
}

// explained says more of why a line cannot be used: a terminal that is not there and
// one that talks at another speed ask for different things.
func (s *session) explained(err error) error {
	if s.link.nonsense() && (errors.Is(err, errSilent) || errors.Is(err, errNotTaken) || errors.Is(err, errGarbage)) {
		return fmt.Errorf("%w: %w", errNoFrame, err)
	}
	return err
}

// hangUp closes the line, if it is open. The error of a line that is given up
// tells nothing.
func (t *Terminal) hangUp() {
	if t.wire != nil {
		_ = t.wire.close()
		t.wire = nil
	}
}

// linger returns a context that outlives ctx by d.
func linger(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return out, func() { stop(); cancel() }
}

// attachedTo makes Start work, then tells the engine.
func (t *Terminal) attachedTo(ctx context.Context, caps purchase.TerminalCaps) error {
	t.mu.Lock()
	t.attached, t.caps = true, caps
	t.mu.Unlock()
	t.device.Up(true)
	if t.everUp && t.down != "" {
		t.device.Reconnected()
	}
	t.everUp, t.down = true, ""
	t.opts.Logger.Info("terminal attached", logkey.Device, caps.Terminal)
	return t.tell(ctx, purchase.Attached{Caps: caps})
}

// detach ends what Start took meanwhile and tells the engine, once for each reason.
func (t *Terminal) detach(ctx context.Context, why error) {
	left := t.unhook()
	t.device.Up(false)
	if left != nil { // accepted, and the line was lost before a byte of it left
		t.finish(ctx, left, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonLine, Text: why.Error()})
	}
	if ctx.Err() != nil || t.down == why.Error() {
		return
	}
	t.down = why.Error()
	code := errcode.Or(why, errcode.LaneTerminalDown)
	t.opts.Logger.Warn("terminal detached", logkey.Err, why, logkey.Code, code)
	if err := t.tell(ctx, purchase.Detached{Why: t.down, Code: code}); err != nil {
		t.opts.Logger.Debug("detached was not posted", logkey.Err, err) // Start tells it too
	}
}

// unhook makes Start refuse, and returns what it took last.
func (t *Terminal) unhook() *job {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attached = false
	return t.job
}

// tellWithin bounds the post of an event that the terminal does not wait for.
const tellWithin = 10 * time.Second

// tell posts an event of the lane.
func (t *Terminal) tell(ctx context.Context, body purchase.Body) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellWithin)
	defer cancel()
	_, err := t.post(ctx, purchase.Event{Lane: t.opts.Lane, Body: body})
	return err
}

// event addresses a body to the command's order, or to the lane. The lane's own
// commands have ids that come again after a restart, so they make no key.
func (t *Terminal) event(cmd purchase.TerminalCommand, body purchase.Body, key string) purchase.Event {
	if cmd.Order == "" {
		return purchase.Event{Lane: t.opts.Lane, Body: body}
	}
	return purchase.Event{Order: cmd.Order, Key: key, Body: body}
}

// finish posts the one Ended of a command. The next command may be started from
// then on. It tries until the engine takes it or ctx ends.
func (t *Terminal) finish(ctx context.Context, j *job, e purchase.Ended) {
	t.mu.Lock()
	t.job = nil
	t.mu.Unlock()
	e.Command, e.What = j.cmd.ID, j.cmd.Kind
	ev := t.event(j.cmd, e, string(j.cmd.ID)+"/ended")
	wait := 100 * time.Millisecond
	for {
		err := t.postEnd(ctx, ev)
		if err == nil {
			return
		}
		t.opts.Logger.Debug("end was not posted", logkey.Command, j.cmd.ID, logkey.Err, err)
		if !pause.For(ctx, wait) {
			t.opts.Logger.Error("end of a command is lost, it is in doubt", logkey.Command, j.cmd.ID, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.ZVTNotDurable))
			return
		}
		wait = min(2*wait, 5*time.Second)
	}
}

func (t *Terminal) postEnd(ctx context.Context, ev purchase.Event) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellWithin)
	defer cancel()
	_, err := t.post(ctx, ev)
	return err
}

// current is the job that Start left, if any.
func (t *Terminal) current() *job {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.job
}

// wished says whether somebody wants j to end early.
func (t *Terminal) wished(j *job) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return j.aborted
}
