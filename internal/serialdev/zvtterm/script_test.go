package zvtterm

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
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
> 06 00 10 00 00 00 BE 09 78 03 01 06 06 26 04 0A 02 06 D3
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
	// noneOpen is the enquiry of open holds, answered by none.
	noneOpen = "> 06 23 05 87 FF FF 06 00\n" + yes + "< 06 1E 04 B8 87 FF FF\n" + ok
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
			attach := attachScript
			if o.Profile != "" { // see TestEachProfileRegistersInItsWay
				attach = statusOf("00") + strings.Replace(registerScript, "06 00 10 00 00 00 BE 09 78 03 01 06 06 26 04 0A 02 06 D3", "…", 1)
			}
			wg.Go(func() { pt.run(terminal, attach+script) })
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

// sameEnd compares all but the terminal's id, which they all have.
func sameEnd(got, want purchase.Ended) bool {
	want.Terminal = "52500001"
	g, errG := json.Marshal(got)
	w, errW := json.Marshal(want)
	return errG == nil && errW == nil && string(g) == string(w)
}
