package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// selfSigned makes a certificate of 30 days and its key, PEM.
func selfSigned(t testing.TB) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(30 * 24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", keyDER)
}

func TestTheEndOfACertificateIsSeen(t *testing.T) {
	inBubble(t, marketOptions{certificate: true}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		for _, days := range []float64{30, 29} {
			families, err := d.reg.Gather()
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, f := range families {
				if f.GetName() != "edged_certificate_expiry_seconds" {
					continue
				}
				found = true
				m := f.GetMetric()[0]
				if got := m.GetGauge().GetValue() / 86400; m.GetLabel()[0].GetValue() != "callbacks" || got > days || got < days-0.01 {
					t.Errorf("%v: %g days, want %g", m.GetLabel(), got, days)
				}
			}
			if !found {
				t.Error("a listener with TLS has no series")
			}
			time.Sleep(24 * time.Hour)
		}
	})
	inBubble(t, marketOptions{}, func(_ *bubble, d *daemon) {
		if n, err := testutil.GatherAndCount(d.reg, "edged_certificate_expiry_seconds"); n != 0 || err != nil {
			t.Errorf("%d series without TLS, %v", n, err)
		}
	})
}
