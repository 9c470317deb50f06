package app

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"edged/internal/serialdev/zvt"
	"edged/internal/sim/ptyline"
)

// noise is a device that says what no terminal says: it writes what next gives, and
// reads nothing but to keep the line open.
func noise(next func(n int) (b []byte, pause time.Duration)) func(context.Context, string) error {
	return func(ctx context.Context, link string) error {
		return ptyline.Serve(ctx, ptyline.Options{Link: link}, func(ctx context.Context, f *os.File) error {
			stop := context.AfterFunc(ctx, func() { _ = f.Close() })
			defer stop()
			go swallow(f)
			for n := 0; ; n++ {
				b, pause := next(n)
				if _, err := f.Write(b); err != nil {
					return err
				}
				if pause > 0 {
					time.Sleep(pause)
				}
			}
		})
	}
}

// swallow reads until the line is closed.
func swallow(f *os.File) {
	b := make([]byte, 4096)
	for {
		if _, err := f.Read(b); err != nil {
			return
		}
	}
}

// frames are APDUs with a right CRC, which no terminal sends in this place.
func frames(r *rand.Rand) []byte {
	data := make([]byte, r.IntN(40))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	apdu := append([]byte{byte(r.Uint32()), byte(r.Uint32()), byte(len(data))}, data...)
	return zvt.AppendFrame(nil, apdu)
}

func TestM11_ATerminalThatTalksGarbageIsOutOfServiceAndComesBack(t *testing.T) {
	for name, next := range map[string]func(*rand.Rand) ([]byte, time.Duration){
		"random bytes": func(r *rand.Rand) ([]byte, time.Duration) {
			b := make([]byte, 1+r.IntN(256))
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			return b, 5 * time.Millisecond
		},
		"NAK without end": func(*rand.Rand) ([]byte, time.Duration) { return []byte{0x15}, time.Millisecond },
		"ACK without end": func(*rand.Rand) ([]byte, time.Duration) { return []byte{0x06}, time.Millisecond },
		"half frames": func(*rand.Rand) ([]byte, time.Duration) {
			return []byte{0x10, 0x02, 0x04, 0x0f, 0x20, 0x27}, 70 * time.Millisecond
		},
		"senseless messages with a right CRC": func(r *rand.Rand) ([]byte, time.Duration) { return frames(r), 20 * time.Millisecond },
		"a flood": func() func(*rand.Rand) ([]byte, time.Duration) {
			b := make([]byte, 1<<16)
			return func(r *rand.Rand) ([]byte, time.Duration) {
				for i := 0; i < len(b); i += 97 {
					b[i] = byte(r.Uint32())
				}
				return b, 0
			}
		}(),
		"nothing at all": func(*rand.Rand) ([]byte, time.Duration) { return nil, 10 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting for a line
			r := rand.New(rand.NewPCG(1, 2))
			s := newBadSite(t, badOptions{})
			s.plug(noise(func(int) ([]byte, time.Duration) { return next(r) }))
			d := s.start(nil)
			st := s.awaitProblem(d, "lane front is out of service: terminal_down", "the terminal does not answer: ")
			t.Logf("%q", st.Problems)
			time.Sleep(200 * time.Millisecond) // it goes on: the log and the memory must not
			if n := s.log.size(); n > 16<<10 {
				t.Errorf("%d bytes were logged about it", n)
			}
			s.plug(s.term.ServePty)
			s.awaitSelling(d)
			if o := s.sell(d); o.Outcome != "paid" || o.CapturedMinor != 500 {
				t.Errorf("after the garbage: order %+v", o)
			}
		})
	}
}

// The garbage of a device must not pile up: what is not a message is thrown away.
func TestM9_AFloodOnTheTerminalsLineTakesNoMemory(t *testing.T) {
	s := newBadSite(t, badOptions{})
	block := make([]byte, 1<<16)
	sent := 0
	s.plug(noise(func(int) ([]byte, time.Duration) {
		sent += len(block)
		return block, 0
	}))
	d := s.start(nil)
	s.awaitProblem(d, "terminal_down")
	before := heap()
	time.Sleep(time.Second)
	if grown := int64(heap()) - int64(before); grown > 4<<20 {
		t.Errorf("%d bytes more on the heap after a second of garbage", grown)
	}
	s.line()
	t.Logf("%d MiB were sent", sent>>20)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
