package app

import (
	"context"
	"errors"
	"sync"

	"edged/internal/engine"
	"edged/internal/money"
	"edged/internal/purchase"
)

// errNoCurrency is returned for a command before the SaaS has told, now or ever
// before, in which currency the cabinet sells.
var errNoCurrency = errors.New("the currency is not known yet")

// lateTerminal is a terminal that is built when the currency is known: it is part
// of its registration, and only the SaaS says it.
type lateTerminal struct {
	build func(money.Currency) (engine.Terminal, error)
	ready chan struct{} // closed when inner is set

	mu    sync.Mutex
	inner engine.Terminal
	err   error
}

func newLateTerminal(build func(money.Currency) (engine.Terminal, error)) *lateTerminal {
	return &lateTerminal{build: build, ready: make(chan struct{})}
}

// currency tells the currency; only the first one counts.
func (t *lateTerminal) currency(c money.Currency) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inner != nil || t.err != nil {
		return t.err
	}
	t.inner, t.err = t.build(c)
	close(t.ready)
	return t.err
}

func (t *lateTerminal) get() engine.Terminal {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.inner
}

// Run implements engine.Terminal.
func (t *lateTerminal) Run(ctx context.Context, post engine.Post, acked func(purchase.CommandID)) error {
	select {
	case <-t.ready:
	case <-ctx.Done():
		return nil
	}
	if inner := t.get(); inner != nil {
		return inner.Run(ctx, post, acked)
	}
	return t.err
}

// Caps implements engine.Terminal.
func (t *lateTerminal) Caps() purchase.TerminalCaps {
	if inner := t.get(); inner != nil {
		return inner.Caps()
	}
	return purchase.TerminalCaps{}
}

// Start implements engine.Terminal.
func (t *lateTerminal) Start(cmd purchase.TerminalCommand) error {
	if inner := t.get(); inner != nil {
		return inner.Start(cmd)
	}
	return errNoCurrency
}

// Abort implements engine.Terminal.
func (t *lateTerminal) Abort(id purchase.CommandID) {
	if inner := t.get(); inner != nil {
		inner.Abort(id)
	}
}
