package saas

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"edged/internal/callback"
	"edged/internal/saas/wire"
)

const testOrder = "01K8ZQ4T9M6W2X5Y7A3B1C0D8E"

func testRing(t testing.TB) *callback.Ring {
	t.Helper()
	r, err := callback.NewRing("gw-0017", callback.NewMaster([callback.KeySize]byte{7}).Derive("gw-0017"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func callbackPath(t testing.TB) string {
	t.Helper()
	path, err := testRing(t).NotifyURL("", testOrder)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// delivery is one call of Deliver.
type delivery struct {
	c   wire.Callback
	raw string
}

// handler makes a handler whose Deliver answers with result and err.
func handler(t testing.TB, result Result, err error, adjust func(*HandlerOptions)) (*CallbackHandler, *[]delivery) {
	t.Helper()
	var got []delivery
	o := HandlerOptions{Ring: testRing(t), Deliver: func(_ context.Context, c wire.Callback, raw []byte) (Result, error) {
		got = append(got, delivery{c, string(raw)})
		return result, err
	}}
	if adjust != nil {
		adjust(&o)
	}
	h, herr := NewCallbackHandler(o)
	if herr != nil {
		t.Fatal(herr)
	}
	return h, &got
}

func opened(order string) string {
	return `{"OrderId":"` + order + `","OrderNo":"7","Action":"OpenedDoor","Status":true}`
}

func TestCallbacksAreAnswered(t *testing.T) {
	path := callbackPath(t)
	forged := path[:len(path)-1] + "A"
	if forged == path {
		forged = path[:len(path)-1] + "B"
	}
	tests := []struct {
		name, method, path, body string
		result                   Result
		err                      error
		status                   int
		action                   wire.Action
		verdict                  Verdict
		delivered                bool
	}{
		{name: "stored", body: opened(testOrder), result: Stored, status: 200, action: wire.OpenedDoor, verdict: "stored", delivered: true},
		{name: "a repeat", body: opened(testOrder), result: Repeated, status: 200, action: wire.OpenedDoor, verdict: "repeated", delivered: true},
		{name: "an unknown order", body: opened(testOrder), result: UnknownOrder, status: 200, action: wire.OpenedDoor, verdict: "unknown_order", delivered: true},
		{name: "a result that is no label", body: opened(testOrder), result: "fine", status: 200, action: wire.OpenedDoor, verdict: "stored", delivered: true},
		{name: "too many events", body: opened(testOrder), result: TooMany, status: 429, action: wire.OpenedDoor, verdict: "too_many", delivered: true},
		{name: "not durable", body: opened(testOrder), err: errors.New("disk full"), status: 503, action: wire.OpenedDoor, verdict: VerdictNotDurable, delivered: true},
		{name: "an unknown action", body: strings.Replace(opened(testOrder), "OpenedDoor", "Exploded", 1), result: Stored, status: 200, action: wire.UnknownAction, verdict: "stored", delivered: true},
		{name: "under the prefix", path: "/edged" + path, body: opened(testOrder), result: Stored, status: 200, action: wire.OpenedDoor, verdict: "stored", delivered: true},
		{name: "another order in the body", body: opened("01K8ZQ4T9M6W2X5Y7A3B1C0D8F"), status: 400, action: wire.OpenedDoor, verdict: VerdictMismatch},
		{name: "HTML", body: "<html>", status: 400, action: noAction, verdict: VerdictUnreadable},
		{name: "nothing", body: "", status: 400, action: noAction, verdict: VerdictUnreadable},
		{name: "a forged mac", path: forged, body: opened(testOrder), status: 404, action: noAction, verdict: VerdictForged},
		{name: "another path", path: "/", body: opened(testOrder), status: 404, action: noAction, verdict: VerdictForged},
		{name: "another prefix", path: "/other" + path, body: opened(testOrder), status: 404, action: noAction, verdict: VerdictForged},
		{name: "a GET", method: http.MethodGet, status: 404, action: noAction, verdict: VerdictMethod},
		{name: "a forged GET", method: http.MethodGet, path: forged, status: 404, action: noAction, verdict: VerdictForged},
		{name: "ten megabytes", body: strings.Repeat("x", 10<<20), status: 413, action: noAction, verdict: VerdictTooLarge},
		{name: "one byte too many", body: strings.Repeat("x", wire.MaxCallback+1), status: 413, action: noAction, verdict: VerdictTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, got := handler(t, tt.result, tt.err, func(o *HandlerOptions) { o.Prefix = "/edged/" })
			method, target := tt.method, tt.path
			if method == "" {
				method = http.MethodPost
			}
			if target == "" {
				target = path
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(tt.body)))
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			want := ""
			if tt.status == 200 {
				want = `{"ok":true}`
			}
			if w.Body.String() != want {
				t.Errorf("body %q, want %q", w.Body, want)
			}
			if n := testutil.ToFloat64(h.total.WithLabelValues(string(tt.action), string(tt.verdict))); n != 1 {
				t.Errorf("%s %s counted %v times", tt.action, tt.verdict, n)
			}
			if len(*got) != map[bool]int{true: 1}[tt.delivered] {
				t.Errorf("delivered %d times", len(*got))
			}
			if tt.delivered && ((*got)[0].raw != tt.body || (*got)[0].c.OrderID != testOrder) {
				t.Errorf("delivered %+v", (*got)[0])
			}
		})
	}
}

func TestForgedAndWrongMethodsLookTheSame(t *testing.T) {
	h, _ := handler(t, Stored, nil, nil)
	path := callbackPath(t)
	var answers []string
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/v1/gw-0017/"+testOrder+"/AAAAAAAAAAAAAAAAAAAAAA", nil),
		httptest.NewRequest(http.MethodPost, "/v1/gw-0018/"+testOrder+path[len(path)-23:], nil),
		httptest.NewRequest(http.MethodPost, "/x", nil),
		httptest.NewRequest(http.MethodDelete, path, nil),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		answers = append(answers, fmt.Sprint(w.Code, w.Header(), w.Body))
	}
	for _, a := range answers[1:] {
		if a != answers[0] {
			t.Errorf("%s and %s differ", a, answers[0])
		}
	}
}

// untouchable is a body that must not be read.
type untouchable struct{ t *testing.T }

func (u untouchable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestNothingIsReadBeforeTheMacFits(t *testing.T) {
	h, _ := handler(t, Stored, nil, nil)
	path := callbackPath(t)
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/v1/gw-0017/"+testOrder+"/AAAAAAAAAAAAAAAAAAAAAA", untouchable{t}),
		httptest.NewRequest(http.MethodPut, path, untouchable{t}),
	} {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	large := httptest.NewRequest(http.MethodPost, path, untouchable{t})
	large.ContentLength = wire.MaxCallback + 1
	h.ServeHTTP(httptest.NewRecorder(), large)
}

func TestASenderThatHangsUpDoesNotStopTheDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var deadline time.Duration
		h, _ := handler(t, Stored, nil, func(o *HandlerOptions) {
			o.Deliver = func(ctx context.Context, _ wire.Callback, _ []byte) (Result, error) {
				end, _ := ctx.Deadline()
				deadline = time.Until(end)
				return Stored, ctx.Err()
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		r := httptest.NewRequest(http.MethodPost, callbackPath(t), strings.NewReader(opened(testOrder))).WithContext(ctx)
		r.Body = io.NopCloser(io.MultiReader(r.Body, readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF })))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 || deadline != 10*time.Second {
			t.Errorf("status %d, deadline %v, want 200 and 10 s", w.Code, deadline)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// serveHandler serves h over pipes inside a bubble.
func serveHandler(h http.Handler) (*pipes, func()) {
	p := newPipes()
	srv := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(p)
	}()
	return p, func() {
		_ = srv.Close()
		<-done
	}
}

func TestABodyThatTricklesIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, got := handler(t, Stored, nil, nil)
		p, stop := serveHandler(h)
		defer stop()
		conn, err := p.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		start := time.Now()
		trickled := make(chan struct{})
		go func() {
			defer close(trickled)
			_, _ = io.WriteString(conn, "POST "+callbackPath(t)+" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
			for {
				if _, err := io.WriteString(conn, "{"); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		answer, err := io.ReadAll(conn)
		if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 408 ")) {
			t.Errorf("%q, %v", answer, err)
		}
		if d := time.Since(start); d < 10*time.Second || d > 11*time.Second {
			t.Errorf("given up after %v, want 10 s", d)
		}
		if len(*got) != 0 {
			t.Error("a part was delivered")
		}
		if n := testutil.ToFloat64(h.total.WithLabelValues("none", "slow")); n != 1 {
			t.Errorf("slow counted %v times", n)
		}
		_ = conn.Close()
		<-trickled
	})
}

func TestOnlySomeBodiesAreHeldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var mu sync.Mutex
		atOnce, most := 0, 0
		h, _ := handler(t, Stored, nil, func(o *HandlerOptions) {
			o.Deliver = func(context.Context, wire.Callback, []byte) (Result, error) {
				mu.Lock()
				atOnce++
				most = max(most, atOnce)
				mu.Unlock()
				<-release
				mu.Lock()
				atOnce--
				mu.Unlock()
				return Stored, nil
			}
		})
		codes := make(chan int, maxBodies+4)
		for range maxBodies + 4 {
			go func() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, callbackPath(t), strings.NewReader(opened(testOrder))))
				codes <- w.Code
			}()
		}
		time.Sleep(11 * time.Second)
		close(release)
		count := map[int]int{}
		for range maxBodies + 4 {
			count[<-codes]++
		}
		for range 2 * maxBodies {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, callbackPath(t), strings.NewReader(opened(testOrder))))
			if w.Code != 200 {
				t.Fatalf("one after the other: %d", w.Code)
			}
		}
		if most != maxBodies || count[200] != maxBodies || count[503] != 4 {
			t.Errorf("%d at once, answers %v, want %d at once and 4 times 503", most, count, maxBodies)
		}
	})
}

func TestRelayedCallbacksAreVerifiedAgain(t *testing.T) {
	path := callbackPath(t)
	for _, tt := range []struct {
		name, path, body string
		err              error
		want             Verdict
		done             bool
	}{
		{"stored", path, opened(testOrder), nil, "stored", true},
		{"not durable: keep the message", path, opened(testOrder), errors.New("disk full"), VerdictNotDurable, false},
		{"forged", path[:len(path)-4] + "AAAA", opened(testOrder), nil, VerdictForged, true},
		{"unreadable", path, "{", nil, VerdictUnreadable, true},
		{"too large", path, strings.Repeat(" ", wire.MaxCallback+1), nil, VerdictUnreadable, true},
	} {
		h, _ := handler(t, Stored, tt.err, nil)
		if got := h.Receive(t.Context(), tt.path, []byte(tt.body)); got != tt.want || got.Done() != tt.done {
			t.Errorf("%s: %s, done %v", tt.name, got, got.Done())
		}
	}
	for _, v := range []Verdict{VerdictBusy, VerdictSlow} {
		if v.Done() {
			t.Errorf("%s counts as done", v)
		}
	}
}

func TestM8_TheLogKnowsOrdersButNoMac(t *testing.T) {
	var logged strings.Builder
	h, _ := handler(t, Stored, errors.New("disk full"), func(o *HandlerOptions) {
		o.Log = slog.New(slog.NewTextHandler(&logged, nil))
	})
	path := callbackPath(t)
	for _, body := range []string{opened(testOrder), "{", opened("B")} {
		h.Receive(t.Context(), path, []byte(body))
	}
	h.Receive(t.Context(), "/v1/forged", nil)
	mac := path[strings.LastIndexByte(path, '/')+1:]
	if strings.Contains(logged.String(), mac) || strings.Count(logged.String(), "order_id="+testOrder) != 3 || strings.Count(logged.String(), "\n") != 4 {
		t.Errorf("logged %s", logged.String())
	}
}

func TestCallbackSeriesAreBounded(t *testing.T) {
	reg := prometheus.NewRegistry()
	h, _ := handler(t, Stored, nil, func(o *HandlerOptions) { o.Registerer = reg })
	born := testutil.CollectAndCount(h.total)
	for i := range 50 {
		h.Receive(t.Context(), callbackPath(t), []byte(strings.Replace(opened(testOrder), "OpenedDoor", fmt.Sprintf("Odd%d", i), 1)))
	}
	h.Receive(t.Context(), "/x", nil)
	if n := testutil.CollectAndCount(h.total); n != born || born != 60 {
		t.Errorf("%d series, %d at birth, want 60", n, born)
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func TestHandlersThatCannotBe(t *testing.T) {
	if _, err := NewCallbackHandler(HandlerOptions{Ring: testRing(t)}); !errors.Is(err, ErrOptions) {
		t.Errorf("without Deliver: %v", err)
	}
	if _, err := NewCallbackHandler(HandlerOptions{Deliver: func(context.Context, wire.Callback, []byte) (Result, error) { return Stored, nil }}); !errors.Is(err, ErrOptions) {
		t.Errorf("without a ring: %v", err)
	}
}

func FuzzReceive(f *testing.F) {
	path := callbackPath(f)
	f.Add(path, []byte(opened(testOrder)))
	f.Add("/v1/gw-0017/x/y", []byte("{}"))
	h, got := handler(f, Stored, nil, nil)
	f.Fuzz(func(t *testing.T, p string, body []byte) {
		*got = (*got)[:0]
		v := h.Receive(t.Context(), p, body)
		if (v == Verdict(Stored)) != (len(*got) == 1) {
			t.Fatalf("%s with %d deliveries", v, len(*got))
		}
		if len(*got) == 1 && (p != path || (*got)[0].c.OrderID != testOrder) {
			t.Fatalf("%q delivered %+v", p, (*got)[0])
		}
	})
}

var _ net.Listener = (*pipes)(nil)

func TestRefusalsDoNotFillTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged strings.Builder
		h, _ := handler(t, Stored, nil, func(o *HandlerOptions) { o.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
		path := callbackPath(t)
		for range 2000 { // more than an hour
			h.Receive(t.Context(), path, []byte("<html>"))
			h.Receive(t.Context(), "/wp-login.php", nil)
			time.Sleep(2 * time.Second)
		}
		lines := strings.Count(logged.String(), "reason=unreadable")
		strangers := strings.Count(logged.String(), "reason=forged")
		if lines < 60 || lines > 70 || strangers != 2 || !strings.Contains(logged.String(), "count=30") || !strings.Contains(logged.String(), "count=1800") {
			t.Errorf("%d lines about a callback nobody can read, %d about strangers; want one a minute and one an hour:\n%s", lines, strangers, logged.String())
		}
		if n := testutil.ToFloat64(h.total.WithLabelValues(string(noAction), string(VerdictForged))); n != 2000 {
			t.Errorf("%v forged ones counted, want 2000", n)
		}
	})
}
