package zvtterm

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// A script is what a terminal hears and says, line by line:
//
//	> 06 22 …    the driver sends this command ("…" at the end: begins like this)
//	< 80 00 00   the terminal sends this
//	= 2s         nothing comes from the driver for that long
//	* abort      the engine wishes the command to end
//	x            the terminal ends the line
//	e            the driver ends the line
//	! 2s         the driver ends the line within that long

// attachScript is what goes before every command.
const attachScript = `
> 05 01 05 00 00 00 03 02
< 80 00 00
< 06 0F 01 00
> 80 00 00
` + registerScript

const registerScript = `
> 06 00 0A 00 00 00 3E 09 78 03 01 06 00
< 80 00 00
< 06 0F 0A 19 10 29 52 50 00 01 49 09 78
> 80 00 00
`

const (
	arm50    = "> 06 22 0E 04 00 00 00 00 50 00 49 09 78 19 40 06 00\n"
	approved = "< 04 0F 1B 27 00 04 00 00 00 00 50 00 49 09 78 0C 12 34 56 0D 01 02 29 52 50 00 01 87 01 23\n"
	// another is a second, different approval.
	another  = "< 04 0F 1B 27 00 04 00 00 00 00 50 00 49 09 78 0C 12 34 57 0D 01 02 29 52 50 00 01 87 01 24\n"
	ok       = "> 80 00 00\n"
	yes      = "< 80 00 00\n"
	refused  = "> 84 66 00\n"
	complete = "< 06 0F 00\n" + ok
	timedOut = "< 06 1E 01 6C\n" + ok
)

// hold123 is the hold of approved.
var hold123 = purchase.Hold{
	Terminal: "52500001", Receipt: "0123", Date: "0102", Time: "123456", Amount: 5000, Currency: "EUR",
}

// play runs one command against a scripted terminal over TCP framing, and returns
// the events posted after the attachment.
func play(t *testing.T, script string, cmd purchase.TerminalCommand, change func(*Options)) (purchase.Ended, *engine) {
	t.Helper()
	return playTo(t, &engine{}, script, cmd, change)
}

// playTo is play with an engine that answers as it was told.
func playTo(t *testing.T, eng *engine, script string, cmd purchase.TerminalCommand, change func(*Options)) (end purchase.Ended, _ *engine) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		pt := &scripted{t: t}
		eng.changed = make(chan struct{})
		o := Options{Lane: "front", Currency: "EUR", Capture: CapturePartialReversal, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
		if change != nil {
			change(&o)
		}
		var wg sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		o.Open = func(ctx context.Context) (Line, error) {
			driver, terminal := net.Pipe()
			if pt.used {
				<-ctx.Done() // one line is enough
				return nil, ctx.Err()
			}
			pt.used = true
			wg.Go(func() { pt.run(terminal, attachScript+script) })
			return driver, nil
		}
		term, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		pt.abort = func() { term.Abort(cmd.ID) }
		wg.Go(func() { _ = term.Run(ctx, eng.post, eng.acked) })
		eng.await(t, "attached", func(b purchase.Body) bool { return b.Kind() == purchase.KindAttached })
		if err := term.Start(cmd); err != nil {
			t.Fatal(err)
		}
		end = eng.ended(t, cmd.ID)
		synctest.Wait()
		stop()
		wg.Wait()
		if n := eng.count(purchase.KindEnded, cmd.ID); n != 1 {
			t.Errorf("ended %d times, want 1", n)
		}
	})
	return end, eng
}

// scripted is a terminal that does what its script says.
type scripted struct {
	t     *testing.T
	used  bool
	abort func()
	line  int
}

func (p *scripted) run(conn net.Conn, script string) {
	defer conn.Close()
	for i, s := range strings.Split(script, "\n") {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		p.line = i
		if !p.step(conn, s[:1], strings.TrimSpace(s[1:])) {
			return
		}
	}
	_, _ = io.Copy(io.Discard, conn) // the driver may ask for the status again
}

func (p *scripted) step(conn net.Conn, verb, arg string) bool {
	switch verb {
	case "<":
		if _, err := conn.Write(unhex(p.t, arg)); err != nil {
			p.t.Errorf("line %d: %v", p.line, err)
			return false
		}
	case ">":
		return p.expect(conn, arg)
	case "=":
		d, _ := time.ParseDuration(arg)
		return p.silence(conn, d)
	case "*":
		p.abort()
	case "x":
		return false
	case "e":
		return p.ends(conn, time.Minute)
	case "!":
		d, _ := time.ParseDuration(arg)
		return p.ends(conn, d)
	}
	return true
}

func (p *scripted) ends(conn net.Conn, within time.Duration) bool {
	_ = conn.SetReadDeadline(time.Now().Add(within))
	if n, err := conn.Read(make([]byte, 1)); n > 0 || err != io.EOF {
		p.t.Errorf("line %d: %d bytes, %v; want the driver to end the line within %v", p.line, n, err, within)
	}
	return false
}

func (p *scripted) silence(conn net.Conn, d time.Duration) bool {
	_ = conn.SetReadDeadline(time.Now().Add(d))
	n, err := conn.Read(make([]byte, 1))
	_ = conn.SetReadDeadline(time.Time{})
	if n > 0 || err == io.EOF {
		p.t.Errorf("line %d: the driver sent something or ended the line (%v), want silence for %v", p.line, err, d)
		return false
	}
	return true
}

func (p *scripted) expect(conn net.Conn, arg string) bool {
	got, err := readAPDU(conn)
	prefix := strings.HasSuffix(arg, "…")
	want := unhex(p.t, strings.TrimSuffix(arg, "…"))
	if err != nil || !bytes.Equal(got, want) && !(prefix && bytes.HasPrefix(got, want)) {
		p.t.Errorf("line %d: got % X (%v), want %s", p.line, got, err, arg)
		return false
	}
	return true
}

func readAPDU(conn net.Conn) ([]byte, error) {
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Minute))
	head := make([]byte, 3)
	if _, err := io.ReadFull(conn, head); err != nil {
		return nil, err
	}
	data := make([]byte, head[2])
	_, err := io.ReadFull(conn, data)
	return append(head, data...), err
}

func unhex(t *testing.T, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Errorf("script: %q: %v", s, err)
	}
	return b
}

func TestHowAnArmedCommandEnds(t *testing.T) {
	tests := []struct {
		name   string
		script string
		want   purchase.Ended
		holds  int // HoldGranted posted
		acks   int
	}{
		{
			name:   "an approval that is acknowledged and completed is a hold",
			script: yes + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a completion alone is no hold",
			script: yes + complete,
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonOther, Text: "the terminal completed without a result"},
		},
		{
			name:   "a refused card is declined with the terminal's text",
			script: yes + "< 04 0F 08 27 05 3C F0 F0 F2 6E 6F\n" + ok + "< 06 1E 01 05\n" + ok,
			want:   purchase.Ended{Reason: purchase.ReasonDeclined, Code: "zvt 05", Text: "no", CardSeen: true},
		},
		{
			name:   "a refused card that ends with a completion is declined too",
			script: yes + "< 04 0F 02 27 05\n" + ok + complete,
			want:   purchase.Ended{Reason: purchase.ReasonDeclined, Code: "zvt 05", CardSeen: true},
		},
		{
			name:   "an abort by the terminal alone is enough",
			script: yes + "< 06 1E 01 7D\n" + ok,
			want:   purchase.Ended{Reason: purchase.ReasonHostOffline, Code: "zvt 7D"},
		},
		{
			name:   "an abort without 80 00 before it ends the command too",
			script: "< 06 1E 01 F0\n" + ok,
			want:   purchase.Ended{Reason: purchase.ReasonConfig, Code: "zvt F0"},
		},
		{
			name:   "nobody came",
			script: yes + "< 04 FF 01 0A\n" + ok + "< 04 0F 02 27 6C\n" + ok + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C"},
		},
		{
			name:   "we wished it to end",
			script: yes + "< 04 FF 01 0A\n" + ok + "* abort\n> 06 B0 00\n" + yes + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonAborted, Code: "zvt 6C"},
		},
		{
			name:   "the tap that crosses our wish is a hold",
			script: yes + "* abort\n> 06 B0 00\n< 84 83 00\n" + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "the same approval twice is posted once and answered twice",
			script: yes + approved + ok + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a second, different approval is refused and leaves a doubt",
			script: yes + approved + ok + another + refused + complete,
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonOther, Acked: true, CardSeen: true, Text: "the terminal reported two different results"}, holds: 1, acks: 1,
		},
		{
			name:   "an approval, then a refusal, then a completion leaves a doubt",
			script: yes + approved + ok + "< 04 0F 02 27 05\n" + ok + complete,
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonOther, Acked: true, CardSeen: true, Text: "the terminal reported two different results"}, holds: 1, acks: 1,
		},
		{
			name:   "a wrong PIN may be followed by an approval",
			script: yes + "< 04 0F 02 27 37\n" + ok + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "an approval that comes before the command is taken belongs to another one",
			script: approved + refused + yes + "< 06 1E 01 05\n" + ok,
			want:   purchase.Ended{Reason: purchase.ReasonDeclined, Code: "zvt 05", CardSeen: true},
		},
		{
			name:   "the terminal takes it back after our acknowledgement",
			script: yes + approved + ok + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonReversed, Code: "zvt 6C", Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a hold without a receipt number is refused",
			script: yes + "< 04 0F 09 27 00 04 00 00 00 00 50 00\n" + refused + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonRefused, CardSeen: false, Text: "hold without a receipt number"},
		},
		{
			name:   "a result without a code might be an approval and is refused",
			script: yes + "< 04 0F 0A 04 00 00 00 00 50 00 87 01 23\n" + refused + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonRefused, Text: "result without a code"},
		},
		{
			name:   "an unreadable result is refused",
			script: yes + "< 04 0F 09 27 00 04 00 00 00 0A 50 00\n" + refused + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C"},
		},
		{
			name:   "unknown commands of the terminal are refused, prints are taken",
			script: yes + "< 06 D1 03 40 48 69\n" + ok + "< 06 D3 00\n" + ok + "< 0F A1 00\n> 84 83 00\n" + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a terminal that cannot do it",
			script: "< 84 83 00\n",
			want:   purchase.Ended{Reason: purchase.ReasonUnsupported, Code: "zvt 83"},
		},
		{
			name:   "a busy terminal is asked again after two seconds",
			script: "< 84 9C 00\n= 1.9s\n" + arm50 + "< 84 9C 00\n= 1.9s\n" + arm50 + yes + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a terminal that stays busy",
			script: "< 84 9C 00\n" + strings.Repeat(arm50+"< 84 9C 00\n", 15),
			want:   purchase.Ended{Reason: purchase.ReasonBusy, Code: "zvt 9C"},
		},
		{
			name:   "a terminal that lost its registration is registered and asked again",
			script: "< 84 6B 00\n" + registerScript + arm50 + yes + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a lost registration told by result and abort",
			script: yes + "< 04 0F 02 27 6B\n" + ok + "< 06 1E 01 6B\n" + ok + registerScript + arm50 + yes + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C"},
		},
		{
			name:   "registered, and still not",
			script: "< 84 6B 00\n" + registerScript + arm50 + "< 84 6B 00\n",
			want:   purchase.Ended{Reason: purchase.ReasonConfig, Code: "zvt 6B"},
		},
		{
			name:   "no answer to the command leaves a doubt",
			script: "= 4.9s\ne",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: terminal does not answer"},
		},
		{
			name:   "silence for T4 makes us ask the terminal to stop",
			script: yes + "= 179s\n> 06 B0 00\n" + yes + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C"},
		},
		{
			name:   "silence for T4 twice leaves a doubt",
			script: yes + "= 179s\n> 06 B0 00\n" + "= 179s\ne",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: terminal does not answer"},
		},
		{
			name:   "the terminal may lengthen T4",
			script: yes + "< 04 FF 02 01 10\n" + ok + "= 599s\n" + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "each intermediate status starts T4 anew",
			script: yes + strings.Repeat("= 170s\n< 04 FF 01 0A\n"+ok, 3) + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C"},
		},
		{
			name:   "the line ends before the answer",
			script: "x",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: EOF"},
		},
		{
			name:   "the line ends after the acknowledgement",
			script: yes + approved + ok + "x",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Acked: true, CardSeen: true, Text: "dialogue 06 22: EOF"}, holds: 1, acks: 1,
		},
		{
			name:   "garbage",
			script: yes + strings.Repeat("< 01 02 00\n> 84 83 00\n", 20) + "< 01 02 00\ne",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: terminal sends garbage"},
		},
		{
			name:   "half a command",
			script: yes + "< 04 0F FF\n= 4.9s\ne",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: half a command: terminal sends garbage"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := armCommand(1)
			got, eng := play(t, arm50+tt.script, cmd, nil)
			tt.want.Command, tt.want.What = cmd.ID, purchase.CmdArm
			if tt.want.Outcome == "" {
				tt.want.Outcome = purchase.NotDone
			}
			if !sameEnd(got, tt.want) {
				t.Errorf("ended %+v\nwant  %+v", got, tt.want)
			}
			if n := eng.count(purchase.KindHoldGranted, cmd.ID); n != tt.holds {
				t.Errorf("%d holds posted, want %d", n, tt.holds)
			}
			if n := len(eng.ackedIDs()); n != tt.acks {
				t.Errorf("acked %d times, want %d", n, tt.acks)
			}
		})
	}
}

// sameEnd compares all but the terminal's id, which they all have.
func sameEnd(got, want purchase.Ended) bool {
	want.Terminal = "52500001"
	return fmt.Sprintf("%+v", got) == fmt.Sprintf("%+v", want)
}

func TestAPartialGrantIsTheHold(t *testing.T) {
	script := arm50 + yes + "< 04 0F 1B 27 00 04 00 00 00 00 20 00 87 01 23 0B 00 00 77 3B 41 42 43 31 32 33 00 00 8A 06\n" + ok + complete
	_, eng := play(t, script, armCommand(1), nil)
	events, _ := eng.all()
	var got purchase.Hold
	for _, ev := range events {
		if b, ok := ev.Body.(purchase.HoldGranted); ok {
			got = b.Hold
		}
	}
	want := purchase.Hold{
		Terminal: "52500001", Receipt: "0123", Trace: "000077", Auth: "4142433132330000",
		Amount: 2000, Currency: "EUR", Brand: "Mastercard",
	}
	if got != want {
		t.Errorf("hold %+v\nwant %+v", got, want)
	}
}

func TestWhatACaptureSends(t *testing.T) {
	full := hold123
	full.Trace, full.Auth = "000077", "4142433132330000"
	long := hold123
	long.Trace = "0012345678"
	tests := []struct {
		name    string
		capture Capture
		hold    purchase.Hold
		amount  money.Minor
		want    string
	}{
		{"partial reversal gives the rest back", CapturePartialReversal, hold123, 1735, "06 23 0D 87 01 23 04 00 00 00 00 32 65 49 09 78"},
		{"book total takes the amount", CaptureBookTotal, hold123, 1735, "06 24 19 87 01 23 04 00 00 00 00 17 35 49 09 78 0C 12 34 56 0D 01 02 29 52 50 00 01"},
		{"the whole hold by giving back zero", CapturePartialReversal, hold123, 5000, "06 23 0D 87 01 23 04 00 00 00 00 00 00 49 09 78"},
		{"the whole hold by taking it", CaptureBookTotal, hold123, 5000, "06 24 19 87 01 23 04 00 00 00 00 50 00 49 09 78 0C 12 34 56 0D 01 02 29 52 50 00 01"},
		{"nothing by giving back all", CapturePartialReversal, hold123, 0, "06 23 0D 87 01 23 04 00 00 00 00 50 00 49 09 78"},
		{"trace and approval code go along", CapturePartialReversal, full, 1735, "06 23 1A 87 01 23 04 00 00 00 00 32 65 49 09 78 0B 00 00 77 3B 41 42 43 31 32 33 00 00"},
		{"a long trace goes in a container", CapturePartialReversal, long, 1735, "06 23 17 87 01 23 04 00 00 00 00 32 65 49 09 78 06 08 1F 2B 05 00 12 34 56 78"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := settleCommand(purchase.CmdCapture, 1, int64(tt.amount), tt.hold)
			script := "> " + tt.want + "\n" + yes + "< 04 0F 09 27 00 87 01 24 0B 00 00 78\n" + ok + complete
			got, eng := play(t, script, cmd, func(o *Options) { o.Capture = tt.capture })
			if want := (purchase.Ended{Command: cmd.ID, What: cmd.Kind, Outcome: purchase.Done, Acked: true, CardSeen: true}); !sameEnd(got, want) {
				t.Errorf("ended %+v, want %+v", got, want)
			}
			events, _ := eng.all()
			var captured purchase.Captured
			for _, ev := range events {
				if b, ok := ev.Body.(purchase.Captured); ok {
					captured = b
				}
			}
			if want := (purchase.Captured{Command: cmd.ID, Amount: tt.amount, Receipt: "0124", Trace: "000078"}); captured != want {
				t.Errorf("posted %+v, want %+v", captured, want)
			}
		})
	}
}

func TestWhatMustNotGoOut(t *testing.T) {
	other := hold123
	other.Terminal = "99999999"
	none := hold123
	none.Receipt = ""
	tests := []struct {
		name string
		cmd  purchase.TerminalCommand
	}{
		{"a capture of another terminal's hold", settleCommand(purchase.CmdCapture, 1, 100, other)},
		{"a release of another terminal's hold", settleCommand(purchase.CmdRelease, 1, 0, other)},
		{"a capture of more than the hold", settleCommand(purchase.CmdCapture, 1, 5001, hold123)},
		{"a capture of less than nothing", settleCommand(purchase.CmdCapture, 1, -1, hold123)},
		{"a release without a receipt", settleCommand(purchase.CmdRelease, 1, 0, none)},
		{"a reversal without a receipt", settleCommand(purchase.CmdReverse, 1, 100, hold123)},
		{"a hold of nothing", purchase.TerminalCommand{ID: "a/arm/1", Kind: purchase.CmdArm, Order: order, Currency: "EUR"}},
		{"another currency", purchase.TerminalCommand{ID: "a/arm/1", Kind: purchase.CmdArm, Order: order, Amount: 5000, Currency: "USD"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := play(t, "e", tt.cmd, nil)
			if got.Outcome != purchase.NotDone || got.Reason != purchase.ReasonConfig {
				t.Errorf("ended %+v, want not done because of config", got)
			}
		})
	}
}

func TestHowASettlingCommandEnds(t *testing.T) {
	release := "> 06 25 06 87 01 23 49 09 78\n"
	reverse := "> 06 30 10 00 00 00 87 01 24 04 00 00 00 00 17 35 49 09 78\n"
	tests := []struct {
		name   string
		kind   purchase.CommandKind
		script string
		want   purchase.Outcome
		reason purchase.Reason
	}{
		{"released", purchase.CmdRelease, release + yes + "< 04 0F 05 27 00 87 02 32\n" + ok + complete, purchase.Done, ""},
		{"released already", purchase.CmdRelease, release + yes + "< 04 0F 02 27 B4\n" + ok + "< 06 1E 01 B4\n" + ok, purchase.NotDone, purchase.ReasonNotOpen},
		{"not to be released", purchase.CmdRelease, release + yes + "< 06 1E 01 B8\n" + ok, purchase.NotDone, purchase.ReasonNotOpen},
		{"a debit card cannot be released", purchase.CmdRelease, release + yes + "< 06 1E 01 67\n" + ok, purchase.NotDone, purchase.ReasonUnsupported},
		{"the host is away", purchase.CmdRelease, release + yes + "< 06 1E 01 9B\n" + ok, purchase.NotDone, purchase.ReasonHostOffline},
		{"reversed", purchase.CmdReverse, reverse + yes + "< 04 0F 0C 27 00 04 00 00 00 00 17 35 87 02 32\n" + ok + complete, purchase.Done, ""},
		{"a reversal of another amount is refused", purchase.CmdReverse, reverse + yes + "< 04 0F 0C 27 00 04 00 00 00 00 99 99 87 02 32\n" + refused + timedOut, purchase.NotDone, purchase.ReasonRefused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := settleCommand(tt.kind, 1, 1735, hold123)
			if tt.kind == purchase.CmdReverse {
				cmd.Receipt = "0124"
			}
			if got, _ := play(t, tt.script, cmd, nil); got.Outcome != tt.want || got.Reason != tt.reason {
				t.Errorf("ended %+v, want %s because of %q", got, tt.want, tt.reason)
			}
		})
	}
}

func TestWhichHoldsAreOpen(t *testing.T) {
	enquiry := "> 06 23 05 87 FF FF 06 00\n"
	last := "> 06 20 05 00 00 00 03 03\n"
	receipts := func(list ...string) (holds []purchase.Hold) {
		for _, r := range list {
			holds = append(holds, purchase.Hold{Terminal: "52500001", Receipt: r})
		}
		return holds
	}
	tests := []struct {
		name   string
		script string
		want   purchase.Ended
	}{
		{"none", enquiry + yes + "< 06 1E 04 B8 87 FF FF\n" + ok, purchase.Ended{Outcome: purchase.Done}},
		{"none, told by leaving the receipt out", enquiry + yes + "< 06 1E 01 B8\n" + ok, purchase.Ended{Outcome: purchase.Done}},
		{
			"a list, the last transaction unknown",
			enquiry + yes + "< 06 1E 0D B8 06 0A 23 08 08 02 01 23 08 02 01 24\n" + ok + last + "< 84 83 00\n",
			purchase.Ended{Outcome: purchase.Done, Open: receipts("0123", "0124")},
		},
		{
			"one at a time, and it was the last transaction",
			enquiry + yes + "< 06 1E 04 B8 87 01 23\n" + ok + last + yes + approved + ok + complete,
			purchase.Ended{Outcome: purchase.Done, Open: []purchase.Hold{hold123}, Text: "the terminal lists one open hold at a time"},
		},
		{
			"one, and another transaction came after it",
			enquiry + yes + "< 06 1E 04 B8 87 01 22\n" + ok + last + yes + approved + ok + complete,
			purchase.Ended{Outcome: purchase.Done, Open: receipts("0122"), Text: "the terminal lists one open hold at a time"},
		},
		{
			"the last transaction ends without a status",
			enquiry + yes + "< 06 1E 04 B8 87 01 23\n" + ok + last + yes + complete,
			purchase.Ended{Outcome: purchase.Done, Open: receipts("0123"), Text: "the terminal lists one open hold at a time"},
		},
		{"the terminal cannot tell", enquiry + "< 84 83 00\n", purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonUnsupported, Code: "zvt 83", Text: zvt.ResultUnknownCommand.Text()}},
		{"the enquiry failed", enquiry + yes + "< 06 1E 01 9B\n" + ok, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonHostOffline, Code: "zvt 9B", Text: zvt.ResultCode(0x9B).Text()}},
		{"a completion tells nothing", enquiry + yes + complete, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonOther, Code: "zvt 00", Text: zvt.ResultOK.Text()}},
		{"the line ends", enquiry + yes + "x", purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 23: EOF"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := settleCommand(purchase.CmdAsk, 1, 0, purchase.Hold{})
			tt.want.Command, tt.want.What = cmd.ID, cmd.Kind
			if got, _ := play(t, tt.script, cmd, nil); !sameEnd(got, tt.want) {
				t.Errorf("ended %+v\nwant  %+v", got, tt.want)
			}
		})
	}
}

func TestEndOfDayAndMaintenance(t *testing.T) {
	day := "> 06 50 03 00 00 00\n"
	status := "> 05 01 05 00 00 00 03 02\n" + yes + "< 06 0F 01 00\n" + ok
	tests := []struct {
		name   string
		kind   purchase.CommandKind
		script string
		want   purchase.Ended
	}{
		{"the day is closed", purchase.CmdEndOfDay, day + yes + "< 04 0F 09 27 00 04 00 00 00 01 23 45\n" + ok + complete, purchase.Ended{Outcome: purchase.Done, Text: "total 12345"}},
		{"the day is closed and an update follows", purchase.CmdEndOfDay, day + yes + "< 04 0F 02 27 00\n" + ok + "< 06 0F 02 27 E0\n" + ok, purchase.Ended{Outcome: purchase.Done, Text: "total 0"}},
		{
			"a hold is open", purchase.CmdEndOfDay, day + yes + "< 06 1E 04 B8 87 01 23\n" + ok,
			purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonRefused, Code: "zvt B8", Text: zvt.ResultPreAuth.Text(), Open: []purchase.Hold{{Terminal: "52500001", Receipt: "0123"}}},
		},
		{"not possible now", purchase.CmdEndOfDay, day + yes + "< 06 1E 01 77\n" + ok, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonRefused, Code: "zvt 77", Text: zvt.ResultNoEndOfDay.Text()}},
		{"the host is away", purchase.CmdEndOfDay, day + yes + "< 04 0F 02 27 9B\n" + ok + complete, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonHostOffline, Code: "zvt 9B", Text: zvt.ResultCode(0x9B).Text()}},
		{"a diagnosis, and the terminal's clock is taken", purchase.CmdMaintain, "> 06 70 00\n" + yes + "< 04 01 08 AA 26 01 02 0C 12 34 56\n" + ok + complete + status, purchase.Ended{Outcome: purchase.Done}},
		{"a diagnosis that fails", purchase.CmdMaintain, "> 06 70 00\n" + yes + "< 06 1E 01 9B\n" + ok, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonHostOffline, Code: "zvt 9B", Text: zvt.ResultCode(0x9B).Text()}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := purchase.TerminalCommand{ID: "front/x/1", Kind: tt.kind}
			tt.want.Command, tt.want.What = cmd.ID, cmd.Kind
			if got, _ := play(t, tt.script, cmd, nil); !sameEnd(got, tt.want) {
				t.Errorf("ended %+v\nwant  %+v", got, tt.want)
			}
		})
	}
}
