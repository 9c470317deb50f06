package readersim

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// bench is a terminal on a pipe and a hand-driven gateway at the other end.
type bench struct {
	t    *testing.T
	ctx  context.Context
	pt   *Terminal
	tr   Transport
	conn net.Conn
	wire wire
	in   []item
	taps chan TapResult
	done chan error
}

// inBubble runs f with a registered terminal that is up.
func inBubble(t *testing.T, o Options, tr Transport, f func(*bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := startBench(ctx, t, o, tr)
		b.talk(`
			> 06 00 06 00 00 00 3e 09 78
			< 80 00 00
			< 06 0f 0a 19 10 29 52 50 00 01 49 09 78
			> 80 00 00`)
		f(b)
		cancel()
		b.conn.Close()
		if err := <-b.done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func startBench(ctx context.Context, t *testing.T, o Options, tr Transport) *bench {
	t.Helper()
	pt, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, ctx: ctx, pt: pt, tr: tr, taps: make(chan TapResult, 8), done: make(chan error, 1)}
	go func() { b.done <- pt.Run(ctx) }()
	time.Sleep(pt.opt.Timing.Boot + time.Millisecond) // the bubble's clock
	b.plug()
	return b
}

// plug connects a new line.
func (b *bench) plug() {
	here, there := net.Pipe()
	b.conn, b.in = here, nil
	b.wire = &serialWire{}
	if b.tr == TCP {
		b.wire = &tcpWire{}
	}
	go func() { _ = b.pt.Attach(b.ctx, there, b.tr) }()
	synctest.Wait()
}

func (b *bench) item(limit time.Duration) (item, error) {
	buf := make([]byte, 512)
	for len(b.in) == 0 {
		_ = b.conn.SetReadDeadline(time.Now().Add(limit))
		n, err := b.conn.Read(buf)
		if err != nil {
			return item{}, err
		}
		b.in = append(b.in, b.wire.feed(buf[:n])...)
	}
	it := b.in[0]
	b.in = b.in[1:]
	return it, nil
}

func (b *bench) mustItem() item {
	b.t.Helper()
	it, err := b.item(time.Minute)
	if err != nil {
		b.t.Fatalf("nothing from the terminal: %v", err)
	}
	return it
}

func (b *bench) raw(p ...byte) {
	b.t.Helper()
	if _, err := b.conn.Write(p); err != nil {
		b.t.Fatalf("write: %v", err)
	}
}

// send writes a message and takes the terminal's ACK.
func (b *bench) send(s string) {
	b.t.Helper()
	a, err := wholeAPDU(unhex(b.t, s))
	if err != nil || a.misfit {
		b.t.Fatalf("%s is no message: %v", s, err)
	}
	b.raw(b.wire.encode(a)...)
	if !b.wire.acks() {
		return
	}
	if it := b.mustItem(); it.kind != itemACK {
		b.t.Fatalf("after %s: got item %+v, want an ACK", s, it)
	}
}

// recv takes a message, acknowledges the transport and returns it as hex pairs.
func (b *bench) recv() string {
	b.t.Helper()
	it := b.mustItem()
	if it.kind != itemFrame {
		b.t.Fatalf("got item kind %d, want a message", it.kind)
	}
	if b.wire.acks() {
		b.raw(ack)
	}
	return fmt.Sprintf("% x", it.raw)
}

// talk plays a dialogue: "> message", "< message" (".." ends a prefix), "tap",
// "wait duration".
func (b *bench) talk(script string) {
	b.t.Helper()
	for line := range strings.Lines(script) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch verb {
		case "":
		case ">":
			b.send(rest)
		case "<":
			b.expect(rest)
		case "tap":
			b.tap(Card{})
		case "wait":
			d, err := time.ParseDuration(rest)
			if err != nil {
				b.t.Fatal(err)
			}
			time.Sleep(d)
		default:
			b.t.Fatalf("bad line %q", line)
		}
	}
}

func (b *bench) expect(want string) {
	b.t.Helper()
	got := b.recv()
	prefix, open := strings.CutSuffix(want, "..")
	if got != want && !(open && strings.HasPrefix(got, strings.TrimSpace(prefix))) {
		b.t.Fatalf("got %s\nwant %s", got, want)
	}
}

func (b *bench) tap(c Card) {
	go func() {
		r, err := b.pt.Tap(b.ctx, c)
		if err == nil {
			b.taps <- r
		}
	}()
}

// reserve books one hold of 50.00 with the card and returns its receipt.
func (b *bench) reserve(c Card) TapResult {
	b.t.Helper()
	b.tap(c)
	b.talk(`
		> 06 22 0e 04 00 00 00 00 50 00 49 09 78 19 40 06 00
		< 80 00 00
		< 04 ff 01 0a
		> 80 00 00
		< 04 ff 01 04
		> 80 00 00
		< 04 0f ..
		> 80 00 00
		< 06 0f 00
		> 80 00 00`)
	return <-b.taps
}

// quiet fails if the terminal says anything within d.
func (b *bench) quiet(d time.Duration) {
	b.t.Helper()
	if it, err := b.item(d); err == nil {
		b.t.Fatalf("got %+v, want silence", it)
	}
}

func (b *bench) hold(n int) *Hold {
	b.t.Helper()
	all := b.pt.Ledger().HoldList()
	if n >= len(all) {
		b.t.Fatalf("ledger has %d holds, want hold %d", len(all), n)
	}
	return all[n]
}

func (b *bench) wantState(n int, want State, captured int64) {
	b.t.Helper()
	if h := b.hold(n); h.State != want || h.CapturedMinor != captured {
		b.t.Errorf("hold %d: got %s with %d captured, want %s with %d", n, h.State, h.CapturedMinor, want, captured)
	}
}
