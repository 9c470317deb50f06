package wiretrace

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"edged/internal/serialdev/zvt"
)

// Bounds of what is read.
const (
	maxFile     = 64 << 20
	maxLine     = 128 << 10
	maxRecords  = 1 << 20
	maxProblems = 10 // told at once
)

// Read reads a trace from r; name stands for it in errors. A file that is not one as a
// whole is ErrTrace, with a line for each of the first mistakes: "name:line: what".
func Read(name string, r io.Reader) (*Trace, error) {
	d := reader{name: name, trace: &Trace{}}
	in := bufio.NewScanner(io.LimitReader(r, maxFile+1))
	in.Buffer(make([]byte, 0, 4096), maxLine)
	for in.Scan() && len(d.problems) < maxProblems && len(d.trace.Records) < maxRecords {
		d.line++
		d.size += int64(len(in.Bytes())) + 1
		if err := d.take(in.Bytes()); err != nil {
			d.problem(err)
			if d.line == 1 {
				break // the rest cannot be judged
			}
		}
	}
	d.line++
	switch {
	case len(d.problems) > 0:
	case errors.Is(in.Err(), bufio.ErrTooLong):
		d.problem(fmt.Errorf("a line of more than %d bytes", maxLine))
	case in.Err() != nil:
		return nil, fmt.Errorf("read %s: %w", name, in.Err())
	case d.line == 2 && d.size == 0 || d.line == 1:
		d.problem(errors.New("the file is empty"))
	case d.size > maxFile:
		d.problem(fmt.Errorf("more than %d bytes", maxFile))
	case len(d.trace.Records) >= maxRecords:
		d.problem(fmt.Errorf("more than %d records", maxRecords))
	}
	if len(d.problems) > 0 {
		return nil, fmt.Errorf("%w:\n%s", ErrTrace, strings.Join(d.problems, "\n"))
	}
	return d.trace, nil
}

// reader is a file half read.
type reader struct {
	name     string
	line     int
	size     int64
	trace    *Trace
	problems []string
}

func (d *reader) problem(err error) {
	d.problems = append(d.problems, fmt.Sprintf("%s:%d: %v", d.name, d.line, err))
}

func (d *reader) take(line []byte) error {
	if d.line == 1 {
		h, err := readHeader(line)
		d.trace.Header = h
		return err
	}
	r, err := readRecord(d.trace.Header.Kind, line)
	if err != nil {
		return err
	}
	if n := len(d.trace.Records); n > 0 && r.T < d.trace.Records[n-1].T {
		return fmt.Errorf("t: %s is before the record above, at %s", r.T, d.trace.Records[n-1].T)
	}
	r.Line = d.line
	d.trace.Records = append(d.trace.Records, r)
	return nil
}

func readHeader(line []byte) (Header, error) {
	var j headerJSON
	// Of another version only these two are certain.
	if err := json.Unmarshal(line, &j); err != nil || j.Trace != magic {
		return Header{}, fmt.Errorf(`want a header with "trace":"%s"`, magic)
	}
	if j.Version != Version {
		return Header{}, fmt.Errorf("version: got %d, want %d: it was recorded by edged %s", j.Version, Version, j.Edged)
	}
	if err := strict(line, &j); err != nil {
		return Header{}, err
	}
	switch j.Kind {
	case ZVTSerial, ZVTTCP, Display:
	default:
		return Header{}, fmt.Errorf("kind: got %q, want %s, %s or %s", j.Kind, ZVTSerial, ZVTTCP, Display)
	}
	return Header{
		Edged: j.Edged, Lane: j.Lane, Device: j.Device, Port: j.Port, Kind: j.Kind, Profile: j.Profile, Baud: j.Baud, Begun: j.Begun,
	}, nil
}

// strict decodes one JSON object that has no other keys, and nothing behind it.
func strict(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value in the line")
	}
	return nil
}

func readRecord(k Kind, line []byte) (Record, error) {
	var j recordJSON
	if err := strict(line, &j); err != nil {
		return Record{}, err
	}
	at, err := time.Parse(timeLayout, j.At)
	if err != nil {
		return Record{}, fmt.Errorf("at: got %q, want a time like %s", j.At, timeLayout)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(j.Hex, " ", ""))
	if err != nil {
		return Record{}, fmt.Errorf("hex: %s", strings.TrimPrefix(err.Error(), "encoding/hex: "))
	}
	r := Record{T: time.Duration(j.T), At: at, From: j.From, Form: j.Form, Bytes: b, Count: j.Count, Text: j.Text}
	for _, p := range j.Pauses {
		if p.After < 1 || p.After >= len(b)+2 { // masked, a frame may have lost a doubled DLE
			return Record{}, fmt.Errorf("pauses: one after %d bytes of %d", p.After, len(b))
		}
		r.Pauses = append(r.Pauses, Pause{After: p.After, For: time.Duration(p.For)})
	}
	return r, r.check(k)
}

// check refuses a record that no recorder writes.
func (r Record) check(k Kind) error {
	switch r.Form {
	case TooLong, Opened, Closed, Lost, Failed, Forgotten, Unsent:
		if len(r.Bytes) > 0 {
			return fmt.Errorf("form: %q has no bytes", r.Form)
		}
		return nil
	case Frame, ACK, NAK, BadCRC, BadFrame, Cut, Noise, Chunk:
	default:
		return fmt.Errorf("form: %q is none", r.Form)
	}
	switch {
	case r.From != Host && r.From != Device:
		return fmt.Errorf("from: got %q, want %s or %s", r.From, Host, Device)
	case len(r.Bytes) == 0:
		return errors.New("hex: no bytes")
	case len(r.Bytes) > 2*maxPiece+opening+closing:
		return fmt.Errorf("hex: %d bytes are too many", len(r.Bytes))
	case k == Display && r.Form != Chunk, k != Display && r.Form == Chunk, k == ZVTTCP && r.Form != Frame && r.Form != Cut:
		return fmt.Errorf("form: %q does not occur on a line of kind %s", r.Form, k)
	}
	return r.checkBytes(k)
}

var errUnmasked = errors.New("hex: holds digits that a trace must not show")

// checkBytes holds the bytes against their form, and refuses what is not redacted.
func (r Record) checkBytes(k Kind) error {
	b := r.Bytes
	switch r.Form {
	case ACK, NAK:
		if want := map[Form]byte{ACK: zvt.ACK, NAK: zvt.NAK}[r.Form]; len(b) != 1 || b[0] != want {
			return fmt.Errorf("hex: got %s, want %02x", spaced(b), want)
		}
		return nil
	case Frame, BadCRC:
		apdu, err := command(k, r.Form, b)
		switch {
		case err != nil:
			return err
		case k == ZVTTCP && !bytes.Equal(new(hider).redactStream(apdu), apdu),
			k == ZVTSerial && r.Form == Frame && !bytes.Equal(redactCommand(apdu), apdu),
			r.Form == BadCRC && !masked(apdu, headSize, 0):
			return errUnmasked
		}
		return nil
	case Chunk:
		if c := bytes.Clone(b); r.From == Host {
			if hideNumbers(c); !bytes.Equal(c, b) {
				return errUnmasked
			}
			return nil
		}
	}
	skip, tail := 0, 0
	switch {
	case r.Form == Cut && k == ZVTTCP:
		skip = headSize
	case r.Form == Cut:
		skip = opening + headSize
	case r.Form == BadFrame:
		skip, tail = opening+headSize, 2
	}
	if !masked(b, skip, tail) {
		return errUnmasked
	}
	return nil
}

// masked says whether hiding changes nothing between the first and the last bytes.
func masked(b []byte, skip, tail int) bool {
	end := max(0, len(b)-tail)
	inner := b[min(skip, end):end]
	c := bytes.Clone(inner)
	var h hider
	h.hide(c)
	return bytes.Equal(c, inner)
}

// command takes the command out of a frame, and says what is wrong with the frame.
func command(k Kind, f Form, b []byte) ([]byte, error) {
	if k == ZVTTCP {
		if size := commandSize(b); size != len(b) {
			return nil, fmt.Errorf("hex: the command has a length of %d bytes in all, %d are there", size, len(b))
		}
		return b, nil
	}
	var d zvt.Deframer
	for i, x := range b {
		ev := d.Push(x)
		last := i == len(b)-1
		switch {
		case ev.Kind == zvt.EventFrame && last && f == Frame:
			return ev.APDU, nil
		case ev.Kind == zvt.EventBadCRC && last && f == BadCRC:
			return undouble(bytes.Clone(b[opening : len(b)-closing])), nil
		case ev.Kind == zvt.EventBadCRC:
			return nil, errors.New("hex: the frame's checksum is wrong")
		case ev.Kind == zvt.EventNone, ev.Kind == zvt.EventStart && i == 1:
		default:
			return nil, fmt.Errorf("hex: no frame of form %s: byte %d does not belong there", f, i+1)
		}
	}
	return nil, errors.New("hex: the frame is not whole")
}
