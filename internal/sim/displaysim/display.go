package displaysim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"edged/internal/sim/ptyline"
)

// Emulation is the command set of the box (§1.1).
type Emulation string

// The emulations.
const (
	ESCPOS Emulation = "escpos"
	CD5220 Emulation = "cd5220"
)

// Choices are all of them.
func (Emulation) Choices() []string {
	return []string{string(ESCPOS), string(CD5220)}
}

// Options make a Display. The zero value of each field means its default. What has a
// YAML key can be said in a script.
type Options struct {
	Rows      int       `yaml:"rows"`      // of characters, up to 4; 2
	Cols      int       `yaml:"cols"`      // of a row, up to 40; 20
	Emulation Emulation `yaml:"emulation"` // command set; escpos
	Lazy      bool      `yaml:"lazy"`      // scroll when the next byte comes, not as the last cell is written (§1.3)
	// Settle is how long a screen must stand to be recorded; 50ms.
	Settle time.Duration `yaml:"settle"`
	// Buffer and Rate, if both are set, are the receive buffer in bytes and how many the
	// display works off in a second: what comes faster is lost silently (§1.4).
	Buffer int    `yaml:"buffer"` // size of the receive buffer in bytes, with rate; none is lost
	Rate   int    `yaml:"rate"`   // bytes worked off in a second: what comes faster than the buffer takes is lost silently
	Banner string `yaml:"banner"` // shown after power on, until the first byte
	// Tap, if set, may put something between the display and each line, a recorder for
	// example. What it returns is closed in place of r.
	Tap func(r io.ReadCloser) io.ReadCloser
}

// Screen is what the display shows.
type Screen struct {
	Rows       []string // each exactly as many characters as the display has columns
	Brightness int      // 1 to 4
	Blank      bool     // switched dark
	Cursor     bool
}

// Text joins the rows, without the spaces at their ends.
func (s Screen) Text() string {
	var rows []string
	for _, r := range s.Rows {
		rows = append(rows, strings.TrimRight(r, " "))
	}
	return strings.Join(rows, "\n")
}

// Seen is a screen that stood for at least Settle.
type Seen struct {
	At     time.Time // since when
	Screen Screen
}

// maxSeen bounds the record; the oldest go first.
const maxSeen = 10000

// Display is one simulated display. All methods may be called from any goroutine.
type Display struct {
	opt Options

	mu      sync.Mutex
	p       parser
	m       matrix
	changed chan struct{} // closed at the next change
	lastIn  time.Time
	level   float64 // bytes in the receive buffer
	lost    int
	off     bool
	seen    []Seen
	line    io.Closer
	plugged chan struct{} // closed while the cable is in
}

// New returns a display with power, showing its banner.
func New(o Options) (*Display, error) {
	o.Rows, o.Cols = cmp.Or(o.Rows, 2), cmp.Or(o.Cols, 20)
	o.Emulation, o.Settle = cmp.Or(o.Emulation, ESCPOS), cmp.Or(o.Settle, 50*time.Millisecond)
	if o.Rows < 1 || o.Rows > 4 || o.Cols < 1 || o.Cols > 40 {
		return nil, fmt.Errorf("displaysim options: got %d x %d, want up to 4 x 40", o.Rows, o.Cols)
	}
	if o.Emulation != ESCPOS && o.Emulation != CD5220 {
		return nil, fmt.Errorf("displaysim options: emulation %q, want %s or %s", o.Emulation, ESCPOS, CD5220)
	}
	d := &Display{opt: o, changed: make(chan struct{}), plugged: make(chan struct{}), lastIn: time.Now()}
	close(d.plugged)
	d.reset()
	return d, nil
}

func (d *Display) reset() {
	d.p = parser{emulation: d.opt.Emulation}
	d.m = newMatrix(d.opt.Rows, d.opt.Cols, d.opt.Lazy)
	for i, r := range []rune(d.opt.Banner) {
		if i < d.opt.Rows*d.opt.Cols {
			d.m.cells[i/d.opt.Cols][i%d.opt.Cols] = r
		}
	}
}

// Write is bytes arriving from the host. It never fails.
func (d *Display) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	d.record(now)
	if d.off {
		return len(b), nil
	}
	b2 := d.admit(b, now)
	d.lastIn = now
	for _, x := range b2 {
		d.p.feed(&d.m, x)
	}
	d.notify()
	return len(b), nil
}

// admit drops what the receive buffer has no room for.
func (d *Display) admit(b []byte, now time.Time) []byte {
	if d.opt.Buffer == 0 || d.opt.Rate == 0 {
		return b
	}
	d.level = max(0, d.level-now.Sub(d.lastIn).Seconds()*float64(d.opt.Rate))
	room := min(max(0, d.opt.Buffer-int(d.level)), len(b))
	d.level += float64(room)
	d.lost += len(b) - room
	return b[:room]
}

func (d *Display) notify() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// record keeps the screen if it has stood long enough until now.
func (d *Display) record(now time.Time) {
	if d.off || now.Sub(d.lastIn) < d.opt.Settle {
		return
	}
	s := d.m.screen()
	if n := len(d.seen); n > 0 && slices.Equal(d.seen[n-1].Screen.Rows, s.Rows) {
		return
	}
	d.seen = append(d.seen, Seen{At: d.lastIn, Screen: s})
	if len(d.seen) > maxSeen {
		d.seen = slices.Delete(d.seen, 0, len(d.seen)-maxSeen)
	}
}

// Screen returns what is shown now.
func (d *Display) Screen() Screen {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shown()
}

func (d *Display) shown() Screen {
	s := d.m.screen()
	if d.off {
		for i := range s.Rows {
			s.Rows[i] = strings.Repeat(" ", d.opt.Cols)
		}
		s.Blank = true
	}
	return s
}

// History returns the screens that stood, oldest first, each once in a row.
func (d *Display) History() []Seen {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.record(time.Now())
	return slices.Clone(d.seen)
}

// Lost is how many bytes found no room in the receive buffer.
func (d *Display) Lost() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lost
}

// Await blocks until what is shown satisfies want, or ctx ends (its error).
func (d *Display) Await(ctx context.Context, want func(Screen) bool) error {
	for {
		d.mu.Lock()
		s, changed := d.shown(), d.changed
		d.mu.Unlock()
		if want(s) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Power switches the display off or on. Off, it forgets contents, page,
// brightness and modes; the host is not told (§0.7).
func (d *Display) Power(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.record(time.Now())
	d.off = !on
	d.lastIn = time.Now()
	d.reset()
	d.notify()
}

// Serve feeds the display from r until a read fails or ctx ends; it closes r.
func (d *Display) Serve(ctx context.Context, r io.ReadCloser) error {
	if d.opt.Tap != nil {
		r = d.opt.Tap(r)
	}
	defer r.Close()
	defer context.AfterFunc(ctx, func() { r.Close() })()
	d.mu.Lock()
	d.line = r
	d.mu.Unlock()
	_, err := io.Copy(d, onlyReader{r})
	return err
}

// onlyReader keeps io.Copy from going around Write.
type onlyReader struct{ io.Reader }

// ServePty puts the display on a serial line that is found under link, with a new
// pty for every time the port is opened, until ctx ends.
func (d *Display) ServePty(ctx context.Context, link string) error {
	o := ptyline.Options{Link: link, Plugged: d.awaitPlug}
	return ptyline.Serve(ctx, o, func(ctx context.Context, master *os.File) error {
		err := d.Serve(ctx, master)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		return err
	})
}

// Unplug pulls the cable; the device is back after t.
func (d *Display) Unplug(t time.Duration) {
	back := make(chan struct{})
	d.mu.Lock()
	line := d.line
	d.plugged, d.line = back, nil
	d.mu.Unlock()
	time.AfterFunc(t, func() { close(back) })
	if line != nil {
		line.Close()
	}
}

func (d *Display) awaitPlug(ctx context.Context) error {
	d.mu.Lock()
	back := d.plugged
	d.mu.Unlock()
	select {
	case <-back:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
