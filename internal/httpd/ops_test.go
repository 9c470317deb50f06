package httpd

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOps(t *testing.T) {
	lanes := []Lane{{Lane: "front", Selling: true}, {Lane: "side", Reasons: []string{"door not closed", "restock"}}}
	sick := errors.New("the engine makes no progress")
	tests := []struct {
		name    string
		o       OpsOptions
		request string
		status  int
		body    string
	}{
		{"metrics are the handler's", OpsOptions{}, "GET /metrics", 200, "m 1\n"},
		{"a healthy process", OpsOptions{}, "GET /healthz", 200, "ok\n"},
		{"a healthy process that was asked", OpsOptions{Healthy: func() error { return nil }}, "GET /healthz", 200, "ok\n"},
		{"a sick process says why", OpsOptions{Healthy: func() error { return sick }}, "GET /healthz", 503, "the engine makes no progress\n"},
		{
			"one lane that sells is enough",
			OpsOptions{},
			"GET /readyz", 200,
			`{"ready":true,"lanes":[{"lane":"front","selling":true,"reasons":[]},{"lane":"side","selling":false,"reasons":["door not closed","restock"]}]}` + "\n",
		},
		{
			"no lane that sells is not ready",
			OpsOptions{Lanes: func() []Lane { return lanes[1:] }},
			"GET /readyz", 503,
			`{"ready":false,"lanes":[{"lane":"side","selling":false,"reasons":["door not closed","restock"]}]}` + "\n",
		},
		{"no lane at all is not ready", OpsOptions{Lanes: func() []Lane { return nil }}, "GET /readyz", 503, `{"ready":false,"lanes":[]}` + "\n"},
		{"another method is refused", OpsOptions{}, "POST /readyz", 405, "Method Not Allowed\n"},
		{"another path is not found", OpsOptions{}, "GET /", 404, "404 page not found\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Metrics = answer("m 1\n")
			if tt.o.Lanes == nil {
				tt.o.Lanes = func() []Lane { return lanes }
			}
			h, err := NewOps(tt.o)
			if err != nil {
				t.Fatal(err)
			}
			method, path, _ := strings.Cut(tt.request, " ")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, path, http.NoBody))
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, tt.status, tt.body)
			}
		})
	}
}

func TestOpsNeedsMetricsAndLanes(t *testing.T) {
	if _, err := NewOps(OpsOptions{Metrics: answer("")}); !errors.Is(err, ErrOptions) {
		t.Errorf("without lanes: %v", err)
	}
}
