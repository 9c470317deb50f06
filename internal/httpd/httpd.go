// Package httpd owns the HTTP listeners of the daemon: it opens them, bounds them
// against slow and many clients, serves handlers that other rooms made, and closes
// them within a bound.
//
// It promises that a request that has begun is not cut by a shutdown before
// StopTimeout, that a handler's panic costs that request only, and that clients that
// are slow or say nothing do not keep others out: with every place taken, a further
// client gets that of a connection without a request (see Options.MaxConnections). It
// does not promise that a header which takes long survives that. It contains no
// handler of another room and reads no request itself; the two answers of its own
// are /healthz and /readyz.
package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
)

// Listen opens a listener, as net.Listen does.
type Listen func(network, address string) (net.Listener, error)

// Options of a Server. Zero bounds take the defaults.
type Options struct {
	Address string
	Handler http.Handler
	// Certificate makes the listener speak TLS; nil is plain HTTP.
	Certificate *Certificate
	Logger      *slog.Logger
	Listen      Listen // nil: net.Listen

	// MaxConnections bounds open connections. For a further one another is closed:
	// one that is idle between two requests, else one whose handler has returned, else
	// one that has not finished its first header; of those the one that has been so for
	// longest. When all are inside a handler it waits; and at most 1,000 are taken in a
	// second, after as many at once.
	MaxConnections int           // 64
	HeaderTimeout  time.Duration // 5 s, from the connection or the last answer to the end of the header
	ReadTimeout    time.Duration // 15 s, header and body
	WriteTimeout   time.Duration // 30 s, from the end of the header to the end of the answer
	IdleTimeout    time.Duration // 10 s between two requests
	MaxHeader      int           // 8 KiB
	StopTimeout    time.Duration // 3 s
}

// Server serves one address. Its Run fits into supervise.Service.
type Server struct {
	o Options
}

// New makes a Server; it opens nothing yet. Errors: ErrOptions.
func New(o Options) (*Server, error) {
	if o.Address == "" || o.Handler == nil || o.Logger == nil {
		return nil, fmt.Errorf("%w: address, handler and logger are needed", ErrOptions)
	}
	if o.Listen == nil {
		o.Listen = net.Listen
	}
	setDefault(&o.MaxConnections, 64)
	setDefault(&o.HeaderTimeout, 5*time.Second)
	setDefault(&o.ReadTimeout, 15*time.Second)
	setDefault(&o.WriteTimeout, 30*time.Second)
	setDefault(&o.IdleTimeout, 10*time.Second)
	setDefault(&o.MaxHeader, 8<<10)
	setDefault(&o.StopTimeout, 3*time.Second)
	return &Server{o: o}, nil
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Run opens the listener and serves until ctx ends. It returns when all
// connections are closed and all handlers have returned. An address that cannot be
// opened is an error to retry: it may be in use for a moment only.
func (s *Server) Run(ctx context.Context) error {
	l, err := s.o.Listen("tcp", s.o.Address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.o.Address, err)
	}
	s.o.Logger.Info("listening", logkey.Addr, l.Addr().String())
	var connections sync.WaitGroup
	srv := s.server(ctx, &connections)
	served := make(chan error, 1)
	go func() { served <- s.serve(srv, limit(l, s.o.MaxConnections)) }()
	select {
	case err = <-served:
		err = errors.Join(fmt.Errorf("serve %s: %w", s.o.Address, err), srv.Close())
	case <-ctx.Done():
		err = s.stop(ctx, srv)
		<-served
	}
	connections.Wait()
	return err
}

// stop lets requests end, and cuts them after StopTimeout.
func (s *Server) stop(ctx context.Context, srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.StopTimeout)
	defer cancel()
	err := srv.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.o.Logger.Warn("requests cut at shutdown", logkey.Addr, s.o.Address)
		return srv.Close()
	}
	return err
}

func (s *Server) serve(srv *http.Server, l net.Listener) error {
	if s.o.Certificate == nil {
		return srv.Serve(l)
	}
	return srv.ServeTLS(l, "", "")
}

func (s *Server) server(ctx context.Context, connections *sync.WaitGroup) *http.Server {
	srv := &http.Server{
		Handler:           s.guard(s.o.Handler),
		ReadHeaderTimeout: s.o.HeaderTimeout,
		ReadTimeout:       s.o.ReadTimeout,
		WriteTimeout:      s.o.WriteTimeout,
		IdleTimeout:       s.o.IdleTimeout,
		MaxHeaderBytes:    s.o.MaxHeader,
		// Port scanners and broken clients fill this log: it is for debugging.
		ErrorLog:    slog.NewLogLogger(s.o.Logger.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ConnContext: withConn,
		Protocols:   new(http.Protocols),
		// StateNew is reported before Serve returns, StateClosed after the handler
		// has returned: waiting for connections waits for handlers.
		ConnState: func(c net.Conn, state http.ConnState) {
			note(c, state)
			switch state {
			case http.StateNew:
				connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				connections.Done()
			}
		},
	}
	// HTTP/1 only: neither the SaaS nor a scraper needs more, and less code is
	// reached from the internet.
	srv.Protocols.SetHTTP1(true)
	if s.o.Certificate != nil {
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.o.Certificate.Get}
	}
	return srv
}

// guard turns a handler's panic into one error record and a closed connection.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer handled(r)
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v != http.ErrAbortHandler {
				// Neither URL nor headers: the mac of a callback is a secret.
				s.o.Logger.Error("handler panicked", logkey.Err, fmt.Sprintf("%v\n%s", v, debug.Stack()), logkey.Code, errcode.RunPanic)
			}
			panic(http.ErrAbortHandler)
		}()
		next.ServeHTTP(w, r)
	})
}
