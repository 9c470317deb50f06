package zvtterm

import (
	"context"
	"encoding/hex"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/errcode"
	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

const enquire = "> 05 01 05 00 00 00 03 02\n"

func statusOf(code string) string { return enquire + yes + "< 06 0F 01 " + code + "\n" + ok }

// meet runs a scripted terminal from the opening of the line, once for each script,
// and returns what was posted.
func meet(t *testing.T, change func(*Options), scripts ...string) []purchase.Body {
	t.Helper()
	var bodies []purchase.Body
	synctest.Test(t, func(t *testing.T) {
		eng := &engine{changed: make(chan struct{})}
		o := Options{Lane: "front", Currency: "EUR", Capture: CaptureBookTotal, StatusEvery: time.Hour}
		if change != nil {
			change(&o)
		}
		var wg sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		played := 0
		o.Open = func(ctx context.Context) (Line, error) {
			if played == len(scripts) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			driver, terminal := net.Pipe()
			pt := &scripted{t: t}
			script := scripts[played]
			wg.Go(func() { pt.run(terminal, script) })
			played++
			return driver, nil
		}
		term, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { _ = term.Run(ctx, eng.post, eng.acked) })
		time.Sleep(5 * time.Minute)
		stop()
		wg.Wait()
		events, _ := eng.all()
		for _, ev := range events {
			if ev.Lane != "front" || ev.Order != "" {
				t.Errorf("event %+v is not the lane's", ev)
			}
			bodies = append(bodies, ev.Body)
		}
	})
	return bodies
}

// A terminal that is off and one that talks at another speed ask for different things.
func TestBytesThatAreNoFrameAreToldFromSilence(t *testing.T) {
	noise := []byte{0x10, 0x82, 0x55, 0x00, 0xFE, 0x06, 0x10, 0x02, 0x31}
	status, _ := hex.DecodeString("10020506000010036c1c")
	for _, tt := range []struct {
		name   string
		answer []byte // to whatever is sent
		want   errcode.Code
	}{
		{"nothing comes", nil, errcode.ZVTNotTaken},
		{"noise comes", noise, errcode.ZVTNoFrame},
		{"a frame with a wrong checksum comes", status, errcode.ZVTNoFrame},
		{"it is acknowledged and nothing comes", []byte{zvt.ACK}, errcode.ZVTSilent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				eng := &engine{changed: make(chan struct{})}
				var wg sync.WaitGroup
				o := Options{Lane: "front", Serial: true, Currency: "EUR", Capture: CaptureBookTotal}
				o.Open = func(context.Context) (Line, error) {
					driver, terminal := net.Pipe()
					wg.Go(func() { babble(terminal, tt.answer) })
					return driver, nil
				}
				term, err := New(o)
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(t.Context())
				wg.Go(func() { _ = term.Run(ctx, eng.post, eng.acked) })
				eng.await(t, "detached", func(b purchase.Body) bool { return b.Kind() == purchase.KindDetached })
				time.Sleep(10 * time.Minute)
				stop()
				wg.Wait()
				var got []purchase.Detached
				for _, ev := range eng.events {
					if d, ok := ev.Body.(purchase.Detached); ok {
						got = append(got, d)
					}
				}
				if len(got) != 1 || got[0].Code != tt.want {
					t.Errorf("told %+v, want %s once", got, tt.want)
				}
			})
		})
	}
}

// babble answers everything with the same bytes.
func babble(line net.Conn, answer []byte) {
	buf := make([]byte, 512)
	for {
		if _, err := line.Read(buf); err != nil {
			return
		}
		if len(answer) > 0 {
			_, _ = line.Write(answer)
		}
	}
}

func TestWhatIsToldOfATerminalByItsStatus(t *testing.T) {
	caps := purchase.TerminalCaps{Terminal: "52500001", MaxHolds: 1, CaptureBelowHold: true, NeedsEndOfDay: true}
	wants := func(kind purchase.CommandKind) purchase.TerminalCaps {
		c := caps
		c.Wants = kind
		return c
	}
	attached := func(c purchase.TerminalCaps) []purchase.Body { return []purchase.Body{purchase.Attached{Caps: c}} }
	down := func(code errcode.Code, why string) []purchase.Body {
		return []purchase.Body{purchase.Detached{Why: why, Code: code}}
	}
	tests := []struct {
		name   string
		script string
		want   []purchase.Body
	}{
		{"ready", statusOf("00") + registerScript, attached(caps)},
		{"an end of day is due", statusOf("F0") + registerScript, attached(wants(purchase.CmdEndOfDay))},
		{"its journal is full", statusOf("B2") + registerScript, attached(wants(purchase.CmdEndOfDay))},
		{"it wants an initialisation", statusOf("51") + registerScript, attached(wants(purchase.CmdMaintain))},
		{"it wants a diagnosis", statusOf("C2") + registerScript, attached(wants(purchase.CmdMaintain))},
		{"its printer does not matter", statusOf("CC") + registerScript, attached(caps)},
		{"a card is in it", statusOf("DC") + registerScript, attached(caps)},
		{"out of order", statusOf("DF") + "e", down(errcode.ZVTUnusable, "terminal is not usable: "+zvt.TerminalStatus(0xDF).String())},
		{"remote maintenance", statusOf("E0") + "e", down(errcode.ZVTUnusable, "terminal is not usable: "+zvt.TerminalStatus(0xE0).String())},
		{"it does not answer", enquire + "= 4.9s\ne", down(errcode.ZVTSilent, "dialogue 05 01: terminal does not answer")},
		{"it answers nonsense", enquire + yes + "< 06 0F 00\n" + ok + "e", nil},
		{"another password", statusOf("00") + "> 06 00 …\n< 84 37 00\ne", down(errcode.ZVTSettings, "terminal refuses our settings: registration ended with "+zvt.ResultCode(0x37).String())},
		{"no terminal id", statusOf("00") + "> 06 00 …\n" + yes + "< 06 0F 00\n" + ok + "e", down(errcode.ZVTSettings, "terminal refuses our settings: registration without a terminal id")},
		{"another currency", statusOf("00") + "> 06 00 …\n" + yes + "< 06 0F 08 29 52 50 00 01 49 07 56\n" + ok + "e", down(errcode.ZVTSettings, "terminal refuses our settings: its currency is 756, ours 978")},
		{
			"it still waits for a card of somebody before us",
			enquire + "< 84 83 00\n> 06 B0 00\n" + yes + "< 04 0F 02 27 6C\n" + ok + timedOut + "= 4.9s\n" + statusOf("00") + registerScript,
			attached(caps),
		},
		{
			"it is in the middle of a dialogue",
			"< 04 FF 01 0A\n" + ok + "> 06 B0 00\n" + yes + timedOut + "= 4.9s\n" + statusOf("00") + registerScript,
			attached(caps),
		},
		{
			"a hold that nobody here asked for is refused",
			approved + refused + timedOut + "= 4.9s\n" + statusOf("00") + registerScript,
			attached(caps),
		},
		{
			"it says nothing within the time it may wait for us",
			"= 4.9s\n" + statusOf("00") + registerScript,
			attached(caps),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := meet(t, nil, tt.script)
			if tt.want == nil {
				if len(got) != 1 || !strings.Contains(got[0].(purchase.Detached).Why, errGarbage.Error()) {
					t.Errorf("posted %+v, want detached by garbage", got)
				}
				return
			}
			if len(got) < len(tt.want) || got[0] != tt.want[0] {
				t.Errorf("posted %+v\nwant   %+v", got, tt.want)
			}
		})
	}
}

func TestAnIdleTerminalIsAskedForItsStatus(t *testing.T) {
	script := statusOf("00") + registerScript + "= 29.9s\n" + statusOf("00") + "= 29.9s\n" + statusOf("F0") + "= 29.9s\n" + enquire + "= 4.9s\ne"
	got := meet(t, func(o *Options) { o.StatusEvery = 0 }, script, "= 400ms\n= 400ms\n")
	kinds := []purchase.Kind{purchase.KindAttached, purchase.KindAttached, purchase.KindDetached}
	for i, want := range kinds {
		if i >= len(got) || got[i].Kind() != want {
			t.Fatalf("posted %+v, want %v", got, kinds)
		}
	}
	if wants := got[1].(purchase.Attached).Caps.Wants; wants != purchase.CmdEndOfDay {
		t.Errorf("the second attachment wants %q, want the end of day", wants)
	}
}

// A terminal may want the end of day again after one that went well.
func TestWhatIsStillWantedAfterItWasDoneIsToldAgain(t *testing.T) {
	script := statusOf("F0") + registerScript + noneOpen + "> 06 50 03 00 00 00\n" + yes + "< 04 0F 02 27 00\n" + ok + complete +
		"= 29.9s\n" + statusOf("F0") + "= 29.9s\n" + statusOf("F0") + "= 29.9s\n" + statusOf("00")
	synctest.Test(t, func(t *testing.T) {
		eng := &engine{changed: make(chan struct{})}
		driver, device := net.Pipe()
		lines := make(chan Line, 1)
		lines <- driver
		term, err := New(Options{Lane: "front", Currency: "EUR", Capture: CaptureBookTotal, Open: func(ctx context.Context) (Line, error) {
			select {
			case l := <-lines:
				return l, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		wg.Go(func() { (&scripted{t: t}).run(device, script) })
		wg.Go(func() { _ = term.Run(ctx, eng.post, eng.acked) })
		time.Sleep(10 * time.Second)
		if err := term.Start(purchase.TerminalCommand{ID: "front/end_of_day/1", Kind: purchase.CmdEndOfDay}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Second)
		stop()
		wg.Wait()
		var wants []purchase.CommandKind
		events, _ := eng.all()
		for _, ev := range events {
			if b, ok := ev.Body.(purchase.Attached); ok {
				wants = append(wants, b.Caps.Wants)
			}
		}
		if want := []purchase.CommandKind{purchase.CmdEndOfDay, purchase.CmdEndOfDay, ""}; !slices.Equal(wants, want) {
			t.Errorf("attached wanting %q, want %q", wants, want)
		}
	})
}

func TestALineLostWhileIdleNeedsNoLongSilence(t *testing.T) {
	got := meet(t, nil, statusOf("00")+registerScript+"x", "= 499ms\n"+statusOf("00")+registerScript)
	if len(got) != 3 || got[1] != purchase.Body(purchase.Detached{Why: "EOF", Code: errcode.LaneTerminalDown}) || got[2].Kind() != purchase.KindAttached {
		t.Errorf("posted %+v, want attached, detached, attached", got)
	}
}

// TestEachProfileRegistersInItsWay: a terminal sends receipts as print commands only
// if the config byte asks for them and, for blocks, a list permits them (section 9.1).
func TestEachProfileRegistersInItsWay(t *testing.T) {
	const blocks = " 09 78 03 01 06 06 26 04 0A 02 06 D3\n"
	frames := map[string]string{
		Generic: "06 00 10 00 00 00 BE" + blocks, "feig": "06 00 10 00 00 00 DE" + blocks, "card-complete": "06 00 0A 00 00 00 3E 09 78 03 01 06 00\n",
		"verifone": "06 00 10 00 00 00 BE" + blocks, "ccv": "06 00 10 00 00 00 BE" + blocks,
	}
	for _, p := range Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			script := statusOf("00") + "> " + frames[p.Name] + yes + "< 06 0F 05 29 52 50 00 01\n" + ok
			got := meet(t, func(o *Options) { o.Profile = p.Name }, script)
			if len(got) == 0 || got[0].Kind() != purchase.KindAttached {
				t.Errorf("posted %+v, want attached", got)
			}
		})
	}
}

// TestAResultRepeatedOnANewLineIsAnsweredAsBefore: the terminal never got our
// acknowledgement and says it again (section 2.6).
func TestAResultRepeatedOnANewLineIsAnsweredAsBefore(t *testing.T) {
	tests := []struct {
		name   string
		again  string
		answer string
	}{
		{"the same approval", approved, ok},
		{"another approval", another, refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				eng := &engine{changed: make(chan struct{})}
				scripts := []string{
					attachScript + arm50 + yes + approved + ok + "x",
					tt.again + tt.answer + timedOut + "= 4.9s\n" + attachScript,
				}
				var wg sync.WaitGroup
				ctx, stop := context.WithCancel(t.Context())
				played := 0
				term, err := New(Options{
					Lane: "front", Currency: "EUR", Capture: CaptureBookTotal, StatusEvery: time.Hour,
					Open: func(context.Context) (Line, error) {
						driver, terminal := net.Pipe()
						pt, script := &scripted{t: t}, scripts[played]
						wg.Go(func() { pt.run(terminal, script) })
						played++
						return driver, nil
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				wg.Go(func() { _ = term.Run(ctx, eng.post, eng.acked) })
				eng.await(t, "attached", func(b purchase.Body) bool { return b.Kind() == purchase.KindAttached })
				if err := term.Start(armCommand(1)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				if n := eng.count(purchase.KindHoldGranted, armCommand(1).ID); n != 1 {
					t.Errorf("%d holds posted, want 1", n)
				}
				if n := len(eng.ackedIDs()); n != 1 {
					t.Errorf("acked %d times, want once, before the end", n)
				}
				stop()
				wg.Wait()
			})
		})
	}
}
