package zvt

import (
	"errors"
	"fmt"
	"slices"
)

// Message is a command or an answer of either side. Messages are plain values;
// Parse returns them as values too, to be told apart by a type switch.
type Message interface {
	Command() Command
	encode() ([]byte, error)
}

// Append writes m as a whole command, header included. Errors are ErrMissing,
// ErrRange, ErrDigit, ErrTag and ErrDepth; dst is then returned as it was.
func Append(dst []byte, m Message) ([]byte, error) {
	body, err := m.encode()
	if err != nil {
		return dst, fmt.Errorf("encode %s: %w", m.Command(), err)
	}
	if len(body) > MaxData {
		return dst, fmt.Errorf("encode %s: %d bytes of data: %w", m.Command(), len(body), ErrRange)
	}
	cmd := m.Command()
	return APDU{Class: byte(cmd >> 8), Instr: byte(cmd), Data: body}.Append(dst), nil
}

// Parse decodes the data of a command. The message shares no memory with a.
//
// A completion (06 0F) becomes a Completion; only who sent a status enquiry knows
// that its completion is laid out differently: see ParseStatusCompletion.
//
// Errors are ErrUnknownCommand, ErrLength, ErrDigit, ErrTag and ErrDepth.
func Parse(a APDU) (Message, error) {
	data := slices.Clone(a.Data)
	maskCard(a.Command(), data)
	m, err := parse(a.Command(), data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", a.Command(), err)
	}
	return m, nil
}

func parse(cmd Command, data []byte) (Message, error) {
	if byte(cmd>>8) == classNack {
		return parseBody(data, func(m *Nack, c *codec) { m.Code = ResultCode(cmd); m.body(c) })
	}
	for _, family := range []func(Command, []byte) (Message, error){parseFromPT, parseBooking, parseControl} {
		if m, err := family(cmd, data); !errors.Is(err, ErrUnknownCommand) {
			return m, err
		}
	}
	return nil, ErrUnknownCommand
}

// parseFromPT decodes what a terminal sends while it is master, and the positive answer.
func parseFromPT(cmd Command, data []byte) (Message, error) {
	switch cmd {
	case CmdAck:
		return parseBody(data, (*Ack).body)
	case CmdStatusInformation:
		return parseBody(data, (*StatusInformation).body)
	case CmdIntermediateStatus:
		return parseBody(data, (*IntermediateStatus).body)
	case CmdCompletion:
		return parseBody(data, (*Completion).body)
	case CmdAbortByPT:
		return parseBody(data, (*AbortByPT).body)
	case CmdPrintLine:
		return parseBody(data, (*PrintLine).body)
	case CmdPrintBlock:
		return parseBody(data, (*PrintBlock).body)
	case CmdSetClock:
		return parseBody(data, (*SetClock).body)
	}
	return nil, ErrUnknownCommand
}

// parseBooking decodes the commands that move money.
func parseBooking(cmd Command, data []byte) (Message, error) {
	switch cmd {
	case CmdAuthorization:
		return parseBody(data, (*Authorization).body)
	case CmdReservation:
		return parseBody(data, (*Reservation).body)
	case CmdPartialReversal:
		return parsePartialReversal(data)
	case CmdBookTotal:
		return parseBody(data, (*BookTotal).body)
	case CmdPreAuthReversal:
		return parseBody(data, (*PreAuthReversal).body)
	case CmdReversal:
		return parseBody(data, (*Reversal).body)
	case CmdRefund:
		return parseBody(data, (*Refund).body)
	}
	return nil, ErrUnknownCommand
}

// parseControl decodes the register's other commands.
func parseControl(cmd Command, data []byte) (Message, error) {
	switch cmd {
	case CmdRegistration:
		return parseBody(data, (*Registration).body)
	case CmdLogOff:
		return parseBody(data, (*LogOff).body)
	case CmdReset:
		return parseBody(data, (*Reset).body)
	case CmdStatusEnquiry:
		return parseBody(data, (*StatusEnquiry).body)
	case CmdRepeatReceipt:
		return parseBody(data, (*RepeatReceipt).body)
	case CmdEndOfDay:
		return parseBody(data, (*EndOfDay).body)
	case CmdDiagnosis:
		return parseBody(data, (*Diagnosis).body)
	case CmdInitialisation:
		return parseBody(data, (*Initialisation).body)
	case CmdAbortByECR:
		return parseBody(data, (*AbortByECR).body)
	case CmdReadCard:
		return parseBody(data, (*ReadCard).body)
	case CmdDisplayText:
		return parseBody(data, (*DisplayText).body)
	case CmdChangeBaud:
		return parseBody(data, (*ChangeBaud).body)
	}
	return nil, ErrUnknownCommand
}

func parseBody[M Message](data []byte, body func(*M, *codec)) (Message, error) {
	var m M
	if err := decodeBody(data, func(c *codec) { body(&m, c) }); err != nil {
		return nil, err
	}
	return m, nil
}
