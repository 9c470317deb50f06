package httpd

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Lane is one lane's readiness: may it sell, and if not, why.
type Lane struct {
	Lane    string   `json:"lane"`
	Selling bool     `json:"selling"`
	Reasons []string `json:"reasons"`
}

// OpsOptions of the operator's mux. The functions are called for each request and
// must not block.
type OpsOptions struct {
	Metrics http.Handler
	// Healthy says whether the process works; nil error = yes. Optional.
	Healthy func() error
	// Lanes says for each lane whether it can sell.
	Lanes func() []Lane
}

// NewOps mounts /metrics, /healthz (the process) and /readyz (can it sell: 200 if
// at least one lane can, else 503, each lane with its reasons).
func NewOps(o OpsOptions) (http.Handler, error) {
	if o.Metrics == nil || o.Lanes == nil {
		return nil, fmt.Errorf("%w: metrics and lanes are needed", ErrOptions)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", o.Metrics)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { healthz(w, o.Healthy) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { readyz(w, o.Lanes()) })
	return mux, nil
}

func healthz(w http.ResponseWriter, healthy func() error) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if healthy != nil {
		if err := healthy(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintln(w, err) // the client is gone if this fails
			return
		}
	}
	_, _ = io.WriteString(w, "ok\n")
}

func readyz(w http.ResponseWriter, lanes []Lane) {
	answer := struct {
		Ready bool   `json:"ready"`
		Lanes []Lane `json:"lanes"`
	}{Lanes: make([]Lane, 0, len(lanes))}
	for _, l := range lanes {
		answer.Ready = answer.Ready || l.Selling
		if l.Reasons == nil {
			l.Reasons = []string{}
		}
		answer.Lanes = append(answer.Lanes, l)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // the client is gone if this fails
}
