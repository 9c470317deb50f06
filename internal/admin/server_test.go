package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"edged/internal/admin"
	"edged/internal/admin/admintest"
	"edged/internal/errcode"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server on a socket of its own until the test ends.
func serve(t *testing.T, b admin.Backend, log *slog.Logger) (*admin.Client, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "edged.sock")
	l, err := admin.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := admin.New(admin.Options{Path: path, Backend: b, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("server ended: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("server does not stop")
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
	})
	return admin.NewClient(path), path
}

func TestEveryQuestionIsAnsweredOverTheSocket(t *testing.T) {
	b := admintest.Sample()
	c, _ := serve(t, b, nil)
	ctx := context.Background()

	st, err := c.Status(ctx)
	check(t, "status", err, st.Lanes, b.StatusIs.Lanes)
	o, err := c.Orders(ctx, 2, false)
	check(t, "orders", err, []string{o.Orders[0].OrderID, o.Orders[1].OrderID}, []string{admintest.OpenOrder, admintest.UnpaidOrder})
	d, err := c.Order(ctx, admintest.PaidOrder)
	check(t, "order", err, d.Order, b.OrdersAre[2].Order)
	tasks, err := c.Tasks(ctx)
	check(t, "tasks", err, tasks.Tasks, b.TasksAre)
	q, err := c.Queue(ctx, 50)
	check(t, "queue", err, len(q.Entries), len(b.QueueIs))
	e, err := c.QueueEntry(ctx, 17)
	check(t, "entry", err, e.QueueEntry, b.QueueIs[0].QueueEntry)
	v, err := c.Version(ctx)
	check(t, "version", err, v.OS, "linux")
}

func check(t *testing.T, what string, err error, got, want any) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	} else if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got  %+v\nwant %+v", what, got, want)
	}
}

func TestWhatIsChangedIsDoneInTheCallersName(t *testing.T) {
	b := admintest.Sample()
	var logged bytes.Buffer
	c, _ := serve(t, b, slog.New(slog.NewJSONHandler(&logged, nil)))
	ctx := context.Background()
	who := "uid " + uid()
	for _, step := range []func() (admin.Done, error){
		func() (admin.Done, error) { return c.Retry(ctx, 17) },
		func() (admin.Done, error) {
			return c.Drop(ctx, 17, admin.Drop{Order: admintest.UnpaidOrder, Reason: "by phone"})
		},
		func() (admin.Done, error) { return c.LaneOut(ctx, "front", "glass broken") },
		func() (admin.Done, error) { return c.LaneIn(ctx, "front") },
		func() (admin.Done, error) { return c.EndOfDay(ctx, "front") },
		func() (admin.Done, error) {
			return c.TaskDone(ctx, b.TasksAre[0].N, admin.TaskDone{Outcome: "written_off", Note: "ticket 4711"})
		},
		func() (admin.Done, error) {
			return c.RefundEnded(ctx, admintest.PaidOrder, "RF-1", admin.RefundEnded{Done: true, AmountMinor: 250, Note: "cash"})
		},
		func() (admin.Done, error) {
			return c.RefundEnded(ctx, admintest.PaidOrder, "RF-1", admin.RefundEnded{Note: "customer unknown"})
		},
		func() (admin.Done, error) { return c.Resume(ctx, admintest.OpenOrder) },
	} {
		if d, err := step(); err != nil || d.Message == "" {
			t.Errorf("answer %+v, %v", d, err)
		}
	}
	want := []string{
		"retry 17 by " + who, "drop 17 of " + admintest.UnpaidOrder + ": by phone, by " + who,
		"lane front out: glass broken, by " + who, "lane front in, by " + who,
		"end of day of front, by " + who,
		fmt.Sprintf("task %d done: written_off, ticket 4711, by %s", b.TasksAre[0].N, who),
		"refund RF-1 of " + admintest.PaidOrder + ", done true, 250: cash, by " + who,
		"refund RF-1 of " + admintest.PaidOrder + ", done false, 0: customer unknown, by " + who,
		"resume " + admintest.OpenOrder + ", by " + who,
	}
	if got := b.Calls(); !reflect.DeepEqual(got, want) {
		t.Errorf("done: %q, want %q", got, want)
	}
	if got := strings.Count(logged.String(), who+" pid "); got != len(want) {
		t.Errorf("%d of %d are logged with their caller:\n%s", got, len(want), logged.String())
	}
}

func TestARefusalKeepsItsKindOverTheWire(t *testing.T) {
	b := admintest.Sample()
	c, _ := serve(t, b, nil)
	ctx := context.Background()
	for _, x := range []struct {
		name string
		ask  func() error
		want error
		says string
	}{
		{"an order nobody knows", func() error { _, err := c.Order(ctx, "NO/SUCH?"); return err }, admin.ErrNotFound, "NO/SUCH?"},
		{"an entry nobody knows", func() error { _, err := c.QueueEntry(ctx, 99); return err }, admin.ErrNotFound, "99"},
		{"a number below one", func() error { _, err := c.QueueEntry(ctx, -1); return err }, admin.ErrRequest, "-1"},
		{"a limit of nothing", func() error { _, err := c.Orders(ctx, 0, false); return err }, admin.ErrRequest, "limit"},
		{"a lane nobody knows", func() error { _, err := c.LaneIn(ctx, "no/lane"); return err }, admin.ErrNotFound, `no/lane`},
		{"out without a reason", func() error { _, err := c.LaneOut(ctx, "front", " "); return err }, admin.ErrRequest, "why"},
		{"a drop without a reason", func() error {
			_, err := c.Drop(ctx, 17, admin.Drop{Order: admintest.UnpaidOrder})
			return err
		}, admin.ErrRequest, "reason"},
		{"a drop for another order", func() error {
			_, err := c.Drop(ctx, 17, admin.Drop{Order: admintest.PaidOrder, Reason: "x"})
			return err
		}, admin.ErrConflict, admintest.UnpaidOrder},
	} {
		t.Run(x.name, func(t *testing.T) {
			err := x.ask()
			if !errors.Is(err, x.want) || !strings.Contains(err.Error(), x.says) {
				t.Errorf("got %v, want %v about %q", err, x.want, x.says)
			}
		})
	}
	for _, call := range b.Calls() {
		if strings.HasPrefix(call, "drop") {
			t.Errorf("it was done all the same: %s", call)
		}
	}
}

func TestAFailureOfTheDaemonIsToldInItsWords(t *testing.T) {
	b := admintest.Sample()
	b.Err = errors.New("disk is gone")
	c, _ := serve(t, b, nil)
	if _, err := c.Tasks(context.Background()); err == nil || err.Error() != "disk is gone" {
		t.Errorf("got %v", err)
	}
	b.Err = fmt.Errorf("commit: %w", errcode.New(errcode.StoreDiskFull, "disk is full"))
	if _, err := c.Tasks(context.Background()); err == nil || err.Error() != "commit: disk is full" || errcode.Text(err) != "EDG-STORE-001" {
		t.Errorf("got %v with the code %s", err, errcode.Text(err))
	}
	b.Err = context.DeadlineExceeded
	if _, err := c.Status(context.Background()); err == nil || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("got %v", err)
	}
}

// raw sends one request to the handler alone.
func raw(t *testing.T, b admin.Backend, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	s, err := admin.New(admin.Options{Path: "unused", Backend: b})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestABodyIsReadStrictly(t *testing.T) {
	order := `"order":"` + admintest.UnpaidOrder + `"`
	for _, c := range []struct {
		name, body string
		want       int
	}{
		{"as described", `{` + order + `,"reason":"x"}`, http.StatusOK},
		{"a misspelled name", `{"ordr":"` + admintest.UnpaidOrder + `","reason":"x"}`, http.StatusBadRequest},
		{"two values", `{` + order + `,"reason":"x"}{}`, http.StatusBadRequest},
		{"no JSON", `order=1`, http.StatusBadRequest},
		{"nothing", ``, http.StatusBadRequest},
		{"too much", `{` + order + `,"reason":"` + strings.Repeat("x", 1<<17) + `"}`, http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			if w := raw(t, admintest.Sample(), http.MethodPost, "/v1/queue/17/drop", c.body); w.Code != c.want {
				t.Errorf("HTTP %d, want %d: %s", w.Code, c.want, w.Body)
			}
		})
	}
}

func TestWhatIsNoPartOfTheAPIIsJSONToo(t *testing.T) {
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, "/"}, {http.MethodDelete, "/v1/orders"}, {http.MethodGet, "/v1/orders/a/b"}, {http.MethodGet, "/v1/queue/1/retry"},
	} {
		w := raw(t, admintest.Sample(), c.method, c.path, "")
		var f admin.Failure
		if err := json.Unmarshal(w.Body.Bytes(), &f); w.Code != http.StatusNotFound || err != nil || f.Error.Code != "not_found" {
			t.Errorf("%s %s: HTTP %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
}

func TestAListIsNeverNull(t *testing.T) {
	for _, path := range []string{"/v1/orders", "/v1/tasks", "/v1/queue"} {
		if w := raw(t, &admintest.Backend{}, http.MethodGet, path, ""); !strings.Contains(w.Body.String(), "[]") {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
}

// slow is a backend whose tasks take as long as a channel says.
type slow struct {
	*admintest.Backend
	entered, leave chan struct{}
}

func (s slow) Tasks(context.Context) ([]admin.Task, error) {
	s.entered <- struct{}{}
	<-s.leave
	return nil, nil
}

func TestTooManyRequestsAtOnceAreTurnedAway(t *testing.T) {
	const bound = 16
	b := slow{admintest.Sample(), make(chan struct{}), make(chan struct{})}
	s, err := admin.New(admin.Options{Path: "unused", Backend: b})
	if err != nil {
		t.Fatal(err)
	}
	h, ended := s.Handler(), make(chan int, bound)
	ask := func() int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/tasks", nil))
		return w.Code
	}
	for range bound {
		go func() { ended <- ask() }()
	}
	for range bound {
		<-b.entered
	}
	if got := ask(); got != http.StatusServiceUnavailable {
		t.Errorf("request %d: HTTP %d, want 503", bound+1, got)
	}
	close(b.leave)
	for range bound {
		if got := <-ended; got != http.StatusOK {
			t.Errorf("HTTP %d, want 200", got)
		}
	}
}

func TestAServerNeedsASocketAndABackend(t *testing.T) {
	for _, o := range []admin.Options{{}, {Path: "x"}, {Backend: admintest.Sample()}} {
		if _, err := admin.New(o); err == nil {
			t.Errorf("options %+v are taken", o)
		}
	}
}

func TestRunEndsWithTheErrorOfItsSocket(t *testing.T) {
	s, err := admin.New(admin.Options{Path: filepath.Join(t.TempDir(), "no", "such", "dir"), Backend: admintest.Sample()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAnAnswerThatIsNotTheDaemonsIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	body := make(chan string, 1)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		b := <-body
		if b == "" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, b)
	})}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	defer func() { _ = srv.Close(); <-ended }()
	for answer, want := range map[string]string{"<html>": "answer of edged", "": "HTTP 418"} {
		body <- answer
		if _, err := admin.NewClient(path).Tasks(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("answer %q: %v, want %q", answer, err, want)
		}
	}
}
