package readersim

// Control bytes of the serial transport (§2.2).
const (
	dle = 0x10
	stx = 0x02
	etx = 0x03
	ack = 0x06
	nak = 0x15
)

// crc16 is CRC-16/KERMIT, bit by bit: polynomial 8408 right shifting, start 0 (§2.3).
func crc16(b []byte) uint16 {
	var crc uint16
	for _, x := range b {
		crc ^= uint16(x)
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low != 0 {
				crc ^= 0x8408
			}
		}
	}
	return crc
}

// itemKind says what arrived on the wire.
type itemKind int

const (
	itemFrame itemKind = iota // a message in good order
	itemACK
	itemNAK
	itemBad // a frame that must be asked for again
)

type item struct {
	kind itemKind
	apdu apdu
	raw  []byte // the message's bytes, to know a repeat by
}

// wire cuts the bytes of one transport into items and wraps messages for it.
type wire interface {
	feed(b []byte) []item
	encode(a apdu) []byte
	midFrame() bool
	reset()
	acks() bool // frames are acknowledged byte by byte (serial)
}

// serialWire is the DLE/STX framing.
type serialWire struct {
	state serialState
	buf   []byte // the message, un-doubled
	sum   []byte // the two CRC bytes
}

type serialState int

const (
	outside    serialState = iota
	outsideDLE             // a DLE outside a frame
	inside
	insideDLE
	inCRC
)

func (*serialWire) acks() bool       { return true }
func (w *serialWire) midFrame() bool { return w.state != outside }
func (w *serialWire) reset()         { w.state, w.buf, w.sum = outside, nil, nil }

func (w *serialWire) feed(b []byte) []item {
	var items []item
	for _, x := range b {
		if it, ok := w.step(x); ok {
			items = append(items, it)
		}
	}
	return items
}

func (w *serialWire) step(x byte) (item, bool) {
	switch w.state {
	case outside:
		return w.stepOutside(x)
	case outsideDLE:
		w.state = outside
		if x == stx {
			w.state = inside
		}
	case inside:
		if x == dle {
			w.state = insideDLE
		} else {
			w.buf = append(w.buf, x)
		}
	case insideDLE:
		return w.stepInsideDLE(x)
	case inCRC:
		if w.sum = append(w.sum, x); len(w.sum) == 2 {
			return w.finish(), true
		}
	}
	return item{}, false
}

func (w *serialWire) stepOutside(x byte) (item, bool) {
	switch x {
	case dle:
		w.state = outsideDLE
	case ack:
		return item{kind: itemACK}, true
	case nak:
		return item{kind: itemNAK}, true
	}
	return item{}, false
}

// stepInsideDLE: a DLE inside is doubled or ends the frame; all else is an error (§2.2).
func (w *serialWire) stepInsideDLE(x byte) (item, bool) {
	switch x {
	case dle:
		w.buf, w.state = append(w.buf, dle), inside
	case etx:
		w.state = inCRC
	default:
		w.reset()
		return item{kind: itemBad}, true
	}
	return item{}, false
}

// finish checks the CRC: over the un-doubled message and one ETX (§2.3).
func (w *serialWire) finish() item {
	raw, sum := w.buf, uint16(w.sum[0])|uint16(w.sum[1])<<8
	w.reset()
	if crc16(append(raw[:len(raw):len(raw)], etx)) != sum {
		return item{kind: itemBad}
	}
	a, err := wholeAPDU(raw)
	if err != nil {
		return item{kind: itemBad}
	}
	return item{kind: itemFrame, apdu: a, raw: raw}
}

func (*serialWire) encode(a apdu) []byte {
	raw := a.append(nil)
	out := []byte{dle, stx}
	for _, x := range raw {
		if x == dle {
			out = append(out, dle)
		}
		out = append(out, x)
	}
	crc := crc16(append(raw, etx))
	return append(out, dle, etx, byte(crc), byte(crc>>8))
}

// tcpWire carries bare messages, cut by their length (§3).
type tcpWire struct{ buf []byte }

func (*tcpWire) acks() bool       { return false }
func (w *tcpWire) midFrame() bool { return false }
func (w *tcpWire) reset()         { w.buf = nil }

func (w *tcpWire) feed(b []byte) []item {
	var items []item
	w.buf = append(w.buf, b...)
	for {
		a, n, err := parseAPDU(w.buf)
		if err != nil {
			return items
		}
		items = append(items, item{kind: itemFrame, apdu: a, raw: w.buf[:n:n]})
		w.buf = w.buf[n:]
	}
}

func (*tcpWire) encode(a apdu) []byte { return a.append(nil) }
