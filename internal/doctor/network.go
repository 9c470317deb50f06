package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"edged/internal/clock"
	"edged/internal/errcode"
	"edged/internal/saas"
)

// slow is a connection that takes so long that customers wait at the door.
const slow = 1500 * time.Millisecond

// network goes the way to the SaaS step by step: name, connection, TLS. It says
// whether there is one to ask.
func (x *examination) network(ctx context.Context) bool {
	base, err := url.Parse(x.o.Config.SaaS.BaseURL)
	if err != nil {
		x.coded("network", Bad, errcode.ConfigValue, "saas.base_url is no URL")
		return false
	}
	begun := time.Now()
	addresses, err := x.o.Resolve(ctx, base.Hostname())
	if err != nil {
		x.coded("network", Bad, errcode.SaaSNetwork, "the name %s is not resolved: %v", base.Hostname(), err)
		return false
	}
	x.good("network", "%s is %s (asked for %s)", base.Hostname(), strings.Join(addresses[:min(len(addresses), 3)], ", "), took(begun))
	port := base.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[base.Scheme]
	}
	begun = time.Now()
	conn, err := x.o.Dial(ctx, "tcp", net.JoinHostPort(base.Hostname(), port))
	if err != nil {
		x.coded("network", Bad, errcode.SaaSNetwork, "no connection to port %s: %v", port, err)
		return false
	}
	defer func() { _ = conn.Close() }()
	if d := time.Since(begun); d > slow {
		x.coded("network", Warn, errcode.SaaSTimeout, "a connection takes %s", took(begun))
	} else {
		x.good("network", "a connection takes %s", took(begun))
	}
	if base.Scheme != "https" {
		x.note("network", "without TLS: this is a simulator on this machine")
		return true
	}
	return x.tls(ctx, conn, base.Hostname())
}

func took(begun time.Time) time.Duration { return time.Since(begun).Round(time.Millisecond) }

// tls looks at the certificate as the daemon does.
func (x *examination) tls(ctx context.Context, conn net.Conn, host string) bool {
	conf := &tls.Config{}
	if x.o.TLS != nil {
		conf = x.o.TLS.Clone()
	}
	conf.ServerName, conf.MinVersion, conf.Time = host, tls.VersionTLS12, x.verifyTime
	c := tls.Client(conn, conf)
	begun := time.Now()
	if err := c.HandshakeContext(ctx); err != nil {
		what := "TLS fails: " + err.Error()
		var unknown x509.UnknownAuthorityError
		var expired x509.CertificateInvalidError
		switch {
		case errors.As(err, &unknown):
			what += "; who answers is perhaps a captive portal, or a proxy that reads along"
		case errors.As(err, &expired) && expired.Reason == x509.Expired:
			what += "; is the clock right?"
		}
		x.coded("network", Bad, errcode.SaaSNetwork, "%s", what)
		return false
	}
	leaf := c.ConnectionState().PeerCertificates[0]
	left := leaf.NotAfter.Sub(x.verifyTime()).Round(time.Hour)
	x.good("network", "TLS takes %s; the certificate is by %q and good for %d days", took(begun), leaf.Issuer.CommonName, int(left.Hours()/24))
	return true
}

func (x *examination) verifyTime() time.Time {
	if x.o.Clock == nil {
		return time.Now()
	}
	return clock.VerifyTime(x.o.Clock.Read(), x.o.BuildDate, time.Time{})
}

// saas logs in and asks for each machine of the configuration.
func (x *examination) saas(ctx context.Context) {
	c := x.o.Config.SaaS
	client, err := saas.New(saas.Options{
		BaseURL: c.BaseURL, AppID: c.AppID, Key: x.o.Key, Secret: x.o.Secret, Timeout: c.Timeout.Std(),
		DialContext: x.o.Dial, TLS: x.o.TLS, VerifyTime: x.verifyTime,
	})
	if err != nil {
		x.coded("saas", Bad, errcode.ConfigValue, "%v", err)
		return
	}
	defer client.Close()
	begun := time.Now()
	if err := client.Login(ctx); err != nil {
		x.failed("logging in", err)
		return
	}
	x.good("saas", "logging in as %s takes %s", c.AppID, took(begun))
	if x.o.Clock != nil {
		if off := client.Offset(x.o.Clock.Read().Wall); off.Abs() > time.Minute {
			x.add(Finding{Area: "clock", Level: Warn, What: "the clock differs from the SaaS's by " + off.Round(time.Second).String(), Cause: "Nobody has set the clock, or the SaaS's is wrong.", Next: "Check NTP (\"timedatectl\")."})
		}
	}
	for _, id := range x.machines() {
		x.machine(ctx, client, id)
	}
}

// machines are those of all lanes, each once.
func (x *examination) machines() (ids []string) {
	for _, l := range x.o.Config.Lanes {
		for _, d := range l.Doors {
			if !slices.Contains(ids, d.MachineID) {
				ids = append(ids, d.MachineID)
			}
		}
	}
	return ids
}

func (x *examination) machine(ctx context.Context, client *saas.Client, id string) {
	info, err := client.MachineInfo(ctx, id)
	if err != nil {
		x.failed("machine "+id, err)
		return
	}
	x.good("saas", "machine %s is %q: signal %d of 5, %s °C, state %s", id, info.MachineName, info.Signal, info.Temperature, info.RunningState)
	pay, err := client.PayConfig(ctx, id)
	switch {
	case err != nil:
		x.failed("what to hold at machine "+id, err)
	case pay.PreAuthorLimit == "" || pay.Currency == "":
		x.coded("saas", Bad, errcode.LaneLimitUnknown, "machine %s has no pre-authorisation limit or currency", id)
	default:
		x.good("saas", "machine %s: %s %s are held for each customer", id, pay.PreAuthorLimit, pay.Currency)
	}
}

// failed says what became of a call.
func (x *examination) failed(what string, err error) {
	code, ok := errcode.Of(err)
	if !ok {
		code = errcode.SaaSNetwork
	}
	x.coded("saas", Bad, code, "%s: %v", what, err)
}
