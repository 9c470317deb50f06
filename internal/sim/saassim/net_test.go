package saassim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Calls that end without an answer need a real connection.
func TestCallsWithoutAnAnswer(t *testing.T) {
	var mu sync.Mutex
	var points []string
	o := options()
	o.OnPoint = func(p string) {
		mu.Lock()
		defer mu.Unlock()
		points = append(points, p)
	}
	g := newGateway(t, o)
	srv := httptest.NewServer(g.sim)
	defer srv.Close()
	client := &http.Client{Timeout: 200 * time.Millisecond}
	defer client.CloseIdleConnections()

	for _, c := range []struct {
		name   string
		fault  CallFault
		orders int
	}{
		{"dropped before it was taken", CallFault{Kind: Drop}, 0},
		{"dropped after it was taken", CallFault{Kind: Drop, Accepted: true}, 1},
		{"never answered", CallFault{Kind: Hang, Accepted: true}, 2},
		{"answered too late", CallFault{Kind: Delay, For: time.Minute}, 3},
	} {
		g.sim.AddFault(c.fault)
		req, err := http.NewRequest(http.MethodPost, srv.URL+"/OpenApi/Order/OpenDoor", strings.NewReader(openBody(c.name)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+g.token)
		if resp, err := client.Do(req); err == nil {
			resp.Body.Close()
			t.Errorf("%s: got an answer", c.name)
		}
		if n := len(g.sim.Ledger().Orders); n != c.orders {
			t.Errorf("%s: %d orders, want %d", c.name, n, c.orders)
		}
	}
	mu.Lock()
	got := strings.Join(points, ",")
	mu.Unlock()
	if !strings.Contains(got, "OpenDoor received,OpenDoor before answer") {
		t.Errorf("points: %s", got)
	}
}

func TestACutNetworkIsCutForConnectionsToo(t *testing.T) {
	g := newGateway(t, options())
	srv := httptest.NewUnstartedServer(g.sim)
	srv.Listener = g.sim.Listen(srv.Listener)
	srv.StartTLS()
	defer srv.Close()
	client := srv.Client()
	client.Timeout = 10 * time.Second
	get := func() error {
		resp, err := client.Get(srv.URL + "/OpenApi/x")
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	if err := get(); err != nil {
		t.Fatal(err)
	}
	g.sim.Cut(true)
	if err := get(); err == nil {
		t.Error("a SaaS off the network answered")
	}
	g.sim.Cut(false)
	if err := get(); err != nil {
		t.Errorf("back on the network: %v", err)
	}
}
