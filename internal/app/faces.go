package app

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"edged/internal/httpd"
	"edged/internal/saas"
	"edged/internal/supervise"
)

// Names of the sockets that systemd may hand over.
const (
	socketCallbacks = "callbacks"
	socketMetrics   = "metrics"
)

// maxCallbackConnections bounds the connections of the public listener.
const maxCallbackConnections = 256

// faces are the listeners, all of them mounted with handlers of other rooms.
func (a *App) faces(context.Context) ([]supervise.Service, error) {
	sockets := httpd.Activated()
	var out []supervise.Service
	callbacks, err := a.callbackServer(sockets)
	if err != nil {
		return nil, err
	}
	if callbacks != nil {
		out = append(out, supervise.Service{Name: "callbacks", Run: callbacks.Run})
	}
	ops, err := a.opsServer(sockets)
	if err != nil {
		return nil, err
	}
	if ops != nil {
		out = append(out, supervise.Service{Name: "metrics", Run: ops.Run})
	}
	push, err := a.pushServices()
	if err != nil {
		return nil, err
	}
	return slices.Concat(out, push, a.adminServices()), nil
}

func (a *App) callbackServer(sockets *httpd.Sockets) (*httpd.Server, error) {
	c := a.o.Config.Callbacks
	if c.Listen == "" {
		return nil, nil
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, errors.New("callbacks.public_url is no URL") // it may hold a secret
	}
	handler, err := saas.NewCallbackHandler(saas.HandlerOptions{
		Ring: a.ring, Deliver: deliver(a.engine), Prefix: public.Path, Log: a.log, Registerer: a.reg,
	})
	if err != nil {
		return nil, err
	}
	var cert *httpd.Certificate
	if c.TLSCertFile != "" {
		if cert, err = a.certificate(socketCallbacks, c.TLSCertFile, c.TLSKeyFile); err != nil {
			return nil, err
		}
	}
	return httpd.New(httpd.Options{
		Address: c.Listen, Handler: handler, Certificate: cert, Logger: a.log,
		Listen: sockets.Listen(socketCallbacks, a.o.Listen), MaxConnections: maxCallbackConnections,
	})
}

// certificate is a listener's, with its metric.
func (a *App) certificate(listener, certFile, keyFile string) (*httpd.Certificate, error) {
	cert, err := httpd.NewCertificate(a.o.Config.Resolve(certFile), a.o.Config.Resolve(keyFile), a.log)
	if err != nil {
		return nil, err
	}
	return cert, cert.RegisterExpiry(a.reg, listener, a.verifyTime)
}

func (a *App) opsServer(sockets *httpd.Sockets) (*httpd.Server, error) {
	if a.o.Config.Metrics.Listen == "" {
		return nil, nil
	}
	ops, err := httpd.NewOps(httpd.OpsOptions{
		Metrics: a.metricsHandler(),
		Lanes:   a.readiness,
	})
	if err != nil {
		return nil, err
	}
	return httpd.New(httpd.Options{
		Address: a.o.Config.Metrics.Listen, Handler: http.Handler(ops), Logger: a.log,
		Listen: sockets.Listen(socketMetrics, a.o.Listen),
	})
}

func (a *App) metricsHandler() http.Handler {
	return promhttp.HandlerFor(a.reg, promhttp.HandlerOpts{Registry: a.reg, EnableOpenMetrics: true})
}

// readiness says of each lane whether it sells, for /readyz.
func (a *App) readiness() []httpd.Lane {
	views := a.engine.Lanes()
	out := make([]httpd.Lane, len(views))
	for i, v := range views {
		out[i] = httpd.Lane{Lane: v.Name, Selling: len(v.Why) == 0}
		for _, r := range v.Why {
			out[i].Reasons = append(out[i].Reasons, string(r))
		}
	}
	return out
}
