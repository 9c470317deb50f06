package admin

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"edged/internal/logkey"
)

// Trace is what the flight recorder of one line has.
type Trace struct {
	Lane      string    `json:"lane"`
	Device    string    `json:"device"` // terminal or display
	Port      string    `json:"port"`   // as configured
	Kind      string    `json:"kind"`   // zvt-serial, zvt-tcp or display
	Since     time.Time `json:"since"`  // when recording began
	Records   int64     `json:"records"`
	Bytes     int64     `json:"bytes"`     // of its memory in use
	Forgotten int64     `json:"forgotten"` // records that have given way to newer ones
}

// Traces is the JSON of the list.
type Traces struct {
	Traces []Trace `json:"traces"`
}

func (s *Server) handleTraces(mux *http.ServeMux) {
	mux.Handle("GET /v1/traces", s.get(func(r *http.Request) (any, error) {
		traces, err := s.o.Backend.Traces(r.Context())
		return Traces{list(traces)}, err
	}))
	mux.HandleFunc("GET /v1/traces/{lane}/{device}", s.trace)
}

// trace answers with the trace itself: JSON Lines, not one value.
func (s *Server) trace(w http.ResponseWriter, r *http.Request) {
	t, err := s.o.Backend.Trace(r.Context(), r.PathValue("lane"), r.PathValue("device"))
	if err != nil {
		s.answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := t.WriteTo(w); err != nil {
		s.log.Debug("answer is not taken", logkey.Err, err)
	}
}

// Traces lists what the flight recorders have.
func (c *Client) Traces(ctx context.Context) (Traces, error) {
	return get[Traces](ctx, c, "/v1/traces")
}

// Trace writes the trace of a lane's device to w.
func (c *Client) Trace(ctx context.Context, lane, device string, w io.Writer) error {
	return c.stream(ctx, "/v1/traces/"+url.PathEscape(lane)+"/"+url.PathEscape(device), w)
}
