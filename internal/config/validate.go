package config

import (
	"net"
	"strings"

	"edged/internal/errcode"
	"edged/internal/money"
	"edged/internal/yamlfile"
)

// maxSocketPath is what fits into sockaddr_un with its closing zero (unix(7)).
const maxSocketPath = 107

// validate checks the whole configuration and leaves its findings in k.
func (k *checker) validate() {
	k.rules()
	k.secrets()
}

// rules are the checks that need nothing but the configuration.
func (k *checker) rules() {
	k.unbuilt()
	k.identity()
	k.saas()
	k.callbacks()
	k.lanes()
	k.purchase()
	k.queue()
	k.mqtt("mqtt", k.c.MQTT)
	k.faces()
	k.listeners()
}

func (k *checker) identity() {
	k.name("gateway", k.c.Gateway)
	if k.c.Site != "" {
		k.name("site", k.c.Site)
	}
	k.absolute("state_dir", k.c.StateDir)
	k.absolute("admin_socket", k.c.AdminSocket)
	if n := len(k.c.AdminSocket); n > maxSocketPath {
		k.Problem("admin_socket", "path too long, got %d bytes, want at most %d", n, maxSocketPath)
	}
	k.oneOf("log.level", k.c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", k.c.Log.Format, logFormats()...)
}

// logFormats are the ones of this build. "journald" (fields of its own protocol) is not
// among them: "auto" gives the journal what it can read.
func logFormats() []string { return []string{"auto", "text", "json"} }

func (k *checker) saas() {
	s := k.c.SaaS
	k.url("saas.base_url", s.BaseURL, []string{"https"}, []string{"http"})
	k.required("saas.app_id", s.AppID, "the account's AppId")
	k.between("saas.requests_per_second", s.RequestsPerSecond, 1, 100)
	k.positive("saas.timeout", s.Timeout)
	k.oneOf("saas.api_version", s.APIVersion, "auto", "v1", "v2")
}

func (k *checker) callbacks() {
	c := k.c.Callbacks
	if k.required("callbacks.public_url", c.PublicURL, "the https URL under which the SaaS reaches this gateway") {
		k.url("callbacks.public_url", c.PublicURL, []string{"https"}, []string{"http"})
		if strings.HasSuffix(c.PublicURL, "/") {
			k.Problem("callbacks.public_url", "slash at the end, got %s, want it without", yamlfile.Quote(c.PublicURL))
		}
	}
	if c.Listen == "" && !c.Relay {
		k.ProblemOf(errcode.ConfigMissing, "callbacks", "no way in, got neither listen nor relay, want one of them: polling alone brings no OrderNo")
	}
	if c.Relay && k.c.MQTT.Broker == "" {
		k.ProblemOf(errcode.ConfigMissing, "mqtt.broker", "missing, want it because callbacks.relay is true")
	}
	k.both("callbacks.tls_cert_file", c.TLSCertFile, "callbacks.tls_key_file", c.TLSKeyFile)
	if k.listen("callbacks.listen", c.Listen) && !listensOnLoopback(c.Listen) && c.TLSCertFile == "" {
		k.ProblemOf(errcode.ConfigMissing, "callbacks.tls_cert_file", "missing, want it because callbacks.listen is not on this machine only")
	}
}

func (k *checker) purchase() {
	p := k.c.Purchase
	k.amounts()
	k.positive("purchase.open_deadline", p.OpenDeadline)
	k.less("purchase.open_deadline", p.OpenDeadline, "purchase.resolve_window", p.ResolveWindow)
	k.less("purchase.resolve_window", p.ResolveWindow, "purchase.decision_deadline", p.DecisionDeadline)
	k.oneOf("purchase.on_deadline", p.OnDeadline, "release", "keep")
	k.oneOf("purchase.over_limit", p.OverLimit, "report_paid", "report_failed")
	k.positive("purchase.door_remind", p.DoorRemind)
	k.less("purchase.door_remind", p.DoorRemind, "purchase.door_alarm", p.DoorAlarm)
}

// amounts checks their form; whether the digits fit the currency is known only
// once the SaaS has named it.
func (k *checker) amounts() {
	p := k.c.Purchase
	limitOK := k.amount("purchase.hold_limit", p.HoldLimit)
	minOK := k.amount("purchase.min_hold", p.MinHold)
	if !limitOK || !minOK {
		return
	}
	limit, err := money.ParseDecimal(string(p.HoldLimit))
	if err != nil {
		return // amount has accepted it
	}
	if least, err := money.ParseDecimal(string(p.MinHold)); err == nil && limit.Less(least) {
		k.Problem("purchase.min_hold", "above the limit, got %s, want at most purchase.hold_limit, which is %s", p.MinHold, p.HoldLimit)
	}
}

// amount tells whether a is given and usable.
func (k *checker) amount(path string, a Amount) bool {
	if a == "" {
		return false
	}
	// CLF has the most minor digits of all currencies: what fails here fails everywhere.
	m, err := money.Parse(string(a), "CLF")
	if err != nil || m == 0 {
		k.Problem(path, "not an amount, got %s, want %s", yamlfile.Quote(string(a)), a.Want())
		return false
	}
	return true
}

func (k *checker) queue() {
	q := k.c.Queue
	k.between("queue.drain_per_second", q.DrainPerSecond, 1, 100)
	k.positive("queue.retry_base", q.RetryBase)
	if q.RetryCap < q.RetryBase {
		k.Problem("queue.retry_cap", "too short, got %s, want at least queue.retry_base, which is %s", q.RetryCap, q.RetryBase)
	}
	if q.ReserveBytes < mebi || q.ReserveBytes > gibi {
		k.Problem("queue.reserve_bytes", "out of range, got %s, want 1MiB to 1GiB", q.ReserveBytes)
	}
	k.between("queue.event_limit", q.EventLimit, 1000, 10_000_000)
}

// listeners finds two faces on one port. One address of all interfaces takes the
// port from every other address.
func (k *checker) listeners() {
	ports := k.claims("port")
	for _, l := range []struct{ path, address string }{
		{"callbacks.listen", k.c.Callbacks.Listen},
		{"metrics.listen", k.c.Metrics.Listen},
		{"console.listen", k.c.Console.Listen},
	} {
		if _, port, err := net.SplitHostPort(l.address); err == nil {
			ports.take(port, l.path)
		}
	}
}
