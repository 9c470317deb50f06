package app

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"time"

	"edged/internal/config"
	"edged/internal/errcode"
	"edged/internal/httpd"
	"edged/internal/remotewrite"
	"edged/internal/supervise"
	"edged/internal/version"
)

// maxClockError is how wrong an unset clock may be before the SaaS's is believed.
const maxClockError = 2 * time.Second

var errNoAuthority = errcode.New(errcode.ConfigSecret, "no certificate in metrics.remote_write.ca_file")

// pushServices push the metrics to the configured receiver. Its metrics exist without
// one too. Gathering stops before sending: the end of the series is what is sent last.
func (a *App) pushServices() ([]supervise.Service, error) {
	c := a.o.Config.Metrics.RemoteWrite
	w, err := remotewrite.New(remotewrite.Options{
		Gatherer: a.reg, URL: c.URL, Version: c.Version, Native: c.NativeHistograms,
		Labels:   map[string]string{"job": "edged", "site": a.o.Config.Site, "instance": a.o.Config.Gateway},
		Interval: c.Interval.Std(), MaxSamples: c.BufferSamples, MaxAge: c.BufferAge.Std(),
		Transport: a.pushTransport, Authorize: authorize(c, a.o.Secrets.RemoteWrite), Now: a.pushTime,
		UserAgent: "edged/" + version.Get().Version, Logger: a.log, Registerer: a.reg,
	})
	if err != nil || c.URL == "" {
		return nil, err
	}
	return []supervise.Service{{Name: "metrics sender", Run: w.Send}, {Name: "metrics gatherer", Run: w.Gather}}, nil
}

// pushTransport reads the files of the connection. One that is missing is an error to
// retry, and costs no sale.
func (a *App) pushTransport() (*http.Transport, error) {
	c := a.o.Config.Metrics.RemoteWrite
	conf := &tls.Config{MinVersion: tls.VersionTLS12, Time: a.verifyTime}
	if c.CAFile != "" {
		pem, err := os.ReadFile(a.o.Config.Resolve(c.CAFile))
		if err != nil {
			return nil, err
		}
		if conf.RootCAs = x509.NewCertPool(); !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errNoAuthority
		}
	}
	if c.ClientCertFile != "" {
		cert, err := httpd.NewCertificate(a.o.Config.Resolve(c.ClientCertFile), a.o.Config.Resolve(c.ClientKeyFile), a.log)
		if err != nil {
			return nil, fmt.Errorf("client certificate of metrics.remote_write: %w", err)
		}
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert.Get(nil) }
	}
	return &http.Transport{
		DialContext: a.o.DialContext, TLSClientConfig: conf, TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConns: 1, MaxResponseHeaderBytes: 64 << 10,
		// Longer than an interval of pushing; a receiver that closes earlier costs a handshake.
		IdleConnTimeout: 2 * time.Minute,
	}, nil
}

// authorize adds the configured name and password, or the token, to a request.
func authorize(c config.RemoteWrite, secret config.Secret) func(*http.Request) {
	switch {
	case c.BearerTokenFile != "":
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret.Reveal()) }
	case c.Username != "":
		return func(r *http.Request) { r.SetBasicAuth(c.Username, secret.Reveal()) }
	}
	return nil
}

// pushTime is what samples are stamped with: the wall clock if it is set, else the time
// by the SaaS's answers. A sample years ahead would shut its series at the receiver
// until then; so without either there is none.
func (a *App) pushTime() (time.Time, bool) {
	now := a.o.Clock.Read()
	if now.Synced {
		return now.Wall, true
	}
	if !a.client.TimeKnown() {
		return time.Time{}, false
	}
	if offset := a.client.Offset(now.Wall); offset.Abs() > maxClockError {
		return now.Wall.Add(-offset), true
	}
	return now.Wall, true
}
