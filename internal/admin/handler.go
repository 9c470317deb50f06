package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/version"
)

const (
	defaultLimit = 50
	maxLimit     = 1_000_000
)

// Handler is the API without a socket.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	b := s.o.Backend
	mux.Handle("GET /v1/version", s.get(func(*http.Request) (any, error) { return version.Get(), nil }))
	mux.Handle("GET /v1/status", s.get(func(r *http.Request) (any, error) {
		st, err := b.Status(r.Context())
		st.Problems = st.FindProblems()
		return st, err
	}))
	mux.Handle("GET /v1/orders", s.get(s.orders))
	mux.Handle("GET /v1/orders/{id}", s.get(func(r *http.Request) (any, error) {
		return b.Order(r.Context(), r.PathValue("id"))
	}))
	mux.Handle("GET /v1/tasks", s.get(func(r *http.Request) (any, error) {
		tasks, err := b.Tasks(r.Context())
		return Tasks{list(tasks)}, err
	}))
	mux.Handle("GET /v1/queue", s.get(s.queue))
	mux.Handle("GET /v1/audit", s.get(s.audit))
	mux.Handle("GET /v1/ledger", s.get(s.ledger))
	mux.Handle("GET /v1/queue/{n}", s.get(func(r *http.Request) (any, error) {
		n, err := number(r)
		if err != nil {
			return nil, err
		}
		return b.QueueEntry(r.Context(), n)
	}))
	s.handleTraces(mux)
	s.handleActs(mux)
	mux.Handle("/", s.get(func(r *http.Request) (any, error) {
		return nil, fmt.Errorf("%w: %s %s is no part of the API", ErrNotFound, r.Method, r.URL.Path)
	}))
	return s.bounded(mux)
}

// Orders, Tasks, Entries and Audit are the JSON of the lists.
type (
	Orders struct {
		Orders []Order `json:"orders"`
	}
	Tasks struct {
		Tasks []Task `json:"tasks"`
	}
	Entries struct {
		Entries []QueueEntry `json:"entries"`
	}
	Audit struct {
		Deeds []Deed `json:"deeds"`
	}
)

// list makes a null list an empty one.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

func (s *Server) orders(r *http.Request) (any, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	all, err := flag(r, "all")
	if err != nil {
		return nil, err
	}
	orders, err := s.o.Backend.Orders(r.Context(), limit, all)
	return Orders{list(orders)}, err
}

func (s *Server) queue(r *http.Request) (any, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	entries, err := s.o.Backend.Queue(r.Context(), limit)
	return Entries{list(entries)}, err
}

func (s *Server) audit(r *http.Request) (any, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	deeds, err := s.o.Backend.Audit(r.Context(), limit)
	return Audit{list(deeds)}, err
}

// get answers with what fn gives.
func (s *Server) get(fn func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := fn(r)
		s.answer(w, v, err)
	})
}

func (s *Server) answer(w http.ResponseWriter, v any, err error) {
	status := http.StatusOK
	if err != nil {
		var f Failure
		f.Error.Code, status = codeOf(err)
		f.Error.Message = err.Error()
		f.Error.ErrorCode, _ = errcode.Of(err)
		v = f
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.log.Debug("answer is not taken", logkey.Err, err)
	}
}

// bounded turns requests away that are too many at once.
func (s *Server) bounded(next http.Handler) http.Handler {
	free := make(chan struct{}, maxRequests)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case free <- struct{}{}:
			defer func() { <-free }()
			next.ServeHTTP(w, r)
		default:
			s.answer(w, nil, fmt.Errorf("%w: %d requests are under way", ErrUnavailable, maxRequests))
		}
	})
}

func number(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%w: %q is no number of a queue entry", ErrRequest, r.PathValue("n"))
	}
	return n, nil
}

func limitOf(r *http.Request) (int, error) {
	s := r.URL.Query().Get("limit")
	if s == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxLimit {
		return 0, fmt.Errorf("%w: limit is %q, 1 to %d are possible", ErrRequest, s, maxLimit)
	}
	return n, nil
}

func flag(r *http.Request, name string) (bool, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(s)
	if err != nil {
		return false, fmt.Errorf("%w: %s is %q, true and false are possible", ErrRequest, name, s)
	}
	return on, nil
}
