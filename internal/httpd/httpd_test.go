package httpd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestARequestIsServedAndTheServerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(t, Options{Handler: answer("hello")})
		c := p.dial(t)
		if status, body := get(t, c, "/"); status != 200 || body != "hello" {
			t.Errorf("got %d %q", status, body)
		}
		began := time.Now()
		if err := stop(); err != nil || time.Since(began) > time.Second {
			t.Errorf("stop = %v after %v", err, time.Since(began))
		}
		closedAfter(t, c)
	})
}

func TestSlowClientsAreCut(t *testing.T) {
	readBody := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	tests := []struct {
		name, sends string
		want        time.Duration
	}{
		{"one that never sends a header", "", 5 * time.Second},
		{"one that stops within the header", "POST / HTTP/1.1\r\nHost:", 5 * time.Second},
		{"one that stops within the body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", 15 * time.Second},
		{"one that stays after its answer", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 10 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, stop := start(t, Options{Handler: readBody})
				c := p.dial(t)
				if _, err := io.WriteString(c, tt.sends); err != nil {
					t.Fatal(err)
				}
				// net/http lingers half a second before it closes on an error.
				if got := closedAfter(t, c); got < tt.want || got > tt.want+time.Second {
					t.Errorf("closed after %v, want %v", got, tt.want)
				}
				if err := stop(); err != nil {
					t.Errorf("stop = %v", err)
				}
			})
		})
	}
}

func TestAClientThatDoesNotReadItsAnswerIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(t, Options{Handler: answer(strings.Repeat("x", 1<<20))})
		c := p.dial(t)
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(31 * time.Second)
		if n, err := io.Copy(io.Discard, c); err != nil || n >= 1<<20 {
			t.Errorf("still got %d bytes, %v", n, err)
		}
		if err := stop(); err != nil {
			t.Errorf("stop = %v", err)
		}
	})
}

func TestALargeHeaderIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(t, Options{Handler: answer("hello")})
		c := p.dial(t)
		go func() {
			// The server answers and closes in the middle of this.
			_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nX: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
		}()
		b, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 431") {
			t.Errorf("got %.40q, %v", b, err)
		}
		if err := stop(); err != nil {
			t.Errorf("stop = %v", err)
		}
	})
}

func TestShutdownLetsARequestEndButNotForEver(t *testing.T) {
	for _, tt := range []struct {
		name  string
		takes time.Duration
		want  string
	}{
		{"a request that ends in time is answered", 2 * time.Second, "HTTP/1.1 200"},
		{"one that does not is cut", time.Minute, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var cancelled error
				handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					select {
					case <-time.After(tt.takes):
					case <-r.Context().Done():
						cancelled = r.Context().Err()
					}
				})
				p, stop := start(t, Options{Handler: handler})
				c := p.dial(t)
				if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				answered := make(chan string)
				go func() {
					b, _ := io.ReadAll(c)
					answered <- string(b)
				}()
				began := time.Now()
				if err := stop(); err != nil {
					t.Errorf("stop = %v", err)
				}
				if d := time.Since(began); d > 4*time.Second {
					t.Errorf("stopped after %v", d)
				}
				if got := <-answered; !strings.HasPrefix(got, tt.want) || got != "" && tt.want == "" {
					t.Errorf("answer %q, want %q…", got, tt.want)
				}
				if cut := tt.want == ""; cut != (cancelled != nil) {
					t.Errorf("handler's context: %v", cancelled)
				}
			})
		})
	}
}

func TestAPanicCostsItsOwnRequestOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log syncBuffer
		handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/v1/") {
				panic("index out of range")
			}
			if r.URL.Path == "/abort" {
				panic(http.ErrAbortHandler)
			}
		})
		p, stop := start(t, Options{Handler: handler, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		for _, path := range []string{"/v1/gw/order/secret-mac", "/abort"} {
			c := p.dial(t)
			if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			closedAfter(t, c)
		}
		c := p.dial(t)
		if status, _ := get(t, c, "/fine"); status != 200 {
			t.Errorf("status %d after a panic", status)
		}
		c.Close()
		if err := stop(); err != nil {
			t.Errorf("stop = %v", err)
		}
		text := log.String()
		if strings.Count(text, "level=ERROR") != 1 || !strings.Contains(text, "index out of range") || !strings.Contains(text, "httpd_test.go") {
			t.Errorf("want one error record with its stack:\n%s", text)
		}
		if strings.Contains(text, "secret-mac") {
			t.Errorf("the log shows the mac:\n%s", text)
		}
	})
}

func TestAnAddressThatCannotBeOpenedIsAnError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s, err := New(Options{Address: taken.Addr().String(), Handler: answer(""), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("Run = %v", err)
	}
}

func TestAListenerThatBreaksEndsRunWithItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		s, err := New(Options{Address: "x", Handler: answer(""), Logger: slog.New(slog.DiscardHandler), Listen: func(string, string) (net.Listener, error) { return p, nil }})
		if err != nil {
			t.Fatal(err)
		}
		p.Close()
		if err := s.Run(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Run = %v, want net.ErrClosed", err)
		}
	})
}

func TestUnusableOptionsAreRefused(t *testing.T) {
	good := Options{Address: "x", Handler: answer(""), Logger: slog.New(slog.DiscardHandler)}
	for name, spoil := range map[string]func(*Options){
		"no address": func(o *Options) { o.Address = "" },
		"no handler": func(o *Options) { o.Handler = nil },
		"no logger":  func(o *Options) { o.Logger = nil },
	} {
		o := good
		spoil(&o)
		if _, err := New(o); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Real sockets, many clients, start and stop at any moment.
func TestStartStopStress(t *testing.T) {
	for round := range 30 {
		address := make(chan string, 1)
		s, err := New(Options{
			Address: "127.0.0.1:0", Handler: answer("ok"), Logger: slog.New(slog.DiscardHandler), MaxConnections: 4,
			Listen: func(network, a string) (net.Listener, error) {
				l, err := net.Listen(network, a)
				if err == nil {
					address <- l.Addr().String()
				}
				return l, err
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		transport := &http.Transport{}
		client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
		url := "http://" + <-address
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				if resp, err := client.Get(url); err == nil { // the stop may come first
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		}
		time.AfterFunc(time.Duration(round%5)*time.Millisecond, cancel)
		if err := <-done; err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		clients.Wait()
		transport.CloseIdleConnections()
		cancel()
	}
}

// syncBuffer is a log target for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
