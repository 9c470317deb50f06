package wiretrace

import "edged/internal/serialdev/zvt"

const (
	hidden   = 0xEE // both nibbles are the protocol's mark of a masked digit
	maxClear = 2    // bytes in a row that could be digits and stay readable
	headSize = 3    // class, instruction, length: no room for a card number

	textDigits = 12 // digits in a row that no text of ours to a customer has
)

// redactCommand masks card data and passwords of a whole command. The reader of a trace
// refuses what is not redacted: so what it would still mask is masked here as well.
func redactCommand(apdu []byte) []byte {
	out := zvt.Redact(apdu)
	for range 3 {
		again := zvt.Redact(out)
		if string(again) == string(out) {
			return out
		}
		out = again
	}
	var h hider
	h.hide(out[min(headSize, len(out)):])
	return out
}

// redactStream is redactCommand for a stream whose only framing is a length. After a byte
// too many or too few anything is a command: what no command begins with is not believed.
func (h *hider) redactStream(apdu []byte) []byte {
	switch apdu[0] {
	case 0x04, 0x05, 0x06, 0x08, 0x0F, 0x80, 0x84: // the classes of section 4
		h.known()
		return redactCommand(apdu)
	}
	out := append([]byte(nil), apdu...)
	head := headSize
	if out[2] == extendedMark {
		head = extendedHead
	}
	fill(out[:2])
	h.run = max(h.run, headSize)
	h.hide(out[head:])
	return out
}

// hider masks what nobody knows the meaning of: every run of more than maxClear bytes
// that could be digits, two of BCD or one of a text. It counts on from piece to piece, so
// that a card number in many small pieces is hidden too.
type hider struct{ run int }

// hide masks b in place.
func (h *hider) hide(b []byte) {
	for start := 0; start < len(b); {
		end := start
		for end < len(b) && couldBeDigits(b[end]) {
			end++
		}
		if h.run += end - start; h.run > maxClear {
			fill(b[start:end])
		}
		if end < len(b) {
			h.run, end = 0, end+1
		}
		start = end
	}
}

// known tells that the bytes between are understood: a number does not go on behind them.
func (h *hider) known() { h.run = 0 }

func fill(b []byte) {
	for i := range b {
		b[i] = hidden
	}
}

func couldBeDigits(b byte) bool { return b>>4 <= 9 && b&0x0F <= 9 }

// hideNumbers masks, in place, what could be a card number in a text that we show: twelve
// digits and more, with at most one blank, dash or dot between two of them.
func hideNumbers(b []byte) {
	for i := 0; i < len(b); i++ {
		n, digits := numberAt(b[i:])
		if digits >= textDigits {
			for j := i; j < i+n; j++ {
				if isDigit(b[j]) {
					b[j] = '*'
				}
			}
		}
		if n > 0 {
			i += n - 1
		}
	}
}

// numberAt measures the number that b begins with: its bytes and its digits.
func numberAt(b []byte) (n, digits int) {
	for i := 0; i < len(b); i++ {
		switch {
		case isDigit(b[i]):
			n, digits = i+1, digits+1
		case n == i && n > 0 && (b[i] == ' ' || b[i] == '-' || b[i] == '.'):
		default:
			return n, digits
		}
	}
	return n, digits
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
