package fakemdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"edged/internal/money"
	"edged/internal/pause"
	"edged/internal/purchase"
)

// What Start returns.
var (
	ErrBusy     = errors.New("fakemdb: busy with another command")
	ErrDetached = errors.New("fakemdb: no reader attached")
)

var errLost = errors.New("adapter lost")

const (
	retryEvery = time.Second // opening the line, and posting what was not durable
	postWithin = 10 * time.Second
	linger     = 5 * time.Second // for a command when Run has to stop
)

// Post hands an event to the engine.
type Post = func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error)

// Options make a Reader; both are required.
type Options struct {
	Lane string
	Open func(ctx context.Context) (io.ReadWriteCloser, error)
}

// Reader is the driver. Run owns the line; the other methods never block.
type Reader struct {
	opts Options
	wake chan struct{}

	mu       sync.Mutex
	attached bool
	job      *job

	// Run's goroutine only.
	post     Post
	acked    func(purchase.CommandID)
	line     io.WriteCloser
	lines    chan string   // closed when the line is lost
	session  purchase.Hold // the open session; without a receipt there is none
	sessions int
	approved money.Minor // durable, D,END not confirmed
}

type job struct {
	cmd     purchase.TerminalCommand
	abort   chan struct{}
	aborted bool // guarded by Reader.mu
}

// New returns a Reader that is detached until Run.
func New(o Options) *Reader { return &Reader{opts: o, wake: make(chan struct{}, 1)} }

// Caps say that hold and capture are one session.
func (r *Reader) Caps() purchase.TerminalCaps {
	return purchase.TerminalCaps{Terminal: "mdb", MaxHolds: 1, CaptureBelowHold: true, Session: true, SessionLimit: 4 * time.Minute}
}

// Start hands over a command. Errors: ErrBusy, ErrDetached.
func (r *Reader) Start(cmd purchase.TerminalCommand) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.attached:
		return ErrDetached
	case r.job != nil:
		return ErrBusy
	}
	r.job = &job{cmd: cmd, abort: make(chan struct{})}
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return nil
}

// Abort wishes that a command end early.
func (r *Reader) Abort(id purchase.CommandID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if j := r.job; j != nil && j.cmd.ID == id && !j.aborted {
		j.aborted = true
		close(j.abort)
	}
}

// Run serves the reader until ctx ends.
func (r *Reader) Run(ctx context.Context, post Post, acked func(purchase.CommandID)) error {
	r.post, r.acked = post, acked
	for ctx.Err() == nil {
		why := r.life(ctx)
		if left := r.setAttached(false); left != nil {
			r.finish(ctx, left, notDone(purchase.ReasonLine))
		}
		_ = r.tell(ctx, purchase.Detached{Why: why.Error()})
		pause.For(ctx, retryEvery)
	}
	return ctx.Err()
}

func (r *Reader) setAttached(on bool) *job {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attached = on
	return r.job
}

// life is one open line.
func (r *Reader) life(ctx context.Context) error {
	line, err := r.opts.Open(ctx)
	if err != nil {
		return err
	}
	var reader sync.WaitGroup
	defer reader.Wait()
	defer line.Close()
	r.line, r.lines = line, make(chan string, 64)
	reader.Go(func() { read(line, r.lines) })
	if err := r.attach(ctx); err != nil {
		return err
	}
	for {
		select {
		case <-r.wake:
			if err := r.execute(ctx); err != nil {
				return err
			}
		case _, ok := <-r.lines: // an idle reader says nothing that matters here
			if !ok {
				return errLost
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func read(line io.Reader, lines chan<- string) {
	defer close(lines)
	for s := bufio.NewScanner(line); s.Scan(); {
		lines <- strings.TrimSpace(s.Text())
	}
}

// attach finds out what the adapter is at, before it is told anything (§10.1): a
// session that nobody here knows is ended without a charge.
func (r *Reader) attach(ctx context.Context) error {
	state, err := r.ask(ctx, "D,STATUS")
	switch {
	case err != nil:
	case strings.HasPrefix(state, "OFF"):
		_, err = r.ask(ctx, "D,1")
	case strings.HasPrefix(state, "RESULT,1") && r.approved != 0:
		_, err = r.ask(ctx, "D,END")
	case strings.HasPrefix(state, "RESULT,1"):
		_, err = r.ask(ctx, "D,END,-1")
	case strings.HasPrefix(state, "CREDIT") && r.session.Receipt == "":
		_, err = r.ask(ctx, "D,END")
	}
	if err != nil {
		return err
	}
	if !strings.HasPrefix(state, "CREDIT") {
		r.session = purchase.Hold{}
	}
	r.approved = 0
	r.setAttached(true)
	return r.tell(ctx, purchase.Attached{Caps: r.Caps()})
}

func (r *Reader) tell(ctx context.Context, body purchase.Body) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), postWithin)
	defer cancel()
	_, err := r.post(ctx, purchase.Event{Lane: r.opts.Lane, Body: body})
	return err
}

// ask sends a command and returns the status that answers it.
func (r *Reader) ask(ctx context.Context, command string) (string, error) {
	if err := r.say(command); err != nil {
		return "", err
	}
	return r.status(ctx, nil)
}

func (r *Reader) say(command string) error {
	if _, err := io.WriteString(r.line, command+"\n"); err != nil {
		return errLost
	}
	return nil
}

var errWished = errors.New("wished to end")

// status waits for the next status line, without "d,STATUS,".
func (r *Reader) status(ctx context.Context, abort <-chan struct{}) (string, error) {
	for {
		select {
		case line, ok := <-r.lines:
			if !ok {
				return "", errLost
			}
			if s, found := strings.CutPrefix(strings.ToUpper(line), "D,"); found {
				return strings.TrimPrefix(s, "STATUS,"), nil
			}
		case <-abort:
			return "", errWished
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// durable posts a result until it is durable: the reader waits for as long as it
// takes (STYLE §2). Neither a reset nor an answer goes out meanwhile.
func (r *Reader) durable(ctx context.Context, ev purchase.Event) (purchase.Verdict, error) {
	for {
		try, cancel := context.WithTimeout(ctx, postWithin)
		verdict, err := r.post(try, ev)
		cancel()
		if err == nil {
			return verdict, nil
		}
		if !pause.For(ctx, retryEvery) {
			return "", ctx.Err()
		}
	}
}

func amount(m money.Minor) string { return fmt.Sprintf("%d.%02d", m/100, m%100) }

func parseAmount(s string) money.Minor {
	m, err := money.Parse(s, "EUR")
	if err != nil {
		return 0
	}
	return m
}
