package pole

import (
	"bytes"
	"context"
	"errors"
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

	"edged/internal/serialdev/escpos"
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

func inBubble(t *testing.T, sim displaysim.Options, f func(*stand)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stand{t: t, log: &bytes.Buffer{}, reg: prometheus.NewRegistry()}
		s.ctx, s.stop = context.WithCancel(t.Context())
		var err error
		if s.sim, err = displaysim.New(sim); err != nil {
			t.Fatal(err)
		}
		if s.display, err = New(Options{
			Lane: "front", Open: s.open, Registerer: s.reg, Logger: slog.New(slog.NewTextHandler(s.log, nil)),
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
	for _, lazy := range []bool{false, true} {
		inBubble(t, displaysim.Options{Lazy: lazy, Banner: "power on"}, func(s *stand) {
			s.display.Show([]string{"Tap your card", "We hold 50.00 €"})
			time.Sleep(time.Second)
			s.want("Tap your card\nWe hold 50.00 €")
			s.display.Show([]string{"12345678901234567890 and more", "x"})
			time.Sleep(time.Millisecond)
			s.want("12345678901234567890\nx")
			if s.sim.Screen().Cursor {
				t.Error("the cursor is shown")
			}
			if up := s.metric("edged_device_up"); up != 1 {
				t.Errorf("up = %v, want 1", up)
			}
		})
	}
}

func TestADisplayThatLostItsPowerIsRepaintedWithinTheRefresh(t *testing.T) {
	inBubble(t, displaysim.Options{}, func(s *stand) {
		s.display.Show([]string{"Thank you", ""})
		time.Sleep(time.Second)
		s.sim.Power(false)
		s.sim.Power(true)
		time.Sleep(46 * time.Second)
		s.want("Thank you\n")
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
		s.display.Show([]string{"while away", ""})
		s.display.Show([]string{"still away", ""})
		s.set(nil, false)
		time.Sleep(31 * time.Second)
		s.want("still away\n")
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
	tests := []struct {
		name string
		o    Options
	}{
		{"nothing", Options{}},
		{"no Open", Options{Lane: "front"}},
		{"no lane", Options{Open: (&stand{}).open}},
		{"a brightness that no display has", Options{Lane: "front", Open: (&stand{}).open, Setup: escpos.Setup{Brightness: 5}}},
		{"an unknown charset", Options{Lane: "front", Open: (&stand{}).open, Setup: escpos.Setup{Charset: "klingon"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.o); !errors.Is(err, ErrOptions) {
				t.Errorf("New returned %v, want ErrOptions", err)
			}
		})
	}
}

func TestMetricsOfAnotherDeviceAreShared(t *testing.T) {
	reg := prometheus.NewRegistry()
	for _, lane := range []string{"front", "back"} {
		if _, err := New(Options{Lane: lane, Open: (&stand{}).open, Registerer: reg}); err != nil {
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
	sim, err := displaysim.New(displaysim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	opener, err := port.NewOpener(port.Options{Settings: port.Settings{Path: link}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(Options{
		Lane: "front", Open: func(ctx context.Context) (Line, error) { return opener.Open(ctx) }, RetryBase: 10 * time.Millisecond,
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
