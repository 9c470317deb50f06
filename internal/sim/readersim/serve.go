package readersim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"edged/internal/sim/ptyline"
)

// ServePty puts the terminal on a serial line that is found under link, with a
// new pty for every time the port is opened, until ctx ends.
func (t *Terminal) ServePty(ctx context.Context, link string) error {
	o := ptyline.Options{Link: link, Plugged: t.Plugged}
	return ptyline.Serve(ctx, o, func(ctx context.Context, master *os.File) error {
		return t.Attach(ctx, master, Serial)
	})
}

// ServeTCP answers connections on ln, one at a time (§3), until ctx ends; it
// closes ln. A terminal without power or cable drops them.
func (t *Terminal) ServeTCP(ctx context.Context, ln net.Listener) error {
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	defer ln.Close()
	for {
		conn, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return fmt.Errorf("accept: %w", err)
		}
		if t.reachable() {
			_ = t.Attach(ctx, conn, TCP) // ends when the gateway hangs up
		} else {
			conn.Close()
		}
	}
}

// reachable says whether the cable is in.
func (t *Terminal) reachable() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.plugged:
		return true
	default:
		return false
	}
}
