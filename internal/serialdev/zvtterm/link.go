package zvtterm

import (
	"context"
	"log/slog"
	"time"

	"edged/internal/logkey"
	"edged/internal/serialdev/zvt"
)

// link carries whole commands over an open line. One goroutine uses it. An error
// other than errTimeout and errWake means that the line cannot be used any more.
type link interface {
	// send hands a command or answer to the terminal and waits, on a serial line,
	// for its ACK.
	send(ctx context.Context, apdu []byte) (sent, error)
	// recv waits for the terminal's next command or answer, acknowledged already.
	recv(ctx context.Context, until time.Time, wake <-chan struct{}) ([]byte, error)
	// nonsense says that bytes have come since the line was opened, and no frame.
	nonsense() bool
}

// sent says what became of a frame. Neither taken nor an error: the terminal sent
// something instead of an ACK, so nobody knows (section 2.6).
type sent struct {
	began bool // a byte of it left
	taken bool // the terminal surely has it, and still knows what it answers
	// silent: a repeat was needed because nothing came back. What is acknowledged
	// then may be heard by a terminal that has lost its power in between, and with it
	// the dialogue.
	silent bool
}

func newLink(w *wire, o Options) link {
	if o.Serial {
		return &serialLink{wire: w, timers: o.Timers, log: o.Logger}
	}
	return &tcpLink{wire: w, timers: o.Timers, log: o.Logger}
}

// logFrame writes a command redacted: no card data, no password (M8).
func logFrame(log *slog.Logger, kind string, apdu []byte) {
	if log.Enabled(context.Background(), slog.LevelDebug) {
		log.Debug("terminal frame", logkey.Kind, kind, logkey.Frame, frameText(apdu))
	}
}

func frameText(apdu []byte) string {
	if a, err := zvt.DecodeExact(apdu); err == nil {
		return a.String()
	}
	return "unreadable"
}
