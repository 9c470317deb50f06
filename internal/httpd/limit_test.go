package httpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// isClosed tells whether the server has closed a connection: a pipe says so at once.
func isClosed(c net.Conn) bool {
	if c.SetReadDeadline(time.Now()) != nil {
		return true
	}
	_, err := c.Read(make([]byte, 1))
	return errors.Is(err, io.EOF) || c.SetReadDeadline(time.Time{}) != nil
}

// Three places are taken; which of them does a fourth client get?
func TestAFurtherConnectionTakesThePlaceOfOneThatIsMissedLeast(t *testing.T) {
	const never, idleOne, inside, lingers = "says nothing", "is idle", "is inside the handler", "was answered and still sends"
	for _, tt := range []struct {
		name  string
		there [3]string
		gone  int
	}{
		{"the oldest of those that say nothing", [3]string{never, never, never}, 0},
		{"an idle one before an older one that says nothing", [3]string{never, idleOne, never}, 1},
		{"the one that has been idle for longest", [3]string{never, idleOne, idleOne}, 1},
		{"one that was answered before one that says nothing", [3]string{never, inside, lingers}, 2},
		{"an idle one before one that was answered", [3]string{lingers, idleOne, never}, 1},
		{"none that is inside the handler", [3]string{inside, inside, never}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				leave := make(chan struct{})
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch r.URL.Path {
					case "/inside":
						<-leave
					case "/close":
						w.Header().Set("Connection", "close")
					}
				})
				p, stop := start(t, Options{Handler: handler, MaxConnections: 3, IdleTimeout: time.Hour, HeaderTimeout: time.Hour, ReadTimeout: time.Hour})
				var conns []net.Conn
				for _, does := range tt.there {
					c := p.dial(t)
					conns = append(conns, c)
					switch does {
					case idleOne:
						get(t, c, "/")
					case inside:
						_, _ = io.WriteString(c, "GET /inside HTTP/1.1\r\nHost: x\r\n\r\n")
					case lingers:
						_, _ = io.WriteString(c, "POST /close HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
						_, _ = c.Read(make([]byte, 4096))
					}
					synctest.Wait()
				}
				fourth := p.dial(t)
				if status, _ := get(t, fourth, "/"); status != 200 {
					t.Errorf("status %d", status)
				}
				synctest.Wait()
				for i, c := range conns {
					if got, want := isClosed(c), i == tt.gone; got != want {
						t.Errorf("the one that %s: closed %v, want %v", tt.there[i], got, want)
					}
				}
				close(leave)
				fourth.Close()
				for _, c := range conns {
					c.Close()
				}
				if err := stop(); err != nil {
					t.Errorf("stop = %v", err)
				}
			})
		})
	}
}

func TestAFurtherConnectionWaitsWhileAllAreInsideAHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/long" {
				time.Sleep(3 * time.Second)
			}
		})
		p, stop := start(t, Options{Handler: handler, MaxConnections: 2})
		first, second := p.dial(t), p.dial(t)
		for _, c := range []net.Conn{first, second} {
			_, _ = io.WriteString(c, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
			go func() { _, _ = io.Copy(io.Discard, c) }()
		}
		synctest.Wait()
		began := time.Now()
		third := p.dial(t)
		if status, _ := get(t, third, "/"); status != 200 || time.Since(began) != 3*time.Second {
			t.Errorf("status %d after %v, want 200 after 3 s", status, time.Since(began))
		}
		if err := stop(); err != nil {
			t.Errorf("stop = %v", err)
		}
		third.Close()
	})
}

func TestAStopEndsAWaitForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) })
		p, stop := start(t, Options{Handler: handler, MaxConnections: 1})
		first := p.dial(t)
		_, _ = io.WriteString(first, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		go func() { _, _ = io.Copy(io.Discard, first) }()
		synctest.Wait()
		second := p.dial(t)
		if err := stop(); err != nil {
			t.Errorf("stop = %v", err)
		}
		if !isClosed(second) {
			t.Error("the one that waited is open")
		}
	})
}

// A server lingers half a second with a client that sends more than it should: as many
// as there are places may do so beside those that have one, and no more.
func TestWhatLingersIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const places = 4
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
		p, stop := start(t, Options{Handler: handler, MaxConnections: places})
		began := time.Now()
		for range 4 * places {
			c := p.dial(t)
			_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
			_, _ = c.Read(make([]byte, 4096))
			synctest.Wait()
			defer c.Close()
		}
		if took := time.Since(began); took < 500*time.Millisecond || took > time.Second {
			t.Errorf("%d clients were served in %v, want what lingers waited for, 550 ms", 4*places, took)
		}
		time.Sleep(time.Second)
		if err := stop(); err != nil {
			t.Errorf("stop = %v", err)
		}
	})
}

// openFiles lets the process have enough connections, or skips the test.
func openFiles(t *testing.T, n uint64) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur >= n {
		return
	}
	limit.Cur = n
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Skipf("%d open files: %v", n, err)
	}
}

// slowly has so many clients send a byte each second; one that is cut comes again a
// second later.
// The count is of those that were cut.
func slowly(ctx context.Context, t *testing.T, addr string, clients int, text string) (cut *atomic.Int64, wait func()) {
	t.Helper()
	cut = new(atomic.Int64)
	done := make(chan struct{}, clients)
	var there atomic.Int64
	for range clients {
		go func() {
			defer func() { done <- struct{}{} }()
			for first := true; ctx.Err() == nil; first = false {
				c, err := net.Dial("tcp", addr)
				if first {
					there.Add(1)
				}
				if err == nil {
					oneByteASecond(ctx, c, text)
					c.Close()
				}
				cut.Add(1)
				select {
				case <-ctx.Done():
				case <-time.After(time.Second):
				}
			}
		}()
	}
	for deadline := time.Now().Add(30 * time.Second); there.Load() < int64(clients); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d clients are there", there.Load(), clients)
		}
	}
	return cut, func() {
		for range clients {
			<-done
		}
	}
}

// oneByteASecond returns when the connection is closed or ctx ends.
func oneByteASecond(ctx context.Context, c net.Conn, text string) {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	go func() {
		defer close(closed)
		_, _ = io.Copy(io.Discard, c)
	}()
	for i := range len(text) {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			break
		}
		select {
		case <-closed:
			return
		case <-time.After(time.Second):
		}
	}
	c.Close()
	<-closed
}

func served200(url string) bool {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// TestAThousandSlowClientsDoNotKeepAnHonestOneOut on real sockets. Before there was any
// shedding, one that came behind them waited for a minute and more.
func TestAThousandSlowClientsDoNotKeepAnHonestOneOut(t *testing.T) {
	openFiles(t, 4096)
	addr := make(chan string, 1)
	s, err := New(Options{
		Address: "127.0.0.1:0", Handler: answer("hello"), Logger: slog.New(slog.DiscardHandler),
		Listen: func(network, address string) (net.Listener, error) {
			l, err := net.Listen(network, address)
			if err == nil {
				addr <- l.Addr().String()
			}
			return l, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Run(ctx) }()
	at := <-addr
	cut, wait := slowly(ctx, t, at, 1000, "POST /v1/gw/order/mac HTTP/1.1\r\nHost: "+strings.Repeat("x", 100))
	var slowest time.Duration
	again := 0
	for i := range 5 {
		began := time.Now()
		for !served200(fmt.Sprintf("http://%s/%d", at, i)) && time.Since(began) < 10*time.Second {
			again++ // as the SaaS does
		}
		slowest = max(slowest, time.Since(began))
	}
	if slowest > 2*time.Second {
		t.Errorf("an honest client was served after %v, want 2 s at the most", slowest)
	}
	t.Logf("1,000 clients that send a byte a second, %d times cut and come again; the slowest of 5 honest ones took %v, %d tries beside the first", cut.Load(), slowest, again)
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Run = %v", err)
	}
	wait()
}

// A flood of connections is taken at a pace that leaves the processor to the sale.
func TestAFloodOfConnectionsIsPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(t, Options{Handler: answer("hello")})
		began := time.Now()
		const more = 500
		for range perSecond + more {
			c := p.dial(t)
			get(t, c, "/")
			c.Close()
		}
		if took, want := time.Since(began), more*time.Second/perSecond; took < want-10*time.Millisecond || took > want+10*time.Millisecond {
			t.Errorf("%d clients were served in %v, want %v", perSecond+more, took, want)
		}
		if err := stop(); err != nil {
			t.Errorf("stop = %v", err)
		}
	})
}
