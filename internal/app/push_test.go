package app

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/snappy"

	"edged/internal/clock"
	"edged/internal/config"
)

const (
	pushToken = "push-token-0815"
	pushAddr  = "127.0.0.1:9090"
)

// pushReceiver keeps what was pushed to it.
type pushReceiver struct {
	mu     sync.Mutex
	status int // of the answers; 0: none is given
	bodies [][]byte
	tokens map[string]bool
}

func (r *pushReceiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	raw, err := snappy.Decode(nil, body)
	if err != nil {
		raw = nil
	}
	r.mu.Lock()
	status := r.status
	r.bodies = append(r.bodies, raw)
	r.tokens[req.Header.Get("Authorization")] = true
	r.mu.Unlock()
	if status == 0 {
		<-req.Context().Done()
		return
	}
	w.WriteHeader(status)
}

func (r *pushReceiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *pushReceiver) has(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.bodies {
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	return false
}

// TestTheDaemonPushesItsMetrics: with the labels that dashboards and alerts ask for,
// with the token, which no log shows, and whatever the receiver answers, it sells.
func TestTheDaemonPushesItsMetrics(t *testing.T) {
	r := &pushReceiver{status: http.StatusNoContent, tokens: map[string]bool{}}
	var log bytes.Buffer
	inBubble(t, marketOptions{log: &log, push: "http://" + pushAddr + "/api/v1/write"}, func(b *bubble, d *daemon) {
		ln, err := b.net.listen("tcp", pushAddr)
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: r}
		b.parts.Go(func() { _ = srv.Serve(ln) })
		defer srv.Close()
		time.Sleep(2 * time.Minute)
		for _, status := range []int{http.StatusNoContent, http.StatusInternalServerError, http.StatusUnauthorized, 0} {
			r.answer(status)
			v := b.mustServe(visit(fmt.Sprint(status)), 5*time.Minute)
			if o := outcome(t, b.audit(d, 0), v.OrderIDs[0]); o.Outcome != "paid" {
				t.Errorf("receiver answers %d: order %+v, want paid", status, o)
			}
			time.Sleep(2 * time.Minute)
		}
		synctest.Wait()
	})
	for _, text := range []string{"edged_build_info", "gw-test", "lab", "edged_orders_total", "edged_remote_write_samples_total"} {
		if !r.has(text) {
			t.Errorf("nothing pushed has %q", text)
		}
	}
	if len(r.tokens) != 1 || !r.tokens["Bearer "+pushToken] {
		t.Errorf("authorization %v", r.tokens)
	}
	text := log.String()
	if strings.Contains(text, pushToken) {
		t.Error("the token is in the log")
	}
	for _, code := range []string{"EDG-PUSH-001", "EDG-PUSH-002"} {
		if !strings.Contains(text, code) {
			t.Errorf("the log has no %s:\n%s", code, text)
		}
	}
}

// TestSamplesAreStampedWithATimeThatCanBeTrue: a gateway that woke up in another decade
// must not shut its series at the receiver.
func TestSamplesAreStampedWithATimeThatCanBeTrue(t *testing.T) {
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		now := time.Now()
		for _, c := range []struct {
			name   string
			synced bool
			wall   time.Time
		}{
			{"set from a server", true, now},
			{"not set, and right", false, now},
			{"not set, and decades off", false, time.Unix(1000, 0)},
		} {
			fake := b.clock.Clock.(*clock.Fake)
			fake.SetWall(c.wall)
			fake.SetSynced(c.synced)
			at, ok := d.pushTime()
			if !ok || at.Sub(now).Abs() > 2*maxClockError {
				t.Errorf("%s: %v, %v, want %v", c.name, at, ok, now)
			}
		}
	})
}

// TestTheReceiverIsBelievedByItsCertificateAndBelievesOurs: a real TLS receiver that
// wants a client certificate and a password, under a CA of its own.
func TestTheReceiverIsBelievedByItsCertificateAndBelievesOurs(t *testing.T) {
	dir := t.TempDir()
	certPEM, keyPEM := selfSigned(t)
	certFile, keyFile, caFile := filepath.Join(dir, "gw.crt"), filepath.Join(dir, "gw.key"), filepath.Join(dir, "ca.crt")
	var name, password string
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { name, password, _ = r.BasicAuth() }))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	srv.StartTLS()
	defer srv.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	for file, text := range map[string]string{certFile: certPEM, keyFile: keyPEM, caFile: string(ca)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		change func(*config.RemoteWrite)
		ok     bool
	}{
		{"as configured", func(*config.RemoteWrite) {}, true},
		{"without its CA", func(r *config.RemoteWrite) { r.CAFile = "" }, false},
		{"without our certificate", func(r *config.RemoteWrite) { r.ClientCertFile = "" }, false},
		{"with a CA file that is none", func(r *config.RemoteWrite) { r.CAFile = keyFile }, false},
		{"with a CA file that is gone", func(r *config.RemoteWrite) { r.CAFile = filepath.Join(dir, "gone") }, false},
		{"with a certificate that is gone", func(r *config.RemoteWrite) { r.ClientCertFile = filepath.Join(dir, "gone") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf := config.Defaults()
			r := config.RemoteWrite{URL: srv.URL, Username: "gw-1", CAFile: caFile, ClientCertFile: certFile, ClientKeyFile: keyFile}
			c.change(&r)
			conf.Metrics.RemoteWrite = r
			a := &App{o: Options{Config: conf, Clock: clock.NewFake(time.Now())}.withDefaults(), log: slog.New(slog.DiscardHandler)}
			name, password = "", ""
			err := func() error {
				transport, err := a.pushTransport()
				if err != nil {
					return err
				}
				defer transport.CloseIdleConnections()
				req, err := http.NewRequest(http.MethodPost, r.URL, strings.NewReader("x"))
				if err != nil {
					return err
				}
				authorize(r, config.NewSecret("p4ssword"))(req)
				resp, err := (&http.Client{Transport: transport, Timeout: 30 * time.Second}).Do(req)
				if err != nil {
					return err
				}
				return resp.Body.Close()
			}()
			if (err == nil) != c.ok || c.ok && (name != "gw-1" || password != "p4ssword") {
				t.Errorf("got %v, name %q", err, name)
			}
		})
	}
}
