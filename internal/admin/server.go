package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"edged/internal/logkey"
)

const (
	maxRequests = 16       // at once; more are told to come again
	maxBody     = 64 << 10 // bytes of a request
	maxHeader   = 16 << 10 // bytes
	stopTime    = 3 * time.Second
	writeTime   = 2 * time.Minute // a retry waits for the SaaS, a long list for the flash
)

// Options of New.
type Options struct {
	Path    string // of the socket
	Backend Backend
	Logger  *slog.Logger
}

// Server serves the local API. Make it with New, use its Run.
type Server struct {
	o   Options
	log *slog.Logger
}

// New makes a server; the socket is opened by Run.
func New(o Options) (*Server, error) {
	if o.Path == "" || o.Backend == nil {
		return nil, errors.New("admin: a socket path and a backend are needed")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Server{o: o, log: o.Logger.With(logkey.Component, "admin")}, nil
}

// Run listens and serves until ctx ends, then lets the requests under way end for a
// short time and removes the socket. Errors: Listen's.
func (s *Server) Run(ctx context.Context) error {
	l, err := Listen(s.o.Path)
	if err != nil {
		return err
	}
	return s.Serve(ctx, l)
}

// Serve is Run on a listener of the caller's, which it closes.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler: s.Handler(), ConnContext: withCaller, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: writeTime, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { stopped <- shutdown(srv) })
	err := srv.Serve(l)
	if stop() { // it ended by itself
		return fmt.Errorf("admin socket: %w", errors.Join(err, srv.Close()))
	}
	return <-stopped
}

// shutdown waits a little for the requests under way, then cuts them.
func shutdown(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("close admin socket: %w", err)
	}
	return srv.Close()
}
