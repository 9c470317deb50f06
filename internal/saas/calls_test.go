package saas

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"edged/internal/saas/wire"
)

func TestCallsAsTheDocumentHasThem(t *testing.T) {
	report, err := wire.ReportRequest{OrderID: "A", OrderNo: "7", PayStatus: wire.PaySucceeded}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	order := `{"statusCode":200,"data":{"orderId":"A","state":1},"succeeded":true}`
	tests := []struct {
		name, method, path, body, answer string
		call                             func(context.Context, *Client) error
	}{
		{"machine info", "GET", "/OpenApi/Machine/Info/24%2F1", "", machineAnswer, func(ctx context.Context, c *Client) error {
			m, err := c.MachineInfo(ctx, "24/1")
			if err == nil && m.MachineID != "m1" {
				t.Errorf("machine %+v", m)
			}
			return err
		}},
		{"products", "GET", "/OpenApi/Machine/Commoditys/m1", "", `{"statusCode":200,"data":[],"succeeded":true}`, func(ctx context.Context, c *Client) error {
			_, err := c.Commoditys(ctx, "m1")
			return err
		}},
		{"pay config", "GET", "/OpenApi/Machine/PayConfig/m1", "", `{"statusCode":200,"data":{"machineId":"m1","preAuthorLimit":"50","currency":"USD"},"succeeded":true}`, func(ctx context.Context, c *Client) error {
			p, err := c.PayConfig(ctx, "m1")
			if err == nil && p.PreAuthorLimit != "50" {
				t.Errorf("pay config %+v", p)
			}
			return err
		}},
		{"open door", "POST", "/OpenApi/Order/OpenDoor", `{"orderId":"01K8ZQ4T9M6W2X5Y7A3B1C0D8E","machineId":"m1","doorNo":1,"transeType":0,"customerDetails":"","timeSp":946684800,"NotifyUrl":"https://cb.test/v1/gw/01K8ZQ4T9M6W2X5Y7A3B1C0D8E/amxGMZ9BPu2V2hXAQRiXWj","remark":""}`, doorAnswer, func(ctx context.Context, c *Client) error {
			a, err := c.OpenDoor(ctx, door(), never)
			if err == nil && a.TransID != "77" {
				t.Errorf("answer %+v", a)
			}
			return err
		}},
		{"restock open", "POST", "/OpenApi/Repli/OpenDoorMethod", `{"orderId":"01K8ZQ4T9M6W2X5Y7A3B1C0D8E","machineId":"m1","doorNo":1,"transeType":2,"customerDetails":"","timeSp":946684800,"NotifyUrl":"https://cb.test/v1/gw/01K8ZQ4T9M6W2X5Y7A3B1C0D8E/amxGMZ9BPu2V2hXAQRiXWj","remark":""}`, doorAnswer, func(ctx context.Context, c *Client) error {
			r := door()
			r.TranseType = wire.Restock
			_, err := c.RestockOpen(ctx, r, nil)
			return err
		}},
		{"restock confirm", "POST", "/OpenApi/Repli/Confirm", `{"Mid":"m1","TransId":5,"TrackingId":"t","DoorNo":1,"Data":[{"CommodityId":"1","LayerNo":2,"SpotCount":3,"StockCount":4,"Sno":5}]}`, `{"TrackingId":"t","TransId":5,"Success":true,"Message":""}`, func(ctx context.Context, c *Client) error {
			_, err := c.RestockConfirm(ctx, wire.ConfirmRequest{MID: "m1", TransID: 5, TrackingID: "t", DoorNo: 1, Data: []wire.ConfirmItem{{CommodityID: "1", LayerNo: 2, SpotCount: 3, StockCount: 4, Sno: 5}}})
			return err
		}},
		{"report", "POST", "/OpenApi/Order/ReportPaymentResult", string(report), `{"statusCode":200,"data":true,"succeeded":true}`, func(ctx context.Context, c *Client) error {
			return c.ReportPayment(ctx, report)
		}},
		{"query", "GET", "/OpenApi/Order/OpenDoor/77", "", order, func(ctx context.Context, c *Client) error {
			q, err := c.QueryOpenDoor(ctx, "77")
			if err == nil && q.State != wire.OrderInProgress {
				t.Errorf("query %+v", q)
			}
			return err
		}},
		{"detail", "GET", "/OpenApi/Order/77/Detail", "", order, func(ctx context.Context, c *Client) error {
			_, err := c.OrderDetail(ctx, "77")
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The Date header of a bubble's server is the bubble's time: midnight,
			// 2000-01-01 UTC.
			srv := &server{answer: says(200, tt.answer)}
			run(t, srv, nil, func(t *testing.T, c *Client) {
				if err := tt.call(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				got := srv.last(t)
				if got.method != tt.method || got.path != tt.path || string(got.body) != tt.body {
					t.Errorf("%s %s %s\nwant %s %s %s", got.method, got.path, got.body, tt.method, tt.path, tt.body)
				}
				if got.auth != "Bearer t0ken-1" {
					t.Errorf("authorization %q", got.auth)
				}
				if want := map[string]string{"POST": "application/json;charset=utf-8"}[tt.method]; got.contentType != want {
					t.Errorf("content type %q, want %q", got.contentType, want)
				}
			})
		})
	}
}

func TestReportsGoOutAsTheBytesTheyAre(t *testing.T) {
	odd := []byte("{ \"OrderId\" : \"A\",\n\t\"PayType\":0 }")
	srv := &server{answer: says(200, `{"OrderId":"A","Status":true,"Message":"ok"}`)}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		for range 2 {
			if err := c.ReportPayment(t.Context(), odd); err != nil {
				t.Fatal(err)
			}
			if got := srv.last(t).body; !bytes.Equal(got, odd) {
				t.Errorf("sent %q, want %q", got, odd)
			}
		}
	})
}

func TestRequestsThatBreakTheDocumentAreNotSent(t *testing.T) {
	srv := &server{}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		r := door()
		r.MachineID = ""
		_, err := c.OpenDoor(t.Context(), r, never)
		wantFailure(t, err, ClassInvalid, NotSent)
		if _, calls := srv.counts(); calls != 0 {
			t.Errorf("%d calls, want none", calls)
		}
	})
}

func TestTimeSpFollowsTheSaaS(t *testing.T) {
	theirs := time.Date(2031, 3, 4, 5, 6, 7, 0, time.UTC)
	srv := &server{answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", theirs.Format(http.TimeFormat))
		says(200, doorAnswer)(w, r)
	}, login: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", theirs.Format(http.TimeFormat))
		says(200, loginAnswer)(w, r)
	}}
	decades := time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC)
	start := time.Time{}
	run(t, srv, func(o *Options) {
		start = time.Now()
		o.Now = func() time.Time { return decades.Add(time.Since(start)) }
	}, func(t *testing.T, c *Client) {
		if got := c.Now(); !got.Equal(decades) {
			t.Errorf("before any answer it is %v, want our own %v", got, decades)
		}
		if err := c.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Second)
		if _, err := c.OpenDoor(t.Context(), door(), never); err != nil {
			t.Fatal(err)
		}
		sent, err := wire.DecodeOpenDoorRequest(srv.last(t).body)
		if want := theirs.Unix() + 90; err != nil || sent.TimeSp != want {
			t.Errorf("timeSp %d, %v, want %d", sent.TimeSp, err, want)
		}
	})
}

func TestM10_BadDatesDoNotMoveTheClock(t *testing.T) {
	s := &saasTime{now: time.Now}
	for _, date := range []string{"", "yesterday", "2031-03-04"} {
		s.learn(date)
	}
	if d := time.Since(s.read()); d < 0 || d > time.Minute {
		t.Errorf("off by %v", d)
	}
}

func TestTheFirstLoginsDateCountsForTheFirstDoor(t *testing.T) {
	theirs := time.Date(2031, 3, 4, 5, 6, 7, 0, time.UTC)
	srv := &server{answer: says(200, doorAnswer), login: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", theirs.Format(http.TimeFormat))
		says(200, loginAnswer)(w, r)
	}}
	run(t, srv, nil, func(t *testing.T, c *Client) {
		if _, err := c.OpenDoor(t.Context(), door(), never); err != nil {
			t.Fatal(err)
		}
		sent, err := wire.DecodeOpenDoorRequest(srv.last(t).body)
		if err != nil || sent.TimeSp != theirs.Unix() {
			t.Errorf("timeSp %d, %v, want %d", sent.TimeSp, err, theirs.Unix())
		}
	})
}

func TestThePaceHoldsBackReportsButNoDoor(t *testing.T) {
	srv := &server{answer: says(200, `{"statusCode":200,"data":true,"succeeded":true}`)}
	run(t, srv, func(o *Options) { o.RequestsPerSecond = 5 }, func(t *testing.T, c *Client) {
		if err := c.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 21 {
			if err := c.ReportPayment(t.Context(), []byte(`{}`)); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d < 3*time.Second || d > 5*time.Second {
			t.Errorf("21 reports took %v at 5 a second with a burst of 5", d)
		}
		start = time.Now()
		srv.answer = says(200, doorAnswer)
		if _, err := c.OpenDoor(t.Context(), door(), never); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("the door waited %v", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		wantFailure(t, c.ReportPayment(ctx, []byte(`{}`)), ClassTimeout, NotSent)
	})
}

func TestOptionsThatCannotBeUsed(t *testing.T) {
	for name, adjust := range map[string]func(*Options){
		"no url":            func(o *Options) { o.BaseURL = "" },
		"no scheme":         func(o *Options) { o.BaseURL = "saas.test" },
		"another scheme":    func(o *Options) { o.BaseURL = "ftp://saas.test" },
		"a password in url": func(o *Options) { o.BaseURL = "https://a:pa55@saas.test" },
		"a broken url":      func(o *Options) { o.BaseURL = "https://a:pa55@saas test:x" },
		"a query":           func(o *Options) { o.BaseURL = "https://saas.test?x=pa55" },
		"no app id":         func(o *Options) { o.AppID = "" },
		"no key":            func(o *Options) { o.Key = wire.Secret{} },
		"no secret":         func(o *Options) { o.Secret = wire.NewSecret("") },
	} {
		o := options(nil)
		adjust(&o)
		c, err := New(o)
		if err == nil {
			c.Close()
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), "pa55") {
			t.Errorf("%s: %v shows a password", name, err)
		}
	}
}
