package saassim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const machineID = "2412090001"

// gateway is the other side: it takes callbacks without a network.
type gateway struct {
	t     *testing.T
	sim   *Sim
	token string

	mu   sync.Mutex
	code func(n int) int // status of the n-th callback
	got  []post
}

type post struct {
	At     time.Time
	Raw    string
	Action string
	Order  string
	Status bool
	Data   json.RawMessage
}

func (g *gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := post{At: time.Now(), Raw: string(b)}
	var body struct {
		OrderID, Action string
		Status          bool
		Data            json.RawMessage
	}
	if json.Unmarshal(b, &body) == nil {
		p.Action, p.Order, p.Status, p.Data = body.Action, body.OrderID, body.Status, body.Data
	}
	g.got = append(g.got, p)
	code := http.StatusOK
	if g.code != nil {
		code = g.code(len(g.got))
	}
	if code == 0 {
		return nil, fmt.Errorf("connection refused")
	}
	return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

func (g *gateway) posts() []post {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]post(nil), g.got...)
}

func (g *gateway) actions() string { return g.actionsOf("") }

// actionsOf lists the actions that came for an order, or all.
func (g *gateway) actionsOf(order string) string {
	var all []string
	for _, p := range g.posts() {
		if order == "" || p.Order == order {
			all = append(all, p.Action)
		}
	}
	return strings.Join(all, " ")
}

func options() Options {
	return Options{
		AppID: "P1", Key: "k", Secret: "s",
		Machines: []Machine{{
			ID: machineID, Name: "lobby", Signal: 3, Temperature: "24", RunningState: 1, VendType: "0003",
			PreAuthorLimit: "50", Currency: "EUR",
			Goods: []Goods{{ID: "c1", Name: "Water", PriceMinor: 305, Door: 1}},
		}},
	}
}

func newGateway(t *testing.T, o Options) *gateway {
	t.Helper()
	g := &gateway{t: t}
	o.Client = &http.Client{Transport: g}
	sim, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	g.sim = sim
	g.login()
	return g
}

func (g *gateway) login() {
	g.t.Helper()
	_, b := g.call("POST", "/OpenApi/Login", `{"appID":"P1","key":"k","secret":"s"}`)
	var in struct{ Data struct{ Token string } }
	if err := json.Unmarshal(b, &in); err != nil || in.Data.Token == "" {
		g.t.Fatalf("login: %s, %v", b, err)
	}
	g.token = in.Data.Token
}

func (g *gateway) call(method, path, body string) (int, []byte) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+g.token)
	w := httptest.NewRecorder()
	g.sim.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

func openBody(order string) string {
	return fmt.Sprintf(`{"orderId":%q,"machineId":%q,"doorNo":1,"transeType":0,"timeSp":1741758180,"NotifyUrl":"https://cb/v1/gw/%s/mac"}`,
		order, machineID, order)
}

func (g *gateway) open(order string) string {
	g.t.Helper()
	_, b := g.call("POST", "/OpenApi/Order/OpenDoor", openBody(order))
	return string(b)
}

// order returns the order from the ledger.
func (g *gateway) order(id string) *Order {
	g.t.Helper()
	o := g.sim.Ledger().Orders[id]
	if o == nil {
		g.t.Fatalf("no order %s", id)
	}
	return o
}

func (g *gateway) reportBody(order string, status int) string {
	return fmt.Sprintf(`{"OrderId":%q,"OrderNo":%q,"PayType":0,"PayStatus":%d,"ErrorMessage":""}`, order, g.order(order).OrderNo, status)
}

// inBubble runs f with a simulator whose Run is going.
func inBubble(t *testing.T, o Options, f func(*gateway)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t, o)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- g.sim.Run(ctx) }()
		f(g)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func water(n string) []Line {
	return []Line{{ID: "c1", Name: "Water", Count: n, PriceMinor: 305}}
}

func TestAGoodDay(t *testing.T) {
	inBubble(t, options(), func(g *gateway) {
		if got := g.open("A"); !strings.Contains(got, `"status":true`) || !strings.Contains(got, `"transId":1000000001`) {
			t.Errorf("OpenDoor: %s", got)
		}
		for _, err := range []error{g.sim.DoorOpened("A"), g.sim.DoorClosed("A", water("2"))} {
			if err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		if got := g.actions(); got != "OpenedDoor CloseDoor OrderDetected" {
			t.Errorf("callbacks: %s", got)
		}
		detected := g.posts()[2]
		const want = `{"tradeProcessMode":0,"tradeProductModels":[{"id":"c1","alisName":"Water","buyCount":2,"meterType":1,"price":3.05,"pictureUrl":""}]}`
		if !detected.Status || string(detected.Data) != want {
			t.Errorf("got %s\nwant %s", detected.Data, want)
		}
		for range 2 {
			if _, b := g.call("POST", "/OpenApi/Order/ReportPaymentResult", g.reportBody("A", 1)); !strings.Contains(string(b), `"data":true`) {
				t.Errorf("report: %s", b)
			}
		}
		if _, b := g.call("POST", "/OpenApi/Order/ReportPaymentResult", g.reportBody("A", 2)); !strings.Contains(string(b), `"data":false`) {
			t.Errorf("contradicting report: %s", b)
		}
		r := g.order("A").Reports
		if len(r) != 2 || !r[0].Accepted || r[0].Repeats != 1 || r[1].Accepted {
			t.Errorf("reports: %+v", r)
		}
		if c, ok := g.order("A").Decided(); !ok || c.Total != 610 {
			t.Errorf("decision: %+v", c)
		}
	})
}

func TestACallbackIsRepeatedUntilItIsTakenAndHoldsUpItsOrderOnly(t *testing.T) {
	inBubble(t, options(), func(g *gateway) {
		g.code = func(n int) int { return []int{503, 0, 200}[min(n-1, 2)] }
		g.open("A")
		_ = g.sim.DoorOpened("A")
		synctest.Wait()
		g.open("B")
		_ = g.sim.DoorOpened("B")
		_ = g.sim.DoorClosed("A", nil)
		time.Sleep(time.Minute)
		for order, want := range map[string]string{"A": "OpenedDoor OpenedDoor CloseDoor OrderDetected", "B": "OpenedDoor OpenedDoor"} {
			if got := g.actionsOf(order); got != want {
				t.Errorf("%s: got %s, want %s", order, got, want)
			}
		}
		if p := g.posts(); p[0].Order != "A" || p[1].Order != "B" || p[1].At.Sub(p[0].At) != 0 {
			t.Errorf("B waited for A: %+v", p)
		}
		for _, id := range []string{"A", "B"} {
			for _, c := range g.order(id).Callbacks {
				if c.TakenAt.IsZero() {
					t.Errorf("%s of %s was never taken", c.Action, id)
				}
			}
		}
	})
}

func TestScriptsOfAnOrder(t *testing.T) {
	late := CallbackFault{Action: ActionOpened, Kind: Late, For: 10 * time.Second}
	for name, c := range map[string]struct {
		script Script
		want   string
	}{
		"recognition fails, the merchant settles later": {
			Script{Detect: &Decision{Failed: true, Msg: "No video"}, Settle: &Decision{After: time.Hour}},
			"OpenedDoor CloseDoor OrderDetected OrderSettlement",
		},
		"nothing is recognised":     {Script{NoDetect: true}, "OpenedDoor CloseDoor"},
		"the machine fails to open": {Script{Cancel: CancelInsteadOfOpening}, "Cancel"},
		"an exception on closing":   {Script{Cancel: CancelAfterOpening}, "OpenedDoor Cancel"},
		"an exception on closing, settled later": {
			Script{Cancel: CancelAfterOpening, Settle: &Decision{After: time.Hour}}, "OpenedDoor Cancel OrderSettlement",
		},
		"a contradiction follows":                  {Script{Contradict: &Decision{After: time.Second, Lines: water("9")}}, "OpenedDoor CloseDoor OrderDetected OrderDetected"},
		"a callback is lost":                       {Script{Callbacks: []CallbackFault{{ActionClosed, Never, 0}}}, "OpenedDoor OrderDetected"},
		"all callbacks are lost":                   {Script{Callbacks: []CallbackFault{{"", Never, 0}}}, ""},
		"a callback comes twice":                   {Script{Callbacks: []CallbackFault{{ActionDetected, Twice, 0}}}, "OpenedDoor CloseDoor OrderDetected OrderDetected"},
		"a callback is overtaken":                  {Script{Callbacks: []CallbackFault{late}}, "CloseDoor OrderDetected OpenedDoor"},
		"the command is announced":                 {Script{PreOpen: true}, "PreOpenDoor OpenedDoor CloseDoor OrderDetected"},
		"a callback for an unknown order is first": {Script{Callbacks: []CallbackFault{{ActionOpened, Unknown, 0}}}, "OpenedDoor OpenedDoor CloseDoor OrderDetected"},
		"a decision and a cancellation are forged": {Script{Callbacks: []CallbackFault{{ActionClosed, Forged, 0}}}, "OpenedDoor CloseDoor OrderDetected Cancel OrderDetected"},
		"ten megabytes are first":                  {Script{Callbacks: []CallbackFault{{ActionDetected, Huge, 0}}}, "OpenedDoor CloseDoor OrderDetected OrderDetected"},
		"a callback is played again":               {Script{Callbacks: []CallbackFault{{ActionOpened, Replayed, time.Hour}}}, "OpenedDoor CloseDoor OrderDetected OpenedDoor"},
	} {
		inBubble(t, options(), func(g *gateway) {
			g.sim.AddScript(machineID, 1, c.script)
			g.open("A")
			if c.script.Cancel != CancelInsteadOfOpening {
				_ = g.sim.DoorOpened("A")
				time.Sleep(5 * time.Second)
				_ = g.sim.DoorClosed("A", water("1"))
			}
			time.Sleep(2 * time.Hour)
			// Forged ones come together with the real one, in any order.
			got, want := strings.Fields(g.actions()), strings.Fields(c.want)
			if strings.Contains(name, "forged") {
				slices.Sort(got)
				slices.Sort(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		})
	}
}

func TestAnOrderRunsWithoutAWorld(t *testing.T) {
	inBubble(t, options(), func(g *gateway) {
		g.sim.AddScript(machineID, 1, Script{Shop: &Shop{OpenAfter: time.Second, CloseAfter: 20 * time.Second, Take: water("3")}})
		start := time.Now()
		g.open("A")
		time.Sleep(time.Minute)
		if got := g.actions(); got != "OpenedDoor CloseDoor OrderDetected" {
			t.Fatalf("callbacks: %s", got)
		}
		p := g.posts()
		for i, want := range []time.Duration{time.Second, 21 * time.Second, 22 * time.Second} {
			if got := p[i].At.Sub(start); got != want {
				t.Errorf("%s after %v, want %v", p[i].Action, got, want)
			}
		}
	})
}

func TestClaimsFollowTheReportOfAPayment(t *testing.T) {
	inBubble(t, options(), func(g *gateway) {
		g.sim.AddScript(machineID, 1, Script{
			Shop:   &Shop{Take: water("2")},
			Refund: &Claim{After: time.Hour, Lines: water("1"), Remark: "warm"},
			Adjust: &Claim{After: time.Minute, Lines: water("1")},
		})
		g.open("A")
		time.Sleep(3 * time.Hour)
		if got := g.actions(); strings.Contains(got, "OrderRefund") {
			t.Fatalf("a refund of what was never paid: %s", got)
		}
		g.login() // three hours later
		g.call("POST", "/OpenApi/Order/ReportPaymentResult", g.reportBody("A", 1))
		time.Sleep(3 * time.Hour)
		if got := g.actions(); !strings.HasSuffix(got, "OrderAdjustment OrderRefund") {
			t.Fatalf("callbacks: %s", got)
		}
		g.login()
		var adjust, refund string
		for _, c := range g.order("A").Callbacks {
			switch c.Action {
			case ActionAdjust:
				adjust = c.ClaimNo
			case ActionRefund:
				refund = c.ClaimNo
			}
		}
		for _, c := range []struct {
			order, no string
			payType   int
			want      string
		}{
			{"A", adjust, 1, `"data":true`},
			{"A", refund, 1, `"data":false`},
			{"AR1", refund, 2, `"data":true`},
			{"AR1", "R0", 2, `"data":false`},
		} {
			body := fmt.Sprintf(`{"OrderId":%q,"OrderNo":%q,"PayType":%d,"PayStatus":2}`, c.order, c.no, c.payType)
			if _, b := g.call("POST", "/OpenApi/Order/ReportPaymentResult", body); !strings.Contains(string(b), c.want) {
				t.Errorf("%s: got %s, want %s", body, b, c.want)
			}
		}
	})
}

func TestTheFormsOfAnAnswer(t *testing.T) {
	g := newGateway(t, options())
	const path = "/OpenApi/Machine/PayConfig/" + machineID
	for _, c := range []struct {
		fault CallFault
		code  int
		want  string
	}{
		{CallFault{Kind: CamelKey}, 200, `"data":{"machineId":"2412090001","preAuthorLimit":"50","currency":"EUR"`},
		{CallFault{Kind: PascalKey}, 200, `"Data":{"MachineId":"2412090001","PreAuthorLimit":"50","Currency":"EUR"`},
		{CallFault{Kind: DataText}, 200, `"data":"{\"machineId\":\"2412090001\"`},
		{CallFault{Kind: DataNull}, 200, `"data":null`},
		{CallFault{Kind: HTML, Code: 502}, 502, "<html>"},
		{CallFault{Kind: Status, Code: 429, RetryAfter: "7"}, 429, `"succeeded":false`},
		{CallFault{Kind: Status, Code: 401}, 401, `"statusCode":401`},
		{CallFault{Kind: BodyCode, Code: 401}, 200, `"statusCode":401`},
	} {
		g.sim.AddFault(c.fault)
		code, b := g.call("GET", path, "")
		if code != c.code || !strings.Contains(string(b), c.want) {
			t.Errorf("%+v: got %d %s, want %d and %s", c.fault, code, b, c.code, c.want)
		}
	}
	g.sim.AddFault(CallFault{Kind: Truncated, Call: CallPayConfig, Skip: 1})
	if _, b := g.call("GET", path, ""); !json.Valid(b) {
		t.Errorf("skipped once, yet broken: %s", b)
	}
	if _, b := g.call("GET", path, ""); json.Valid(b) {
		t.Errorf("not truncated: %s", b)
	}
}

func TestTokensEndAndAreAskedFor(t *testing.T) {
	inBubble(t, options(), func(g *gateway) {
		path := "/OpenApi/Machine/Info/" + machineID
		if code, b := g.call("GET", path, ""); code != 200 || !strings.Contains(string(b), `"runningState":1`) {
			t.Errorf("got %d %s", code, b)
		}
		time.Sleep(2*time.Hour + time.Second)
		if code, _ := g.call("GET", path, ""); code != 401 {
			t.Errorf("an expired token got %d", code)
		}
		g.login()
		g.sim.RevokeTokens()
		if code, _ := g.call("GET", path, ""); code != 401 {
			t.Errorf("a revoked token got %d", code)
		}
		if _, b := g.call("POST", "/OpenApi/Login", `{"appID":"P1","key":"k","secret":"wrong"}`); strings.Contains(string(b), "token") {
			t.Errorf("a wrong secret got %s", b)
		}
	})
}

func TestOpenDoorIsTakenOncePerOrder(t *testing.T) {
	for _, mode := range []DuplicateOpen{AnswerSame, RefuseRepeat} {
		o := options()
		opened := 0
		o.Repeat, o.OnOpen = mode, func(Order) { opened++ }
		g := newGateway(t, o)
		first, second := g.open("A"), g.open("A")
		if !strings.Contains(first, `"status":true`) || strings.Contains(second, `"status":true`) != (mode == AnswerSame) {
			t.Errorf("%s: got %s, then %s", mode, first, second)
		}
		if n := len(g.order("A").Opens); opened != 1 || n != 2 {
			t.Errorf("%s: opened %d times, %d calls in the ledger", mode, opened, n)
		}
	}
}

func TestOpenDoorThatIsNotAcceptable(t *testing.T) {
	g := newGateway(t, options())
	g.sim.AddScript(machineID, 1, Script{RefuseOpen: "machine is offline"})
	if got := g.open("A"); !strings.Contains(got, `"status":false`) || !strings.Contains(got, "machine is offline") {
		t.Errorf("got %s", got)
	}
	for name, body := range map[string]string{
		"the sample of the document": strings.Replace(openBody("B"), `"transeType":0`, `"transeType":1`, 1),
		"without NotifyUrl":          strings.Replace(openBody("B"), "NotifyUrl", "Other", 1),
		"not JSON":                   "{",
		"an unknown machine":         strings.Replace(openBody("B"), machineID, "17", 1),
	} {
		if _, b := g.call("POST", "/OpenApi/Order/OpenDoor", body); strings.Contains(string(b), `"status":true`) {
			t.Errorf("%s was accepted: %s", name, b)
		}
	}
	if n := len(g.sim.Ledger().Orders); n != 0 {
		t.Errorf("%d orders", n)
	}
}

func TestTheQueriesTellTheState(t *testing.T) {
	inBubble(t, options(), func(g *gateway) {
		g.open("A")
		if _, b := g.call("GET", "/OpenApi/Order/OpenDoor/1000000001", ""); !strings.Contains(string(b), `"state":1`) {
			t.Errorf("got %s", b)
		}
		_ = g.sim.DoorOpened("A")
		_ = g.sim.DoorClosed("A", water("0.5"))
		time.Sleep(time.Minute)
		_, b := g.call("GET", "/OpenApi/Order/OpenDoor/1000000001", "")
		if !strings.Contains(string(b), `"state":4`) || !strings.Contains(string(b), `\"buyCount\":0.5`) {
			t.Errorf("got %s", b)
		}
		_, b = g.call("GET", "/OpenApi/Order/1000000001/Detail", "")
		if !strings.Contains(string(b), `"detected":true`) || !strings.Contains(string(b), `"buyCount":0.5`) {
			t.Errorf("got %s", b)
		}
		for _, path := range []string{"/OpenApi/Order/Video/1000000001", "/OpenApi/Machine/Commoditys/" + machineID} {
			if code, b := g.call("GET", path, ""); code != 200 || !bytes.Contains(b, []byte(`"succeeded":true`)) {
				t.Errorf("%s: got %d %s", path, code, b)
			}
		}
		if code, _ := g.call("GET", "/OpenApi/Nothing", ""); code != 404 {
			t.Errorf("an unknown path got %d", code)
		}
	})
}

func TestARestockIsConfirmed(t *testing.T) {
	g := newGateway(t, options())
	const item = `{"CommodityId":"c1","LayerNo":2,"SpotCount":1,"StockCount":5,"Sno":1}`
	for body, want := range map[string]string{
		`{"Mid":"m","TransId":1,"TrackingId":"t","DoorNo":1,"Data":[` + item + `]}`: `"success":true`,
		`{"Mid":"m","TransId":1,"TrackingId":"t","DoorNo":1,"Data":[{}]}`:           `"success":false`,
		`{"Mid":"m","TransId":1,"TrackingId":"t","DoorNo":1}`:                       `"success":false`,
	} {
		if _, b := g.call("POST", "/OpenApi/Repli/Confirm", body); !strings.Contains(string(b), want) {
			t.Errorf("%s: got %s, want %s", body, b, want)
		}
	}
}

func TestTheLedgerGoesOnAfterAKill(t *testing.T) {
	o := options()
	o.LedgerPath = filepath.Join(t.TempDir(), "saas")
	inBubble(t, o, func(g *gateway) {
		g.code = func(int) int { return 0 } // the gateway is down
		g.sim.AddScript(machineID, 1, Script{Name: "kept", Settle: &Decision{After: time.Hour}})
		g.open("A")
		_ = g.sim.DoorOpened("A")
		_ = g.sim.DoorClosed("A", water("1"))
		time.Sleep(10 * time.Second)
	})
	inBubble(t, o, func(g *gateway) {
		time.Sleep(3 * time.Hour)
		if got := g.actions(); got != "OpenedDoor CloseDoor OrderDetected OrderSettlement" {
			t.Errorf("callbacks after the restart: %s", got)
		}
		g.login()
		g.open("B")
	})
	led, err := LoadLedger(o.LedgerPath)
	if err != nil {
		t.Fatal(err)
	}
	a, b := led.Orders["A"], led.Orders["B"]
	if a == nil || b == nil || a.Script.Name != "kept" || a.TransID == b.TransID || TotalMinor(a.Taken) != 305 {
		t.Errorf("got %+v and %+v", a, b)
	}
	for _, e := range led.Events {
		if e.Call == CallLogin && e.Body != nil {
			t.Errorf("the secret of a login is in the ledger")
		}
	}
}

func TestTotalsAreRoundedHalfUpPerLine(t *testing.T) {
	for _, c := range []struct {
		count string
		price int64
		want  int64
	}{{"1", 305, 305}, {"0.5", 305, 153}, {"0.333", 100, 33}, {"2.5", 1, 3}, {"x", 9, 0}, {"3", 0, 0}} {
		if got := TotalMinor([]Line{{Count: c.count, PriceMinor: c.price}}); got != c.want {
			t.Errorf("%s × %d: got %d, want %d", c.count, c.price, got, c.want)
		}
	}
}

func TestPricesAreExact(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		exponent int
		want     string
	}{{305, 2, "3.05"}, {5, 2, "0.05"}, {-5, 2, "-0.05"}, {1234, 0, "1234"}, {1, 3, "0.001"}} {
		if got := string(price(c.minor, c.exponent)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
