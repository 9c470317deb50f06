package readersim

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const limit = 10 * time.Second

// running starts a terminal and its server outside any bubble.
func running(t *testing.T, o Options, serve func(context.Context, *Terminal) error) *Terminal {
	t.Helper()
	o.Timing = Timing{Boot: time.Millisecond, Host: time.Millisecond, T2: 100 * time.Millisecond, T3: 100 * time.Millisecond}
	pt, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- pt.Run(ctx) }()
	go func() { done <- serve(ctx, pt) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Errorf("ended with %v", err)
			}
		}
	})
	return pt
}

// openPort opens the terminal's port as a driver would.
func openPort(t *testing.T, link string) *os.File {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		f, err := os.OpenFile(link, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
		if err == nil {
			return f
		}
		if time.Now().After(end) {
			t.Fatalf("open %s: %v", link, err)
		}
	}
}

// registerOn plays a registration and says whether it went through.
func registerOn(rw io.ReadWriter, w wire) bool {
	if _, err := rw.Write(w.encode(msg(cmdRegister, 0, 0, 0, 0x3E, 0x09, 0x78))); err != nil {
		return false
	}
	buf := make([]byte, 256)
	for {
		n, err := rw.Read(buf)
		if err != nil {
			return false
		}
		for _, it := range w.feed(buf[:n]) {
			if it.kind != itemFrame {
				continue
			}
			if w.acks() {
				_, _ = rw.Write([]byte{ack})
			}
			if it.apdu.head() == cmdCompletion {
				_, err := rw.Write(w.encode(msg(ansOK)))
				return err == nil
			}
		}
	}
}

func TestAPortIsRegisteredOnAgainAfterEachUnplugging(t *testing.T) {
	link := filepath.Join(t.TempDir(), "terminal")
	pt := running(t, Options{}, func(ctx context.Context, pt *Terminal) error { return pt.ServePty(ctx, link) })
	for round := range 4 {
		for end := time.Now().Add(limit); ; {
			f := openPort(t, link)
			_ = f.SetDeadline(time.Now().Add(400 * time.Millisecond))
			ok := registerOn(f, &serialWire{})
			if ok {
				_ = f.SetDeadline(time.Now().Add(limit))
				pt.Unplug(20 * time.Millisecond)
				if _, err := io.Copy(io.Discard, f); err != nil {
					t.Errorf("round %d: the unplugged port says %v, want its end", round, err)
				}
			}
			f.Close()
			if ok {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("round %d: no registration", round)
			}
		}
	}
}

func TestTCPServesOneConnectionAfterTheOther(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	running(t, Options{}, func(ctx context.Context, pt *Terminal) error { return pt.ServeTCP(ctx, ln) })
	for range 3 {
		for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
			conn, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.SetDeadline(time.Now().Add(limit))
			ok := registerOn(conn, &tcpWire{})
			conn.Close()
			if ok {
				break
			}
			if time.Now().After(end) {
				t.Fatal("no registration") // booting terminals hang up
			}
		}
	}
}
