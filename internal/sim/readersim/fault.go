package readersim

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// The wire points. Each is written with the first two bytes of a message, for
// example "sent 04 0f" (or Enquiry); OnPoint gets them all, and a Fault names one.
const (
	PointRx       = "rx "       // received, before our ACK
	PointAcked    = "acked "    // our ACK for it is out
	PointTx       = "tx "       // about to be sent
	PointSent     = "sent "     // written, not acknowledged
	PointTaken    = "taken "    // acknowledged by 06 (TCP: written)
	PointAnswered = "answered " // the gateway's 80/84 for it has come and counts
)

// AnswerTo names a received answer at PointRx and PointAcked, as "acked answer to
// 04 0f": the transport has it, the terminal has not yet booked by it.
const AnswerTo = "answer to "

// FaultKind names a way to misbehave.
type FaultKind string

// What can go wrong. The comment says at which points it makes sense.
const (
	// At any point.
	PowerOut FaultKind = "power_cut" // For: until power is back (then Boot)
	Unplug   FaultKind = "unplug"    // Bytes of the frame still go out (at tx); For: until it is back
	Silence  FaultKind = "silence"   // For

	// At rx: the serial transport.
	SendNAK FaultKind = "nak"
	DropACK FaultKind = "drop_ack" // takes the frame, the ACK is lost
	Deaf    FaultKind = "deaf"     // the frame is lost

	// At rx of a command: the terminal's mood.
	Refuse FaultKind = "refuse" // answers 84 Code
	Fail   FaultKind = "fail"   // answers 80, then 04 0F and 06 1E with Code

	// At tx.
	CorruptCRC FaultKind = "corrupt_crc"
	Garbage    FaultKind = "garbage" // Hex goes out before the frame
	Split      FaultKind = "split"   // byte by byte, For apart
	Duplicate  FaultKind = "duplicate"
	LongForm   FaultKind = "long_form" // extended length
	Extend     FaultKind = "extend"    // Hex is added to the data: unknown bitmaps and tags
	Replace    FaultKind = "replace"   // Hex, a whole APDU, goes out instead
	Insert     FaultKind = "insert"    // Hex, a whole APDU, goes out first, as a command
	Omit       FaultKind = "omit"      // nothing goes out, the dialogue goes on
)

// Choices are all of them.
func (FaultKind) Choices() []string {
	return []string{string(PowerOut), string(Unplug), string(Silence), string(SendNAK), string(DropACK), string(Deaf), string(Refuse), string(Fail), string(CorruptCRC), string(Garbage), string(Split), string(Duplicate), string(LongForm), string(Extend), string(Replace), string(Insert), string(Omit)}
}

// Fault is one scripted misbehaviour.
type Fault struct {
	At string `yaml:"at" json:"at"` // a point; "" is every point
	// During is the command whose dialogue must be running, such as "06 23"; "" is any.
	// The points of the command's own receipt come before its dialogue.
	During string        `yaml:"during,omitempty" json:"during,omitempty"`
	Kind   FaultKind     `yaml:"kind" json:"kind"`                       // what goes wrong
	Skip   int           `yaml:"skip,omitempty" json:"skip,omitempty"`   // let the point pass so often first
	Times  int           `yaml:"times,omitempty" json:"times,omitempty"` // how often; 0 is once, -1 is always
	For    time.Duration `yaml:"for,omitempty" json:"for,omitempty"`     // how long; of split: between two bytes
	Code   byte          `yaml:"code,omitempty" json:"code,omitempty"`   // of refuse (84) and fail (04 0F, 06 1E)
	Bytes  int           `yaml:"bytes,omitempty" json:"bytes,omitempty"` // of unplug at tx: so many still go out
	Hex    string        `yaml:"hex,omitempty" json:"hex,omitempty"`     // of garbage, extend (data), replace and insert (a whole APDU)
}

// HostOffline is a terminal that cannot reach its acquirer for the next n
// messages with that head, such as "06 23".
func HostOffline(head string, n int) Fault {
	return Fault{At: PointRx + head, Kind: Fail, Code: codeNoHost, Times: n}
}

// Busy is a terminal that answers "please wait" n times.
func Busy(head string, n int) Fault {
	return Fault{At: PointRx + head, Kind: Refuse, Code: codeWait, Times: n}
}

func (f Fault) bytes() []byte {
	b, err := hex.DecodeString(f.Hex)
	if err != nil {
		return []byte(f.Hex)
	}
	return b
}

// AddFault arms faults; each is used up by Times occurrences.
func (t *Terminal) AddFault(faults ...Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range faults {
		if f.Times == 0 {
			f.Times = 1
		}
		t.faults = append(t.faults, f)
	}
}

// ClearFaults disarms what has not happened and says how many there were.
func (t *Terminal) ClearFaults() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.faults)
	t.faults = nil
	return n
}

// due takes the faults out that happen at point now: of the transport's and of
// the mood's at most one each, and no mood for a frame that does not get through.
func (t *Terminal) due(point, during string) []Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	var now faults
	t.take(point, during, &now, FaultKind.transport)
	if !now.has(SendNAK) && !now.has(Deaf) {
		t.take(point, during, &now, FaultKind.mood)
		t.take(point, during, &now, FaultKind.other)
	}
	t.faults = slices.DeleteFunc(t.faults, func(f Fault) bool { return f.Times == 0 })
	return now
}

func (k FaultKind) transport() bool { return k == SendNAK || k == DropACK || k == Deaf }
func (k FaultKind) mood() bool      { return k == Refuse || k == Fail }
func (k FaultKind) other() bool     { return !k.transport() && !k.mood() }

func (t *Terminal) take(point, during string, now *faults, of func(FaultKind) bool) {
	exclusive := !of(PowerOut)
	taken := false
	for i := range t.faults {
		f := &t.faults[i]
		switch {
		case f.At != "" && f.At != point, f.During != "" && f.During != during, !of(f.Kind), f.Times == 0:
		case f.Skip > 0:
			f.Skip--
		case !exclusive || !taken:
			*now = append(*now, *f)
			f.Times = max(f.Times-1, -1)
			taken = true
		}
	}
}

// powerCut ends a life of the terminal.
type powerCut struct{ off time.Duration }

func (powerCut) Error() string { return "readersim: power cut" }

// point announces a wire point, lets happen what happens at any point, and
// returns the faults that only the caller can commit.
func (l *life) point(ctx context.Context, kind, message string) (faults, error) {
	name := kind + message
	if l.t.opt.OnPoint != nil {
		l.t.opt.OnPoint(name)
	}
	var rest faults
	for _, f := range l.t.due(name, l.serving) {
		l.t.book.Add(Event{Kind: FaultDone, Tx: l.tx, Note: fmt.Sprintf("%s at %s", f.Kind, name)})
		switch {
		case f.Kind == PowerOut:
			return nil, powerCut{f.For}
		case f.Kind == Unplug && kind != PointTx:
			l.t.unplug(f.For)
		case f.Kind == Silence:
			if err := l.pause(ctx, f.For); err != nil {
				return nil, err
			}
		default:
			rest = append(rest, f)
		}
	}
	return rest, nil
}

type faults []Fault

func (fs faults) get(k FaultKind) (Fault, bool) {
	i := slices.IndexFunc(fs, func(f Fault) bool { return f.Kind == k })
	if i < 0 {
		return Fault{}, false
	}
	return fs[i], true
}

func (fs faults) has(k FaultKind) bool { _, ok := fs.get(k); return ok }
