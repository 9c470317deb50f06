package wire

import (
	"math"
	"strconv"
)

// Envelope is the frame of an answer: Furion's unified result (V2 "Common Return
// Value Description"). A bare answer (login, report and restock confirmation in
// V2) has Bare set and nothing else.
type Envelope struct {
	Bare       bool
	StatusCode int
	Succeeded  bool
	Errors     string // string as it is, object as its JSON, "" for null
	Extras     string
	Timestamp  int64 // milliseconds in V2, seconds in some samples of V2.1.2
}

// frame is an envelope with its data still unread.
type frame struct {
	Envelope
	data    value
	hasData bool // there and not null
}

// DecodeEnvelope reads the frame of an answer and what it says about success: a
// *Refusal if it says no, a *FormatError if it is none. The envelope is valid in
// both the nil and the *Refusal case.
func DecodeEnvelope(b []byte) (Envelope, error) {
	e, err := openFrame(b)
	return e.Envelope, err
}

func openFrame(b []byte) (frame, error) {
	v, err := parse(b, MaxAnswer, "")
	if err != nil {
		return frame{}, err
	}
	f, err := v.fields()
	if err != nil {
		return frame{}, err
	}
	if !f.has("statuscode") && !f.has("succeeded") {
		return frame{Envelope{Bare: true, Succeeded: true}, v, true}, nil
	}
	e := frame{Envelope: Envelope{
		StatusCode: f.small("statusCode"),
		Errors:     f.text("errors"),
		Extras:     f.text("extras"),
		Timestamp:  f.lenientInteger("timestamp"),
	}}
	succeeded, said := f.boolean("succeeded")
	e.data, e.hasData = f.get("data")
	e.Succeeded = (succeeded || !said) && (e.StatusCode == 0 || e.StatusCode/100 == 2)
	if f.err != nil {
		return frame{}, f.err
	}
	if !e.Succeeded {
		return e, &Refusal{StatusCode: e.StatusCode, Msg: e.words()}
	}
	return e, nil
}

// words is what a refusal says, wherever it says it.
func (e frame) words() string {
	if e.Errors != "" || !e.hasData {
		return e.Errors
	}
	return e.data.words()
}

// lenientInteger is integer for what nobody relies on.
func (f *fields) lenientInteger(name string) int64 {
	if v, ok := f.get(name); ok {
		if n, err := v.integer(); err == nil {
			return n
		}
	}
	return 0
}

// lenientSmall is the same for codes that fit 32 bits, the int of small gateways.
func (f *fields) lenientSmall(name string) int {
	n := f.lenientInteger(name)
	if n < math.MinInt32 || n > math.MaxInt32 {
		return 0
	}
	return int(n)
}

// fields opens the data as an object; a string that holds one counts as one.
func (e frame) fields() (*fields, error) {
	if !e.hasData {
		return nil, &FormatError{0, "data", "missing", ErrShape}
	}
	v, err := e.data.inner(MaxAnswer)
	if err != nil {
		return nil, err
	}
	return v.fields()
}

// inner opens a string that holds JSON; any other value is itself.
func (v value) inner(limit int) (value, error) {
	if v.kind() != "string" {
		return v, nil
	}
	return parse([]byte(v.unquote()), limit, v.path+"(string)")
}

// openData reads the frame and opens its data.
func openData(b []byte) (*fields, error) {
	e, err := openFrame(b)
	if err != nil {
		return nil, err
	}
	return e.fields()
}

// Answer is what can be written as the data of an envelope; the types of this
// package that end in Answer, Info and Config, and lists of them, are.
type Answer interface{ answer() any }

// AppendAnswer writes an answer as the SaaS would. e.Bare and s.Bare both leave
// the envelope away. A nil answer is null.
func AppendAnswer(dst []byte, e Envelope, a Answer, s Style) []byte {
	var data any
	if a != nil {
		data = a.answer()
	}
	if e.Bare || s.Bare {
		return appendValue(dst, data, s.Case)
	}
	return appendTree(dst, tree{
		{"statusCode", e.StatusCode},
		{"data", s.inForm(data)},
		{"succeeded", e.Succeeded},
		{"errors", orNull(e.Errors)},
		{"extras", orNull(e.Extras)},
		{"timestamp", e.Timestamp},
	}, s.Case)
}

// Done is the envelope of a success.
func Done(timestamp int64) Envelope {
	return Envelope{StatusCode: 200, Succeeded: true, Timestamp: timestamp}
}

// Failed is the envelope of a refusal.
func Failed(statusCode int, words string, timestamp int64) Envelope {
	return Envelope{StatusCode: statusCode, Errors: words, Timestamp: timestamp}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// need collects what a request lacks.
func need(call string, checks ...check) error {
	for _, c := range checks {
		if !c.ok {
			return &RequestError{Call: call, What: c.what}
		}
	}
	return nil
}

type check struct {
	what string
	ok   bool
}

func present(name, s string) check { return check{name + " is empty", s != ""} }

func within(name, s string, limit int) check {
	_, cut := clip(s, limit)
	return check{name + " has more than " + strconv.Itoa(limit) + " characters", !cut}
}
