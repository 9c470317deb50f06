package displaysim

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func newDisplay(t testing.TB, o Options) *Display {
	t.Helper()
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func feed(t testing.TB, d *Display, s string) string {
	t.Helper()
	if _, err := io.WriteString(d, s); err != nil {
		t.Fatal(err)
	}
	return d.Screen().Text()
}

type vector struct {
	Name    string `json:"name"`
	Family  string `json:"family"`
	Hex     string `json:"hex"`
	Meaning struct {
		Screen          []string `json:"screen"`
		ScreenOverwrite []string `json:"screen_overwrite"`
		Text            string   `json:"text"`
		Row             int      `json:"row"`
		Command         string   `json:"command"`
	} `json:"meaning"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/display-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

func TestPublishedBytesShowWhatTheyShould(t *testing.T) {
	shown := 0
	for _, v := range vectors(t) {
		emulation, ok := map[string]Emulation{"pole-escpos": ESCPOS, "pole-cd5220": CD5220}[v.Family]
		if !ok {
			continue
		}
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		d := newDisplay(t, Options{Emulation: emulation})
		_, _ = d.Write(b)
		s := d.Screen()
		want := v.Meaning.Screen
		switch {
		case v.Meaning.ScreenOverwrite != nil:
			want = v.Meaning.ScreenOverwrite
		case want == nil && v.Meaning.Row > 0:
			want = make([]string, 2)
			want[v.Meaning.Row-1] = v.Meaning.Text
		case want == nil && v.Name == "escpos-cp437-e-acute":
			want = []string{v.Meaning.Text}
		case want == nil:
			continue
		}
		shown++
		if got := s.Text(); got != strings.TrimRight(strings.Join(trimmed(want), "\n"), " ")+strings.Repeat("\n", 2-len(want)) {
			t.Errorf("%s: got %q, want %q", v.Name, got, want)
		}
	}
	if shown < 6 {
		t.Errorf("only %d vectors show anything", shown)
	}
}

func trimmed(rows []string) []string {
	var out []string
	for _, r := range rows {
		out = append(out, strings.TrimRight(r, " "))
	}
	return out
}

func TestCommandsLeaveNoCharactersBehind(t *testing.T) {
	for _, v := range vectors(t) {
		emulation, ok := map[string]Emulation{"pole-escpos": ESCPOS, "pole-cd5220": CD5220}[v.Family]
		if !ok || v.Meaning.Text != "" || v.Meaning.Screen != nil || v.Meaning.Command == "" || strings.HasPrefix(v.Meaning.Command, "write") {
			continue
		}
		b, _ := hex.DecodeString(v.Hex)
		d := newDisplay(t, Options{Emulation: emulation})
		_, _ = d.Write(b)
		if got := d.Screen().Text(); got != "\n" {
			t.Errorf("%s shows %q", v.Name, got)
		}
	}
}

func TestTheEdges(t *testing.T) {
	row1, row2 := strings.Repeat("a", 20), strings.Repeat("b", 20)
	for _, c := range []struct {
		name, bytes string
		lazy        bool
		want        string
	}{
		{"overwrite wraps to the top", "\x1f\x01" + row1 + row2 + "c", false, "c" + row1[1:] + "\n" + row2},
		{"vertical scrolls at once", "\x1f\x02" + row1 + row2, false, row2 + "\n"},
		{"vertical scrolls with the next byte", "\x1f\x02" + row1 + row2, true, row1 + "\n" + row2},
		{"vertical scrolls with the next byte, and it came", "\x1f\x02" + row1 + row2 + "c", true, row2 + "\nc"},
		{"a position in between cancels the scroll", "\x1f\x02" + row1 + row2 + "\x1f$\x01\x01c", true, "c" + row1[1:] + "\n" + row2},
		{"horizontal shifts the line", "\x1f\x03" + row1 + "xy", false, row1[:18] + "xy\n"},
		{"LF keeps the column", "ab\nc", false, "ab\n  c"},
		{"CR goes to the line's start", "ab\rc", false, "cb\n"},
		{"BS at the origin goes to the last cell", "\x08z", false, "\n" + strings.Repeat(" ", 19) + "z"},
		{"HT moves without erasing", "abc\x0b\t\tX", false, "abX\n"},
		{"CAN clears the cursor's line", "ab\nc\x18", false, "ab\n"},
		{"line end", "\x1f\x0dz", false, strings.Repeat(" ", 19) + "z\n"},
		{"a position outside is ignored", "a\x1f$\x15\x01b\x1f$\x01\x03c", false, "abc\n"},
	} {
		if got := feed(t, newDisplay(t, Options{Lazy: c.lazy}), c.bytes); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPagesAndInternationalSets(t *testing.T) {
	d := newDisplay(t, Options{})
	if got := feed(t, d, "\x1b@\x1bt\x131 \xd5 \x84"); got != "1 € ä\n" {
		t.Errorf("CP858: got %q", got)
	}
	if got := feed(t, d, "\x0c\x1bR\x02[Info]"); got != "ÄInfoÜ\n" {
		t.Errorf("left on Germany: got %q", got)
	}
	if got := feed(t, d, "\x0c\x1bR\x00[Info]\x1bt\x06\xd5"); got != "[Info]□\n" {
		t.Errorf("a page without a table: got %q", got)
	}
	if got := feed(t, newDisplay(t, Options{Emulation: CD5220}), "\x1bcP\xd5"); got != "€\n" {
		t.Errorf("CD5220 with CP858: got %q", got)
	}
}

func TestTheStringModeOfACD5220LocksTheRest(t *testing.T) {
	d := newDisplay(t, Options{Emulation: CD5220})
	if got := feed(t, d, "\x1bQAone\r\x1b*\x02\x1bl\x01\x02xyz\x1bQBtwo\r"); got != "one\ntwo" {
		t.Errorf("got %q", got)
	}
	if b := d.Screen().Brightness; b != 4 {
		t.Errorf("brightness %d was set in string mode", b)
	}
	if got := feed(t, d, "\x0c\x1b*\x02a"); got != "a\n" || d.Screen().Brightness != 2 {
		t.Errorf("after CLR: got %q", got)
	}
}

func TestTheEdgesInEveryMode(t *testing.T) {
	last := "\x1f$\x14\x02"
	for _, c := range []struct{ name, bytes, want string }{
		{"up from the top goes to the bottom", "\x1f\x0az", "\nz"},
		{"up in vertical mode scrolls down", "\x1f\x02ab\x1f\x0az", "  z\nab"},
		{"up from the second row", "\x1f$\x01\x02\x1f\x0az", "z\n"},
		{"LF in vertical mode scrolls up", "\x1f\x02a\x1f$\x01\x02b\nz", "b\n z"},
		{"HT at the end wraps to the top", last + "\tz", "z\n"},
		{"HT in vertical mode scrolls", "\x1f\x02a" + last + "b\x1f$\x14\x01\tz", strings.Repeat(" ", 19) + "b\nz"},
		{"HT in horizontal mode shifts left", "\x1f\x03ab\x1f\x0d\t", "b\n"},
		{"BS in horizontal mode shifts right", "\x1f\x03ab\x0b\x08", " ab\n"},
		{"BS in vertical mode scrolls down", "\x1f\x02ab\x0b\x08z", strings.Repeat(" ", 19) + "z\nab"},
		{"BS steps back without erasing", "ab\x08z", "az\n"},
		{"bottom is the last cell", "\x1fBz", "\n" + strings.Repeat(" ", 19) + "z"},
		{"the self test leaves a blank screen", "abc\x1f@z", "z\n"},
		{"a character with its point", "\x1f.a\x1f,b\x1f;c", "abc\n"},
		{"own characters are swallowed whole", "\x1b&\x01AB\x01\x7f\x00z", "z\n"},
		{"so are extended commands", "\x1f(A\x02\x00xyz", "z\n"},
		{"and windows, set or cancelled", "\x1bW\x01\x01\x01\x01\x0a\x02a\x1bW\x01\x00b", "ab\n"},
	} {
		if got := feed(t, newDisplay(t, Options{}), c.bytes); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestACD5220MovesItsCursor(t *testing.T) {
	for _, c := range []struct{ name, bytes, want string }{
		{"home", "ab\x1b[Hz", "zb\n"},
		{"up and down", "\x1b[Ba\x1b[Ab", " b\na"},
		{"right and left", "ab\x1b[D\x1b[D\x1b[Cz", "az\n"},
		{"line start and end", "ab\x1b[Lz\x1b[Ry", "zb" + strings.Repeat(" ", 17) + "y\n"},
		{"bottom", "\x1b[Kz", "\n" + strings.Repeat(" ", 19) + "z"},
		{"modes", "\x1b\x13" + strings.Repeat("a", 20) + "z", strings.Repeat("a", 19) + "z\n"},
		{"own characters and windows are swallowed", "\x1b&\x01AA\x01\x7f\x1bW\x01\x05\x0f\x01z", "z\n"},
		{"a row that never ends is given up", "\x1bQA" + strings.Repeat("x", 80) + "\x0c" + "z", "z\n"},
	} {
		if got := feed(t, newDisplay(t, Options{Emulation: CD5220}), c.bytes); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEveryPageHasItsLetters(t *testing.T) {
	for bytes, want := range map[string]string{
		"\x1bt\x00\x9b": "¢", "\x1bt\x02\x9b": "ø", "\x1bt\x03\x8e": "Ã", "\x1bt\x04\x8e": "À", "\x1bt\x05\x9b": "ø",
		"\x1bt\x10\x80": "€", "\x1bt\x11\x80": "А", "\x1bt\x12\x88": "ł", "\x1bt\x13\xd5": "€", "\x1bR\x63[": "[",
	} {
		if got := feed(t, newDisplay(t, Options{}), bytes); got != want+"\n" {
			t.Errorf("% x: got %q, want %q", bytes, got, want)
		}
	}
	for bytes, want := range map[string]string{"\x1bcA\x9b": "¢", "\x1bcW\x80": "€", "\x1bcR\x80": "□", "\x1bfG[": "Ä"} {
		if got := feed(t, newDisplay(t, Options{Emulation: CD5220}), bytes); got != want+"\n" {
			t.Errorf("CD5220 % x: got %q, want %q", bytes, got, want)
		}
	}
}

func TestOptionsThatNoDisplayHasAreRefused(t *testing.T) {
	for _, o := range []Options{{Rows: 5}, {Cols: 41}, {Rows: -1}, {Emulation: "aedex"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

// A display in string mode takes nothing but rows; what it does not take leaves no
// character behind either (§1.8).
func TestASetupThatComesInStringModeIsNotSeen(t *testing.T) {
	d := newDisplay(t, Options{Emulation: CD5220})
	const setup = "\x1b\x11\x1b_\x00\x1bfA\x1bcP\x1b*\x04"
	if got := feed(t, d, setup+"\x1bQAT\x81r       \r"+setup+"\x1bQB1 \xd5\r"+setup); got != "Tür\n1 €" {
		t.Errorf("got %q", got)
	}
}

func TestPowerForgetsEverything(t *testing.T) {
	d := newDisplay(t, Options{Banner: "POLE 1.0"})
	if got := d.Screen().Text(); got != "POLE 1.0\n" {
		t.Errorf("got %q", got)
	}
	feed(t, d, "\x1bt\x13\x1fX\x01\x0chello")
	d.Power(false)
	if got := feed(t, d, "lost"); got != "\n" {
		t.Errorf("without power: got %q", got)
	}
	d.Power(true)
	if s := d.Screen(); s.Text() != "POLE 1.0\n" || s.Brightness != 4 {
		t.Errorf("got %+v", s)
	}
	if got := feed(t, d, "\x0c\xd5"); got != "╒\n" {
		t.Errorf("the page was not forgotten: %q", got)
	}
}

func TestScreensThatStandAreRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(t, Options{})
		paint := func(a, b string) {
			feed(t, d, "\x1f$\x01\x01"+a+strings.Repeat(" ", 20-len(a)))
			time.Sleep(10 * time.Millisecond) // half a repaint is not a screen
			feed(t, d, "\x1f$\x01\x02"+b+strings.Repeat(" ", 20-len(b)))
		}
		time.Sleep(time.Second)
		for _, s := range []string{"one", "two", "two", "three"} {
			paint(s, s)
			time.Sleep(time.Second)
		}
		paint("flash", "flash")
		paint("four", "four")
		time.Sleep(time.Second)
		var got []string
		for _, s := range d.History() {
			got = append(got, strings.ReplaceAll(s.Screen.Text(), "\n", "/"))
		}
		if s := strings.Join(got, " "); s != "/ one/one two/two three/three four/four" {
			t.Errorf("got %s", s)
		}
	})
}

func TestWhatFindsNoRoomIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(t, Options{Buffer: 40, Rate: 960})
		feed(t, d, strings.Repeat("x", 50))
		if d.Lost() != 10 {
			t.Errorf("lost %d, want 10", d.Lost())
		}
		time.Sleep(time.Second)
		feed(t, d, strings.Repeat("x", 40))
		if d.Lost() != 10 {
			t.Errorf("lost %d, want 10", d.Lost())
		}
	})
}

func TestAwaitSeesTheScreenItWants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(t, Options{})
		done := make(chan error, 1)
		go func() {
			done <- d.Await(t.Context(), func(s Screen) bool { return strings.Contains(s.Text(), "open") })
		}()
		for _, s := range []string{"\x0ctap", "\x0copen"} {
			time.Sleep(time.Second)
			feed(t, d, s)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestADisplayOnAPtyComesBackAfterUnplugging(t *testing.T) {
	const limit = 10 * time.Second
	link := filepath.Join(t.TempDir(), "display")
	d := newDisplay(t, Options{})
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- d.ServePty(ctx, link) }()
	for _, text := range []string{"first", "second"} {
		show := func(s Screen) bool { return strings.HasPrefix(s.Text(), text) }
		for d.Await(briefly(ctx), show) != nil {
			f, err := os.OpenFile(link, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
			if err == nil {
				_, _ = f.WriteString("\x0c" + text)
				_ = d.Await(briefly(ctx), show)
				f.Close()
			}
			if ctx.Err() != nil {
				t.Fatalf("%q never came up", text)
			}
		}
		d.Unplug(10 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("ServePty: %v", err)
	}
}

// briefly ends soon after; the caller looks again.
func briefly(ctx context.Context) context.Context {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	context.AfterFunc(ctx, cancel)
	return ctx
}

func FuzzDisplay(f *testing.F) {
	for _, v := range vectors(f) {
		b, _ := hex.DecodeString(v.Hex)
		f.Add(b, false)
	}
	f.Fuzz(func(t *testing.T, b []byte, lazy bool) {
		for _, e := range []Emulation{ESCPOS, CD5220} {
			d := newDisplay(t, Options{Emulation: e, Lazy: lazy})
			_, _ = d.Write(b)
			for _, r := range d.Screen().Rows {
				if n := len([]rune(r)); n != 20 {
					t.Errorf("a row of %d characters", n)
				}
			}
		}
	})
}
