package config

import (
	"strings"

	"edged/internal/errcode"
	"edged/internal/yamlfile"
)

func (k *checker) faces() {
	k.listen("metrics.listen", k.c.Metrics.Listen)
	if u := k.c.Metrics.RemoteWrite.URL; u != "" {
		k.url("metrics.remote_write.url", u, []string{"https"}, []string{"http"})
	}
	k.console()
	if k.c.Relay != nil && !k.Broken("relay") {
		k.relay(*k.c.Relay)
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
