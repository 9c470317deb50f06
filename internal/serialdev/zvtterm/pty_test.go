package zvtterm

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"edged/internal/serialdev/port"
	"edged/internal/sim/ptyline"
	"edged/internal/sim/readersim"
)

// cutter is the terminal's end of a pty that is pulled out behind a byte.
type cutter struct {
	io.ReadWriteCloser
	left *budget
}

// budget is how many bytes may still pass, over all lives of the line.
type budget struct {
	mu   sync.Mutex
	left int
	cuts int
}

// take says how many of n bytes pass, and whether the line is pulled behind them.
func (b *budget) take(n int) (int, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cuts > 0 || n < b.left {
		b.left -= n
		return n, false
	}
	b.cuts++
	return b.left, true
}

func (c cutter) Read(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(p)
	n, cut := c.left.take(n)
	if cut {
		c.Close()
	}
	return n, err
}

func (c cutter) Write(p []byte) (int, error) {
	n, cut := c.left.take(len(p))
	n, err := c.ReadWriteCloser.Write(p[:n])
	if cut {
		time.Sleep(5 * time.Millisecond) // the other end reads before the line is gone
		c.Close()
	}
	return n, err
}

// onPty runs a day over a real pty, with edged's own port, in real time and with
// short timers.
func onPty(t *testing.T, left *budget) {
	t.Helper()
	link := filepath.Join(t.TempDir(), "terminal")
	opener, err := port.NewOpener(port.Options{Settings: port.Settings{Path: link, StopBits: 2}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(o *Options, s *readersim.Options) {
		o.Logger = slog.New(slog.DiscardHandler)
		o.Open = func(ctx context.Context) (Line, error) { return opener.Open(ctx) }
		o.Timers = Timers{T1: 50 * time.Millisecond, T2: 250 * time.Millisecond, T3: 250 * time.Millisecond, T4: 5 * time.Second}
		o.RetryBase = 10 * time.Millisecond
		s.MaxHolds = 2
		s.Timing = readersim.Timing{
			T1: 50 * time.Millisecond, T2: 150 * time.Millisecond, T3: 150 * time.Millisecond,
			Host: 2 * time.Millisecond, Boot: time.Millisecond, CardWait: 2 * time.Second,
		}
	})
	defer r.close()
	r.wg.Go(func() {
		_ = ptyline.Serve(r.ctx, ptyline.Options{Link: link}, func(ctx context.Context, master *os.File) error {
			return r.sim.Attach(ctx, cutter{master, left}, readersim.Serial)
		})
	})
	r.attach()
	shop := &customer{rig: r, holds: map[string]string{}, pause: 20 * time.Millisecond}
	shop.day()
	shop.agrees()
}

func TestADayOverARealPty(t *testing.T) { onPty(t, &budget{left: 1 << 30}) }

// TestARealPtyPulledAtSeededPoints pulls the plug behind a random byte of either
// direction; the seed is fixed, so that a failure comes again.
func TestARealPtyPulledAtSeededPoints(t *testing.T) {
	const points, bytes = 20, 1700 // of a day, both directions
	random := rand.New(rand.NewPCG(1, 2))
	for range points {
		at := 1 + random.IntN(bytes)
		t.Run(fmt.Sprintf("behind byte %d", at), func(t *testing.T) {
			t.Parallel()
			left := &budget{left: at}
			onPty(t, left)
			if left.cuts != 1 {
				t.Errorf("%d cuts, want 1", left.cuts)
			}
		})
	}
}
