package readersim

import (
	"errors"
	"fmt"
)

var errShortAPDU = errors.New("readersim: APDU not complete")

// apdu is one application message: class, instruction, data (§4).
type apdu struct {
	class, instr byte
	data         []byte
	long         bool // write the extended length even if the short one would do
	misfit       bool // received with a length that does not fit its frame
}

func msg(head uint16, data ...byte) apdu {
	return apdu{class: byte(head >> 8), instr: byte(head), data: data}
}

// The heads of the messages the terminal knows.
const (
	cmdStatus       = 0x0501
	cmdRegister     = 0x0600
	cmdLogOff       = 0x0602
	cmdRepeat       = 0x0620
	cmdReserve      = 0x0622
	cmdPartial      = 0x0623
	cmdBookTotal    = 0x0624
	cmdRelease      = 0x0625
	cmdReverse      = 0x0630
	cmdEndOfDay     = 0x0650
	cmdDiagnosis    = 0x0670
	cmdInitialise   = 0x0693
	cmdAbort        = 0x06B0
	cmdReadCard     = 0x06C0
	cmdDisplayText  = 0x06E0
	cmdChangeBaud   = 0x0840
	cmdRefund       = 0x0631
	cmdSetClock     = 0x0401
	cmdPrintLine    = 0x06D1
	cmdPrintBlock   = 0x06D3
	cmdStatusInfo   = 0x040F
	cmdIntermediate = 0x04FF
	cmdCompletion   = 0x060F
	cmdPTAbort      = 0x061E
	ansOK           = 0x8000
)

func (a apdu) head() uint16 { return uint16(a.class)<<8 | uint16(a.instr) }

// isAnswer says whether a is an application acknowledgement, 80 or 84 xx.
func (a apdu) isAnswer() bool { return a.class == 0x80 || a.class == 0x84 }

// code is the result of an answer: 0 is positive (80 00, and 84 00 as well, §4).
func (a apdu) code() byte {
	if a.class == 0x80 {
		return 0
	}
	return a.instr
}

// agrees says whether an answer to a Status Information lets it stand.
func (a apdu) agrees() bool { return a.code() == 0 || a.code() == codePartIssued }

// append writes the message with its length: one byte, or FF and two, low first.
func (a apdu) append(dst []byte) []byte {
	n := len(a.data)
	dst = append(dst, a.class, a.instr)
	if n < 0xFF && !a.long {
		dst = append(dst, byte(n))
	} else {
		dst = append(dst, 0xFF, byte(n), byte(n>>8))
	}
	return append(dst, a.data...)
}

// parseAPDU reads the first message of b and says how many bytes it has.
// errShortAPDU: more bytes are needed.
func parseAPDU(b []byte) (apdu, int, error) {
	if len(b) < 3 {
		return apdu{}, 0, errShortAPDU
	}
	n, at := int(b[2]), 3
	if b[2] == 0xFF {
		if len(b) < 5 {
			return apdu{}, 0, errShortAPDU
		}
		n, at = int(b[3])|int(b[4])<<8, 5
	}
	if len(b) < at+n {
		return apdu{}, 0, errShortAPDU
	}
	return apdu{class: b[0], instr: b[1], data: b[at : at+n]}, at + n, nil
}

// wholeAPDU is parseAPDU for a frame, which holds exactly one message. One whose length
// does not fit is a misfit: the frame is good, so it is taken before it is looked at (§2.4).
// Errors: errShortAPDU if there is no head.
func wholeAPDU(b []byte) (apdu, error) {
	a, n, err := parseAPDU(b)
	switch {
	case len(b) < 2:
		return apdu{}, errShortAPDU
	case err != nil || n != len(b):
		return apdu{class: b[0], instr: b[1], data: b[2:], misfit: true}, nil
	}
	return a, nil
}

// name is how points and the ledger call a message: its first two bytes. The
// enquiry of open reservations shares them with a capture and is told apart: it
// never goes to the host.
func (a apdu) name() string {
	if a.head() == cmdPartial {
		if f, err := parseFields(a.data); err == nil && isEnquiry(f) {
			return Enquiry
		}
	}
	return headName(a.head())
}

// Enquiry is the name of 06 23 without a receipt.
const Enquiry = "06 23 enquiry"

func headName(h uint16) string { return fmt.Sprintf("%02x %02x", h>>8, h&0xFF) }
