package apitest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/govalues/decimal"

	"edged/internal/callback"
	"edged/internal/saas"
	"edged/internal/saas/wire"
)

func request(method, path string) *http.Request {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Authorization", "Bearer t")
	r.Header.Set("Content-Type", "application/json;charset=utf-8")
	return r
}

// routes are the calls with an answer of each.
func routes() map[string]struct {
	method string
	answer wire.Answer
} {
	type route = struct {
		method string
		answer wire.Answer
	}
	lines := []wire.Line{{ProductID: "1", Name: "Nuts", Price: decimal.MustParse("5"), Count: decimal.MustParse("0.35"), MeterType: wire.Weight}}
	return map[string]route{
		"/OpenApi/Login":                     {"POST", wire.LoginAnswer{Token: wire.NewSecret("t"), ExpiresIn: 7200e9}},
		"/OpenApi/Machine/Info/m1":           {"GET", wire.MachineInfo{MachineID: "m1", Signal: 3, Temperature: "24", RunningState: "1"}},
		"/OpenApi/Machine/Commoditys/m1":     {"GET", wire.Commodities{{CommodityID: "1", Price: decimal.MustParse("3.00")}}},
		"/OpenApi/Machine/PayConfig/m1":      {"GET", wire.PayConfig{MachineID: "m1", PreAuthorLimit: "50", Currency: "USD"}},
		"/OpenApi/Order/OpenDoor":            {"POST", wire.OpenDoorAnswer{OrderID: "A", Action: wire.PreOpenDoor, Status: true, TransID: "77"}},
		"/OpenApi/Repli/OpenDoorMethod":      {"POST", wire.OpenDoorAnswer{OrderID: "A", TranseType: wire.Restock, Action: wire.PreOpenDoor}},
		"/OpenApi/Order/OpenDoor/77":         {"GET", wire.OrderQuery{OrderID: "A", State: wire.OrderInProgress}},
		"/OpenApi/Order/77/Detail":           {"GET", wire.OrderQuery{OrderID: "A", State: wire.OrderCompleted, HasDetection: true, Detection: wire.Detection{Mode: wire.Normal, Lines: lines}}},
		"/OpenApi/Repli/Confirm":             {"POST", wire.ConfirmAnswer{TrackingID: "t", TransID: 5, Success: true}},
		"/OpenApi/Order/ReportPaymentResult": {"POST", wire.ReportAnswer{OrderID: "A", Status: true, Detailed: true}},
	}
}

func TestAnswersOfEveryStyleAreAsDescribed(t *testing.T) {
	v := Load(t)
	for path, route := range routes() {
		for _, style := range []wire.Style{{}, {Case: wire.Pascal}, {Data: wire.DataString}, {Case: wire.Pascal, Data: wire.DataString}, {Bare: true, Case: wire.Pascal}} {
			if _, list := route.answer.(wire.Commodities); list && style.Bare {
				continue
			}
			b := wire.AppendAnswer(nil, wire.Done(1743496289599), route.answer, style)
			if err := v.ValidateResponse(request(route.method, path), 200, b); err != nil {
				t.Errorf("%v\n%s", err, b)
			}
		}
		for _, code := range []int{200, 401, 429, 500} {
			b := wire.AppendAnswer(nil, wire.Failed(code, "no", 1), nil, wire.Style{Case: wire.Pascal})
			if err := v.ValidateResponse(request(route.method, path), code, b); err != nil {
				t.Errorf("%d: %v\n%s", code, err, b)
			}
		}
	}
}

func TestAnswersThatAreNotAsDescribed(t *testing.T) {
	v := Load(t)
	for name, tt := range map[string]struct {
		method, path string
		status       int
		body         string
	}{
		"HTML":                       {"GET", "/OpenApi/Machine/Info/m1", 200, "<html>"},
		"an array":                   {"GET", "/OpenApi/Machine/Info/m1", 200, "[]"},
		"data without its id":        {"GET", "/OpenApi/Machine/Info/m1", 200, `{"statusCode":200,"succeeded":true,"data":{"signal":1}}`},
		"data in a string, no id":    {"GET", "/OpenApi/Machine/Info/m1", 200, `{"statusCode":200,"succeeded":true,"data":"{\"signal\":1}"}`},
		"a name in two cases":        {"GET", "/OpenApi/Machine/Info/m1", 200, `{"machineId":"1","MachineId":"2"}`},
		"an opening without status":  {"POST", "/OpenApi/Order/OpenDoor", 200, `{"statusCode":200,"succeeded":true,"data":{"orderId":"A"}}`},
		"a yes under 500":            {"POST", "/OpenApi/Order/OpenDoor", 500, `{"statusCode":200,"succeeded":true,"data":{"status":true}}`},
		"a report that says nothing": {"POST", "/OpenApi/Order/ReportPaymentResult", 200, `{"statusCode":200,"succeeded":true,"data":null}`},
		"an unknown path":            {"GET", "/OpenApi/Teapot", 200, `{}`},
	} {
		if err := v.ValidateResponse(request(tt.method, tt.path), tt.status, []byte(tt.body)); !errors.Is(err, ErrAPI) {
			t.Errorf("%s: %v, want ErrAPI", name, err)
		}
	}
}

func TestRequestsThatAreNotAsDescribed(t *testing.T) {
	v := Load(t)
	good := `{"OrderId":"A","OrderNo":"7","PayType":0,"PayStatus":1,"ErrorMessage":""}`
	report := request("POST", "/OpenApi/Order/ReportPaymentResult")
	if err := v.ValidateRequest(report, []byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"another case":       strings.Replace(good, "OrderId", "orderId", 1),
		"an unknown name":    strings.Replace(good, `{`, `{"X":1,`, 1),
		"a missing name":     strings.Replace(good, `"OrderNo":"7",`, "", 1),
		"a number as string": strings.Replace(good, `"PayType":0`, `"PayType":"0"`, 1),
		"a wrong code":       strings.Replace(good, `"PayStatus":1`, `"PayStatus":3`, 1),
		"nothing":            "",
	} {
		if err := v.ValidateRequest(report, []byte(body)); !errors.Is(err, ErrAPI) {
			t.Errorf("%s: %v, want ErrAPI", name, err)
		}
	}
	bare := request("POST", "/OpenApi/Order/ReportPaymentResult")
	bare.Header.Del("Authorization")
	if err := v.ValidateRequest(bare, []byte(good)); !errors.Is(err, ErrAPI) {
		t.Errorf("without a token: %v, want ErrAPI", err)
	}
	if err := v.ValidateRequest(request("GET", "/OpenApi/Order/ReportPaymentResult"), nil); !errors.Is(err, ErrAPI) {
		t.Errorf("a GET: %v, want ErrAPI", err)
	}
}

func TestCallbacksOfEveryStyleAreAsDescribed(t *testing.T) {
	v := Load(t)
	lines := []wire.Line{{ProductID: "1", Name: "Nuts", Price: decimal.MustParse("5"), Count: decimal.MustParse("0.35"), MeterType: wire.Weight}}
	for _, action := range wire.Actions()[:8] {
		c := wire.Callback{
			OrderID: "A", SaaSOrderNo: "7", Action: action, Status: true, RefundNo: "R", DeductionNo: "D",
			Detection: wire.Detection{Mode: wire.Normal, Lines: lines},
		}
		for _, style := range []wire.Style{{}, {Case: wire.Pascal}, {Data: wire.DataString}, {Case: wire.Pascal, Data: wire.DataString, Spaced: true}} {
			b := wire.AppendCallback(nil, c, style)
			if err := v.ValidateCallback(b); err != nil {
				t.Errorf("%v\n%s", err, b)
			}
		}
	}
	for _, name := range []string{"callback_opened.json", "callback_detected.json", "callback_refund.json", "callback_adjustment.json"} {
		b, err := os.ReadFile("../wire/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.ValidateCallback(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCallbacksThatAreNotAsDescribed(t *testing.T) {
	v := Load(t)
	for name, body := range map[string]string{
		"HTML":                       "<html>",
		"an array":                   "[]",
		"two values":                 `{} {}`,
		"an unknown action":          `{"OrderId":"A","Action":"Exploded","Status":true}`,
		"no order":                   `{"Action":"Cancel","Status":true}`,
		"no status":                  `{"OrderId":"A","Action":"Cancel"}`,
		"a mode that is not defined": `{"OrderId":"A","Action":"OrderDetected","Status":true,"Data":{"TradeProcessMode":3}}`,
		"a line without a price":     `{"OrderId":"A","Action":"OrderDetected","Status":true,"Data":{"TradeProcessMode":0,"TradeProductModels":[{"BuyCount":1}]}}`,
		"the same in a string":       `{"OrderId":"A","Action":"OrderDetected","Status":true,"Data":"{\"TradeProcessMode\":0,\"TradeProductModels\":[{\"BuyCount\":1}]}"}`,
		"a price in words":           `{"OrderId":"A","Action":"OrderDetected","Status":true,"Data":{"TradeProcessMode":0,"TradeProductModels":[{"BuyCount":1,"Price":"free"}]}}`,
		"a refund without a number":  `{"OrderId":"A","Action":"OrderRefund","Status":true,"Data":{"OrderRefundProducts":[]}}`,
	} {
		if err := v.ValidateCallback([]byte(body)); !errors.Is(err, ErrAPI) {
			t.Errorf("%s: %v, want ErrAPI", name, err)
		}
	}
}

// TestTheClientKeepsToTheDescription sends every call of the client through a
// validating server.
func TestTheClientKeepsToTheDescription(t *testing.T) {
	v := Load(t)
	srv := httptest.NewServer(v.Handler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route, ok := routes()[r.URL.Path]
		if !ok {
			t.Errorf("the client called %s", r.URL.Path)
		}
		_, _ = w.Write(wire.AppendAnswer(nil, wire.Done(1), route.answer, wire.Style{}))
	})))
	defer srv.Close()
	c, err := saas.New(saas.Options{
		BaseURL: srv.URL, AppID: "P1", Key: wire.NewSecret("k"), Secret: wire.NewSecret("s"), RequestsPerSecond: 1000,
		DialContext: (&net.Dialer{}).DialContext,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for name, err := range everyCall(t.Context(), t, c) {
		var refused *saas.CallError
		if name == "restock open" && errors.As(err, &refused) && refused.Class == saas.ClassRefused {
			continue // its answer above has status false
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func everyCall(ctx context.Context, t *testing.T, c *saas.Client) map[string]error {
	t.Helper()
	report, err := wire.ReportRequest{OrderID: "A", OrderNo: "7", PayType: wire.PayRefund, PayStatus: wire.PayFailed, ErrorMessage: "no"}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	door := wire.OpenDoorRequest{OrderID: "A", MachineID: "m1", DoorNo: 1, NotifyURL: wire.NewSecret("https://cb.test/v1/g/A/m")}
	out := map[string]error{"login": c.Login(ctx)}
	_, out["machine info"] = c.MachineInfo(ctx, "m1")
	_, out["products"] = c.Commoditys(ctx, "m1")
	_, out["pay config"] = c.PayConfig(ctx, "m1")
	_, out["open door"] = c.OpenDoor(ctx, door, nil)
	door.TranseType = wire.Restock
	_, out["restock open"] = c.RestockOpen(ctx, door, nil)
	_, out["confirm"] = c.RestockConfirm(ctx, wire.ConfirmRequest{MID: "m1", TransID: 5, TrackingID: "t", Data: []wire.ConfirmItem{{CommodityID: "1"}}})
	out["report"] = c.ReportPayment(ctx, report)
	_, out["query"] = c.QueryOpenDoor(ctx, "77")
	_, out["detail"] = c.OrderDetail(ctx, "77")
	return out
}

func TestEveryDescribedPathIsTried(t *testing.T) {
	v := Load(t)
	seen := map[string]bool{}
	for path, route := range routes() {
		found, _, err := v.router.FindRoute(request(route.method, path))
		if err != nil {
			t.Fatal(err)
		}
		seen[found.Path] = true
	}
	for path := range v.doc.Paths.Map() {
		if !seen[path] {
			t.Errorf("%s is described and never tried", path)
		}
	}
}

func TestTheCallbackHandlerAnswersAsDescribed(t *testing.T) {
	v := Load(t)
	const order = "01K8ZQ4T9M6W2X5Y7A3B1C0D8E"
	ring, err := callback.NewRing("gw", callback.NewMaster([callback.KeySize]byte{1}).Derive("gw"))
	if err != nil {
		t.Fatal(err)
	}
	path, err := ring.NotifyURL("", order)
	if err != nil {
		t.Fatal(err)
	}
	var result saas.Result
	var failure error
	h, err := saas.NewCallbackHandler(saas.HandlerOptions{Ring: ring, Deliver: func(context.Context, wire.Callback, []byte) (saas.Result, error) {
		return result, failure
	}})
	if err != nil {
		t.Fatal(err)
	}
	body := `{"OrderId":"` + order + `","Action":"Cancel","Status":true}`
	for _, tt := range []struct {
		path, body string
		result     saas.Result
		failure    error
		status     int
	}{
		{path, body, saas.Stored, nil, 200},
		{path, body, saas.TooMany, nil, 429},
		{path, body, "", errors.New("disk full"), 503},
		{path, "<html>", "", nil, 400},
		{path, strings.Repeat(" ", wire.MaxCallback+1), "", nil, 413},
		{"/v1/gw/" + order + "/AAAAAAAAAAAAAAAAAAAAAA", body, "", nil, 404},
	} {
		result, failure = tt.result, tt.failure
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, tt.path, strings.NewReader(tt.body)))
		if w.Code != tt.status {
			t.Errorf("answered %d, want %d", w.Code, tt.status)
		}
		if err := v.ValidateCallbackAnswer(w.Code, w.Body.Bytes()); err != nil {
			t.Error(err)
		}
	}
	for status, body := range map[int]string{200: `{"ok":false}`, 404: "not found", 302: ""} {
		if err := v.ValidateCallbackAnswer(status, []byte(body)); !errors.Is(err, ErrAPI) {
			t.Errorf("%d %q: %v, want ErrAPI", status, body, err)
		}
	}
}
