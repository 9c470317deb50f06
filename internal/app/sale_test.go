package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"edged/internal/config"
	"edged/internal/purchase"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// What must never be seen outside the files they are read from.
const (
	siteKey         = "key-of-the-site-7f3a"
	siteSecret      = "secret-of-the-site-91bc"
	siteCallbackKey = "ab0011223344556677889900aabbccddeeff00112233445566778899aabbccdd"
)

// site is a gateway's surroundings on real wires: the vendor's SaaS over HTTP and
// a card terminal on a serial line.
type site struct {
	dir  string
	saas *saassim.Sim
	term *readersim.Terminal
	conf string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{dir: t.TempDir()}
	var err error
	s.saas, err = saassim.New(saassim.Options{
		AppID: "P000000000000000", Key: siteKey, Secret: siteSecret, DetectAfter: 20 * time.Millisecond, RepeatEvery: 50 * time.Millisecond,
		Machines: []saassim.Machine{{ID: "2412090001", PreAuthorLimit: "50", Currency: "EUR"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.term, err = readersim.New(readersim.Options{Timing: readersim.Timing{Host: 10 * time.Millisecond, Boot: 50 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.saas)
	t.Cleanup(srv.Close)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	link := filepath.Join(s.dir, "terminal")
	go s.saas.Run(ctx)
	go s.term.Run(ctx)
	go s.term.ServePty(ctx, link)
	s.writeConfig(t, srv.URL, link)
	return s
}

func (s *site) writeConfig(t *testing.T, saasURL, link string) {
	t.Helper()
	write := func(name, text string) string {
		path := filepath.Join(s.dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("saas-key", siteKey)
	write("saas-secret", siteSecret)
	write("callback-key", siteCallbackKey)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	s.conf = write("edged.yaml", fmt.Sprintf(`
gateway: gw-test
site: lab
state_dir: %s
saas: {base_url: %q, app_id: P000000000000000}
callbacks: {public_url: "http://%s", listen: "%s"}
lanes:
  - name: front
    doors: [{machine_id: "2412090001", door: 1, label: Drinks}]
    terminal: {driver: zvt, port: %s, capture: partial_reversal}
metrics: {listen: ""}
console: {listen: ""}
queue: {reserve_bytes: 1MiB}
admin_socket: %s
`, filepath.Join(s.dir, "state"), saasURL, addr, addr, link, filepath.Join(s.dir, "edged.sock")))
}

func (s *site) app(t *testing.T) *App {
	t.Helper()
	return s.appLogging(t, slog.NewTextHandler(t.Output(), nil))
}

func (s *site) appLogging(t *testing.T, to slog.Handler) *App {
	t.Helper()
	conf, problems := config.Load(s.conf)
	for _, p := range problems {
		t.Error(p)
	}
	if conf == nil {
		t.FailNow()
	}
	secrets, _ := config.LoadSecrets(conf)
	a, err := New(t.Context(), Options{Config: conf, Secrets: secrets, Logger: slog.New(to)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTheDaemonSellsOnRealWires(t *testing.T) {
	s := newSite(t)
	s.sell(t, s.app(t), readersim.Card{})
	for _, h := range s.term.Ledger().HoldList() {
		t.Logf("terminal: %+v", h)
	}
}

// sell runs the daemon until it has sold two colas for 5.00 to the card's holder.
func (s *site) sell(t *testing.T, a *App, card readersim.Card) {
	t.Helper()
	s.saas.AddScript("2412090001", 1, saassim.Script{Shop: &saassim.Shop{
		OpenAfter: 10 * time.Millisecond, CloseAfter: 50 * time.Millisecond,
		Take: []saassim.Line{{ID: "1", Name: "Cola", Count: "2", PriceMinor: 250}},
	}})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	tapCtx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	res, err := s.term.Tap(tapCtx, card)
	if err != nil || !res.Approved {
		t.Fatalf("tap: %+v, %v; lanes %+v", res, err, a.Lanes())
	}
	deadline := time.After(20 * time.Second)
	for {
		orders, err := a.Engine().Orders(ctx, 10, false)
		if err != nil {
			t.Fatal(err)
		}
		if len(orders) == 1 && orders[0].Phase == purchase.PhaseClosed {
			if got := orders[0].State.Outcome; got.Kind != purchase.Paid || got.Captured != 500 {
				t.Fatalf("outcome %+v, want paid 500", got)
			}
			break
		}
		select {
		case <-deadline:
			t.Fatalf("orders after 20 s: %+v", orders)
		case <-time.After(20 * time.Millisecond):
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
