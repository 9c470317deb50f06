package app

import (
	"context"
	"log/slog"
	"sync"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/serialdev/port"
)

// openings keep why lines cannot be opened. Drivers wait in silence for a port to come;
// whoever looks at the log or the status must see what they wait for.
type openings struct {
	log *slog.Logger

	mu  sync.Mutex
	why map[line]error
}

// line names the line of a lane's device.
type line struct{ lane, device string }

// watched opens as open does and keeps what became of it.
func (o *openings) watched(l line, open openPort) openPort {
	return func(ctx context.Context, s port.Settings) (port.Line, error) {
		opened, err := open(ctx, s)
		if ctx.Err() == nil {
			o.set(l, s.Path, err)
		}
		return opened, err
	}
}

// set says a new reason once.
func (o *openings) set(l line, path string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	was := o.why[l]
	if err == nil {
		delete(o.why, l)
		return
	}
	if o.why == nil {
		o.why = map[line]error{}
	}
	o.why[l] = err
	if was == nil || was.Error() != err.Error() {
		o.log.Warn("port cannot be opened; it is tried on", logkey.Lane, l.lane, logkey.Device, l.device, logkey.Port, path,
			logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PortNotFound))
	}
}

// of is why the line is not open; nil if it is or was, or was not tried yet.
func (o *openings) of(lane, device string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.why[line{lane, device}]
}
