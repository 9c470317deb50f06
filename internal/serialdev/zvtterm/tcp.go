package zvtterm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"edged/internal/serialdev/zvt"
)

// tcpLink is the transport of section 3: bare commands in a stream of bytes.
type tcpLink struct {
	wire   *wire
	timers Timers
	log    *slog.Logger
	buf    []byte
	last   time.Time // when buf grew
}

func (t *tcpLink) recv(ctx context.Context, until time.Time, wake <-chan struct{}) ([]byte, error) {
	for {
		if a := t.cut(); a != nil {
			return a, nil
		}
		midway := len(t.buf) > 0
		limit, w := until, wake
		if midway { // the rest of a command is due
			limit, w = t.last.Add(t.timers.T3), nil
		}
		b, err := t.wire.next(ctx, limit, w)
		switch {
		case err == nil:
			t.buf, t.last = append(t.buf, b...), time.Now()
		case midway && errors.Is(err, errTimeout):
			return nil, fmt.Errorf("half a command: %w", errGarbage)
		default:
			return nil, err
		}
	}
}

// cut takes the first whole command off the stream (section 3: by its length only).
func (t *tcpLink) cut() []byte {
	_, n, err := zvt.Decode(t.buf)
	if err != nil {
		return nil
	}
	a := bytes.Clone(t.buf[:n])
	t.buf = t.buf[n:]
	logFrame(t.log, "rx", a)
	return a
}

// nonsense: a stream has no speed that could be wrong; what makes no sense is garbage.
func (t *tcpLink) nonsense() bool { return false }

func (t *tcpLink) send(_ context.Context, apdu []byte) (sent, error) {
	logFrame(t.log, "tx", apdu)
	n, err := t.wire.write(apdu, t.timers.T3)
	if err != nil {
		return sent{began: n > 0}, fmt.Errorf("write: %w", err)
	}
	return sent{began: true, taken: true}, nil
}
