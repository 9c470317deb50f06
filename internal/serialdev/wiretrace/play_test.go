package wiretrace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/serialdev/zvt"
)

// fileOf makes a trace of lines "T FROM FORM HEX", T in milliseconds.
func fileOf(t testing.TB, kind Kind, script string) *Trace {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, `{"trace":"edged-wire","version":1,"edged":"v1","port":"/dev/x","kind":%q,"begun":"2026-11-24T10:00:00Z"}`+"\n", kind)
	for line := range strings.Lines(strings.TrimSpace(script)) {
		f := strings.Fields(line)
		ms := 0
		fmt.Sscan(f[0], &ms)
		fmt.Fprintf(&b, `{"t":%d.%03d,"at":"2026-11-24T10:00:00.000000Z"`, ms/1000, ms%1000)
		switch {
		case len(f) == 2:
			fmt.Fprintf(&b, `,"form":%q}`+"\n", f[1])
		default:
			fmt.Fprintf(&b, `,"from":%q,"form":%q,"hex":%q}`+"\n", f[1], f[2], framed(t, kind, f[2], f[3]))
		}
	}
	tr, err := Read("test.jsonl", strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func framed(t testing.TB, kind Kind, form, hex string) string {
	if kind == ZVTSerial && Form(form) == Frame {
		return spaced(zvt.AppendFrame(nil, unhex(t, hex)))
	}
	return hex
}

// asked is a host that says and expects what it is told: "> hex" it sends, "< hex" it
// must get, "= 1s" it waits, "x" it hangs up.
func asked(t *testing.T, p *Player, script string) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		host, device := net.Pipe()
		done := make(chan error, 1)
		go func() { done <- p.Play(t.Context(), device) }()
		for line := range strings.Lines(strings.TrimSpace(script)) {
			what, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch what {
			case ">":
				if _, err := host.Write(unhex(t, rest)); err != nil {
					t.Errorf("send %s: %v", rest, err)
				}
			case "<":
				want := unhex(t, rest)
				got := make([]byte, len(want))
				_ = host.SetReadDeadline(time.Now().Add(time.Hour))
				if _, err := io.ReadFull(host, got); err != nil || string(got) != string(want) {
					t.Errorf("got %x, %v, want %x", got, err, want)
				}
			case "=":
				d, _ := time.ParseDuration(rest)
				time.Sleep(d)
			case "x":
				host.Close()
			}
		}
		err = <-done
		host.Close()
	})
	return err
}

const tcpTrace = `
0 opened
10 host frame 050100
20 device frame 800000
1020 device frame 060f00
1021 host frame 800000
31021 host frame 050100
31031 device frame 800000
31041 device frame 060f0119
31042 host frame 800000
40000 host frame 060006eeeeeeba0978
40010 device frame 800000
41000 lost
50000 opened
50010 host frame 050100
50020 device frame 800000
50030 closed
`

func player(t *testing.T, tr *Trace, change func(*PlayerOptions)) *Player {
	t.Helper()
	o := PlayerOptions{Trace: tr, Patience: time.Minute, Speed: 1}
	if change != nil {
		change(&o)
	}
	p, err := NewPlayer(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestATraceIsPlayedAsItWasRecorded(t *testing.T) {
	for _, tt := range []struct {
		name, host string
		change     func(*PlayerOptions)
	}{
		{"with all status enquiries, exactly", "> 050100\n< 800000\n< 060f00\n> 800000\n= 30s\n> 050100\n< 800000\n< 060f0119\n> 800000\n> 060006123456ba0978\n< 800000", func(o *PlayerOptions) { o.Exact = true }},
		{"at once, a command in pieces", "> 05\n> 0100\n< 800000\n< 060f00\n> 800000\n> 050100\n< 800000\n< 060f0119\n> 800000\n> 060006123456ba0978\n< 800000", func(o *PlayerOptions) { o.Speed = 0 }},
		{"one status enquiry less", "> 050100\n< 800000\n< 060f00\n> 800000\n> 060006654321ba0978\n< 800000", nil},
		{"two more", strings.Repeat("> 050100\n< 800000\n< 060f00\n> 800000\n", 1) + strings.Repeat("> 050100\n< 800000\n< 060f0119\n> 800000\n", 3) + "> 060006654321ba0978\n< 800000", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := player(t, fileOf(t, ZVTTCP, tcpTrace), tt.change)
			if err := asked(t, p, tt.host); err != nil || p.Over() {
				t.Errorf("first life: %v, over %v", err, p.Over())
			}
			if err := asked(t, p, "> 050100\n< 800000\nx"); err != nil || !p.Over() {
				t.Errorf("second life: %v, over %v", err, p.Over())
			}
			if err := asked(t, p, ""); !errors.Is(err, io.EOF) {
				t.Errorf("behind the end: %v", err)
			}
		})
	}
}

func TestTheFirstDifferenceIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name, host, want string
		number           int
	}{
		{"another command", "> 060100", "got  frame (authorisation)", 2},
		{"another amount", "> 050100\n< 800000\n< 060f00\n> 800000\n> 050100\n< 800000\n< 060f0119\n> 800000\n> 060006123456ba0949", "want frame (registration): 06 00 06 ee ee ee ba 09 78", 10},
		{"nothing", "= 2m", "got  nothing for 1m0s", 2},
		{"it hangs up", "x", "got  the host closes the line", 2},
		{"another status enquiry", "> 050101", "got  cut: 05 01 01", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := asked(t, player(t, fileOf(t, ZVTTCP, tcpTrace), nil), tt.host+"\n= 2m")
			var d *Difference
			if !errors.As(err, &d) || !errors.Is(err, ErrDiffers) || d.Number != tt.number || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q at record %d", err, tt.want, tt.number)
			}
			if d != nil && d.Record.Line != tt.number+1 {
				t.Errorf("line %d, want %d", d.Record.Line, tt.number+1)
			}
		})
	}
}

func TestAPieceThatIsMissingIsPassedOver(t *testing.T) {
	tr := fileOf(t, ZVTSerial, `
0 opened
10 host frame 050100
20 device ack 06
30 device frame 800000
31 host ack 06
3000 forgotten
3000 device frame 04ff010a
3001 host ack 06
3002 host frame 800000
3010 host frame 06b000
3020 device ack 06
9000 host frame 050100
9010 device ack 06
9020 closed
`)
	enquiry, yes := zvt.AppendFrame(nil, unhex(t, "050100")), zvt.AppendFrame(nil, unhex(t, "800000"))
	p := player(t, tr, nil)
	host := fmt.Sprintf("> %x\n< 06\n< %x\n> 06\n> %x\n< 06\nx", enquiry, yes, enquiry)
	if err := asked(t, p, host); err != nil || !p.Over() {
		t.Errorf("%v, over %v", err, p.Over())
	}
}

func TestWhatCannotBePlayed(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    PlayerOptions
		want error
	}{
		{"no trace", PlayerOptions{}, ErrOptions},
		{"a negative speed", PlayerOptions{Trace: fileOf(t, ZVTTCP, tcpTrace), Speed: -1}, ErrOptions},
		{"a display", PlayerOptions{Trace: fileOf(t, Display, "0 opened\n1 host chunk 41")}, ErrTrace},
		{"a line that is never opened", PlayerOptions{Trace: fileOf(t, ZVTTCP, "0 host frame 050100")}, ErrTrace},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewPlayer(tt.o); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	t.Run("a command that was not kept", func(t *testing.T) {
		p := player(t, fileOf(t, ZVTTCP, "0 opened\n1 host frame 050100"), nil)
		p.records = append(p.records, Record{From: Device, Form: TooLong, Count: 9000})
		if err := asked(t, p, "> 050100"); !errors.Is(err, ErrTrace) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("not any more", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, device := net.Pipe()
		if err := player(t, fileOf(t, ZVTTCP, tcpTrace), nil).Play(ctx, device); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
