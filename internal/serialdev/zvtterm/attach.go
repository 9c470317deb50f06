package zvtterm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// quickQuiet is how long a line has to be silent after a loss in idle.
const quickQuiet = 500 * time.Millisecond

// attach brings a terminal of unknown state to where it takes commands, and tells
// the engine (section 11.3, steps 1 and 2).
func (s *session) attach(ctx context.Context) error {
	if err := s.findOut(ctx); err != nil {
		return err
	}
	if err := s.usable(); err != nil {
		return err
	}
	if err := s.speedUp(ctx); err != nil {
		return err
	}
	id, err := s.register()
	if err != nil {
		return err
	}
	return s.t.attachedTo(ctx, s.caps(id))
}

// findOut gets the status of a terminal that may still be at something else.
func (s *session) findOut(ctx context.Context) error {
	unsettled := s.t.unsettled
	if err := s.settle(ctx); err != nil {
		return err
	}
	err := s.enquire()
	if errors.Is(err, errUnusable) { // master still, maybe waiting for a card
		unsettled = true
		err = s.interrupt(ctx)
	}
	if err != nil || !unsettled {
		return err
	}
	// A terminal that was deaf for a while answers what it has been asked since, one
	// after the other: this may have been the answer to an earlier enquiry.
	return s.settle(ctx)
}

// settle answers what a terminal that is still master sends, until it is silent.
// After a dialogue that was cut off, or a start of our own, that takes as long as
// the terminal may wait for us: asked about its holds earlier, it would count a
// result that it is about to reverse.
func (s *session) settle(ctx context.Context) error {
	quiet, stopped := s.t.opts.Timers.settleTime(), false
	if !s.t.unsettled {
		quiet = min(quiet, quickQuiet)
	}
	for {
		frame, err := s.link.recv(ctx, time.Now().Add(quiet), nil)
		if errors.Is(err, errTimeout) {
			s.strays = 0
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.stray(frame); err != nil {
			return err
		}
		if !stopped && isShow(frame) {
			stopped = true
			if err := s.stop(); err != nil {
				return err
			}
		}
	}
}

// isShow: an intermediate status nobody asked for comes from a forgotten dialogue,
// most likely one that waits for a card.
func isShow(frame []byte) bool {
	a, err := zvt.DecodeExact(frame)
	return err == nil && a.Command() == zvt.CmdIntermediateStatus
}

// stop sends 06 B0; only the line's own faults matter.
func (s *session) stop() error {
	_, err := s.answer(zvt.AbortByECR{})
	if errors.Is(err, errNotTaken) {
		return nil
	}
	return err
}

// interrupt ends a dialogue that is not ours any more, and asks again.
func (s *session) interrupt(ctx context.Context) error {
	if err := s.stop(); err != nil {
		return err
	}
	s.t.unsettled = true
	if err := s.settle(ctx); err != nil {
		return err
	}
	return s.enquire()
}

// enquire asks for the status (section 9.12).
func (s *session) enquire() error {
	d := dialogue{s: s, request: zvt.StatusEnquiry{
		Password: s.t.opts.Password, Service: zvt.Some(zvt.ServiceOmitVersion),
	}}
	end, err := d.run()
	if err != nil {
		return err
	}
	if end.kind != zvt.CmdCompletion {
		return fmt.Errorf("%w: status enquiry ended with %s", errUnusable, end.code)
	}
	m, err := zvt.ParseStatusCompletion(end.frame)
	if err != nil {
		return fmt.Errorf("%w: %w", errGarbage, err)
	}
	s.status = m.Status
	return nil
}

const printerNotReady zvt.TerminalStatus = 0xCC

// usable says whether the status lets commands through (section 13). A terminal
// that wants an end of day or maintenance is: Caps.Wants says so. Its printer does
// not matter, receipts are not printed there.
func (s *session) usable() error {
	switch s.status.Remedy() {
	case zvt.RemedyWait, zvt.RemedyService:
		if s.status != printerNotReady {
			return fmt.Errorf("%w: %s", errUnusable, s.status)
		}
	}
	return nil
}

// wants is what the status asks for.
func (s *session) wants() purchase.CommandKind {
	switch s.status.Remedy() {
	case zvt.RemedyEndOfDay:
		return purchase.CmdEndOfDay
	case zvt.RemedyDiagnosis, zvt.RemedyInitialisation:
		return purchase.CmdMaintain
	}
	return ""
}

// register tells the terminal who commands it (section 9.1) and returns its id.
func (s *session) register() (string, error) {
	d := dialogue{s: s, request: s.registration()}
	end, err := d.run()
	if err != nil {
		return "", err
	}
	if end.kind != zvt.CmdCompletion {
		return "", fmt.Errorf("%w: registration ended with %s", errConfig, end.code)
	}
	m, err := zvt.Parse(end.frame)
	done, ok := m.(zvt.Completion)
	if err != nil || !ok {
		return "", fmt.Errorf("registration: %w", errGarbage)
	}
	if done.TerminalID == "" { // without it no hold could be told from another terminal's (M2)
		return "", fmt.Errorf("%w: registration without a terminal id", errConfig)
	}
	if want := s.t.opts.currency(); done.Currency != "" && done.Currency != want {
		return "", fmt.Errorf("%w: its currency is %s, ours %s", errConfig, done.Currency, want)
	}
	return done.TerminalID, nil
}

// registration is the frame of section 9.1 for a kiosk. With print commands wanted,
// 06 D3 has to be listed, or the terminal may not use it (tag 26).
func (s *session) registration() zvt.Registration {
	o := s.t.opts
	m := zvt.Registration{
		Password: o.Password, Config: s.t.profile.Config, Currency: o.currency(),
		Service: zvt.Some(zvt.ServiceHideMenu), TLV: zvt.Wrap(),
	}
	if m.Config&zvt.ConfigPrintCommands != 0 {
		block := zvt.CmdPrintBlock
		m.TLV = zvt.Wrap(zvt.Object{Tag: zvt.TagCommandList, Children: []zvt.Object{
			{Tag: zvt.TagCommand, Value: []byte{byte(block >> 8), byte(block & 0xFF)}},
		}})
	}
	return m
}

func (s *session) caps(id string) purchase.TerminalCaps {
	caps := s.t.Caps()
	caps.Terminal, caps.Wants = id, s.wants()
	return caps
}

// poll asks an idle terminal whether it is still there and well; it uses the
// occasion for its own jobs (section 9.12). What it wants is told when it changes.
func (s *session) poll(ctx context.Context) error {
	if err := s.enquire(); err != nil {
		return err
	}
	if err := s.usable(); err != nil {
		return err
	}
	now := s.t.Caps()
	if s.wants() == now.Wants {
		return nil
	}
	return s.t.attachedTo(ctx, s.caps(now.Terminal))
}
