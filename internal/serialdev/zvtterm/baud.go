package zvtterm

import (
	"context"
	"errors"
	"time"

	"edged/internal/logkey"
	"edged/internal/pause"
	"edged/internal/serialdev/zvt"
)

// open opens the line at the rate that the terminal is believed to have.
func (t *Terminal) open(ctx context.Context) (Line, error) {
	if t.slow {
		return t.opts.OpenDefault(ctx)
	}
	return t.opts.Open(ctx)
}

// otherRate: a terminal that makes no sense at one rate is tried at the other next
// time.
func (t *Terminal) otherRate(err error) {
	if t.opts.OpenDefault == nil || t.opts.Baud == zvt.DefaultBaud || t.opts.Baud == 0 || !t.opts.Serial {
		return
	}
	if errors.Is(err, errSilent) || errors.Is(err, errNotTaken) || errors.Is(err, errGarbage) || errors.Is(err, errFaster) {
		t.slow = !t.slow
	}
}

// switchTime is how long a terminal takes to change its rate after its answer
// (section 2.1).
const switchTime = 2 * time.Second

// speedUp switches a terminal that was found at its default rate to ours, and returns
// errFaster then. One that refuses is served as it is: slow is better than not at all.
func (s *session) speedUp(ctx context.Context) error {
	if !s.t.slow {
		return nil
	}
	code, _ := zvt.BaudCode(s.t.opts.Baud)
	d := dialogue{s: s, request: zvt.ChangeBaud{Code: code}, short: true}
	end, err := d.run()
	if err != nil {
		return err
	}
	if end.kind != zvt.CmdAck {
		s.t.opts.Logger.Warn("terminal keeps its default baud rate", logkey.Reason, end.code.String())
		return nil
	}
	if !pause.For(ctx, switchTime) {
		return ctx.Err()
	}
	return errFaster
}
