package config

import (
	"strings"
	"time"

	"edged/internal/errcode"
	"edged/internal/yamlfile"
)

func (k *checker) faces() {
	k.listen("metrics.listen", k.c.Metrics.Listen)
	k.remoteWrite(k.c.Metrics.RemoteWrite)
	k.console()
	if k.c.Relay != nil && !k.Broken("relay") {
		k.relay(*k.c.Relay)
	}
}

// remoteWrite: the bounds are what a gateway has room for; a shorter interval says no
// more than one scraped by a Prometheus does.
func (k *checker) remoteWrite(r RemoteWrite) {
	const path = "metrics.remote_write"
	if r.URL != "" {
		k.url(path+".url", r.URL, []string{"https"}, []string{"http"})
	}
	k.between(path+".version", r.Version, 1, 2)
	if r.Interval < Duration(5*time.Second) || r.Interval > Duration(5*time.Minute) {
		k.Problem(path+".interval", "out of range, got %s, want 5s to 5m", r.Interval)
	}
	k.between(path+".buffer_samples", r.BufferSamples, 10_000, 2_000_000)
	if r.BufferAge < r.Interval || r.BufferAge > Duration(24*time.Hour) {
		k.Problem(path+".buffer_age", "out of range, got %s, want %s.interval to 24h", r.BufferAge, path)
	}
	k.both(path+".username", r.Username, path+".password_file", r.PasswordFile)
	k.both(path+".client_cert_file", r.ClientCertFile, path+".client_key_file", r.ClientKeyFile)
	if r.BearerTokenFile != "" && r.Username != "" {
		k.Problem(path+".bearer_token_file", "two ways to log in, got a user name too, want one of them")
	}
}

// console: beyond this machine it needs a token and TLS, since its actions move
// lanes and money reports.
func (k *checker) console() {
	c := k.c.Console
	k.both("console.tls_cert_file", c.TLSCertFile, "console.tls_key_file", c.TLSKeyFile)
	if !k.listen("console.listen", c.Listen) || listensOnLoopback(c.Listen) {
		return
	}
	const because = "it because console.listen is not on this machine only"
	k.required("console.token_file", c.TokenFile, because)
	k.required("console.tls_cert_file", c.TLSCertFile, because)
}

func (k *checker) mqtt(path string, m MQTT) {
	if m.Broker != "" {
		k.url(path+".broker", m.Broker, []string{"tls", "ssl", "mqtts", "wss"}, []string{"tcp", "mqtt", "ws"})
	}
	k.both(path+".client_cert_file", m.ClientCertFile, path+".client_key_file", m.ClientKeyFile)
	if m.PasswordFile != "" && m.Username == "" {
		k.ProblemOf(errcode.ConfigMissing, path+".username", "missing, want it because %s.password_file is given", path)
	}
	k.positive(path+".telemetry_interval", m.TelemetryInterval)
	if strings.ContainsAny(m.SparkplugGroup, "/+#\x00") {
		k.Problem(path+".sparkplug_group", "not allowed, got %s, want a name without / + #", yamlfile.Quote(m.SparkplugGroup))
	}
}

// relay checks the form only: its files are on the relay's machine.
func (k *checker) relay(r Relay) {
	k.required("relay.listen", r.Listen, "address:port")
	k.listen("relay.listen", r.Listen)
	k.both("relay.tls_cert_file", r.TLSCertFile, "relay.tls_key_file", r.TLSKeyFile)
	k.required("relay.master_key_file", r.MasterKeyFile, "the file with the master key")
	k.mqtt("relay.mqtt", r.MQTT)
}
