package admin_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"

	"edged/internal/admin"
	"edged/internal/admin/admintest"
	"edged/internal/version"
)

func description(t *testing.T) *openapi3.T {
	t.Helper()
	path := filepath.Join("..", "..", "api", "admin-openapi.yaml")
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background(), openapi3.IsOpenAPI31OrLater()); err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	return doc
}

func TestRequestsAndAnswersAreAsDescribed(t *testing.T) {
	router, err := legacy.NewRouter(description(t), openapi3.IsOpenAPI31OrLater())
	if err != nil {
		t.Fatal(err)
	}
	failing := admintest.Sample()
	failing.Err = errors.New("broken")
	for _, c := range []struct {
		backend            *admintest.Backend
		method, path, body string
		status             int
	}{
		{admintest.Sample(), http.MethodGet, "/v1/version", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/status", "", 200},
		{admintest.GoodDay(), http.MethodGet, "/v1/status", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/orders?limit=10&all=true", "", 200},
		{&admintest.Backend{}, http.MethodGet, "/v1/orders", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/orders/" + admintest.PaidOrder, "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/orders/" + admintest.UnpaidOrder, "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/orders/unknown", "", 404},
		{admintest.Sample(), http.MethodGet, "/v1/tasks", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/queue?limit=3", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/queue/17", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/queue/20", "", 200},
		{admintest.Sample(), http.MethodPost, "/v1/queue/17/retry", "", 200},
		{admintest.Sample(), http.MethodPost, "/v1/queue/17/drop", `{"order":"` + admintest.UnpaidOrder + `","reason":"x"}`, 200},
		{admintest.Sample(), http.MethodPost, "/v1/queue/17/drop", `{"order":"other","reason":"x"}`, 409},
		{admintest.Sample(), http.MethodPost, "/v1/lanes/front/out", `{"why":"x"}`, 200},
		{admintest.Sample(), http.MethodPost, "/v1/lanes/front/in", "", 200},
		{admintest.Sample(), http.MethodPost, "/v1/lanes/front/end-of-day", "", 200},
		{admintest.Sample(), http.MethodPost, "/v1/lanes/none/end-of-day", "", 404},
		{admintest.Sample(), http.MethodPost, "/v1/tasks/31/done", `{"outcome":"written_off","note":"x"}`, 200},
		{admintest.Sample(), http.MethodPost, "/v1/tasks/9999/done", `{"outcome":"written_off","note":"x"}`, 404},
		{admintest.Sample(), http.MethodPost, "/v1/orders/" + admintest.PaidOrder + "/refunds/RF-1/done", `{"amount_minor":250,"note":"x"}`, 200},
		{admintest.Sample(), http.MethodPost, "/v1/orders/" + admintest.PaidOrder + "/refunds/RF-1/failed", `{"note":"x"}`, 200},
		{admintest.Sample(), http.MethodPost, "/v1/orders/" + admintest.PaidOrder + "/refunds/RF-2/done", `{"note":"x"}`, 409},
		{admintest.Sample(), http.MethodPost, "/v1/orders/" + admintest.OpenOrder + "/resume", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/audit?limit=2", "", 200},
		{&admintest.Backend{}, http.MethodGet, "/v1/audit", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/ledger?limit=2", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/ledger?day=2026-11-24", "", 200},
		{&admintest.Backend{}, http.MethodGet, "/v1/ledger", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/traces", "", 200},
		{&admintest.Backend{}, http.MethodGet, "/v1/traces", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/traces/front/terminal", "", 200},
		{admintest.Sample(), http.MethodGet, "/v1/traces/front/badge", "", 404},
		{failing, http.MethodGet, "/v1/tasks", "", 500},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			s, err := admin.New(admin.Options{Path: "unused", Backend: c.backend})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json")
			route, params, err := router.FindRoute(r)
			if err != nil {
				t.Fatal(err)
			}
			in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route}
			if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
				t.Errorf("request: %v", err)
			}
			w := httptest.NewRecorder()
			r.Body = io.NopCloser(strings.NewReader(c.body))
			s.Handler().ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("HTTP %d, want %d: %s", w.Code, c.status, w.Body)
			}
			out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header()}
			out.SetBodyBytes(bytes.Clone(w.Body.Bytes()))
			if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
				t.Errorf("answer: %v", err)
			}
		})
	}
}

// The description and the Go types name the same things: a field that is added,
// renamed or forgotten on either side is found.
func TestTheDescriptionNamesEveryFieldAndNoOther(t *testing.T) {
	doc := description(t)
	for name, v := range map[string]any{
		"Version": version.Info{}, "Status": admin.Status{}, "Lane": admin.Lane{}, "Money": admin.Money{}, "Queue": admin.Queue{},
		"Device": admin.Device{}, "Orders": admin.Orders{}, "Order": admin.Order{}, "OrderDetail": admin.OrderDetail{},
		"Decision": admin.Decision{}, "Report": admin.Report{}, "Task": admin.Task{}, "Tasks": admin.Tasks{},
		"Entries": admin.Entries{}, "QueueEntry": admin.QueueEntry{}, "QueueDetail": admin.QueueDetail{}, "Done": admin.Done{},
		"Failure": admin.Failure{}, "Ledger": admin.Ledger{}, "Traces": admin.Traces{},
	} {
		schema := doc.Components.Schemas[name]
		if schema == nil {
			t.Errorf("%s is not described", name)
			continue
		}
		compare(t, name, schema.Value, reflect.TypeOf(v))
	}
}

// compare looks at the fields of a struct and at those of structs inside it.
func compare(t *testing.T, name string, schema *openapi3.Schema, typ reflect.Type) {
	t.Helper()
	fields := fieldsOf(typ)
	for f, inner := range fields {
		p := schema.Properties[f]
		if p == nil {
			t.Errorf("%s: field %s is not described", name, f)
			continue
		}
		value := p.Value
		if inner.Kind() == reflect.Slice && value.Items != nil {
			inner, value = inner.Elem(), value.Items.Value
		}
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]() {
			compare(t, name+"."+f, value, inner)
		}
	}
	for p := range schema.Properties {
		if _, ok := fields[p]; !ok {
			t.Errorf("%s: %s is described and does not exist", name, p)
		}
	}
	for _, r := range schema.Required {
		if _, ok := fields[r]; !ok {
			t.Errorf("%s: %s is required and does not exist", name, r)
		}
	}
}

func fieldsOf(typ reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for f := range typ.Fields() {
		if f.Anonymous {
			for k, v := range fieldsOf(f.Type) {
				out[k] = v
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out[name] = f.Type
	}
	return out
}
