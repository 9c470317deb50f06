package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"edged/internal/callback"
	"edged/internal/saas/wire"
	"edged/internal/sim/saassim"
)

// callbackURL is where the SaaS posts about an order of a gateway, made with the
// keys of the site.
func (s *badSite) callbackURL(gateway, order string) string {
	s.t.Helper()
	keys, err := callback.ParseKeys(strings.Repeat("ab", 32))
	if err != nil {
		s.t.Fatal(err)
	}
	ring, err := callback.NewRing(gateway, keys...)
	if err != nil {
		s.t.Fatal(err)
	}
	u, err := ring.NotifyURL(s.public, order)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// decision is the body of a recognition worth cents.
func decision(order string, cents int64) []byte {
	return fmt.Appendf(nil, `{"OrderId":%q,"OrderNo":"SO-EVIL","TranseType":1,"Action":"OrderDetected","Status":true,"Msg":"","Data":
		{"TradeProcessMode":0,"TradeProductModels":[{"Id":"1","AlisName":"Cola","BuyCount":1,"MeterType":1,"Price":%d.%02d}]}}`, order, cents/100, cents%100)
}

// metric is the value of a counter with all of these label values.
func (d *badDaemon) metric(t *testing.T, name string, labels ...string) (sum float64) {
	t.Helper()
	families, err := d.app.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			if hasLabels(m, labels) {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

func hasLabels(m *dto.Metric, values []string) bool {
	for _, v := range values {
		has := false
		for _, l := range m.GetLabel() {
			has = has || l.GetValue() == v
		}
		if !has {
			return false
		}
	}
	return true
}

func TestM6_BadCallbacksMoveNoMoney(t *testing.T) {
	s := newBadSite(t, badOptions{saas: func(o *saassim.Options) { o.Default.NoDetect = true }})
	s.plug(s.term.ServePty)
	d := s.start(nil)
	s.tap()
	var order string
	s.await("the door is closed and nothing recognised", func() bool {
		orders := s.orders(d)
		if len(orders) == 1 && orders[0].Phase == "detecting" {
			order = orders[0].OrderID
		}
		return order != ""
	})
	path, other := s.callbackURL("gw-test", order), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"
	mac := path[strings.LastIndexByte(path, '/')+1:]
	big := append(decision(order, 999), bytes.Repeat([]byte(" "), 10<<20)...)
	for _, c := range []struct {
		name, method, url string
		body              []byte
		status            int
		verdict           string
	}{
		{"10 MB", "POST", path, big, 413, "too_large"},
		{"10 MB under a forged mac", "POST", path[:len(path)-1] + "_", big, 404, "forged"},
		{"a forged mac", "POST", s.public + "/v1/gw-test/" + order + "/AAAAAAAAAAAAAAAAAAAAAA", decision(order, 999), 404, "forged"},
		{"the mac of another order", "POST", s.public + "/v1/gw-test/" + other + "/" + mac, decision(other, 999), 404, "forged"},
		{"another order under this mac", "POST", path, decision(other, 999), 400, "mismatch"},
		{"another gateway", "POST", s.callbackURL("gw-other", order), decision(order, 999), 404, "forged"},
		{"an order nobody knows", "POST", s.callbackURL("gw-test", other), decision(other, 999), 200, "unknown_order"},
		{"a GET", "GET", path, nil, 404, "method"},
		{"a PUT", "PUT", path, decision(order, 999), 404, "method"},
		{"nothing", "POST", path, nil, 400, "unreadable"},
		{"HTML", "POST", path, []byte("<html><body>portal</body></html>"), 400, "unreadable"},
		{"half a body", "POST", path, decision(order, 999)[:80], 400, "unreadable"},
		{"no UTF-8", "POST", path, []byte("{\"OrderId\":\"\xff\xfe\x80\"}"), 400, "unreadable"},
		{"a list", "POST", path, []byte("[1,2]"), 400, "unreadable"},
		{"deep nesting", "POST", path, bytes.Repeat([]byte("["), 100_000), 400, "unreadable"},
	} {
		req, err := http.NewRequest(c.method, c.url, bytes.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		before := d.metric(t, "edged_callbacks_total", c.verdict)
		status := s.answerTo(req)
		if status != c.status && status != cutOff {
			t.Errorf("%s: HTTP %d, want %d", c.name, status, c.status)
		}
		if n := d.metric(t, "edged_callbacks_total", c.verdict) - before; n != 1 {
			t.Errorf("%s: counted %v times as %s", c.name, n, c.verdict)
		}
	}
	if o := s.orders(d)[0]; o.Phase != "detecting" || o.TotalMinor != 0 || o.Decision != nil || o.CapturedMinor != 0 {
		t.Errorf("after all of it: order %+v", o)
	}
	if n := s.log.count("callback refused"); n < 5 || n > 6 {
		t.Errorf("%d lines in the log, want one for each reason", n)
	}
	if s.log.count(mac) != 0 {
		t.Error("the mac is in the log")
	}
	// The order nobody knows is kept apart, for a person.
	if q, err := d.Queue(s.ctx, 10); err != nil || len(q.Entries) != 1 || q.Entries[0].Class != "callback" || q.Entries[0].State != "dead" || q.Entries[0].OrderID != other {
		t.Errorf("queue %+v, %v", q, err)
	}
	s.settleByHand(d, order, 250)
}

// settleByHand decides the order, twice and otherwise, and waits for its end.
func (s *badSite) settleByHand(d *badDaemon, order string, cents int64) {
	s.t.Helper()
	for _, c := range []int64{cents, cents, 4999} { // the last one contradicts
		req, err := http.NewRequest("POST", s.callbackURL("gw-test", order), bytes.NewReader(decision(order, c)))
		if err != nil {
			s.t.Fatal(err)
		}
		if status := s.answerTo(req); status != http.StatusOK {
			s.t.Errorf("a decision is answered %d", status)
		}
	}
	if n := d.metric(s.t, "edged_callbacks_total", "OrderDetected", "repeated"); n != 1 {
		s.t.Errorf("%v decisions were counted as repeated, want 1", n)
	}
	s.await("the order is closed", func() bool { return s.orders(d)[0].Phase == "closed" })
	o := s.orders(d)[0]
	if o.Outcome != "paid" || o.CapturedMinor != cents || len(o.Conflicts) != 1 {
		b, _ := json.Marshal(o)
		s.t.Errorf("order %s, want %d paid and one conflict", b, cents)
	}
	for _, h := range s.term.Ledger().HoldList() {
		if h.Captures != 1 || h.CapturedMinor != cents {
			s.t.Errorf("the terminal has captured %d in %d captures, want %d once", h.CapturedMinor, h.Captures, cents)
		}
	}
}

// cutOff: the line was closed while the client still sent a body that is not wanted.
const cutOff = -1

// answerTo is the status of the answer to a callback.
func (s *badSite) answerTo(req *http.Request) int {
	s.t.Helper()
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}).Do(req)
	if err != nil && req.ContentLength > wire.MaxCallback {
		return cutOff
	}
	if err != nil {
		s.t.Fatalf("%s %d bytes: %v", req.Method, req.ContentLength, err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK && len(body) > 0 {
		s.t.Errorf("the answer %d has a body %q, %v", resp.StatusCode, body, err)
	}
	return resp.StatusCode
}

// Clients that send a byte now and then, or nothing, must not keep the SaaS out.
func TestSlowCallbacksDoNotKeepTheOthersOut(t *testing.T) {
	s := newBadSite(t, badOptions{})
	s.plug(s.term.ServePty)
	d := s.start(nil)
	s.awaitSelling(d)
	addr := strings.TrimPrefix(s.public, "http://")
	for i := range 100 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			_, _ = fmt.Fprintf(c, "POST /v1/gw-test/x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n{", wire.MaxCallback)
		}
	}
	if o := s.sell(d); o.Outcome != "paid" || o.CapturedMinor != 500 {
		t.Errorf("with a hundred slow clients: order %+v", o)
	}
}
