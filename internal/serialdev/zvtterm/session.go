package zvtterm

import (
	"bytes"
	"context"
	"errors"
	"time"

	"edged/internal/serialdev/zvt"
)

// session is one open line, from open to loss. It belongs to the goroutine of Run.
type session struct {
	t    *Terminal
	link link
	ctx  context.Context // of dialogues: outlives Run's by Options.Linger

	status zvt.TerminalStatus // as last told
	lost   error              // the line failed in a dialogue whose end is known all the same
	strays int                // commands in a row that belong to nothing

	pollNow bool // the terminal asked for upkeep by a result code

	// ending is the command that ended the last dialogue, kept while the terminal
	// may not have our acknowledgement of it and send it again.
	ending []byte
}

const maxStrays = 20

// serve runs commands and asks for the status while there are none. It returns
// why the line cannot be used any more. Once ctx has ended it begins no command.
func (s *session) serve(ctx context.Context) error {
	poll := time.Now().Add(s.t.opts.StatusEvery)
	for s.lost == nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		frame, err := s.link.recv(ctx, poll, s.t.wake)
		switch {
		case err == nil:
			err = s.stray(frame)
		case errors.Is(err, errWake):
			err = s.execute(ctx)
			poll = time.Now().Add(s.t.opts.StatusEvery)
			if s.pollNow {
				poll, s.pollNow = time.Now(), false
			}
		case errors.Is(err, errTimeout):
			err = s.poll(ctx)
			poll = time.Now().Add(s.t.opts.StatusEvery)
		}
		if err != nil {
			return err
		}
	}
	return s.lost
}

// answer sends an answer; that a repeat of the command crossed it is no error.
func (s *session) answer(m zvt.Message) (sent, error) {
	b, err := zvt.Append(nil, m)
	if err != nil {
		return sent{}, err // only a bug can cause it
	}
	return s.link.send(s.ctx, b)
}

// take acknowledges a command that needs no thought.
func (s *session) take() error {
	_, err := s.answer(zvt.Ack{})
	return err
}

// refuse answers a result that may not stand: the terminal reverses it (section
// 9.3; 66 is one of the codes that mean "not issued").
func (s *session) refuse() error {
	_, err := s.answer(zvt.Nack{Code: zvt.ResultReaderError})
	return err
}

// stray answers a command that belongs to no dialogue (sections 8, 11.3): the
// terminal may be master still, or repeats what it sent before.
func (s *session) stray(frame []byte) error {
	a, err := zvt.DecodeExact(frame)
	if err != nil {
		return errGarbage
	}
	if s.strays++; s.strays > maxStrays {
		return errGarbage
	}
	switch a.Command() {
	case zvt.CmdStatusInformation:
		return s.strayResult(a)
	case zvt.CmdCompletion, zvt.CmdAbortByPT, zvt.CmdIntermediateStatus,
		zvt.CmdPrintLine, zvt.CmdPrintBlock, zvt.CmdSetClock:
		return s.take()
	}
	if isAnswer(a) {
		return nil // to something long over
	}
	_, err = s.answer(zvt.Nack{Code: zvt.ResultUnknownCommand})
	return err
}

func isAnswer(a zvt.APDU) bool { return a.Class == 0x80 || a.Class == 0x84 }

// repeated says whether frame is the end of the last dialogue once more.
func (s *session) repeated(frame []byte) bool {
	return s.ending != nil && bytes.Equal(s.ending, frame)
}
