package zvtterm

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
	"edged/internal/serialdev/port"
	"edged/internal/serialdev/wiretrace"
	"edged/internal/serialdev/zvt"
	"edged/internal/sim/readersim"
)

var (
	recordTraces = flag.Bool("record", false, "record testdata/traces anew, from the simulator")
	updateTraces = flag.Bool("update", false, "write what the driver posts into testdata/traces")
)

const tracesDir = "testdata/traces"

// scenario is a dialogue of driver and simulator that is worth a trace.
type scenario struct {
	name     string
	tcp      bool
	sim      readersim.Options
	faults   []readersim.Fault
	card     readersim.Card
	commands []string
}

func scenarios() []scenario {
	return []scenario{
		{name: "purchase", commands: []string{"arm 5000", "capture 1230", "ask"}},
		{name: "purchase-tcp", tcp: true, commands: []string{"arm 5000", "capture 1230", "ask"}},
		{name: "decline", card: readersim.Card{Decline: 0x6F}, commands: []string{"arm 5000", "ask"}},
		{
			name: "garbage-on-the-line", commands: []string{"arm 5000", "release"},
			faults: []readersim.Fault{
				{At: "tx 04 0f", Kind: readersim.Garbage, Hex: "fffe00"},
				{At: "tx 06 0f", Kind: readersim.CorruptCRC, Skip: 2},
				{At: "tx 04 ff", Kind: readersim.Split, For: 60 * time.Millisecond},
			},
		},
		{
			name: "power-cut-while-authorising", commands: []string{"arm 5000", "ask"}, sim: readersim.Options{USB: true},
			faults: []readersim.Fault{{At: "tx 04 0f", Kind: readersim.PowerOut, For: 3 * time.Second}},
		},
		{
			name: "unplugged-amid-the-result", commands: []string{"arm 5000", "ask"},
			faults: []readersim.Fault{{At: "tx 04 0f", Kind: readersim.Unplug, Bytes: 20, For: 3 * time.Second}},
		},
		{name: "end-of-day", commands: []string{"arm 5000", "capture 5000", "end_of_day"}},
	}
}

// TestRecordTraces records the scenarios, if that is asked for.
func TestRecordTraces(t *testing.T) {
	if !*recordTraces {
		t.Skip("it rewrites testdata: -record")
	}
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			tr, posted := s.run(t, readersim.Options{})
			path := filepath.Join(tracesDir, s.name)
			f, err := os.Create(path + ".jsonl")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tr.WriteTo(f); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			writeText(t, path+".txt", commandLines(s.commands)+posted)
		})
	}
}

// run plays a scenario against the simulator, and gives its trace and what was posted.
func (s scenario) run(t *testing.T, sim readersim.Options) (tr *wiretrace.Trace, posted string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var rec *wiretrace.Recorder
		r := newRig(t, func(o *Options, so *readersim.Options) {
			o.Serial = !s.tcp
			rec = recording(t, o)
			*so = s.sim
			so.LedgerPath = sim.LedgerPath
		})
		defer r.close()
		r.sim.AddFault(s.faults...)
		r.attach()
		for i, c := range s.commands {
			time.Sleep(2 * time.Second)
			cmd := commandIn(t, c, i, r.engine)
			r.startWhenAttached(cmd)
			if cmd.Kind == purchase.CmdArm {
				r.wg.Go(func() { _, _ = r.sim.Tap(r.ctx, s.card) })
			}
			r.engine.ended(t, cmd.ID)
		}
		time.Sleep(time.Second)
		tr, posted = rec.Trace(), postedLines(t, r.engine)
	})
	return tr, posted
}

// startWhenAttached starts a command as the engine does: not before the terminal is there.
func (r *rig) startWhenAttached(cmd purchase.TerminalCommand) {
	r.t.Helper()
	for r.terminal.Start(cmd) != nil {
		time.Sleep(100 * time.Millisecond)
	}
}

// recording puts a recorder on the lines that are opened.
func recording(t *testing.T, o *Options) *wiretrace.Recorder {
	t.Helper()
	kind := wiretrace.ZVTTCP
	if o.Serial {
		kind = wiretrace.ZVTSerial
	}
	rec, err := wiretrace.New(wiretrace.Options{Header: wiretrace.Header{
		Edged: "test", Lane: o.Lane, Device: "terminal", Port: "/dev/simulated", Kind: kind, Profile: o.Profile,
	}})
	if err != nil {
		t.Fatal(err)
	}
	open := o.Open
	recorded := wiretrace.Opener(rec, func(ctx context.Context, _ port.Settings) (port.Line, error) {
		line, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return line.(port.Line), nil
	})
	o.Open = func(ctx context.Context) (Line, error) { return recorded(ctx, port.Settings{Path: "/dev/simulated"}) }
	return rec
}

// TestTracesFromTheField: each trace in testdata/traces is played to the driver, which is
// given the commands in the file beside it. It posts what that file says.
func TestTracesFromTheField(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(tracesDir, "*.jsonl"))
	if err != nil || len(files) < len(scenarios()) {
		t.Fatalf("%d traces, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		t.Run(name, func(t *testing.T) {
			in, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			tr, err := wiretrace.Read(file, in)
			if err != nil {
				t.Fatal(err)
			}
			text := filepath.Join(tracesDir, name+".txt")
			want, err := os.ReadFile(text)
			if err != nil {
				t.Fatal(err)
			}
			commands := commandsOf(string(want))
			got := commandLines(commands) + replay(t, tr, commands)
			if *updateTraces {
				writeText(t, text, got)
			} else if got != string(want) {
				t.Errorf("it posts\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// replay plays a trace to a driver and gives what that posts. A command is started when
// the trace waits for a frame that the driver does not send by itself.
func replay(t *testing.T, tr *wiretrace.Trace, commands []string) (posted string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		eng := &engine{changed: make(chan struct{})}
		due := make(chan time.Duration, 1000)
		p, err := wiretrace.NewPlayer(wiretrace.PlayerOptions{
			Trace: tr, Speed: 1, Exact: true, Patience: time.Hour,
			Awaiting: func(r wiretrace.Record, after time.Duration) {
				if startsCommand(tr.Header.Kind, r) {
					due <- after
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		played := make(chan error, 1)
		o := Options{
			Lane: "front", Serial: tr.Header.Kind == wiretrace.ZVTSerial, Profile: tr.Header.Profile, Currency: "EUR", Capture: CapturePartialReversal,
		}
		ended := make(chan struct{}) // closed when the life before has ended: a player plays one
		close(ended)
		o.Open = func(ctx context.Context) (Line, error) {
			select {
			case <-ended:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if p.Over() {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			ours, theirs := net.Pipe()
			over := make(chan struct{})
			ended = over
			wg.Go(func() {
				defer close(over)
				if err := p.Play(ctx, theirs); err != nil || p.Over() {
					played <- err
				}
			})
			return ours, nil
		}
		term, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { _ = term.Run(ctx, eng.post, eng.acked) })
		for i := 0; ; {
			select {
			case after := <-due:
				time.Sleep(after)
				synctest.Wait()
				if term.current() != nil || i == len(commands) {
					continue // a further frame of a command, or a difference that the player tells
				}
				if err := term.Start(commandIn(t, commands[i], i, eng)); err != nil {
					t.Errorf("start %s: %v", commands[i], err)
				}
				i++
			case err := <-played:
				if err != nil {
					t.Error(err)
				}
				if i != len(commands) {
					t.Errorf("%d of %d commands were started", i, len(commands))
				}
				posted = postedLines(t, eng)
				if last := tr.Records[len(tr.Records)-1].Form; last != wiretrace.Closed && last != wiretrace.Lost {
					posted = withoutEnd(posted)
				}
				stop()
				wg.Wait()
				return
			}
		}
	})
	return posted
}

// withoutEnd leaves out that the line was lost, if that came last: the trace has ended
// before the line did.
func withoutEnd(posted string) string {
	lines := slices.Collect(strings.Lines(posted))
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.HasPrefix(lines[i], "detached ") {
			return strings.Join(slices.Delete(lines, i, i+1), "")
		}
		if !strings.HasPrefix(lines[i], "acked ") {
			break
		}
	}
	return posted
}

// startsCommand: the driver asks for the status, registers and aborts by itself.
func startsCommand(k wiretrace.Kind, r wiretrace.Record) bool {
	b := r.Bytes
	if k == wiretrace.ZVTSerial {
		b = b[min(2, len(b)):]
	}
	if r.Form != wiretrace.Frame || len(b) < 3 || b[0] == 0x80 || b[0] == 0x84 {
		return false
	}
	switch zvt.Command(b[0])<<8 | zvt.Command(b[1]) {
	case zvt.CmdStatusEnquiry, zvt.CmdRegistration, zvt.CmdAbortByECR, zvt.CmdChangeBaud:
		return false
	}
	return true
}

// commandIn is the n-th command, written "kind" or "kind amount"; one that settles is
// about the hold that was granted last.
func commandIn(t *testing.T, text string, n int, eng *engine) purchase.TerminalCommand {
	t.Helper()
	kind, amount, _ := strings.Cut(text, " ")
	var minor int64
	if amount != "" {
		var err error
		if minor, err = strconv.ParseInt(amount, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	cmd := settleCommand(purchase.CommandKind(kind), n+1, minor, purchase.Hold{})
	events, _ := eng.all()
	for _, ev := range events {
		if g, ok := ev.Body.(purchase.HoldGranted); ok && cmd.Kind != purchase.CmdArm {
			cmd.Hold = g.Hold
		}
	}
	if cmd.Kind == purchase.CmdAsk {
		cmd.Hold = purchase.Hold{}
	}
	return cmd
}

const commandMark = "> "

func commandLines(commands []string) string {
	var b strings.Builder
	for _, c := range commands {
		b.WriteString(commandMark + c + "\n")
	}
	return b.String()
}

func commandsOf(text string) (out []string) {
	for line := range strings.Lines(text) {
		if c, ok := strings.CutPrefix(strings.TrimSpace(line), commandMark); ok {
			out = append(out, c)
		}
	}
	return out
}

// postedLines is what was posted and which acknowledgements were told, in the order of each.
func postedLines(t *testing.T, eng *engine) string {
	t.Helper()
	var b strings.Builder
	events, _ := eng.all()
	for _, ev := range events {
		body, err := json.Marshal(ev.Body)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", ev.Body.Kind(), body)
	}
	for _, id := range eng.ackedIDs() {
		fmt.Fprintf(&b, "acked %s\n", id)
	}
	// A pipe is lost in two ways, by chance.
	return strings.NewReplacer("io: read/write on closed pipe", "line lost", "EOF", "line lost").Replace(b.String())
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestM8_NoTraceHoldsACardNumber: a terminal that puts the whole number wherever it can,
// in every scenario, over both transports.
func TestM8_NoTraceHoldsACardNumber(t *testing.T) {
	const pan = "4761739001010010"
	text := fmt.Sprintf("%x", pan)
	everywhere := []readersim.Fault{
		// A receipt line and one in a block, tracks 2 and 3 and a private object, a further text.
		{At: "tx 06 d1", Kind: readersim.Insert, Hex: "06d1" + "11" + "00" + text, Times: 1},
		{At: "tx 04 0f", Kind: readersim.Extend, Times: -1, Hex: "23f0f8" + pan + "24f0f0f8" + pan + "3cf0f1f6" + text + "0619" + "1f0808" + pan + "df4208" + pan},
		{At: "tx 04 ff", Kind: readersim.Extend, Times: -1, Hex: "0614" + "2412" + "0710" + text},
	}
	kept, tried := 0, 0
	for _, s := range scenarios() {
		s.card.Masked = pan
		s.faults = append(slices.Clone(s.faults), everywhere...)
		t.Run(s.name, func(t *testing.T) {
			tr, _ := s.run(t, readersim.Options{})
			var b strings.Builder
			if _, err := tr.WriteTo(&b); err != nil {
				t.Fatal(err)
			}
			shown := strings.ReplaceAll(b.String(), " ", "")
			if strings.Contains(shown, pan[:6]) {
				tried++
			}
			for _, secret := range []string{pan, text, pan[5:12], fmt.Sprintf("%x", pan[5:12])} {
				if strings.Contains(shown, secret) {
					t.Errorf("%s is in the trace", secret)
				}
			}
			kept += len(tr.Records)
		})
	}
	if tried < 5 {
		t.Errorf("the beginning of the number is in %d traces only: nothing was tried", tried)
	}
	t.Logf("%d records in %d traces, %d of them with a card", kept, len(scenarios()), tried)
}
