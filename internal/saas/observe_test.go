package saas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"edged/internal/saas/wire"
)

func loginFor(d time.Duration) wire.LoginAnswer {
	return wire.LoginAnswer{Token: wire.NewSecret("t"), ExpiresIn: d}
}

func TestMetricsAndOnCallTellTheSame(t *testing.T) {
	reg := prometheus.NewRegistry()
	var mu sync.Mutex
	told := map[string]float64{}
	var slowest time.Duration
	srv := &server{answer: func(w http.ResponseWriter, r *http.Request) {
		pause(r, time.Second)
		says(200, doorAnswer)(w, r)
	}}
	run(t, srv, func(o *Options) {
		o.Registerer = reg
		o.OnCall = func(call Call, class Class, d time.Duration, err error) {
			if (err == nil) != (class == ClassOK) || err != nil && classOf(err) != class {
				t.Errorf("%s %s is told with %v", call, class, err)
			}
			mu.Lock()
			defer mu.Unlock()
			told[string(call)+" "+string(class)]++
			slowest = max(slowest, d)
		}
	}, func(t *testing.T, c *Client) {
		if n := testutil.CollectAndCount(c.metrics.requests); n != len(Calls())*len(Classes()) {
			t.Errorf("%d series at birth, want %d", n, len(Calls())*len(Classes()))
		}
		if err := c.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
		if at := testutil.ToFloat64(c.metrics.lastSuccess); at != 0 {
			t.Errorf("a probe counts as success at %v", at)
		}
		if _, err := c.OpenDoor(t.Context(), door(), never); err != nil {
			t.Fatal(err)
		}
		srv.answer = says(500, "")
		_, _ = c.OpenDoor(t.Context(), door(), never)
		_, _ = c.OpenDoor(t.Context(), door(), func() bool { return true })
		for key, want := range map[string]float64{
			"probe ok": 1, "login ok": 1, "open_door ok": 1, "open_door server": 1, "open_door timeout": 1,
		} {
			call, class, _ := strings.Cut(key, " ")
			if got := testutil.ToFloat64(c.metrics.requests.WithLabelValues(call, class)); got != want || told[key] != want {
				t.Errorf("%s: metric %v, told %v, want %v", key, got, told[key], want)
			}
		}
		if slowest != time.Second {
			t.Errorf("the slowest call took %v, want 1 s", slowest)
		}
		// The bubble began at 2000-01-01; the good answer came a second later.
		if at := testutil.ToFloat64(c.metrics.lastSuccess); at != 946684801 {
			t.Errorf("last success at %v", at)
		}
		if err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP edged_saas_token_expiry_seconds Seconds for which the access token may still be used; 0 without one.
# TYPE edged_saas_token_expiry_seconds gauge
edged_saas_token_expiry_seconds 7055
`), "edged_saas_token_expiry_seconds"); err != nil {
			t.Error(err)
		}
		if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
			t.Errorf("%v, %v", problems, err)
		}
		if _, err := New(Options{BaseURL: "http://x", AppID: "P", Key: wire.NewSecret("k"), Secret: wire.NewSecret("s"), Registerer: reg}); err == nil {
			t.Error("a second client on one registry was accepted")
		}
	})
}

func TestReachableClasses(t *testing.T) {
	want := map[Class]bool{ClassOK: true, ClassAuth: true, ClassRateLimited: true, ClassRefused: true}
	for _, c := range Classes() {
		if c.Reachable() != want[c] {
			t.Errorf("%s: %v", c, c.Reachable())
		}
	}
}

func TestM8_NoSecretIsInAnError(t *testing.T) {
	// A login knows no order: the mac cannot come back in its answer.
	ofLogin := []string{"k3y", "s3cret"}
	ofCall := append([]string{"t0ken-1", door().NotifyURL.Reveal(), "amxGMZ9BPu2V2hXAQRiXWj"}, ofLogin...)
	echo := func(secrets []string) string {
		return `{"statusCode":400,"succeeded":false,"errors":"` + strings.Join(secrets, " ") + `"}`
	}
	for name, tt := range map[string]struct {
		srv     *server
		secrets []string
	}{
		"a call that is refused":   {&server{answer: says(400, echo(ofCall))}, ofCall},
		"a call that gets a page":  {&server{answer: says(200, "<html>"+strings.Join(ofCall, " "))}, ofCall},
		"a call that is not read":  {&server{answer: says(200, `{"statusCode":"t0ken-1"}`)}, ofCall},
		"a login that is refused":  {&server{login: says(400, echo(ofLogin))}, ofLogin},
		"a login that is not read": {&server{login: says(200, `{"token":"k3y s3cret"}`)}, ofLogin},
		"a header that is not HTTP": {&server{answer: func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+strings.ReplaceAll(strings.Join(ofCall, " "), ":", "")+"\r\n\r\n")
			_ = conn.Close()
		}}, ofCall},
		"a connection that breaks off": {&server{answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}, ofCall},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, tt.srv, nil, func(t *testing.T, c *Client) {
				_, err := c.OpenDoor(t.Context(), door(), never)
				var logged strings.Builder
				slog.New(slog.NewTextHandler(&logged, nil)).Error("x", "err", err, "client", c)
				shown := []string{err.Error(), fmt.Sprintf("%+v %#v", err, err), logged.String(), fmt.Sprintf("%+v", *callError(t, err))}
				for _, secret := range tt.secrets {
					if text := strings.Join(shown, "\n"); strings.Contains(text, secret) {
						t.Errorf("%q is shown in %s", secret, text)
					}
				}
			})
		})
	}
}

func TestOptionsAndClientsPrintWithoutSecrets(t *testing.T) {
	o := options(func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no") })
	c := client(t, o)
	defer c.Close()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{o, &o, c, c.tokens} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "k3y") || strings.Contains(text, "s3cret") {
				t.Errorf("%s shows a secret: %s", verb, text)
			}
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for want, e := range map[string]*CallError{
		`open_door: server (in_doubt): HTTP 502: unexpected`:       {Call: CallOpenDoor, Class: ClassServer, Outcome: InDoubt, HTTPStatus: 502, Err: errors.New("unexpected")},
		`report_payment: refused (refused): HTTP 200: "not found"`: {Call: CallReportPayment, Class: ClassRefused, Outcome: Refused, HTTPStatus: 200, Msg: "not found"},
	} {
		if e.Error() != want {
			t.Errorf("%q, want %q", e.Error(), want)
		}
	}
}
