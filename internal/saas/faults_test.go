package saas

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/saas/wire"
)

func TestWhatAnAnswerMeans(t *testing.T) {
	no := func(code, words string) string {
		return `{"statusCode":` + code + `,"data":null,"succeeded":false,"errors":"` + words + `"}`
	}
	html := "<html><h1>Bad gateway</h1></html>"
	tests := []struct {
		name    string
		status  int
		body    string
		retry   string
		class   Class
		outcome Outcome
		after   time.Duration
		msg     string
	}{
		{name: "a no under HTTP 200", status: 200, body: no("200", "door busy"), class: ClassRefused, outcome: Refused, msg: "door busy"},
		{name: "a 400 in the body", status: 200, body: no("400", "bad door"), class: ClassRefused, outcome: Refused, msg: "bad door"},
		{name: "a 403 in the body", status: 200, body: no("403", "no right"), class: ClassAuth, outcome: Refused, msg: "no right"},
		{name: "a 429 in the body", status: 200, body: no("429", "slow"), class: ClassRateLimited, outcome: Refused, msg: "slow"},
		{name: "words that say too many", status: 200, body: no("400", "Too many requests"), class: ClassRateLimited, outcome: Refused, msg: "Too many requests"},
		{name: "a 500 in the body", status: 200, body: no("500", "oops"), class: ClassServer, outcome: InDoubt, msg: "oops"},
		{name: "status false in the data", status: 200, body: `{"statusCode":200,"succeeded":true,"data":{"status":false,"msg":"offline"}}`, class: ClassRefused, outcome: Refused, msg: "offline"},
		{name: "400 with an envelope", status: 400, body: no("400", "bad"), class: ClassRefused, outcome: Refused, msg: "bad"},
		{name: "400 whose body says 500", status: 400, body: no("500", "oops"), class: ClassServer, outcome: InDoubt, msg: "oops"},
		{name: "404 with a page", status: 404, body: html, class: ClassProtocol, outcome: Refused},
		{name: "400 with a yes", status: 400, body: doorAnswer, class: ClassProtocol, outcome: Refused},
		{name: "403 with a page", status: 403, body: html, class: ClassAuth, outcome: Refused},
		{name: "408", status: 408, class: ClassTimeout, outcome: InDoubt},
		{name: "429 in seconds", status: 429, body: html, retry: "7", class: ClassRateLimited, outcome: Refused, after: 7 * time.Second},
		{name: "429 with a date", status: 429, retry: "Sat, 01 Jan 2000 00:02:00 GMT", class: ClassRateLimited, outcome: Refused, after: 2 * time.Minute},
		{name: "429 with a date gone by", status: 429, retry: "Fri, 31 Dec 1999 00:02:00 GMT", class: ClassRateLimited, outcome: Refused},
		{name: "429 without a time", status: 429, class: ClassRateLimited, outcome: Refused},
		{name: "429 for days", status: 429, retry: "999999999999", class: ClassRateLimited, outcome: Refused, after: time.Hour},
		{name: "429 with a negative time", status: 429, retry: "-5", class: ClassRateLimited, outcome: Refused},
		{name: "429 with nonsense", status: 429, retry: "soon", class: ClassRateLimited, outcome: Refused},
		{name: "500", status: 500, body: no("500", "oops"), class: ClassServer, outcome: InDoubt, msg: "oops"},
		{name: "502 with a page", status: 502, body: html, class: ClassServer, outcome: InDoubt},
		{name: "503 with a time", status: 503, retry: "30", class: ClassServer, outcome: InDoubt, after: 30 * time.Second},
		{name: "500 whose body says 400", status: 500, body: no("400", "bad"), class: ClassServer, outcome: InDoubt, msg: "bad"},
		{name: "a page under 200", status: 200, body: html, class: ClassProtocol, outcome: InDoubt},
		{name: "nothing under 200", status: 200, class: ClassProtocol, outcome: InDoubt},
		{name: "204", status: 204, class: ClassProtocol, outcome: InDoubt},
		{name: "truncated JSON", status: 200, body: doorAnswer[:80], class: ClassProtocol, outcome: InDoubt},
		{name: "an array", status: 200, body: `[]`, class: ClassProtocol, outcome: InDoubt},
		{name: "a yes without a status", status: 200, body: `{"statusCode":200,"succeeded":true,"data":{}}`, class: ClassProtocol, outcome: InDoubt},
		{name: "a redirect", status: 302, class: ClassProtocol, outcome: InDoubt},
		{name: "more than a mebibyte", status: 200, body: doorAnswer + strings.Repeat(" ", wire.MaxAnswer), class: ClassProtocol, outcome: InDoubt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := &server{answer: func(w http.ResponseWriter, r *http.Request) {
				if tt.retry != "" {
					w.Header().Set("Retry-After", tt.retry)
				}
				w.Header().Set("Location", "/elsewhere")
				says(tt.status, tt.body)(w, r)
			}}
			run(t, srv, nil, func(t *testing.T, c *Client) {
				_, err := c.OpenDoor(t.Context(), door(), never)
				e := wantFailure(t, err, tt.class, tt.outcome)
				if e.RetryAfter != tt.after || e.Msg != tt.msg || e.HTTPStatus != tt.status || e.Call != CallOpenDoor {
					t.Errorf("%+v, want retry after %v, words %q", e, tt.after, tt.msg)
				}
				if _, calls := srv.counts(); calls != 1 {
					t.Errorf("%d calls, want 1", calls)
				}
			})
		})
	}
}

func TestAnAcknowledgementOfARepeat(t *testing.T) {
	srv := &server{answer: says(200, `{"OrderId":"A","Status":false,"Message":"Order has already been processed"}`)}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		e := wantFailure(t, c.ReportPayment(t.Context(), []byte(`{}`)), ClassRefused, Refused)
		if !e.AlreadyReported() {
			t.Errorf("%v is not recognised", e)
		}
	})
}

// dials makes a dialer that ends every connection with f on the server's side.
func dials(f func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go f(theirs)
		return ours, nil
	}
}

// readRequest reads one request, and answers a login.
func readRequest(c net.Conn) (*http.Request, error) {
	in := bufio.NewReader(c)
	r, err := http.ReadRequest(in)
	if err == nil && r.URL.Path == "/OpenApi/Login" {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 36\r\nConnection: close\r\n\r\n"+loginAnswer)
		_ = c.Close()
		return nil, io.EOF
	}
	if err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	return r, err
}

func TestWhereTheConnectionIsLost(t *testing.T) {
	answerThen := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			defer c.Close()
			if _, err := readRequest(c); err == nil {
				_, _ = io.WriteString(c, text)
			}
		}
	}
	full := "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
	tests := []struct {
		name    string
		peer    func(net.Conn)
		class   Class
		outcome Outcome
	}{
		{"closed once the request was read", answerThen(""), ClassNetwork, InDoubt},
		{"closed within the status line", answerThen("HTTP/1.1 20"), ClassProtocol, InDoubt},
		{"closed within the headers", answerThen("HTTP/1.1 200 OK\r\nContent-Le"), ClassProtocol, InDoubt},
		{"closed within the body", answerThen(full + doorAnswer[:50]), ClassProtocol, InDoubt},
		{"closed within a chunk", answerThen("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"), ClassProtocol, InDoubt},
		{"closed within the body of a 429", answerThen(strings.Replace(full, "200 OK", "429 No", 1) + "{"), ClassRateLimited, Refused},
		{"no HTTP at all", answerThen("SSH-2.0-OpenSSH_9.2\r\n\r\n"), ClassProtocol, InDoubt},
		{"silence after the request", func(c net.Conn) { _, _ = readRequest(c); waitClosed(c) }, ClassTimeout, InDoubt},
		{"silence within the body", func(c net.Conn) {
			if _, err := readRequest(c); err == nil {
				_, _ = io.WriteString(c, full+"{")
				waitClosed(c)
			}
		}, ClassTimeout, InDoubt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := client(t, options(dials(tt.peer)))
				defer c.Close()
				start := time.Now()
				_, err := c.OpenDoor(t.Context(), door(), never)
				wantFailure(t, err, tt.class, tt.outcome)
				if tt.class == ClassTimeout && time.Since(start) != 5*time.Second {
					t.Errorf("it took %v, want 5 s", time.Since(start))
				}
			})
		})
	}
}

// waitClosed keeps a connection silent until the other side closes it.
func waitClosed(c net.Conn) {
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
}

func client(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTheRequestCutAtEveryByte: with n bytes taken the call is in doubt, with none
// it was not sent.
func TestTheRequestCutAtEveryByte(t *testing.T) {
	whole, err := openCutAfter(t, 64<<10)
	if e := callError(t, err); e.Outcome != InDoubt || whole < 300 {
		t.Fatalf("the whole request was %d bytes, %v", whole, err)
	}
	for n := range whole {
		_, err := openCutAfter(t, n)
		want := InDoubt
		if n == 0 {
			want = NotSent
		}
		if e := callError(t, err); e.Outcome != want {
			t.Errorf("cut after %d bytes: %v, want %s", n, err, want)
		}
	}
	t.Logf("%d cuts", whole)
}

// openCutAfter opens a door at a SaaS that hangs up after limit bytes of it.
func openCutAfter(t *testing.T, limit int) (took int, err error) {
	synctest.Test(t, func(t *testing.T) {
		var loggedIn atomic.Bool
		c := client(t, options(dials(func(conn net.Conn) {
			defer conn.Close()
			if loggedIn.CompareAndSwap(false, true) {
				_, _ = readRequest(conn)
				return
			}
			// The transport writes a small request at once: one read takes it.
			if limit > 0 {
				took, _ = conn.Read(make([]byte, limit))
			}
		})))
		defer c.Close()
		_, err = c.OpenDoor(t.Context(), door(), never)
	})
	return took, err
}

func TestAPeerThatTakesNothingGotNothing(t *testing.T) {
	for name, peer := range map[string]func(net.Conn){
		"closes at once":       func(c net.Conn) { _ = c.Close() },
		"never reads, timeout": func(net.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var loggedIn atomic.Bool
				c := client(t, options(dials(func(conn net.Conn) {
					if loggedIn.CompareAndSwap(false, true) {
						_, _ = readRequest(conn)
						return
					}
					peer(conn)
				})))
				defer c.Close()
				_, err := c.OpenDoor(t.Context(), door(), never)
				if e := callError(t, err); e.Outcome != NotSent {
					t.Errorf("%v, want not_sent", err)
				}
			})
		})
	}
}

func TestWhatNeverLeaves(t *testing.T) {
	refuse := func(err error) func(context.Context, string, string) (net.Conn, error) {
		return func(context.Context, string, string) (net.Conn, error) { return nil, err }
	}
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	tests := []struct {
		name  string
		dial  func(context.Context, string, string) (net.Conn, error)
		url   string
		class Class
	}{
		{"an unknown name", refuse(&net.DNSError{Err: "no such host", Name: "saas.test", IsNotFound: true}), "http://saas.test", ClassNetwork},
		{"a name server that is silent", refuse(&net.DNSError{Err: "timeout", IsTimeout: true}), "http://saas.test", ClassTimeout},
		{"a refused connection", refuse(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), "http://saas.test", ClassNetwork},
		{"a connection that never comes", hang, "http://saas.test", ClassTimeout},
		{"a TLS peer that speaks HTTP", dials(func(c net.Conn) {
			_, _ = c.Read(make([]byte, 64<<10))
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			_ = c.Close()
		}), "https://saas.test", ClassNetwork},
		{"a TLS peer that is silent", dials(waitClosed), "https://saas.test", ClassTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options(tt.dial)
				o.BaseURL = tt.url
				c := client(t, o)
				defer c.Close()
				_, err := c.OpenDoor(t.Context(), door(), never)
				e := wantFailure(t, err, tt.class, NotSent)
				if e.Call != CallOpenDoor {
					t.Errorf("the error is of %s", e.Call)
				}
				var login *CallError
				if !errors.As(e.Err, &login) || login.Call != CallLogin {
					t.Errorf("the cause is %v, want the login", e.Err)
				}
				if err := c.Probe(t.Context()); callError(t, err).Outcome != NotSent {
					t.Errorf("probe: %v", err)
				}
			})
		})
	}
}

func TestFailedLoginsMeanTheCallWasNotSent(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		class  Class
	}{
		"refused in words": {200, `{"statusCode":200,"succeeded":false,"errors":"wrong k3y or s3cret"}`, ClassAuth},
		"HTTP 401":         {401, ``, ClassAuth},
		"401 in the body":  {200, `{"statusCode":401,"succeeded":false,"errors":"no"}`, ClassAuth},
		"429":              {429, ``, ClassRateLimited},
		"502":              {502, `<html>`, ClassServer},
		"a page":           {200, `<html>`, ClassProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			srv := &server{login: says(tt.status, tt.body)}
			run(t, srv, nil, func(t *testing.T, c *Client) {
				_, err := c.OpenDoor(t.Context(), door(), never)
				wantFailure(t, err, tt.class, NotSent)
				if strings.Contains(err.Error(), "k3y") || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("%v shows a secret", err)
				}
				if logins, calls := srv.counts(); logins != 1 || calls != 0 {
					t.Errorf("%d logins and %d calls, want 1 and 0", logins, calls)
				}
				if e := callError(t, c.Login(t.Context())); e.Class != tt.class || e.Call != CallLogin {
					t.Errorf("Login: %v", e)
				}
			})
		})
	}
}

func TestCertificatesAreJudgedAtTheTimeGiven(t *testing.T) {
	cert, pool := certificate(t, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	for name, tt := range map[string]struct {
		at    time.Time
		pool  bool
		class Class
	}{
		"within its time":        {time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), true, ClassOK},
		"a clock before its day": {time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), true, ClassNetwork},
		"after its end":          {time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC), true, ClassNetwork},
		"an unknown authority":   {time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), false, ClassNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := &server{answer: says(200, doorAnswer)}
				defer srv.start(t)()
				o := options(func(ctx context.Context, network, addr string) (net.Conn, error) {
					if addr != "saas.test:443" {
						t.Errorf("dialed %s", addr)
					}
					ours, theirs := net.Pipe()
					go func() { srv.conns <- tls.Server(buffered(theirs), &tls.Config{Certificates: []tls.Certificate{cert}}) }()
					return ours, nil
				})
				o.BaseURL = "https://saas.test"
				o.VerifyTime = func() time.Time { return tt.at }
				o.TLS = &tls.Config{}
				if tt.pool {
					o.TLS.RootCAs = pool
				}
				c := client(t, o)
				defer c.Close()
				probe := c.Probe(t.Context())
				_, err := c.OpenDoor(t.Context(), door(), never)
				if tt.class == ClassOK {
					if err != nil || probe != nil {
						t.Errorf("%v, %v, want success", probe, err)
					}
					return
				}
				wantFailure(t, err, tt.class, NotSent)
				wantFailure(t, probe, tt.class, NotSent)
			})
		})
	}
}
