package zvt

// ChangeBaud (08 40) sets the rate of the serial line. The answer comes at the old
// rate, the new one is valid two seconds later. After a restart the terminal is back
// at 9600 (section 2.1; CC). It has no completion.
type ChangeBaud struct {
	Code byte // see BaudCode
}

// Command returns 08 40.
func (ChangeBaud) Command() Command { return CmdChangeBaud }

func (m ChangeBaud) encode() ([]byte, error) { return encodeBody(m.body) }

func (m *ChangeBaud) body(c *codec) { c.rawByte(&m.Code) }

// DefaultBaud is the rate of a terminal that was just switched on (section 2.1).
const DefaultBaud = 9600

// BaudCode returns the code of a rate in bits per second; ok is false for a rate that
// section 2.1 gives no code for.
func BaudCode(rate int) (code byte, ok bool) {
	switch rate {
	case DefaultBaud:
		return 0, true
	case 19200:
		return 1, true
	case 57600:
		return 6, true
	case 115200:
		return 7, true
	}
	return 0, false
}

// Baud returns the rate of a code, 0 if it is none of BaudCode's.
func (m ChangeBaud) Baud() int {
	for _, rate := range []int{DefaultBaud, 19200, 57600, 115200} {
		if code, _ := BaudCode(rate); code == m.Code {
			return rate
		}
	}
	return 0
}
