package saas

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// within gives an expired func for a deadline d from now, in the bubble's time.
func within(d time.Duration) func() bool {
	end := time.Now().Add(d)
	return func() bool { return !time.Now().Before(end) }
}

func wantExpired(t *testing.T, err error) {
	t.Helper()
	wantFailure(t, err, ClassTimeout, NotSent)
	if !errors.Is(err, ErrExpired) {
		t.Errorf("%v, want ErrExpired", err)
	}
}

// TestM5_NothingIsWrittenAfterTheDeadline: whatever is slow between the decision and
// the first byte, that byte is not written too late.
func TestM5_NothingIsWrittenAfterTheDeadline(t *testing.T) {
	slowly := func(s *server, d time.Duration) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, addr string) (net.Conn, error) {
			time.Sleep(d)
			return s.dial(ctx, network, addr)
		}
	}
	tests := []struct {
		name     string
		connect  time.Duration
		login    time.Duration
		deadline time.Duration
		sent     bool
	}{
		{"a quick network", 0, 0, 15 * time.Second, true},
		{"connecting takes long, but not too long", 7 * time.Second, 0, 15 * time.Second, true},
		{"connecting takes too long for the login", 16 * time.Second, 0, 15 * time.Second, false},
		{"the login takes too long", 0, 16 * time.Second, 15 * time.Second, false},
		{"the login ends at the deadline", 0, 15 * time.Second, 15 * time.Second, false},
		{"over from the start", 0, 0, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := &server{answer: says(200, doorAnswer), login: func(w http.ResponseWriter, r *http.Request) {
				pause(r, tt.login)
				says(200, loginAnswer)(w, r)
			}}
			run(t, srv, func(o *Options) {
				o.Timeout = time.Minute
				o.DialContext = slowly(srv, tt.connect)
			}, func(t *testing.T, c *Client) {
				_, err := c.OpenDoor(t.Context(), door(), within(tt.deadline))
				_, calls := srv.counts()
				if tt.sent {
					if err != nil || calls != 1 {
						t.Errorf("%v and %d calls, want one door", err, calls)
					}
					return
				}
				wantExpired(t, err)
				if calls != 0 {
					t.Errorf("the server saw %d calls", calls)
				}
			})
		})
	}
}

func TestM5_TheDeadlineEndsWhileTheConnectionIsMade(t *testing.T) {
	srv := &server{answer: says(200, doorAnswer)}
	var slow time.Duration
	run(t, srv, func(o *Options) {
		o.Timeout = time.Minute
		o.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			time.Sleep(slow)
			return srv.dial(ctx, network, addr)
		}
	}, func(t *testing.T, c *Client) {
		if err := c.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // the login's connection is given up
		slow = 16 * time.Second
		start := time.Now()
		_, err := c.OpenDoor(t.Context(), door(), within(15*time.Second))
		wantExpired(t, err)
		if d := time.Since(start); d != slow {
			t.Errorf("it ended after %v, want %v: once the connection stood", d, slow)
		}
		if _, calls := srv.counts(); calls != 0 {
			t.Errorf("the server saw %d calls", calls)
		}
		slow = 0
		if _, err := c.OpenDoor(t.Context(), door(), within(15*time.Second)); err != nil {
			t.Errorf("the next door: %v", err)
		}
	})
}

// TestM5_AtTheLastInstant lets the deadline end exactly between the connection being
// picked and the first byte: expired says no when it is asked before, and yes when
// the byte is about to leave.
func TestM5_AtTheLastInstant(t *testing.T) {
	for _, reused := range []bool{false, true} {
		srv := &server{answer: says(200, doorAnswer)}
		run(t, srv, nil, func(t *testing.T, c *Client) {
			if err := c.Login(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !reused {
				c.transport.CloseIdleConnections()
			}
			asked := 0
			_, err := c.OpenDoor(t.Context(), door(), func() bool {
				asked++
				return asked > 1
			})
			wantExpired(t, err)
			if asked != 2 {
				t.Errorf("reused %v: asked %d times, want twice", reused, asked)
			}
			if want := map[bool]int{true: 1, false: 2}[reused]; srv.dialed() != want {
				t.Errorf("reused %v: %d connections, want %d: it was tried again", reused, srv.dialed(), want)
			}
			if _, calls := srv.counts(); calls != 0 {
				t.Errorf("reused %v: the server saw %d calls", reused, calls)
			}
		})
	}
}

func TestM5_HoldsForTheRepeatAfterA401(t *testing.T) {
	srv := &server{}
	srv.answer = func(w http.ResponseWriter, r *http.Request) {
		if _, calls := srv.counts(); calls == 1 {
			pause(r, 4*time.Second)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		says(200, doorAnswer)(w, r)
	}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		_, err := c.OpenDoor(t.Context(), door(), within(3*time.Second))
		wantExpired(t, err)
		if _, calls := srv.counts(); calls != 1 {
			t.Errorf("the server saw %d calls, want the first only", calls)
		}
	})
}

func TestACallerWhoGivesUp(t *testing.T) {
	t.Run("before the connection stands: not sent", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, options(func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}))
			defer c.Close()
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := c.OpenDoor(ctx, door(), never)
			wantFailure(t, err, ClassCancelled, NotSent)
		})
	})
	t.Run("while the answer is awaited: in doubt", func(t *testing.T) {
		srv := &server{answer: func(_ http.ResponseWriter, r *http.Request) { pause(r, 3*time.Second) }}
		run(t, srv, nil, func(t *testing.T, c *Client) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := c.OpenDoor(ctx, door(), never)
			wantFailure(t, err, ClassCancelled, InDoubt)
			ctx, cancel = context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err = c.OpenDoor(ctx, door(), never)
			wantFailure(t, err, ClassTimeout, InDoubt)
		})
	})
}

// brokenConn fails its writes once told to, taking nothing.
type brokenConn struct {
	net.Conn
	broken *bool
}

func (c brokenConn) Write(b []byte) (int, error) {
	if *c.broken {
		return 0, errors.New("broken pipe")
	}
	return c.Conn.Write(b)
}

func TestAReusedConnectionThatIsDead(t *testing.T) {
	t.Run("took no byte: the call goes out on a fresh one, once", func(t *testing.T) {
		srv := &server{answer: says(200, doorAnswer)}
		var first bool
		broken := new(bool)
		run(t, srv, func(o *Options) {
			o.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := srv.dial(ctx, network, addr)
				if err == nil && !first {
					first = true
					return brokenConn{conn, broken}, nil
				}
				return conn, err
			}
		}, func(t *testing.T, c *Client) {
			if err := c.Login(t.Context()); err != nil {
				t.Fatal(err)
			}
			*broken = true
			if _, err := c.OpenDoor(t.Context(), door(), never); err != nil {
				t.Fatal(err)
			}
			if _, calls := srv.counts(); calls != 1 || srv.dialed() != 2 {
				t.Errorf("%d calls over %d connections, want 1 over 2", calls, srv.dialed())
			}
		})
	})
	t.Run("took the request and hung up: in doubt, no repeat", func(t *testing.T) {
		srv := &server{answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}
		run(t, srv, nil, func(t *testing.T, c *Client) {
			if err := c.Login(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, err := c.OpenDoor(t.Context(), door(), never)
			wantFailure(t, err, ClassNetwork, InDoubt)
			if _, calls := srv.counts(); calls != 1 || srv.dialed() != 1 {
				t.Errorf("%d calls over %d connections, want 1 over 1", calls, srv.dialed())
			}
		})
	})
	t.Run("was idle too long: it is not used", func(t *testing.T) {
		srv := &server{answer: says(200, doorAnswer)}
		run(t, srv, nil, func(t *testing.T, c *Client) {
			for i := range 3 {
				if _, err := c.OpenDoor(t.Context(), door(), never); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Duration(i) * 12 * time.Second)
			}
			if srv.dialed() != 1 {
				t.Errorf("%d connections, want 1", srv.dialed())
			}
			if _, err := c.OpenDoor(t.Context(), door(), never); err != nil || srv.dialed() != 2 {
				t.Errorf("%v, %d connections, want 2", err, srv.dialed())
			}
		})
	})
}
