package transcript

import (
	"errors"
	"strings"
	"testing"
	"time"

	"edged/internal/purchase"
)

func TestTextsThatAreNoTranscript(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"without a comment at its top", "arm\n", "no comment"},
		{"output of nothing", "# x\n    phase armed\n", "output of nothing"},
		{"an unknown directive", "# x\nsneeze\n", `"sneeze" is not understood`},
		{"a word too many", "# x\narm twice\n", `"twice" is not understood`},
		{"a value nobody asked for", "# x\narm when=now\n", "when= is not understood"},
		{"a value given twice", "# x\nclosed no=1 no=2\n", "no is given twice"},
		{"an open quote", "# x\nclosed msg=\"x\n", "open quote"},
		{"a bad amount", "# x\ngranted much\n", `"much" is no amount`},
		{"a bad product", "# x\ndetected apple\n", `"apple" is no product`},
		{"a bad number", "# x\ndetected mode=two\n", "mode=two is no number"},
		{"a bad time", "# x\n+soon\n", `"+soon" is no time`},
		{"a bad term", "# x\nterms ttl=long\n", "ttl=long is no time"},
		{"a bad outcome", "# x\nask ended perhaps\n", `outcome "perhaps"`},
		{"an answer that is none", "# x\nreport 1 maybe\n", "ok or refused"},
		{"a report without a number", "# x\nreport ok\n", "which number"},
	}
	for _, tt := range tests {
		if _, err := Parse("text", tt.text); !errors.Is(err, ErrSyntax) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestScriptsThatCannotBePlayed(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"an end of what was never asked for", "# x\narm\ncapture ended done\n", "no capture was asked for"},
		{"the same, by number", "# x\narm\ncapture ended done n=1\n", "never asked for"},
		{"no order yet", "# x\nclosed\n", "never armed"},
		{"a deadline for nobody", "# x\ndue open\n", "never armed"},
	}
	for _, tt := range tests {
		s, err := Parse("text", tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Play(nil); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestAPlayedScriptIsWrittenWithItsComments(t *testing.T) {
	text := `# what this shows
# in two lines

terms limit=10.00
# before arm
arm
    old output
+1m untold

abandon why="nobody \"came\""
again
# the end
`
	want := `# what this shows
# in two lines

terms limit=10.00
# before arm
arm
    facts armed id terms v
    phase armed
+1m untold

abandon why="nobody \"came\""
    facts out unused
    phase closed
    outcome abandoned: aborted
again
    nothing
# the end
`
	s, err := Parse("text", text)
	if err != nil {
		t.Fatal(err)
	}
	if s.About != "what this shows\nin two lines\n" {
		t.Errorf("about %q", s.About)
	}
	got, err := s.Play(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("played:\n%s", got)
	}
	again, err := Parse("text", got)
	if err != nil {
		t.Fatal(err)
	}
	if twice, err := again.Play(nil); err != nil || twice != got {
		t.Errorf("played twice: %v\n%s", err, twice)
	}
}

// TestLinesCanBePlayedElsewhere is what the crash test of the engine does with a
// script: an answer names the newest command of its kind in the state it is given.
func TestLinesCanBePlayedElsewhere(t *testing.T) {
	s, err := Parse("text", "# x\narm\ncapture ended done\n+5s unreachable\nreboot\nopen accepted\n")
	if err != nil {
		t.Fatal(err)
	}
	state := purchase.State{Order: Order(), Opens: make([]purchase.OpenTry, 2), Ops: []purchase.Op{{Kind: purchase.CmdCapture, N: 3}}}
	body, err := s.Lines[1].Event(state)
	if ended, ok := body.(purchase.Ended); err != nil || !ok || ended.Command != purchase.CommandFor(Order(), purchase.CmdCapture, 3) {
		t.Errorf("%+v, %v", body, err)
	}
	if w := s.Lines[2].Wait; w == nil || w.For != 5*time.Second || !w.Unreachable || w.Untold || s.Lines[2].IsEvent() {
		t.Errorf("wait %+v", w)
	}
	if r := s.Lines[3].Restart; r == nil || !r.Reboot {
		t.Errorf("restart %+v", r)
	}
	body, err = s.Lines[4].Event(state)
	if a, ok := body.(purchase.OpenAnswered); err != nil || !ok || a.Attempt != 2 || !s.Lines[4].IsEvent() {
		t.Errorf("%+v, %v", body, err)
	}
	if _, err := s.Lines[3].Event(state); !errors.Is(err, ErrSyntax) {
		t.Errorf("a reboot as an event: %v", err)
	}
}

func TestTheClocksOfAScript(t *testing.T) {
	c := Start()
	start := c.Now
	c.Pass(time.Minute, false)
	c.Pass(time.Second, true)
	if c.Now.Mono-start.Mono != 61_000 || c.Now.Powered-start.Powered != 61_000 || c.Now.Reach-start.Reach != 60_000 || c.Now.Wall-start.Wall != 61_000 {
		t.Errorf("from %+v to %+v", start, c.Now)
	}
	c.Reboot()
	if c.Now.Boot == start.Boot || c.Now.Powered-start.Powered != 61_000 || c.Now.Mono >= start.Mono {
		t.Errorf("after a reboot %+v", c.Now)
	}
}

func TestTimesAreWrittenShort(t *testing.T) {
	tests := map[time.Duration]string{
		0: "0s", 1500 * time.Millisecond: "1.5s", time.Minute: "1m", 90 * time.Second: "1m30s", 20 * time.Hour: "20h", time.Hour + time.Minute: "1h1m",
		10 * time.Second: "10s",
	}
	for d, want := range tests {
		if got := clean(d); got != want {
			t.Errorf("%v is written %s, want %s", d, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("# x\narm\ngranted 50.00\n    out\n+1s\nrestart\n")
	f.Add("# x\ndetected 1x2.00 mode=1 msg=\"a b\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("text", text)
		if err != nil {
			return
		}
		for _, l := range s.Lines {
			if l.IsEvent() {
				_, _ = l.Event(purchase.State{}) // must not panic; that there is no command is no fault
			}
		}
	})
}
