package readersim

import (
	"context"
	"errors"
	"time"
)

// Result codes (§12).
const (
	codeOK            = 0x00
	codeNotRegistered = 0x6B
	codeAborted       = 0x6C
	codeEndOfDay      = 0x77
	codeUnknown       = 0x83
	codeNoHost        = 0x9B
	codeWait          = 0x9C
	codePartIssued    = 0x9D
	codeProtocol      = 0x9A
	codeDone          = 0xB4 // already reversed
	codeNoReversal    = 0xB5
	codeTooMuch       = 0xB7
	codeReservation   = 0xB8
	codePassword      = 0x37
	codeCurrency      = 0x1E
	codeBaud          = 0xFD
	codeNotReady      = 0xA0
)

// Intermediate status values (§8).
const (
	showHost   = 0x04
	showInsert = 0x0A
	showWait   = 0x17
)

// life is the terminal from one power on to the next power off: everything here
// is forgotten with the power.
type life struct {
	t     *Terminal
	from  *attachment
	wire  wire
	items []item // cut from the wire, not looked at yet
	early []apdu // taken while our own frame was under way

	lastIn []byte // the last message taken, to know a repeat by
	armed  faults // what the script wants of the command just taken

	registered bool
	config     byte // registration config byte (§9.1)
	tlv        bool // the gateway sent a container: we may too
	blocks     bool // it takes print blocks

	asked     string // our command that is not answered yet
	serving   string // name of the command of the running dialogue
	command   []byte // its bytes
	abortable bool   // 06 B0 would be obeyed now
	aborted   bool
	tx        int64 // transaction of the running dialogue, for the ledger
}

// run is the idle terminal: it waits for commands. It returns a power cut or the
// end of ctx.
func (l *life) run(ctx context.Context) error {
	for l.t.book.Err() == nil {
		cmd, _, err := l.await(ctx, nil, nil)
		if err == nil {
			err = l.dialogue(ctx, *cmd)
		}
		if err != nil && !soft(err) {
			return err
		}
	}
	return errors.New("readersim: ledger failed")
}

// resync is the terminal's own sync after power on: what was not acknowledged
// is taken back (§11.1).
func (l *life) resync() {
	var open []*Tx
	l.t.book.View(func(led *Ledger) {
		for _, tx := range led.Txs {
			if tx.BookedAt.IsZero() && tx.ReversedAt.IsZero() {
				c := *tx
				open = append(open, &c)
			}
		}
	})
	for _, tx := range open {
		l.unacked(tx, "power cut before the acknowledgement")
	}
	l.registered = l.t.opt.KeepRegistration
}

// unacked decides about a transaction the gateway did not acknowledge.
func (l *life) unacked(tx *Tx, why string) {
	if l.t.opt.Unacked == KeepUnacked {
		l.t.book.Add(Event{Kind: Booked, Tx: tx.ID, Amount: tx.Amount, Note: why})
		return
	}
	l.t.book.Add(Event{Kind: Autoreversed, Tx: tx.ID, Amount: tx.Amount, Note: why})
}

// dialogue serves one command from its acknowledgement to its end.
func (l *life) dialogue(ctx context.Context, cmd apdu) error {
	l.serving, l.command, l.tx, l.aborted = cmd.name(), cmd.append(nil), 0, false
	defer func() { l.serving, l.command, l.tx, l.abortable = "", nil, 0, false }()
	if cmd.isAnswer() {
		return nil // a late answer to something long over
	}
	if f, ok := l.armed.get(Refuse); ok {
		return l.refuse(ctx, cmd, f.Code)
	}
	if cmd.misfit {
		return l.refuse(ctx, cmd, codeProtocol)
	}
	serve := l.handler(cmd.head())
	if serve == nil {
		return l.refuse(ctx, cmd, codeUnknown)
	}
	return serve(ctx, cmd)
}

type handler func(context.Context, apdu) error

func (l *life) handler(head uint16) handler {
	switch head {
	case cmdRegister:
		return l.register
	case cmdLogOff:
		return l.logOff
	case cmdStatus:
		return l.statusEnquiry
	case cmdDisplayText:
		return l.ok
	case cmdChangeBaud:
		return l.changeBaud
	case cmdAbort:
		return l.ok // idle: nothing to abort
	case cmdReserve:
		return l.needsRegistration(l.reserve)
	case cmdPartial:
		return l.needsRegistration(l.partialReversal)
	case cmdBookTotal:
		return l.needsRegistration(l.bookTotal)
	case cmdRelease:
		return l.needsRegistration(l.release)
	case cmdReverse:
		return l.needsRegistration(l.withPassword(l.reverse))
	case cmdRefund:
		return l.needsRegistration(l.withPassword(l.refund))
	case cmdRepeat:
		return l.needsRegistration(l.withPassword(l.repeatReceipt))
	case cmdEndOfDay:
		return l.needsRegistration(l.withPassword(l.endOfDay))
	case cmdInitialise:
		return l.withPassword(l.maintain)
	case cmdDiagnosis:
		return l.needsRegistration(l.maintain)
	case cmdReadCard:
		return l.needsRegistration(l.readCard)
	default:
		return nil
	}
}

// needsRegistration answers 6B as long as the gateway has not registered.
func (l *life) needsRegistration(h handler) handler {
	return func(ctx context.Context, cmd apdu) error {
		if !l.registered {
			return l.failWith(ctx, cmd, codeNotRegistered)
		}
		if f, ok := l.armed.get(Fail); ok {
			return l.failWith(ctx, cmd, f.Code)
		}
		return h(ctx, cmd)
	}
}

// withPassword checks the first three bytes and hands on what follows.
func (l *life) withPassword(h handler) handler {
	return func(ctx context.Context, cmd apdu) error {
		if len(cmd.data) < 3 || string(cmd.data[:3]) != string(digitBytes(l.t.opt.Password)) {
			return l.refuse(ctx, cmd, codePassword)
		}
		cmd.data = cmd.data[3:]
		return h(ctx, cmd)
	}
}

// ok is a command that ends with its acknowledgement.
func (l *life) ok(ctx context.Context, _ apdu) error { return l.agree(ctx) }

// agree sends 80 00 00: from here on the terminal is master.
func (l *life) agree(ctx context.Context) error { return l.send(ctx, msg(ansOK)) }

// refuse ends a dialogue before it began: 84 xx, nothing follows (§4).
func (l *life) refuse(ctx context.Context, cmd apdu, code byte) error {
	l.t.book.Add(Event{Kind: Refused, Command: headName(cmd.head()), Code: int(code), Note: "negative acknowledgement"})
	return l.send(ctx, apdu{class: 0x84, instr: code})
}

// failWith accepts a command and then fails it.
func (l *life) failWith(ctx context.Context, cmd apdu, code byte) error {
	if err := l.agree(ctx); err != nil {
		return err
	}
	return l.fail(ctx, cmd, code, true)
}

// fail ends a dialogue without success: 04 0F with the code (if told), 06 1E (§8).
func (l *life) fail(ctx context.Context, cmd apdu, code byte, status bool) error {
	l.t.book.Add(Event{Kind: Refused, Command: headName(cmd.head()), Code: int(code)})
	if status {
		info := builder{}.raw(0x27, code).raw(0x29, digitBytes(l.t.opt.TerminalID)...)
		if _, err := l.tell(ctx, msg(cmdStatusInfo, info...)); err != nil && !soft(err) {
			return err
		}
	}
	_, err := l.tell(ctx, msg(cmdPTAbort, code))
	return err
}

func (l *life) complete(ctx context.Context, data ...byte) error {
	_, err := l.tell(ctx, msg(cmdCompletion, data...))
	return err
}

// tell sends a command as master and waits for its application answer (T3).
func (l *life) tell(ctx context.Context, a apdu) (apdu, error) {
	answer, err := l.ask(ctx, a)
	if err == nil {
		_, err = l.point(ctx, PointAnswered, a.name())
	}
	return answer, err
}

// ask is tell without its last point: the caller has something to write first.
func (l *life) ask(ctx context.Context, a apdu) (apdu, error) {
	l.asked = a.name()
	defer func() { l.asked = "" }()
	for {
		out, err := l.transmit(ctx, a)
		switch {
		case err != nil:
			return apdu{}, err
		case !out:
			return msg(ansOK), nil // left out by the script: the dialogue goes on
		}
		answer, err := l.awaitAnswer(ctx)
		switch {
		case err != nil:
			return apdu{}, err
		case answer != nil:
			return *answer, nil
		}
		// The gateway repeated its command: it has not seen our message either.
	}
}

// awaitAnswer waits T3 for 80 or 84; nil: the command of this dialogue came again
// instead and was agreed to again (§2.6).
func (l *life) awaitAnswer(ctx context.Context) (*apdu, error) {
	timer := time.NewTimer(l.t.opt.Timing.T3)
	defer timer.Stop()
	for {
		got, _, err := l.await(ctx, timer.C, nil)
		switch {
		case err != nil:
			return nil, err
		case got == nil:
			return nil, errNoAnswer
		case got.isAnswer():
			return got, nil
		}
		again := string(got.append(nil)) == string(l.command)
		if err := l.interject(ctx, *got); err != nil || again {
			return nil, err
		}
	}
}

// interject answers a command that comes while the terminal is master.
func (l *life) interject(ctx context.Context, cmd apdu) error {
	switch {
	case string(cmd.append(nil)) == string(l.command):
		return l.agree(ctx) // a repeat: the same answer as before (§2.6)
	case cmd.head() == cmdAbort && l.abortable:
		l.aborted = true
		return l.agree(ctx)
	default:
		return l.send(ctx, apdu{class: 0x84, instr: codeUnknown}) // §9.14: too late
	}
}

// show sends an intermediate status if the gateway asked for them (§8). That it
// is not answered stops nothing.
func (l *life) show(ctx context.Context, status byte) error {
	if l.config&0x08 == 0 {
		return nil
	}
	_, err := l.tell(ctx, msg(cmdIntermediate, status))
	if errors.Is(err, errNoAnswer) {
		return nil
	}
	return err
}

// hostTrip is the time the acquirer takes; commands meanwhile come too late.
func (l *life) hostTrip(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		cmd, _, err := l.await(ctx, timer.C, nil)
		switch {
		case errors.Is(err, errLost): // it notices when it reports
		case err != nil:
			return err
		case cmd == nil:
			return nil
		case !cmd.isAnswer():
			if err := l.interject(ctx, *cmd); err != nil && !soft(err) {
				return err
			}
		}
	}
}
