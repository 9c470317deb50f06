package app

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"edged/internal/sim/saassim"
)

// answers is a SaaS that answers every call with the same thing.
func answers(status int, contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

// behind answers with what the true SaaS says, changed.
func behind(s *badSite, change func(http.ResponseWriter, *httptest.ResponseRecorder)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		s.saas.ServeHTTP(rec, r)
		w.Header().Set("Content-Type", "application/json")
		change(w, rec)
	})
}

const portal = "<html><head><title>Hotel WiFi</title></head><body>Please accept our terms</body></html>"

// The SaaS goes bad while a customer's goods are being recognised: the money is taken
// all the same, the report stays in the queue with the cause, no further card is
// taken, and all of it comes back by itself.
func TestM4_NonsenseFromTheSaaSLosesNoReportAndTakesNoCards(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the daemon follows a redirect to another place, with its token")
	}))
	defer elsewhere.Close()
	for _, c := range []struct {
		name  string
		front func(*badSite) http.Handler
		says  string
	}{
		{"a captive portal", func(*badSite) http.Handler { return answers(200, "text/html", portal) }, "an HTML or XML page"},
		{"a proxy's error page", func(*badSite) http.Handler { return answers(502, "text/html", "<html>502 Bad Gateway</html>") }, "HTTP 502"},
		{"an error without a body", func(*badSite) http.Handler { return answers(500, "application/json", "") }, "HTTP 500"},
		{"half an answer", func(s *badSite) http.Handler {
			return behind(s, func(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
				_, _ = w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
			})
		}, "ends too early"},
		{"less than the length it promised", func(s *badSite) http.Handler {
			return behind(s, func(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
				w.Header().Set("Content-Length", "4096")
				_, _ = w.Write(rec.Body.Bytes())
			})
		}, "unexpected EOF"},
		{"ten megabytes", func(*badSite) http.Handler {
			return answers(200, "application/json", `{"statusCode":200,"data":"`+strings.Repeat("x", 10<<20)+`"}`)
		}, "too large"},
		{"a redirect to another place", func(*badSite) http.Handler {
			return http.RedirectHandler(elsewhere.URL, http.StatusFound)
		}, "HTTP 302"},
		{"no UTF-8", func(*badSite) http.Handler { return answers(200, "application/json", "\xff\xfe\x00") }, "not JSON"},
		{"a list", func(*badSite) http.Handler { return answers(200, "application/json", "[]") }, "array"},
		{"no answer in time", func(*badSite) http.Handler {
			return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-time.After(2 * time.Second):
				}
			})
		}, "timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			s := newBadSite(t, badOptions{saas: func(o *saassim.Options) { o.Default.NoDetect = true }})
			s.plug(s.term.ServePty)
			d := s.start(nil)
			s.tap()
			order := s.awaitPhase(d, "detecting")
			front := c.front(s)
			s.front.Store(&front)
			s.decide(order, 250)
			s.await("the queue says why the report waits", func() bool {
				q, err := d.Queue(s.ctx, 10)
				return err == nil && len(q.Entries) == 1 && q.Entries[0].State == "queued" && q.Entries[0].Report.OK && strings.Contains(q.Entries[0].Reason, c.says)
			})
			st := s.awaitProblem(d, "lane front is out of service: saas_unreachable", "the SaaS cannot be reached: ", c.says)
			t.Logf("%q", st.Problems)
			if o := s.orders(d)[0]; o.Outcome != "paid" || o.CapturedMinor != 250 || o.Reports[0].State != "queued" {
				t.Errorf("while the SaaS is bad: order %+v", o)
			}
			s.front.Store(nil) // a report that is acknowledged ends the outage, too
			s.await("the report is acknowledged", func() bool { return s.orders(d)[0].Phase == "closed" })
			if o := s.saas.Ledger().Orders[order]; len(o.Reports) != 1 || !o.Reports[0].Accepted {
				t.Errorf("the SaaS has %d reports of it", len(o.Reports))
			}
			s.awaitSelling(d)
		})
	}
}

// awaitPhase waits for the only order to come there.
func (s *badSite) awaitPhase(d *badDaemon, phase string) (order string) {
	s.t.Helper()
	s.await("the order is "+phase, func() bool {
		orders := s.orders(d)
		if len(orders) == 1 && orders[0].Phase == phase {
			order = orders[0].OrderID
		}
		return order != ""
	})
	return order
}

// decide posts a recognition, which must be taken.
func (s *badSite) decide(order string, cents int64) {
	s.t.Helper()
	if status := s.offer(order, cents); status != http.StatusOK {
		s.t.Fatalf("the decision is answered %d", status)
	}
}

// offer posts a recognition and gives the answer's status.
func (s *badSite) offer(order string, cents int64) int {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.callbackURL("gw-test", order), bytes.NewReader(decision(order, cents)))
	if err != nil {
		s.t.Fatal(err)
	}
	return s.answerTo(req)
}

// The seed of the vendor's API has data as an object, as a string and as null: all
// of them are one meaning.
func TestDataInAnyFormIsUnderstood(t *testing.T) {
	for _, c := range []struct {
		name string
		data saassim.DataForm
		keys saassim.KeyForm
	}{{"as a string", saassim.AsString, saassim.Pascal}, {"as an object", saassim.AsObject, saassim.Camel}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newBadSite(t, badOptions{saas: func(o *saassim.Options) { o.Data, o.Keys = c.data, c.keys }})
			s.saas.AddFault(saassim.CallFault{Kind: saassim.DataText, Times: -1})
			s.plug(s.term.ServePty)
			if o := s.sell(s.start(nil)); o.Outcome != "paid" || o.CapturedMinor != 500 {
				t.Errorf("order %+v", o)
			}
		})
	}
}
