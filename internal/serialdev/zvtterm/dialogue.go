package zvtterm

import (
	"errors"
	"fmt"
	"time"

	"edged/internal/serialdev/zvt"
)

// dialogue is one command and all that follows it (section 8):
//
//	register                        terminal
//	 command ----------------------->
//	 <------------- 80 00 00 | 84 xx     within T3; 84 ends it
//	 <------------- 04 FF, 06 D1, 06 D3  any number, each answered by 80 00 00
//	 <------------- 04 0F                any number, answered as result says
//	 <------------- 06 0F | 06 1E        the end, answered by 80 00 00
//
// in any order (live captures differ). T4 runs between the terminal's commands.
type dialogue struct {
	s       *session
	request zvt.Message

	// result decides whether a 04 0F is answered by 80 00 00 or refused. Its error ends
	// the dialogue and the line in silence. Nil: the command has no result of its own, so
	// an approval belongs to a command that nobody waits for any more, and is refused.
	result func(zvt.StatusInformation) (accept bool, err error)
	// accepted is told what became of the 80 00 00.
	accepted func(sent)
	// show is told each intermediate status, after its answer.
	show func(zvt.IntermediateStatus)
	// print is given each line and block to be printed, before its answer.
	print func(zvt.Message)
	// abort, when closed, makes the dialogue send 06 B0, until it got through.
	abort <-chan struct{}

	// short: the command has no completion, its answer is the end.
	short bool

	began    bool // a byte of the command left
	deadline time.Time
	t4       time.Duration
	gaveUp   bool // T4 was over once: 06 B0 is out
}

// ending is how the terminal ended a dialogue.
type ending struct {
	kind  zvt.Command // CmdCompletion, CmdAbortByPT; 0: refused by 84 xx, never begun
	code  zvt.ResultCode
	text  string
	frame zvt.APDU
}

func (e ending) refused() bool { return e.kind == 0 }

// contradicts says whether a completion takes back the success before it. Two codes
// only announce that maintenance follows (section 9.10).
func (e ending) contradicts() bool {
	return e.code != zvt.ResultOK && e.code != zvt.ResultMaintenance && e.code != updateFollows
}

const updateFollows zvt.ResultCode = 0xFC

// run returns the end the terminal gave the dialogue. An error means that the line
// is lost and, if d.began, that the end is not known.
func (d *dialogue) run() (ending, error) {
	b, err := zvt.Append(nil, d.request)
	if err != nil {
		return ending{}, fmt.Errorf("%w: %s: %w", errBuild, d.request.Command(), err)
	}
	d.t4 = d.s.t.opts.Timers.T4
	d.s.t.unsettled = true
	st, err := d.s.link.send(d.s.ctx, b)
	d.began = st.began
	if err != nil {
		return ending{}, fmt.Errorf("send %s: %w", d.request.Command(), err)
	}
	end, err := d.consent()
	if err != nil {
		return ending{}, fmt.Errorf("dialogue %s: %w", d.request.Command(), err)
	}
	d.s.strays, d.s.t.unsettled = 0, false
	return end, nil
}

// consent waits for the answer to the command. What comes before it belongs to an
// earlier dialogue, except an end: some terminals refuse by 06 1E without 80.
func (d *dialogue) consent() (ending, error) {
	until := time.Now().Add(d.s.t.opts.Timers.T3)
	for {
		frame, err := d.s.link.recv(d.s.ctx, until, nil)
		if errors.Is(err, errTimeout) {
			return ending{}, errSilent
		}
		if err != nil {
			return ending{}, err
		}
		a, err := zvt.DecodeExact(frame)
		switch {
		case err != nil:
			return ending{}, errGarbage
		case a.Class == 0x80 && d.short:
			return ending{kind: zvt.CmdAck, frame: a}, nil
		case a.Class == 0x80:
			return d.follow()
		case a.Class == 0x84:
			return ending{code: zvt.ResultCode(a.Instr), frame: a}, nil
		case isEnd(a) && !d.s.repeated(frame):
			return d.end(frame, a), nil
		}
		if err := d.s.stray(frame); err != nil {
			return ending{}, err
		}
	}
}

func isEnd(a zvt.APDU) bool {
	return a.Command() == zvt.CmdCompletion || a.Command() == zvt.CmdAbortByPT
}

// follow serves the terminal, which is master now, until it ends the dialogue.
func (d *dialogue) follow() (ending, error) {
	d.deadline = time.Now().Add(d.t4)
	for {
		frame, err := d.s.link.recv(d.s.ctx, d.deadline, d.abort)
		switch {
		case errors.Is(err, errWake):
			err = d.obey()
		case errors.Is(err, errTimeout):
			err = d.silent()
		case err == nil:
			a, bad := zvt.DecodeExact(frame)
			if bad != nil {
				return ending{}, errGarbage
			}
			if isEnd(a) {
				return d.end(frame, a), nil
			}
			err = d.serve(a)
			d.deadline = time.Now().Add(d.t4)
		}
		if err != nil {
			return ending{}, err
		}
	}
}

// obey sends the abort that somebody wishes. One that crossed a command of the
// terminal is lost (section 2.6): it goes out again behind the answer to that.
func (d *dialogue) obey() error {
	crossed, err := d.sendAbort()
	if !crossed {
		d.abort = nil
	}
	return err
}

// silent: T4 is over. A PIN entry may take longer without any sign: the terminal
// is asked to stop, and has as long again to end the dialogue (section 15, 9). An
// abort that crossed its next command was not needed: it is not silent.
func (d *dialogue) silent() error {
	if d.gaveUp {
		return errSilent
	}
	d.deadline = time.Now().Add(d.t4)
	crossed, err := d.sendAbort()
	d.gaveUp = !crossed
	return err
}

// sendAbort asks the terminal to stop waiting. Its answer proves nothing; the
// dialogue still ends by itself (section 9.14). Some terminals do not even
// acknowledge it. crossed: a command of the terminal came in place of its ACK.
func (d *dialogue) sendAbort() (crossed bool, err error) {
	st, err := d.s.answer(zvt.AbortByECR{})
	switch {
	case errors.Is(err, errNotTaken):
		return false, nil
	case err != nil:
		return false, err
	}
	return !st.taken && !st.silent, nil
}

// end acknowledges the last command of the dialogue. Whether that gets through
// changes nothing about the end; a lost line is noticed by the session.
func (d *dialogue) end(frame []byte, a zvt.APDU) ending {
	st, err := d.s.answer(zvt.Ack{})
	d.s.lost, d.s.ending = err, nil
	if !st.taken {
		d.s.ending = frame
	}
	return d.readEnd(a)
}

// readEnd reads how a dialogue ended. A code that asks for upkeep is a reason to ask
// for the status: what it wants is to be done before the next command fails alike.
func (d *dialogue) readEnd(a zvt.APDU) ending {
	e := d.readCode(a)
	switch e.code.Class() {
	case zvt.ClassEndOfDay, zvt.ClassDiagnosis, zvt.ClassInitialisation:
		d.s.pollNow = true
	}
	return e
}

func (d *dialogue) readCode(a zvt.APDU) ending {
	e := ending{kind: a.Command(), frame: a}
	m, err := zvt.Parse(a)
	switch m := m.(type) {
	case zvt.AbortByPT:
		e.code, e.text = m.Code, m.Text
	case zvt.Completion:
		e.code = m.Result.Value
	}
	if err != nil && e.kind == zvt.CmdAbortByPT {
		e.code = zvt.ResultOther
		if len(a.Data) > 0 {
			e.code = zvt.ResultCode(a.Data[0])
		}
	}
	return e
}

// serve answers one command of the terminal that does not end the dialogue.
func (d *dialogue) serve(a zvt.APDU) error {
	switch a.Command() {
	case zvt.CmdStatusInformation:
		return d.serveResult(a)
	case zvt.CmdIntermediateStatus:
		return d.serveShow(a)
	case zvt.CmdPrintLine, zvt.CmdPrintBlock:
		return d.servePrint(a)
	case zvt.CmdSetClock: // our clock has a better source (section 9.11)
		return d.s.take()
	}
	if isAnswer(a) {
		return nil // to our 06 B0: it says nothing about the transaction
	}
	if d.s.strays++; d.s.strays > maxStrays {
		return errGarbage
	}
	_, err := d.s.answer(zvt.Nack{Code: zvt.ResultUnknownCommand})
	return err
}

// servePrint keeps what is to be printed. One that cannot be read is acknowledged all
// the same: the terminal would take the payment back for it (section 11.1).
func (d *dialogue) servePrint(a zvt.APDU) error {
	if m, err := zvt.Parse(a); err == nil && d.print != nil {
		d.print(m)
	}
	return d.s.take()
}

func (d *dialogue) serveShow(a zvt.APDU) error {
	if err := d.s.take(); err != nil {
		return err
	}
	m, err := zvt.Parse(a)
	show, ok := m.(zvt.IntermediateStatus)
	if err != nil || !ok {
		return nil // a text is not worth a payment
	}
	if show.T4Minutes.Set && show.T4Minutes.Value > 0 {
		d.t4 = time.Duration(show.T4Minutes.Value) * time.Minute
	}
	if d.show != nil {
		d.show(show)
	}
	return nil
}

// serveResult: an unreadable result is refused, like one we did not ask for.
func (d *dialogue) serveResult(a zvt.APDU) error {
	m, err := zvt.Parse(a)
	info, ok := m.(zvt.StatusInformation)
	accept := false
	switch {
	case err != nil || !ok:
	case d.result == nil:
		accept = info.Result.Set && !info.Approved()
	default:
		if accept, err = d.result(info); err != nil {
			return err
		}
	}
	if !accept {
		return d.s.refuse()
	}
	if info.Approved() {
		d.abort = nil // there is nothing left to wait for
	}
	st, err := d.s.answer(zvt.Ack{})
	if d.accepted != nil {
		d.accepted(st)
	}
	return err
}
