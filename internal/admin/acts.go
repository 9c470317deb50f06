package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"edged/internal/logkey"
)

// handleActs mounts what changes something.
func (s *Server) handleActs(mux *http.ServeMux) {
	mux.Handle("POST /v1/queue/{n}/retry", s.post("queue retry", s.retry))
	mux.Handle("POST /v1/queue/{n}/drop", s.post("queue drop", s.drop))
	mux.Handle("POST /v1/lanes/{lane}/out", s.post("lane out", s.laneOut))
	mux.Handle("POST /v1/lanes/{lane}/in", s.post("lane in", s.laneIn))
	mux.Handle("POST /v1/lanes/{lane}/end-of-day", s.post("terminal end-of-day", s.endOfDay))
	mux.Handle("POST /v1/tasks/{n}/done", s.post("task done", s.taskDone))
	mux.Handle("POST /v1/orders/{id}/refunds/{number}/done", s.post("order refund-done", s.refundDone))
	mux.Handle("POST /v1/orders/{id}/refunds/{number}/failed", s.post("order refund-failed", s.refundFailed))
	mux.Handle("POST /v1/orders/{id}/resume", s.post("order resume", s.resume))
}

// post does something and logs who asked for it.
func (s *Server) post(what string, fn func(*http.Request) (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		message, err := fn(r)
		caller := CallerOf(r)
		attrs := []any{logkey.Command, what, logkey.Path, r.URL.Path, logkey.Caller, fmt.Sprintf("%s pid %d", caller, caller.PID)}
		if err != nil {
			attrs = append(attrs, logkey.Err, err)
		}
		s.log.Info("asked by hand", attrs...)
		s.answer(w, Done{message}, err)
	})
}

func (s *Server) retry(r *http.Request) (string, error) {
	n, err := number(r)
	if err != nil {
		return "", err
	}
	return s.o.Backend.Retry(r.Context(), n, CallerOf(r).String())
}

func (s *Server) drop(r *http.Request) (string, error) {
	n, err := number(r)
	if err != nil {
		return "", err
	}
	var d Drop
	if err := decode(r, &d); err != nil {
		return "", err
	}
	if strings.TrimSpace(d.Reason) == "" {
		return "", fmt.Errorf("%w: an entry is dropped only with a reason", ErrRequest)
	}
	return "dropped", s.o.Backend.Drop(r.Context(), n, d, CallerOf(r).String())
}

func (s *Server) laneOut(r *http.Request) (string, error) {
	var o Out
	if err := decode(r, &o); err != nil {
		return "", err
	}
	if strings.TrimSpace(o.Why) == "" {
		return "", fmt.Errorf("%w: say why the lane goes out of service", ErrRequest)
	}
	lane := r.PathValue("lane")
	return "lane " + lane + " is out of service", s.o.Backend.LaneOut(r.Context(), lane, o.Why, CallerOf(r).String())
}

func (s *Server) laneIn(r *http.Request) (string, error) {
	lane := r.PathValue("lane")
	return "lane " + lane + " is back in service", s.o.Backend.LaneIn(r.Context(), lane, CallerOf(r).String())
}

func (s *Server) endOfDay(r *http.Request) (string, error) {
	lane := r.PathValue("lane")
	return "the end of day of lane " + lane + " runs as soon as its terminal may", s.o.Backend.EndOfDay(r.Context(), lane, CallerOf(r).String())
}

func (s *Server) taskDone(r *http.Request) (string, error) {
	n, err := number(r)
	if err != nil {
		return "", err
	}
	var d TaskDone
	if err := decode(r, &d); err != nil {
		return "", err
	}
	if strings.TrimSpace(d.Outcome) == "" || strings.TrimSpace(d.Note) == "" {
		return "", fmt.Errorf("%w: a task is done with an outcome and a note", ErrRequest)
	}
	return fmt.Sprintf("task %d is done", n), s.o.Backend.TaskDone(r.Context(), n, d, CallerOf(r).String())
}

func (s *Server) refundDone(r *http.Request) (string, error)   { return s.refundEnded(r, true) }
func (s *Server) refundFailed(r *http.Request) (string, error) { return s.refundEnded(r, false) }

func (s *Server) refundEnded(r *http.Request, done bool) (string, error) {
	e := RefundEnded{}
	if err := decode(r, &e); err != nil {
		return "", err
	}
	switch {
	case strings.TrimSpace(e.Note) == "":
		return "", fmt.Errorf("%w: say how, in a note", ErrRequest)
	case e.AmountMinor < 0 || (!done && e.AmountMinor != 0):
		return "", fmt.Errorf("%w: %d was given back", ErrRequest, e.AmountMinor)
	}
	e.Done = done
	id, refund := r.PathValue("id"), r.PathValue("number")
	message := "refund " + refund + " failed, and is reported so"
	if done {
		message = "refund " + refund + " is done, and is reported so"
	}
	return message, s.o.Backend.RefundEnded(r.Context(), id, refund, e, CallerOf(r).String())
}

func (s *Server) resume(r *http.Request) (string, error) {
	id := r.PathValue("id")
	return "edged goes on with order " + id, s.o.Backend.Resume(r.Context(), id, CallerOf(r).String())
}

// decode reads a body strictly: a misspelled key must not drop a report.
func decode(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: body: %w", ErrRequest, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: body: more than one value", ErrRequest)
	}
	return nil
}
