package zvt

// Control bytes of the serial line (section 2.2). ACK and NAK travel alone and
// answer a frame; the others delimit it.
const (
	STX byte = 0x02
	ETX byte = 0x03
	ACK byte = 0x06
	DLE byte = 0x10
	NAK byte = 0x15
)

// AppendFrame writes a command as a serial frame: DLE STX, the command with every
// DLE doubled (its length byte too), DLE ETX, CRC low byte first. The CRC bytes are
// not doubled (section 2.2).
func AppendFrame(dst, apdu []byte) []byte {
	dst = append(dst, DLE, STX)
	for _, b := range apdu {
		if b == DLE {
			dst = append(dst, DLE)
		}
		dst = append(dst, b)
	}
	crc := frameCRC(apdu)
	return append(dst, DLE, ETX, byte(crc), byte(crc>>8))
}

// EventKind says what a byte completed.
type EventKind uint8

// What Push reports.
const (
	// EventNone: the byte was taken in, or was noise between frames.
	EventNone EventKind = iota
	// EventStart: DLE STX, a frame begins. For somebody who waits for an ACK this is
	// a collision (section 2.6).
	EventStart
	// EventFrame: a frame with a right checksum ended; Event.APDU is its command.
	EventFrame
	// EventACK: the other side took our frame.
	EventACK
	// EventNAK: the other side asks for our frame again.
	EventNAK
	// EventBadCRC: a frame ended with a wrong checksum: to be answered by NAK.
	EventBadCRC
	// EventBadFrame: an illegal byte after DLE, or more bytes than any command has:
	// the frame is dropped, to be answered by NAK.
	EventBadFrame
)

// Event is what a byte completed. APDU is set for EventFrame only; it is valid until
// the next Push and may hold card data.
type Event struct {
	Kind EventKind
	APDU []byte
}

type frameState uint8

const (
	stateIdle    frameState = iota // between frames: ACK and NAK are what they say
	stateIdleDLE                   // between frames, after DLE
	stateData                      // inside a frame
	stateDLE                       // inside a frame, after DLE
	stateCRCLow                    // after DLE ETX
	stateCRCHigh                   // one CRC byte to go
	stateSkip                      // after a broken frame: its rest may hold 06 and 15
	stateSkipDLE                   // the same, after DLE
)

// Deframer finds frames, ACKs and NAKs in the bytes of a serial line. It knows no
// time: its owner calls Reset when a frame stops short (timer T1) and whenever the
// line has been silent. The zero value is ready. Not safe for concurrent use.
type Deframer struct {
	state frameState
	apdu  []byte
	crc   uint16
	noise int64
}

// Push takes one byte from the line and says what it completed.
func (d *Deframer) Push(b byte) Event {
	switch d.state {
	case stateIdle, stateIdleDLE:
		return d.between(b)
	case stateSkip, stateSkipDLE:
		return d.skip(b)
	case stateData:
		return d.inside(b)
	case stateDLE:
		return d.afterDLE(b)
	case stateCRCLow:
		d.crc, d.state = uint16(b), stateCRCHigh
	case stateCRCHigh:
		return d.finish(d.crc | uint16(b)<<8)
	}
	return Event{}
}

// InFrame reports whether a frame has begun and not ended: timer T1 runs.
func (d *Deframer) InFrame() bool {
	return d.state == stateData || d.state == stateDLE || d.state == stateCRCLow || d.state == stateCRCHigh
}

// Reset forgets what has begun and reports whether a frame was cut short by it, in
// which case the answer is NAK (section 2.6). Call it on silence: after a broken
// frame it also makes the next 06 count as ACK again.
func (d *Deframer) Reset() (cut bool) {
	cut = d.InFrame()
	d.state, d.apdu = stateIdle, d.apdu[:0]
	return cut
}

// Noise returns how many bytes belonged to nothing since the beginning.
func (d *Deframer) Noise() int64 { return d.noise }

func (d *Deframer) between(b byte) Event {
	wasDLE := d.state == stateIdleDLE
	if wasDLE && b == STX {
		return d.start()
	}
	if wasDLE {
		d.noise++ // the DLE led nowhere
	}
	d.state = stateIdle
	switch b {
	case ACK:
		return Event{Kind: EventACK}
	case NAK:
		return Event{Kind: EventNAK}
	case DLE:
		d.state = stateIdleDLE
	default:
		d.noise++
	}
	return Event{}
}

func (d *Deframer) skip(b byte) Event {
	if d.state == stateSkipDLE && b == STX {
		d.noise-- // its DLE was counted as noise
		return d.start()
	}
	d.noise++
	d.state = stateSkip
	if b == DLE {
		d.state = stateSkipDLE
	}
	return Event{}
}

func (d *Deframer) start() Event {
	d.state, d.apdu = stateData, d.apdu[:0]
	return Event{Kind: EventStart}
}

func (d *Deframer) inside(b byte) Event {
	if b == DLE {
		d.state = stateDLE
		return Event{}
	}
	return d.take(b)
}

// afterDLE: inside the data a DLE is followed by DLE (one data byte) or ETX. STX
// means that the sender began anew; anything else is a framing error (section 2.2).
func (d *Deframer) afterDLE(b byte) Event {
	switch b {
	case DLE:
		d.state = stateData
		return d.take(DLE)
	case ETX:
		d.state = stateCRCLow
		return Event{}
	case STX:
		return d.start()
	}
	d.state = stateSkip
	return Event{Kind: EventBadFrame}
}

func (d *Deframer) take(b byte) Event {
	if len(d.apdu) == MaxAPDU {
		d.state = stateSkip
		return Event{Kind: EventBadFrame}
	}
	d.apdu = append(d.apdu, b)
	return Event{}
}

func (d *Deframer) finish(got uint16) Event {
	d.state = stateIdle
	if got != frameCRC(d.apdu) {
		return Event{Kind: EventBadCRC}
	}
	return Event{Kind: EventFrame, APDU: d.apdu}
}
