package saas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// numbered answers logins with t0ken-1, t0ken-2, … that live for life seconds.
func numbered(s *server, life int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		logins, _ := s.counts()
		_, _ = fmt.Fprintf(w, `{"statusCode":200,"data":{"token":"t0ken-%d","expiresIn":%d},"succeeded":true}`, logins, life)
	}
}

// onlyToken answers 401 to every token but the newest.
func onlyToken(s *server, unauthorised func(http.ResponseWriter)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		logins, _ := s.counts()
		if logins < 2 || r.Header.Get("Authorization") != fmt.Sprintf("Bearer t0ken-%d", logins) {
			unauthorised(w)
			return
		}
		_, _ = io.WriteString(w, machineAnswer)
	}
}

func http401(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) }

func body401(w http.ResponseWriter) {
	_, _ = io.WriteString(w, `{"statusCode":401,"data":null,"succeeded":false,"errors":"401 Unauthorized"}`)
}

func TestOneLoginForFiftyCalls(t *testing.T) {
	srv := &server{}
	srv.login = func(w http.ResponseWriter, r *http.Request) {
		pause(r, time.Second)
		numbered(srv, 7200)(w, r)
	}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		fifty(t, c)
		if logins, calls := srv.counts(); logins != 1 || calls != 50 {
			t.Errorf("%d logins, %d calls, want 1, 50", logins, calls)
		}
	})
}

func fifty(t *testing.T, c *Client) {
	t.Helper()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := c.MachineInfo(t.Context(), "m1"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestA401CostsOneLoginAndOneRepeat(t *testing.T) {
	for name, unauthorised := range map[string]func(http.ResponseWriter){"as HTTP status": http401, "in the body": body401} {
		t.Run(name, func(t *testing.T) {
			srv := &server{}
			srv.login, srv.answer = numbered(srv, 7200), onlyToken(srv, unauthorised)
			run(t, srv, nil, func(t *testing.T, c *Client) {
				if _, err := c.MachineInfo(t.Context(), "m1"); err != nil {
					t.Fatal(err)
				}
				if logins, calls := srv.counts(); logins != 2 || calls != 2 {
					t.Errorf("%d logins, %d calls, want 2, 2", logins, calls)
				}
			})
		})
	}
}

func TestFiftyStaleTokensCostOneLogin(t *testing.T) {
	srv := &server{}
	srv.login, srv.answer = numbered(srv, 7200), onlyToken(srv, http401)
	run(t, srv, nil, func(t *testing.T, c *Client) {
		if err := c.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		fifty(t, c)
		if logins, calls := srv.counts(); logins != 2 || calls > 100 {
			t.Errorf("%d logins, %d calls, want 2 logins, at most 100 calls", logins, calls)
		}
	})
}

func TestA401TwiceIsARefusal(t *testing.T) {
	for name, unauthorised := range map[string]func(http.ResponseWriter){"as HTTP status": http401, "in the body": body401} {
		t.Run(name, func(t *testing.T) {
			srv := &server{answer: func(w http.ResponseWriter, _ *http.Request) { unauthorised(w) }}
			srv.login = numbered(srv, 7200)
			run(t, srv, nil, func(t *testing.T, c *Client) {
				_, err := c.OpenDoor(t.Context(), door(), never)
				wantFailure(t, err, ClassAuth, Refused)
				if logins, calls := srv.counts(); logins != 2 || calls != 2 {
					t.Errorf("%d logins, %d calls, want 2, 2", logins, calls)
				}
			})
		})
	}
}

func TestA403IsNotRepeated(t *testing.T) {
	srv := &server{answer: says(403, "")}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		for range 2 {
			_, err := c.MachineInfo(t.Context(), "m1")
			wantFailure(t, err, ClassAuth, Refused)
		}
		if logins, calls := srv.counts(); logins != 1 || calls != 2 {
			t.Errorf("%d logins, %d calls, want 1, 2", logins, calls)
		}
	})
}

func TestTokensAreRefreshedEarlyWithoutHoldingUpTheCall(t *testing.T) {
	srv := &server{}
	srv.login = func(w http.ResponseWriter, r *http.Request) {
		if logins, _ := srv.counts(); logins > 1 {
			pause(r, 2*time.Second)
		}
		numbered(srv, 1000)(w, r)
	}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		call := func() string {
			t.Helper()
			if _, err := c.MachineInfo(t.Context(), "m1"); err != nil {
				t.Fatal(err)
			}
			return srv.last(t).auth
		}
		if got := call(); got != "Bearer t0ken-1" {
			t.Errorf("first %q", got)
		}
		time.Sleep(849 * time.Second) // 80 % and half of the 10 % of chance are 850 s
		if got := call(); got != "Bearer t0ken-1" {
			t.Errorf("before the refresh %q", got)
		}
		time.Sleep(2 * time.Second)
		start := time.Now()
		if got := call(); got != "Bearer t0ken-1" || time.Since(start) != 0 {
			t.Errorf("at the refresh %q after %v, want the old token at once", got, time.Since(start))
		}
		time.Sleep(3 * time.Second)
		if got := call(); got != "Bearer t0ken-2" {
			t.Errorf("after the refresh %q", got)
		}
		if logins, _ := srv.counts(); logins != 2 {
			t.Errorf("%d logins, want 2", logins)
		}
	})
}

func TestTheRefreshIsJittered(t *testing.T) {
	for _, chance := range []float64{0, 0.999} {
		synctest.Test(t, func(t *testing.T) {
			tok := newTokens(nil, func() float64 { return chance })
			defer tok.close()
			tok.mu.Lock()
			defer tok.mu.Unlock()
			tok.store(loginFor(time.Hour))
			want := 48*time.Minute + time.Duration(chance*float64(6*time.Minute))
			if got := time.Until(tok.refreshAt); got != want {
				t.Errorf("chance %v: refresh in %v, want %v", chance, got, want)
			}
		})
	}
}

func TestARefreshThatFailsKeepsTheTokenAndWaits(t *testing.T) {
	srv := &server{}
	srv.login = func(w http.ResponseWriter, r *http.Request) {
		if logins, _ := srv.counts(); logins > 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		numbered(srv, 1000)(w, r)
	}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		for range 110 { // 80 calls before the refresh is due, 13 with failures, then none is left
			if _, err := c.MachineInfo(t.Context(), "m1"); err != nil {
				wantFailure(t, err, ClassServer, NotSent)
				break
			}
			time.Sleep(time.Second * 10)
		}
		logins, calls := srv.counts()
		if calls != 98 || logins < 10 || logins > 16 {
			t.Errorf("%d calls, %d logins, want 98 calls until the token ended and a login each 10 s or so", calls, logins)
		}
	})
}

func TestAnExpiredTokenIsNotUsed(t *testing.T) {
	srv := &server{}
	srv.login = numbered(srv, 100)
	run(t, srv, nil, func(t *testing.T, c *Client) {
		if err := c.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := c.tokens.remaining(); left != 98*time.Second {
			t.Errorf("%v left, want 98 s", left)
		}
		time.Sleep(99 * time.Second)
		if _, err := c.MachineInfo(t.Context(), "m1"); err != nil || srv.last(t).auth != "Bearer t0ken-2" {
			t.Errorf("%v with %q", err, srv.last(t).auth)
		}
		time.Sleep(time.Hour)
		if left := c.tokens.remaining(); left != 0 {
			t.Errorf("%v left of an expired token", left)
		}
	})
}

func TestATokenWithoutALifetimeIsNotKeptForEver(t *testing.T) {
	srv := &server{}
	srv.login = numbered(srv, 0)
	run(t, srv, nil, func(t *testing.T, c *Client) {
		for range 3 {
			if _, err := c.MachineInfo(t.Context(), "m1"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(30 * time.Minute)
		}
		if logins, _ := srv.counts(); logins != 3 {
			t.Errorf("%d logins, want 3", logins)
		}
	})
}

func TestOddLifetimesDoNotLoop(t *testing.T) {
	for life, logins := range map[int]int{1: 3, 100_000_000: 1, math.MaxInt32: 1} {
		srv := &server{}
		srv.login = numbered(srv, life)
		run(t, srv, nil, func(t *testing.T, c *Client) {
			for range 3 {
				if _, err := c.MachineInfo(t.Context(), "m1"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
			}
			if got, _ := srv.counts(); got != logins {
				t.Errorf("%d logins for tokens of %d s, want %d", got, life, logins)
			}
		})
	}
}

func TestASaaSThatRefusesEveryTokenCostsOneLoginACall(t *testing.T) {
	srv := &server{answer: says(401, "")}
	srv.login = numbered(srv, 7200)
	run(t, srv, nil, func(t *testing.T, c *Client) {
		for range 10 {
			_, err := c.MachineInfo(t.Context(), "m1")
			wantFailure(t, err, ClassAuth, Refused)
		}
		if logins, calls := srv.counts(); logins != 11 || calls != 20 {
			t.Errorf("%d logins, %d calls, want 11, 20", logins, calls)
		}
	})
}

func TestACallerWhoGivesUpDoesNotTakeTheLoginFromOthers(t *testing.T) {
	srv := &server{}
	srv.login = func(w http.ResponseWriter, r *http.Request) {
		pause(r, 2*time.Second)
		numbered(srv, 7200)(w, r)
	}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		var wg sync.WaitGroup
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := c.MachineInfo(ctx, "m1")
			wantFailure(t, err, ClassTimeout, NotSent)
		})
		synctest.Wait()
		if _, err := c.MachineInfo(t.Context(), "m1"); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if logins, _ := srv.counts(); logins != 1 {
			t.Errorf("%d logins, want 1", logins)
		}
	})
}

func TestCloseEndsALoginAndAllCallsAfterIt(t *testing.T) {
	srv := &server{login: func(_ http.ResponseWriter, r *http.Request) { pause(r, 4*time.Second) }}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.MachineInfo(t.Context(), "m1")
			wantFailure(t, err, ClassCancelled, NotSent)
		})
		synctest.Wait()
		c.Close()
		wg.Wait()
		if time.Since(start) != 0 {
			t.Errorf("Close took %v", time.Since(start))
		}
		_, err := c.OpenDoor(t.Context(), door(), never)
		if !errors.Is(err, ErrClosed) || callError(t, err).Outcome != NotSent {
			t.Errorf("after Close: %v", err)
		}
		c.Close()
	})
}
