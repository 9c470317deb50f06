package httpd

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// serialOf makes a handshake over a new connection and tells which certificate the
// server showed.
func serialOf(t *testing.T, p *pipes) int64 {
	t.Helper()
	c := tls.Client(p.dial(t), &tls.Config{InsecureSkipVerify: true}) // the test compares the serial number
	defer c.Close()
	if err := c.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func TestAChangedCertificateIsTakenUpAndABrokenOneIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		certFile, keyFile := certificateFiles(t, dir, 1)
		var log syncBuffer
		certificate, err := NewCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		p, stop := start(t, Options{Handler: answer("secret"), Certificate: certificate})
		if got := serialOf(t, p); got != 1 {
			t.Errorf("serial %d at the start, want 1", got)
		}

		certificateFiles(t, dir, 2)
		touch(t, certFile, keyFile)
		if got := serialOf(t, p); got != 1 {
			t.Errorf("serial %d within the same second, want 1", got)
		}
		time.Sleep(checkEvery)
		if got := serialOf(t, p); got != 2 {
			t.Errorf("serial %d after a change, want 2", got)
		}

		if err := os.WriteFile(certFile, []byte("half a certific"), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			time.Sleep(checkEvery)
			if got := serialOf(t, p); got != 2 {
				t.Errorf("serial %d with a broken file, want 2", got)
			}
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
			t.Errorf("%d errors logged, want 1:\n%s", n, log.String())
		}

		if err := os.Remove(certFile); err != nil {
			t.Fatal(err)
		}
		time.Sleep(checkEvery)
		if got := serialOf(t, p); got != 2 {
			t.Errorf("serial %d without a file, want 2", got)
		}
		certificateFiles(t, dir, 3)
		touch(t, certFile, keyFile)
		time.Sleep(checkEvery)
		if got := serialOf(t, p); got != 3 {
			t.Errorf("serial %d after the repair, want 3", got)
		}
		if err := stop(); err != nil {
			t.Errorf("stop = %v", err)
		}
	})
}

// touch gives the files a new time, as a later write would.
func touch(t *testing.T, files ...string) {
	t.Helper()
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(f, time.Time{}, info.ModTime().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPlainClientOfATLSListenerGetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		certFile, keyFile := certificateFiles(t, t.TempDir(), 1)
		certificate, err := NewCertificate(certFile, keyFile, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		p, stop := start(t, Options{Handler: answer("secret"), Certificate: certificate})
		c := p.dial(t)
		if status, body := get(t, c, "/"); status != 400 || strings.Contains(body, "secret") {
			t.Errorf("got %d %q, want 400", status, body)
		}
		c.Close()
		old := tls.Client(p.dial(t), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}) // to be refused
		if err := old.HandshakeContext(t.Context()); err == nil {
			t.Error("TLS 1.1 was accepted")
		}
		old.Close()
		if err := stop(); err != nil {
			t.Errorf("stop = %v", err)
		}
	})
}

func TestTheEndOfTheCertificateIsThatOfTheFilesNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		certFile, keyFile := certificateFiles(t, dir, 1)
		c, err := NewCertificate(certFile, keyFile, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		reg := prometheus.NewRegistry()
		if err := c.RegisterExpiry(reg, "callbacks", time.Now); err != nil {
			t.Fatal(err)
		}
		const text = `# HELP edged_certificate_expiry_seconds Time until the first certificate of a listener's chain expires; negative after it. A listener without TLS has no series.
# TYPE edged_certificate_expiry_seconds gauge
edged_certificate_expiry_seconds{listener="callbacks"} `
		for _, want := range []string{"3600", "-3600", "3600"} {
			if err := testutil.GatherAndCompare(reg, strings.NewReader(text+want+"\n")); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Hour)
			if want == "-3600" {
				certificateFiles(t, dir, 2)
				touch(t, certFile, keyFile)
			}
		}
		if err := c.RegisterExpiry(reg, "callbacks", time.Now); err == nil {
			t.Error("one listener has two series")
		}
	})
}

func TestTheFirstCertificateMustBeUsable(t *testing.T) {
	certFile, keyFile := certificateFiles(t, t.TempDir(), 1)
	if _, err := NewCertificate(certFile, certFile, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a certificate without its key is accepted")
	}
	if _, err := NewCertificate(certFile, keyFile, nil); !errors.Is(err, ErrOptions) {
		t.Errorf("without a logger: %v", err)
	}
}
