package remotewrite

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// M8: a receiver that shows the request in its answer does not put a secret into our log.
func TestM8_AnAnswerThatShowsTheRequestIsQuotedWithoutItsSecrets(t *testing.T) {
	for _, c := range []struct {
		name string
		auth func(*http.Request)
	}{
		{"a token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer the-token-of-gw-1") }},
		{"a password", func(r *http.Request) { r.SetBasicAuth("gw-1", "the-token-of-gw-1") }},
		{"neither", func(*http.Request) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/api/v1/write", nil)
			c.auth(r)
			header := r.Header.Get("Authorization")
			got := said(&http.Response{Status: "401 Unauthorized", Request: r}, []byte("no entry for "+header+" with the-token-of-gw-1")).Error()
			_, encoded, _ := strings.Cut(header, " ")
			if (header != "" && strings.Contains(got, "the-token-of-gw-1")) || (encoded != "" && strings.Contains(got, encoded)) || !strings.Contains(got, "no entry") {
				t.Errorf("quoted as %s", got)
			}
		})
	}
}
