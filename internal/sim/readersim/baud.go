package readersim

import (
	"context"
	"time"
)

// firstBaud is the rate after power on (§2.1; CC).
const firstBaud = 9600

// baudSwitch is how long after the answer the new rate is valid (§2.1).
const baudSwitch = 2 * time.Second

// rated is a line that knows its rate. What goes between two rates is noise. A line
// that does not know it is always right.
type rated interface{ Baud() int }

// changeBaud is 08 40 (§2.1): the answer comes at the old rate.
func (l *life) changeBaud(ctx context.Context, cmd apdu) error {
	rate := 0
	if len(cmd.data) == 1 {
		rate = map[byte]int{0: firstBaud, 1: 19200, 6: 57600, 7: 115200}[cmd.data[0]]
	}
	if rate == 0 || l.t.opt.FixedBaud {
		return l.refuse(ctx, cmd, codeBaud)
	}
	if err := l.agree(ctx); err != nil {
		return err
	}
	if err := l.pause(ctx, baudSwitch); err != nil && !soft(err) {
		return err
	}
	l.t.setBaud(rate)
	return nil
}

func (t *Terminal) setBaud(rate int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.baud = rate
}

// overLine is what is left of b on its way over a line.
func (t *Terminal) overLine(a *attachment, b []byte) []byte {
	r, ok := a.rw.(rated)
	t.mu.Lock()
	baud := t.baud
	t.mu.Unlock()
	if !ok || a.transport == TCP || r.Baud() == baud {
		return b
	}
	noise := make([]byte, len(b))
	for i, c := range b {
		noise[i] = ^c | 0x80 // never a frame's first byte, nor an ACK
	}
	return noise
}
