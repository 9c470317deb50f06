package pole

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/port"
	"edged/internal/sim/displaysim"
)

// stand is a driver and a simulated display on a line of net.Pipe, in a bubble.
type stand struct {
	t       *testing.T
	display *Display
	sim     *displaysim.Display
	log     *bytes.Buffer
	reg     *prometheus.Registry
	ctx     context.Context
	stop    context.CancelFunc
	wg      sync.WaitGroup

	mu    sync.Mutex
	line  net.Conn // the display's end
	opens int
	away  error // what Open returns instead
	deaf  bool  // nobody reads the next line
}

// box is a driver with the displays that it is for.
type box struct {
	driver string
	sim    displaysim.Emulation
}

func boxes() []box { return []box{{ESCPOS, displaysim.ESCPOS}, {CD5220, displaysim.CD5220}} }

// inBubble tries f with every driver: it is what any of them promises.
func inBubble(t *testing.T, sim displaysim.Options, f func(*stand)) {
	t.Helper()
	for _, b := range boxes() {
		for _, lazy := range []bool{false, true} {
			sim := sim
			sim.Emulation, sim.Lazy = b.sim, lazy
			t.Run(fmt.Sprintf("%s lazy=%v", b.driver, lazy), func(t *testing.T) { standing(t, b.driver, sim, f) })
		}
	}
}

func dialect(t *testing.T, driver string, s cells.Setup) Dialect {
	t.Helper()
	d, err := NewDialect(driver, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func standing(t *testing.T, driver string, sim displaysim.Options, f func(*stand)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stand{t: t, log: &bytes.Buffer{}, reg: prometheus.NewRegistry()}
		s.ctx, s.stop = context.WithCancel(t.Context())
		var err error
		if s.sim, err = displaysim.New(sim); err != nil {
			t.Fatal(err)
		}
		if s.display, err = New(Options{
			Lane: "front", Open: s.open, Dialect: dialect(t, driver, cells.Setup{}),
			Registerer: s.reg, Logger: slog.New(slog.NewTextHandler(s.log, nil)),
		}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- s.display.Run(s.ctx) }()
		f(s)
		s.stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		s.wg.Wait()
	})
}

func (s *stand) open(context.Context) (Line, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away != nil {
		return nil, s.away
	}
	s.opens++
	driver, device := net.Pipe()
	s.line = device
	if !s.deaf {
		s.wg.Go(func() { _ = s.sim.Serve(s.ctx, device) })
	}
	return driver, nil
}

func (s *stand) set(away error, deaf bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away, s.deaf = away, deaf
}

func (s *stand) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line.Close()
}

func (s *stand) want(text string) {
	s.t.Helper()
	if got := s.sim.Screen().Text(); got != text {
		s.t.Errorf("the display shows %q, want %q", got, text)
	}
}

func (s *stand) metric(name string) float64 {
	s.t.Helper()
	families, err := s.reg.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	s.t.Fatalf("no metric %s", name)
	return 0
}

func TestTheWantedScreenIsShown(t *testing.T) {
	inBubble(t, displaysim.Options{Banner: "power on"}, func(s *stand) {
		s.display.Show([]string{"Karte vorhalten: Tür", "Max. 50,00 €"})
		time.Sleep(time.Second)
		s.want("Karte vorhalten: Tür\nMax. 50,00 €")
		s.display.Show([]string{"12345678901234567890 and more", "x"})
		time.Sleep(time.Millisecond)
		s.want("12345678901234567890\nx")
		if got := s.sim.Screen(); got.Cursor || got.Brightness != 4 {
			s.t.Errorf("cursor %v, brightness %d, want none and 4", got.Cursor, got.Brightness)
		}
		if up := s.metric("edged_device_up"); up != 1 {
			s.t.Errorf("up = %v, want 1", up)
		}
	})
}

// powerCut is a display that loses its power and gets it back, unseen by the host.
func (s *stand) powerCut() {
	s.sim.Power(false)
	s.sim.Power(true)
}

func TestADisplayThatLostItsPowerIsRightWithinTheRefresh(t *testing.T) {
	inBubble(t, displaysim.Options{Banner: "power on"}, func(s *stand) {
		s.display.Show([]string{"Tür schließen", "1,00 €"})
		time.Sleep(5 * time.Minute)
		s.powerCut()
		time.Sleep(refreshAfter)
		s.want("Tür schließen\n1,00 €")
		if s.sim.Screen().Cursor {
			s.t.Error("the cursor is shown")
		}
	})
}

// An idle screen changes every few seconds: the repaints must not put off the settings
// for ever, nor make a CD5220 deaf for them before they come.
func TestADisplayThatLostItsPowerGetsItsLettersBackWhileTheScreenChanges(t *testing.T) {
	inBubble(t, displaysim.Options{}, func(s *stand) {
		idle := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); {
				s.display.Show([]string{"Öffnen: Karte zeigen", "1,00 €"})
				time.Sleep(4500 * time.Millisecond)
				s.display.Show([]string{"Bezahlt wird, was", "fehlt: 1,00 €"})
				time.Sleep(4500 * time.Millisecond)
			}
		}
		idle(2 * time.Minute)
		s.powerCut()
		idle(refreshAfter + 9*time.Second)
		s.want("Bezahlt wird, was\nfehlt: 1,00 €")
		if s.sim.Screen().Cursor {
			s.t.Error("the cursor is shown")
		}
	})
}

func TestADisplayWhoseBannerSwallowedTheStartIsRightSoonAfter(t *testing.T) {
	inBubble(t, displaysim.Options{}, func(s *stand) {
		s.display.Show([]string{"Tür öffnen", ""})
		s.sim.Power(false) // powered by its adapter, it takes nothing for a while
		time.Sleep(5 * time.Second)
		s.sim.Power(true)
		time.Sleep(5 * time.Second)
		s.want("Tür öffnen\n")
	})
}

func TestARefreshIsNotSeen(t *testing.T) {
	inBubble(t, displaysim.Options{Settle: time.Nanosecond}, func(s *stand) {
		s.display.Show([]string{"Paid. Thank you", "TOTAL      12.30 EUR"})
		time.Sleep(time.Second)
		before := len(s.sim.History())
		time.Sleep(10 * time.Minute)
		if got := s.sim.History(); len(got) > before {
			s.t.Errorf("while nothing changed the display showed %d screens more", len(got)-before)
		}
	})
}

func TestALostLineIsOpenedAgainAndRepainted(t *testing.T) {
	inBubble(t, displaysim.Options{}, func(s *stand) {
		time.Sleep(time.Second)
		s.set(errors.New("no such device"), false)
		s.cut()
		time.Sleep(10 * time.Minute)
		if up := s.metric("edged_device_up"); up != 0 {
			t.Errorf("up = %v while the line is gone, want 0", up)
		}
		if err := s.display.Why(); err == nil || err.Error() != "open: no such device" {
			t.Errorf("down because of %v", err)
		}
		s.display.Show([]string{"while away", ""})
		s.display.Show([]string{"still away", ""})
		s.set(nil, false)
		time.Sleep(31 * time.Second)
		s.want("still away\n")
		if err := s.display.Why(); err != nil {
			t.Errorf("up, and still %v", err)
		}
		if n := s.metric("edged_device_reconnects_total"); n != 1 {
			t.Errorf("reconnects = %v, want 1", n)
		}
		if n := strings.Count(s.log.String(), "display lost"); n != 2 {
			t.Errorf("logged %d losses, want one for each reason:\n%s", n, s.log)
		}
	})
}

func TestShowNeverBlocksAndTheNewestScreenWins(t *testing.T) {
	inBubble(t, displaysim.Options{}, func(s *stand) {
		time.Sleep(time.Second)
		s.set(nil, true)
		s.cut()
		before := time.Now()
		for i := range 1000 {
			s.display.Show([]string{"screen", strings.Repeat("x", i%20)})
		}
		s.display.Show([]string{"newest", ""})
		if took := time.Since(before); took != 0 {
			t.Errorf("Show took %v, want no waiting", took)
		}
		time.Sleep(10 * time.Second) // the deaf line is given up at its write deadline
		s.set(nil, false)
		time.Sleep(time.Minute)
		s.want("newest\n")
	})
}

func TestBadOptions(t *testing.T) {
	d := dialect(t, ESCPOS, cells.Setup{})
	for name, o := range map[string]Options{
		"nothing":    {},
		"no Open":    {Lane: "front", Dialect: d},
		"no lane":    {Open: (&stand{}).open, Dialect: d},
		"no dialect": {Lane: "front", Open: (&stand{}).open},
	} {
		if _, err := New(o); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: New returned %v, want ErrOptions", name, err)
		}
	}
}

func TestADialectIsRefusedWhereNoDisplayKnowsIt(t *testing.T) {
	for _, tt := range []struct {
		name, driver string
		s            cells.Setup
	}{
		{"a brightness that no display has", ESCPOS, cells.Setup{Brightness: 5}},
		{"an unknown charset", CD5220, cells.Setup{Charset: "klingon"}},
		{"a charset of the other command set", CD5220, cells.Setup{Charset: cells.CP437}},
		{"an unknown driver", "pole-aedex", cells.Setup{}},
	} {
		if _, err := NewDialect(tt.driver, tt.s); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: NewDialect returned %v, want ErrOptions", tt.name, err)
		}
	}
}

func TestWhatACharsetLacksIsShownInItsPlace(t *testing.T) {
	for _, b := range boxes() {
		for _, c := range []cells.Charset{cells.ASCII, cells.CP1252, cells.CP858} {
			d := dialect(t, b.driver, cells.Setup{Charset: c})
			sim, err := displaysim.New(displaysim.Options{Emulation: b.sim})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = sim.Write(d.reset)
			text := d.Charset().Shown("Größe Œ ✂")
			_, _ = sim.Write(d.screen([cells.Rows]string{text, ""}, true))
			if got := sim.Screen().Text(); got != text+"\n" {
				t.Errorf("%s %s: the display shows %q, want %q", b.driver, c, got, text)
			}
		}
	}
}

// FuzzRows: whatever is shown, the display shows exactly what the charset says of it,
// and its state is not touched.
func FuzzRows(f *testing.F) {
	f.Add("Tap card to open", "Card hold  50.00 EUR")
	f.Add("\x1b@\x1f\x0c\r\n", "Weißbier™ 0,5 l ½ €")
	f.Fuzz(func(t *testing.T, upper, lower string) {
		for _, b := range boxes() {
			d := dialect(t, b.driver, cells.Setup{})
			sim, err := displaysim.New(displaysim.Options{Emulation: b.sim})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = sim.Write(d.reset)
			_, _ = sim.Write(d.screen([cells.Rows]string{upper, lower}, true))
			s := sim.Screen()
			for i, text := range []string{upper, lower} {
				want := cells.CP858.Decode(cells.CP858.AppendRow(nil, text, cells.Cols))
				if s.Rows[i] != want {
					t.Errorf("%s: %q is shown as %q, want %q", b.driver, text, s.Rows[i], want)
				}
			}
			if s.Cursor || s.Blank || s.Brightness != 4 {
				t.Errorf("%s: %q changed the display: %+v", b.driver, upper+lower, s)
			}
		}
	})
}

func TestMetricsOfAnotherDeviceAreShared(t *testing.T) {
	reg := prometheus.NewRegistry()
	for _, lane := range []string{"front", "back"} {
		if _, err := New(Options{Lane: lane, Open: (&stand{}).open, Dialect: dialect(t, CD5220, cells.Setup{}), Registerer: reg}); err != nil {
			t.Fatal(err)
		}
	}
	if n := testutil.CollectAndCount(reg, "edged_device_up"); n != 2 {
		t.Errorf("%d series, want 2", n)
	}
}

// TestOverARealPty unplugs the display under the driver, on the port that edged uses.
func TestOverARealPty(t *testing.T) {
	link := filepath.Join(t.TempDir(), "display")
	sim, err := displaysim.New(displaysim.Options{Emulation: displaysim.CD5220})
	if err != nil {
		t.Fatal(err)
	}
	opener, err := port.NewOpener(port.Options{Settings: port.Settings{Path: link}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(Options{
		Lane: "front", Open: func(ctx context.Context) (Line, error) { return opener.Open(ctx) },
		Dialect: dialect(t, CD5220, cells.Setup{}), RetryBase: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	var wg sync.WaitGroup
	wg.Go(func() { _ = sim.ServePty(ctx, link) })
	wg.Go(func() { _ = d.Run(ctx) })
	defer wg.Wait()
	defer stop()
	for _, text := range []string{"first", "after the unplug"} {
		d.Show([]string{text, ""})
		if err := sim.Await(ctx, func(s displaysim.Screen) bool { return s.Text() == text+"\n" }); err != nil {
			t.Fatalf("%q never shown: %v; the display shows %q", text, err, sim.Screen().Text())
		}
		sim.Unplug(50 * time.Millisecond)
	}
}
