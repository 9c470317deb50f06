package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"

	"edged/internal/admin"
	"edged/internal/config"
	"edged/internal/serialdev/port"
	"edged/internal/serialdev/wiretrace"
	"edged/internal/serialdev/zvt"
	"edged/internal/supervise"
	"edged/internal/version"
)

// Devices of a lane, as their metrics and traces call them.
const (
	terminalDevice = "terminal"
	displayDevice  = "display"
)

// openPort is how a line is opened.
type openPort = func(context.Context, port.Settings) (port.Line, error)

// traces are the flight recorders of all lines.
type traces struct {
	open     openPort
	openings *openings

	mu   sync.Mutex
	list []*wiretrace.Recorder
}

// terminal records the line of a lane's terminal.
func (t *traces) terminal(lane string, c config.Terminal) (openPort, error) {
	h := wiretrace.Header{
		Lane: lane, Device: terminalDevice, Port: c.Port, Kind: wiretrace.ZVTSerial, Profile: c.Profile, Baud: c.Baud,
	}
	gap := c.Timers.T1.Std()
	if strings.HasPrefix(c.Port, "tcp://") {
		h.Kind, h.Baud, gap = wiretrace.ZVTTCP, 0, c.Timers.T3.Std()
	} else if h.Baud == 0 {
		h.Baud = zvt.DefaultBaud
	}
	return t.recorded(wiretrace.Options{Header: h, Gap: gap})
}

// display records the line of a lane's display.
func (t *traces) display(lane string, c *config.Display) (openPort, error) {
	return t.recorded(wiretrace.Options{Header: wiretrace.Header{
		Lane: lane, Device: displayDevice, Port: c.Port, Kind: wiretrace.Display, Profile: c.Driver,
	}})
}

func (t *traces) recorded(o wiretrace.Options) (openPort, error) {
	o.Header.Edged = version.Get().Version
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.list { // a lane that is gone from the configuration is made for each of its orders
		if h := r.Header(); h.Lane == o.Header.Lane && h.Device == o.Header.Device && h.Port == o.Header.Port {
			return t.opener(r), nil
		}
	}
	r, err := wiretrace.New(o)
	if err != nil {
		return nil, err
	}
	t.list = append(t.list, r)
	return t.opener(r), nil
}

// opener opens a recorded line.
func (t *traces) opener(r *wiretrace.Recorder) openPort {
	h := r.Header()
	return t.openings.watched(line{h.Lane, h.Device}, wiretrace.Opener(r, t.open))
}

func (t *traces) all() []*wiretrace.Recorder {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]*wiretrace.Recorder(nil), t.list...)
}

// services write every trace below dir, for as long as somebody wants that; "" is nowhere.
func (t *traces) services(dir string, log *slog.Logger) ([]supervise.Service, error) {
	if dir == "" {
		return nil, nil
	}
	var out []supervise.Service
	for _, r := range t.all() {
		name := r.Header().Lane + "-" + r.Header().Device
		f, err := wiretrace.NewFile(wiretrace.FileOptions{Path: filepath.Join(dir, name+".jsonl"), Recorder: r, Logger: log})
		if err != nil {
			return nil, err
		}
		out = append(out, supervise.Service{Name: "trace " + name, Run: f.Run})
	}
	return out, nil
}

// Traces implements admin.Backend.
func (v *adminView) Traces(context.Context) ([]admin.Trace, error) {
	var out []admin.Trace
	for _, r := range v.a.traces.all() {
		h, kept := r.Header(), r.Kept()
		out = append(out, admin.Trace{
			Lane: h.Lane, Device: h.Device, Port: h.Port, Kind: string(h.Kind), Since: h.Begun,
			Records: kept.Records, Bytes: kept.Bytes, Forgotten: kept.Forgotten,
		})
	}
	return out, nil
}

// Trace implements admin.Backend.
func (v *adminView) Trace(_ context.Context, lane, device string) (io.WriterTo, error) {
	for _, r := range v.a.traces.all() {
		if h := r.Header(); h.Lane == lane && h.Device == device {
			return r.Trace(), nil
		}
	}
	return nil, fmt.Errorf("trace of %s %s: %w", lane, device, admin.ErrNotFound)
}
