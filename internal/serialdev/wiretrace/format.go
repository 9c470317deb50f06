package wiretrace

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Version of the format.
const Version = 1

const (
	magic      = "edged-wire"
	timeLayout = "2006-01-02T15:04:05.000000Z"
)

// headerJSON is the first line of a file.
type headerJSON struct {
	Trace   string    `json:"trace"` // magic
	Version int       `json:"version"`
	Edged   string    `json:"edged"`
	Lane    string    `json:"lane,omitempty"`
	Device  string    `json:"device,omitempty"`
	Port    string    `json:"port"`
	Kind    Kind      `json:"kind"`
	Profile string    `json:"profile,omitempty"`
	Baud    int       `json:"baud,omitempty"`
	Begun   time.Time `json:"begun"`
}

// recordJSON is every other line.
type recordJSON struct {
	T      seconds     `json:"t"`
	At     string      `json:"at"`
	From   Side        `json:"from,omitempty"`
	Form   Form        `json:"form"`
	What   string      `json:"what,omitempty"` // the name of a command, for people
	Hex    string      `json:"hex,omitempty"`
	Pauses []pauseJSON `json:"pauses,omitempty"`
	Count  int64       `json:"count,omitempty"`
	Text   string      `json:"text,omitempty"`
}

type pauseJSON struct {
	After int     `json:"after"`
	For   seconds `json:"for"`
}

// seconds is a time with six decimals: a float would not keep every microsecond.
type seconds time.Duration

// MarshalJSON writes 1.500000.
func (s seconds) MarshalJSON() ([]byte, error) {
	us := time.Duration(s).Microseconds()
	return fmt.Appendf(nil, "%d.%06d", us/1e6, us%1e6), nil
}

// UnmarshalJSON takes a number of at most six decimals and no sign.
func (s *seconds) UnmarshalJSON(b []byte) error {
	whole, part, _ := strings.Cut(string(b), ".")
	const decimals, digits = 6, 10
	if len(whole) == 0 || len(whole) > digits || len(part) > decimals || strings.Trim(whole+part, "0123456789") != "" {
		return fmt.Errorf("%s is no time: want seconds with at most six decimals", b)
	}
	us := int64(0)
	for _, c := range whole + part + strings.Repeat("0", decimals-len(part)) {
		us = us*10 + int64(c-'0')
	}
	*s = seconds(time.Duration(us) * time.Microsecond)
	return nil
}

// WriteTo writes the trace as JSON Lines.
func (t *Trace) WriteTo(w io.Writer) (int64, error) {
	out := newCounted(w)
	if err := writeHeader(out, t.Header); err != nil {
		return out.n, err
	}
	if err := writeRecords(out, t.Header.Kind, t.Records); err != nil {
		return out.n, err
	}
	return out.n, out.w.Flush()
}

type counted struct {
	w *bufio.Writer
	n int64
}

func newCounted(w io.Writer) *counted { return &counted{w: bufio.NewWriterSize(w, 32<<10)} }

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func writeHeader(w io.Writer, h Header) error {
	return encode(w, headerJSON{
		Trace: magic, Version: Version, Edged: h.Edged, Lane: h.Lane, Device: h.Device, Port: h.Port,
		Kind: h.Kind, Profile: h.Profile, Baud: h.Baud, Begun: h.Begun,
	})
}

func writeRecords(w io.Writer, k Kind, records []Record) error {
	for _, r := range records {
		if err := encode(w, r.json(k)); err != nil {
			return err
		}
	}
	return nil
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (r Record) json(k Kind) recordJSON {
	j := recordJSON{
		T: seconds(r.T), At: r.At.UTC().Format(timeLayout), From: r.From, Form: r.Form, What: r.what(k),
		Hex: spaced(r.Bytes), Count: r.Count, Text: r.Text,
	}
	for _, p := range r.Pauses {
		j.Pauses = append(j.Pauses, pauseJSON{p.After, seconds(p.For)})
	}
	return j
}

// spaced is bytes as hex, with a blank between two of them.
func spaced(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	out := make([]byte, 0, 3*len(b))
	for _, x := range b {
		out = hex.AppendEncode(out, []byte{x})
		out = append(out, ' ')
	}
	return string(out[:len(out)-1])
}
