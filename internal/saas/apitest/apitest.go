// Package apitest holds requests, answers and callbacks against
// api/saas-openapi.yaml. It is for tests only: the client's, the simulator's, the
// relay's.
//
// It promises that names of answers and callbacks are judged whatever their case,
// as the description says, and that Data which is a string holding JSON is judged
// by what it holds. Requests are judged exactly as they are: they are ours.
package apitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// ErrAPI is wrapped by every finding.
var ErrAPI = errors.New("not as api/saas-openapi.yaml has it")

// Validator judges against the description. It is safe for concurrent use.
type Validator struct {
	doc    *openapi3.T
	router routers.Router
}

// Load reads the description from the repository's api directory, found upwards
// from the directory of the test.
func Load(tb testing.TB) *Validator {
	tb.Helper()
	path, err := find("api/saas-openapi.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		tb.Fatalf("load %s: %v", path, err)
	}
	if err := doc.Validate(context.Background(), openapi3.IsOpenAPI31OrLater()); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	doc.Servers = nil // tests serve it anywhere
	router, err := legacy.NewRouter(doc, openapi3.IsOpenAPI31OrLater())
	if err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	return &Validator{doc, router}
}

// find looks for a file of the repository from the working directory upwards.
func find(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("%s: not found upwards of the working directory", name)
		}
		dir = up
	}
}

// ValidateRequest judges a request of the client with its body, which r need not
// hold any more. The path must exist, and the token must be where it is needed.
func (v *Validator) ValidateRequest(r *http.Request, body []byte) error {
	in, err := v.input(r, body)
	if err == nil {
		err = openapi3filter.ValidateRequest(context.Background(), in)
	}
	return finding(r.Method+" "+r.URL.Path, err)
}

// ValidateResponse judges an answer to r. Status codes other than 200 need to be
// the failure envelope: a fault that is meant to be none is not for here.
func (v *Validator) ValidateResponse(r *http.Request, status int, body []byte) error {
	what := fmt.Sprintf("answer %d to %s %s", status, r.Method, r.URL.Path)
	in, err := v.input(r, nil)
	if err != nil {
		return finding(what, err)
	}
	canonical, err := canonicalJSON(body)
	if err != nil {
		return finding(what, err)
	}
	return finding(what, openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in,
		Status:                 status,
		Header:                 http.Header{"Content-Type": {"application/json"}},
		Body:                   io.NopCloser(bytes.NewReader(canonical)),
		Options:                in.Options,
	}))
}

// ValidateCallback judges a callback body by the schema of its action.
func (v *Validator) ValidateCallback(body []byte) error {
	canonical, err := canonical(body)
	if err != nil {
		return finding("callback", err)
	}
	event, ok := canonical.(map[string]any)
	if !ok {
		return finding("callback", errors.New("not an object"))
	}
	action, _ := event["action"].(string)
	name, ok := eventSchemas()[strings.ToLower(action)]
	if !ok {
		return finding("callback", fmt.Errorf("action %q is not described", action))
	}
	schema := v.doc.Components.Schemas[name]
	if schema == nil {
		return finding("callback", fmt.Errorf("no schema %s", name))
	}
	return finding("callback "+action, schema.Value.VisitJSON(event, openapi3.EnableJSONSchema2020()))
}

// ValidateCallbackAnswer judges what a listener answers to a callback.
func (v *Validator) ValidateCallbackAnswer(status int, body []byte) error {
	what := fmt.Sprintf("answer %d to a callback", status)
	answer := v.doc.Webhooks["orderEvent"].Post.Responses.Status(status)
	if answer == nil {
		return finding(what, errors.New("status is not described"))
	}
	media := answer.Value.Content.Get("application/json")
	if media == nil {
		if len(body) != 0 {
			return finding(what, errors.New("it has a body"))
		}
		return nil
	}
	value, err := canonical(body)
	if err != nil {
		return finding(what, err)
	}
	return finding(what, media.Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()))
}

// eventSchemas names the schema of each action.
func eventSchemas() map[string]string {
	return map[string]string{
		"preopendoor": "DoorEvent", "openeddoor": "DoorEvent", "closedoor": "DoorEvent", "closeddoor": "DoorEvent", "cancel": "DoorEvent",
		"orderdetected": "OrderDetected", "ordersettlement": "OrderSettlement",
		"orderadjustment": "OrderAdjustment", "orderrefund": "OrderRefund",
	}
}

// Handler passes requests on to next and reports what is not as described to tb:
// of the request, and of the answer if it is JSON.
func (v *Validator) Handler(tb testing.TB, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			tb.Errorf("read request: %v", err)
		}
		if err := v.ValidateRequest(r, body); err != nil {
			tb.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if err := v.ValidateResponse(r, answer.Code, answer.Body.Bytes()); err != nil {
			tb.Error(err)
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // a client that has gone is its own test's matter
	})
}

// input finds the route of r.
func (v *Validator) input(r *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	r = r.Clone(context.Background())
	r.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := v.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	return &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: bearer, IncludeResponseStatus: true},
	}, nil
}

// bearer wants a token where the description wants one.
func bearer(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	token, ok := strings.CutPrefix(in.RequestValidationInput.Request.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return errors.New("no bearer token")
	}
	return nil
}

func finding(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w: %w", what, ErrAPI, err)
}
