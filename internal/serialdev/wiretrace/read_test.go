package wiretrace

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const goodHeader = `{"trace":"edged-wire","version":1,"edged":"v1","port":"/dev/x","kind":"zvt-serial","begun":"2026-11-24T10:00:00Z"}`

func TestMistakesInATraceAreNamed(t *testing.T) {
	line := func(s string) string {
		return goodHeader + "\n" + `{"t":0.5,"at":"2026-11-24T10:00:00.500000Z",` + s + "}"
	}
	tcp := strings.Replace(goodHeader, "zvt-serial", "zvt-tcp", 1)
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", "", "t.jsonl:1: the file is empty"},
		{"another file", "lanes:\n- front\n", `t.jsonl:1: want a header with "trace":"edged-wire"`},
		{"a newer version", strings.Replace(goodHeader, `"version":1`, `"version":2,"new":1`, 1), "t.jsonl:1: version: got 2, want 1: it was recorded by edged v1"},
		{"an unknown key in the header", strings.Replace(goodHeader, `"kind"`, `"colour":1,"kind"`, 1), `t.jsonl:1: unknown field "colour"`},
		{"an unknown kind", strings.Replace(goodHeader, "zvt-serial", "mdb", 1), `t.jsonl:1: kind: got "mdb", want zvt-serial, zvt-tcp or display`},
		{"half a line", line(`"form":"opened"`)[:170], "t.jsonl:2: unexpected EOF"},
		{"an unknown key", line(`"form":"opened","frm":"x"`), `t.jsonl:2: unknown field "frm"`},
		{"two values", line(`"form":"opened"`) + "{}", "t.jsonl:2: more than one value in the line"},
		{"no time", strings.Replace(line(`"form":"opened"`), `0.5`, `-1`, 1), "t.jsonl:2: -1 is no time: want seconds with at most six decimals"},
		{"no wall clock", strings.Replace(line(`"form":"opened"`), `10:00:00.5`, `25:00:00.5`, 1), `t.jsonl:2: at: got "2026-11-24T25:00:00.500000Z", want a time like 2006-01-02T15:04:05.000000Z`},
		{"back in time", line(`"form":"opened"`) + "\n" + `{"t":0.4,"at":"2026-11-24T10:00:00.500000Z","form":"closed"}`, "t.jsonl:3: t: 400ms is before the record above, at 500ms"},
		{"no form", line(`"form":"closd"`), `t.jsonl:2: form: "closd" is none`},
		{"bytes of an event", line(`"form":"closed","hex":"06"`), `t.jsonl:2: form: "closed" has no bytes`},
		{"nobody's bytes", line(`"form":"ack","hex":"06"`), `t.jsonl:2: from: got "", want host or device`},
		{"no bytes", line(`"from":"host","form":"ack"`), "t.jsonl:2: hex: no bytes"},
		{"no hex", line(`"from":"host","form":"ack","hex":"0g"`), "t.jsonl:2: hex: invalid byte: U+0067 'g'"},
		{"half a byte", line(`"from":"host","form":"ack","hex":"06 1"`), "t.jsonl:2: hex: odd length hex string"},
		{"another byte", line(`"from":"host","form":"ack","hex":"15"`), "t.jsonl:2: hex: got 15, want 06"},
		{"a chunk of a terminal", line(`"from":"host","form":"chunk","hex":"15"`), `t.jsonl:2: form: "chunk" does not occur on a line of kind zvt-serial`},
		{"a wrong checksum", line(`"from":"host","form":"frame","hex":"10 02 05 01 00 10 03 00 00"`), "t.jsonl:2: hex: the frame's checksum is wrong"},
		{"half a frame", line(`"from":"host","form":"frame","hex":"10 02 05 01"`), "t.jsonl:2: hex: the frame is not whole"},
		{"something before a frame", line(`"from":"host","form":"frame","hex":"06 10 02 05 01"`), "t.jsonl:2: hex: no frame of form frame: byte 1 does not belong there"},
		{"a wrong length", tcp + "\n" + `{"t":0.5,"at":"2026-11-24T10:00:00.500000Z","from":"host","form":"frame","hex":"05 01 02 00"}`, "t.jsonl:2: hex: the command has a length of 5 bytes in all, 4 are there"},
		{"a card number", tcp + "\n" + `{"t":0.5,"at":"2026-11-24T10:00:00.500000Z","from":"device","form":"frame","hex":"04 0f 0b 22 f0 f8 41 11 11 11 11 11 11 11"}`, "t.jsonl:2: hex: holds digits that a trace must not show"},
		{"a password", tcp + "\n" + `{"t":0.5,"at":"2026-11-24T10:00:00.500000Z","from":"host","form":"frame","hex":"06 50 03 12 34 56"}`, "t.jsonl:2: hex: holds digits that a trace must not show"},
		{"digits in noise", line(`"from":"device","form":"noise","hex":"41 11 11"`), "t.jsonl:2: hex: holds digits that a trace must not show"},
		{"a pause behind the end", line(`"from":"device","form":"noise","hex":"ff","pauses":[{"after":9,"for":1}]`), "t.jsonl:2: pauses: one after 9 bytes of 1"},
		{"a line too long", goodHeader + "\n" + strings.Repeat("x", maxLine), fmt.Sprintf("t.jsonl:2: a line of more than %d bytes", maxLine)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read("t.jsonl", strings.NewReader(tt.in))
			if !errors.Is(err, ErrTrace) || err.Error() != "not a usable trace:\n"+tt.want {
				t.Errorf("\n got %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestTheFirstTenMistakesAreTold(t *testing.T) {
	_, err := Read("t.jsonl", strings.NewReader(goodHeader+strings.Repeat("\n{}", 20)))
	if err == nil || strings.Count(err.Error(), "\n") != maxProblems {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

var errDisk = errors.New("disk")

func (failing) Read([]byte) (int, error)  { return 0, errDisk }
func (failing) Write([]byte) (int, error) { return 0, errDisk }

func TestADiskThatFailsIsNoMistakeOfTheTrace(t *testing.T) {
	if _, err := Read("t.jsonl", failing{}); !errors.Is(err, errDisk) || errors.Is(err, ErrTrace) {
		t.Errorf("read: %v", err)
	}
	if _, err := (&Trace{Header: Header{Kind: Display}}).WriteTo(failing{}); !errors.Is(err, errDisk) {
		t.Errorf("write: %v", err)
	}
}

// FuzzRead: what is read can be written and read again, and is the same then.
func FuzzRead(f *testing.F) {
	f.Add([]byte(goodHeader + "\n" + `{"t":0.5,"at":"2026-11-24T10:00:00.500000Z","form":"lost","text":"device is gone"}`))
	f.Add([]byte(goodHeader + "\n" + `{"t":1,"at":"2026-11-24T10:00:00.500000Z","from":"device","form":"noise","hex":"ff fe","pauses":[{"after":1,"for":0.25}]}`))
	var b bytes.Buffer
	_, _ = fileOf(f, ZVTTCP, tcpTrace).WriteTo(&b)
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		tr, err := Read("in", bytes.NewReader(in))
		if err != nil {
			if !errors.Is(err, ErrTrace) {
				t.Errorf("got %v", err)
			}
			return
		}
		var once, twice bytes.Buffer
		_, _ = tr.WriteTo(&once)
		back, err := Read("once", bytes.NewReader(once.Bytes()))
		if err != nil {
			t.Fatalf("%v\n%s", err, once.String())
		}
		_, _ = back.WriteTo(&twice)
		if once.String() != twice.String() {
			t.Errorf("\n got %s\nwant %s", twice.String(), once.String())
		}
	})
}
