package wiretrace

import "time"

// Kind says what is spoken on a line, and so how its bytes are told apart.
type Kind string

// The kinds.
const (
	ZVTSerial Kind = "zvt-serial" // frames with a checksum, each answered by one byte
	ZVTTCP    Kind = "zvt-tcp"    // bare commands
	Display   Kind = "display"    // whatever a pole display is told
)

// Form says what a record is. The first group has bytes, the second has none.
type Form string

// The forms.
const (
	Frame    Form = "frame" // a whole command, its checksum right
	ACK      Form = "ack"   // 06 between frames
	NAK      Form = "nak"   // 15 between frames
	BadCRC   Form = "bad_crc"
	BadFrame Form = "bad_frame" // a byte that no frame has
	Cut      Form = "cut"       // a command that stopped short
	Noise    Form = "noise"     // bytes that belong to nothing
	Chunk    Form = "chunk"     // bytes as they came, on lines without frames

	Unsent    Form = "unsent"    // the last bytes of the host's record before did not go out
	TooLong   Form = "too_long"  // a command of more bytes than are kept
	Opened    Form = "opened"    // the host opened the line
	Closed    Form = "closed"    // the host closed it
	Lost      Form = "lost"      // the device or the line ended it
	Failed    Form = "failed"    // it could not be opened
	Forgotten Form = "forgotten" // the ring was full: older records are gone
	clockSet  Form = "clock"     // the wall clock stepped; only in the ring
)

// forms gives each form its number in the ring.
var forms = [...]Form{Frame, ACK, NAK, BadCRC, BadFrame, Cut, Noise, Chunk, TooLong, Opened, Closed, Lost, Failed, Forgotten, Unsent, clockSet}

// HasBytes says whether records of this form have bytes.
func (f Form) HasBytes() bool {
	switch f {
	case Frame, ACK, NAK, BadCRC, BadFrame, Cut, Noise, Chunk:
		return true
	}
	return false
}

// Side is who sent something.
type Side string

// The sides.
const (
	Host   Side = "host"   // edged, or whoever has the device
	Device Side = "device" // the terminal, the display
)

// Pause is a time within a piece in which nothing came.
type Pause struct {
	After int // bytes of the piece before it
	For   time.Duration
}

// Record is one piece of a trace. Its bytes are redacted.
type Record struct {
	Line int           // of the file it was read from; 0 if it was not
	T    time.Duration // since the recorder began; when its last byte went over the line
	At   time.Time     // the same by the wall clock, right to a second
	From Side          // of bytes; "" for what happened to the line
	Form Form
	// Bytes are as on the wire. Owned by the record.
	Bytes  []byte
	Pauses []Pause
	Count  int64  // of TooLong: bytes; of Unsent: bytes; of Forgotten: records
	Text   string // of Lost and Failed: why; of Opened: how
}

// Header says where a trace is from.
type Header struct {
	Edged   string // version of the program that recorded it
	Lane    string
	Device  string // terminal or display
	Port    string // as configured
	Kind    Kind
	Profile string // of a terminal; the emulation of a display
	Baud    int    // 0 where there is none
	Begun   time.Time
}

// Trace is what a recorder has kept.
type Trace struct {
	Header  Header
	Records []Record
}
