package zvtterm

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"edged/internal/money"
	"edged/internal/serialdev/termtest"
	"edged/internal/serialdev/zvt"
	"edged/internal/sim/readersim"
)

func TestConformanceSerial(t *testing.T) {
	termtest.Run(t, func(t *testing.T) termtest.Rig { return conform(t, true) })
}

func TestConformanceTCP(t *testing.T) {
	termtest.Run(t, func(t *testing.T) termtest.Rig { return conform(t, false) })
}

// conform puts the driver and the simulator on a cable that is listened to.
func conform(t *testing.T, serial bool) termtest.Rig {
	ear := &ear{serial: serial}
	wire := uncut()
	wire.spy = ear.hear
	var r *rig
	var cut func()
	r = newRig(t, func(o *Options, s *readersim.Options) {
		o.Serial = serial
		o.Logger = slog.New(slog.DiscardHandler)
		s.EndOfDay = readersim.ChargeFull // the worst of them
		o.Open = func(context.Context) (Line, error) {
			driver, terminal := wire.join(&r.wg)
			transport := readersim.TCP
			if serial {
				transport = readersim.Serial
			}
			cut = func() { driver.Close(); terminal.Close() }
			r.wg.Go(func() { _ = r.sim.Attach(r.ctx, terminal, transport) })
			return driver, nil
		}
	})
	rig := termtest.Rig{
		Terminal: r.terminal,
		Power: func(ctx context.Context) {
			_ = r.sim.Run(ctx)
			r.close()
		},
		Tap:     func() { r.wg.Go(func() { _, _ = r.sim.Tap(r.ctx, readersim.Card{}) }) },
		Cut:     func() { cut() },
		Commits: ear.commits,
		Ledger:  func() []termtest.Entry { return entries(r.sim.Ledger()) },
		Settle:  30 * time.Second,
	}
	if serial {
		rig.Mute = wire.hold
	}
	return rig
}

func entries(l *readersim.Ledger) (all []termtest.Entry) {
	for _, h := range l.HoldList() {
		all = append(all, termtest.Entry{
			Held: money.Minor(h.Amount), Captured: money.Minor(h.CapturedMinor), Captures: h.Captures,
			Open: h.State == readersim.Open,
		})
	}
	return all
}

// ear listens on both directions of a line and counts what commits: 80 00 00 (or 84
// 00 00) to a status information with result 00, in a dialogue that moves money.
type ear struct {
	serial bool

	mu      sync.Mutex
	streams [2]stream
	money   bool // the driver's last command moves money
	pending bool // an approval waits for its answer
	count   int
}

type stream struct {
	deframer zvt.Deframer
	buf      []byte
}

func (e *ear) commits() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.count
}

func (e *ear) hear(dir int, b []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.streams[dir].commands(b, e.serial) {
		if dir == toDriver {
			e.fromTerminal(a)
		} else {
			e.fromDriver(a)
		}
	}
}

func (s *stream) commands(b []byte, serial bool) (all []zvt.APDU) {
	if serial {
		for _, x := range b {
			if ev := s.deframer.Push(x); ev.Kind == zvt.EventFrame {
				a, _ := zvt.DecodeExact(bytes.Clone(ev.APDU))
				all = append(all, a)
			}
		}
		return all
	}
	s.buf = append(s.buf, b...)
	for {
		a, n, err := zvt.Decode(s.buf)
		if err != nil {
			return all
		}
		all, s.buf = append(all, a), s.buf[n:]
	}
}

func (e *ear) fromTerminal(a zvt.APDU) {
	m, err := zvt.Parse(a)
	info, ok := m.(zvt.StatusInformation)
	e.pending = err == nil && ok && info.Approved() && e.money
}

func (e *ear) fromDriver(a zvt.APDU) {
	switch a.Command() {
	case zvt.CmdAck, zvt.Command(0x8400):
		if e.pending {
			e.count++
		}
		e.pending = false
		return
	case zvt.CmdReservation, zvt.CmdBookTotal, zvt.CmdPreAuthReversal, zvt.CmdReversal:
		e.money = true
	case zvt.CmdPartialReversal:
		m, _ := zvt.Parse(a)
		_, e.money = m.(zvt.PartialReversal)
	case zvt.CmdRepeatReceipt, zvt.CmdEndOfDay:
		e.money = false
	}
	if a.Class == 0x84 {
		e.pending = false
	}
}
