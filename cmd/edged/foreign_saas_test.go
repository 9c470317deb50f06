package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A client of the vendor's API that is somebody else's. It is written from the vendor's
// document alone (V2, named by section) and shares no code with edged.

// vendorClient makes calls, with names as they are written here or with a capital letter.
type vendorClient struct {
	t      *testing.T
	base   string
	token  string
	pascal bool
}

// lowerName is a name that begins with a small letter.
var lowerName = regexp.MustCompile(`"[a-z][A-Za-z]*":`)

// named writes the names of a text as the client does.
func (c *vendorClient) named(text string) string {
	if !c.pascal {
		return text
	}
	return lowerName.ReplaceAllStringFunc(text, func(name string) string { return `"` + strings.ToUpper(name[1:2]) + name[2:] })
}

// raw makes one call, and gives what came back with its HTTP status.
func (c *vendorClient) raw(method, path, body string) (int, string) {
	c.t.Helper()
	req, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if kind := resp.Header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
		c.t.Errorf("%s %s is answered as %s", method, path, kind)
	}
	return resp.StatusCode, string(b)
}

// call makes one call and wants that answer, in the case of the service; of a timestamp
// only that it is one of now in milliseconds.
func (c *vendorClient) call(method, path, body string, status int, want string) {
	c.t.Helper()
	got, text := c.raw(method, path, c.named(body))
	var answer map[string]any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		c.t.Fatalf("%s %s is answered %s: %v", method, path, text, err)
	}
	stamp := strings.Trim(c.named(`"timestamp":`), `":`)
	if at, there := answer[stamp]; there {
		ms, _ := at.(float64)
		if age := time.Since(time.UnixMilli(int64(ms))); age < -time.Minute || age > time.Minute {
			c.t.Errorf("%s %s has the timestamp %v", method, path, at)
		}
		answer[stamp] = 0.0
	}
	if got != status || !reflect.DeepEqual(answer, object1(c.t, c.named(want))) {
		c.t.Errorf("%s %s is answered %d %s\nwant %d %s", method, path, got, text, status, c.named(want))
	}
}

// answered is the envelope of an answer with that data.
func answered(data string) string {
	return `{"statusCode":200,"data":` + data + `,"succeeded":true,"errors":null,"extras":null,"timestamp":0}`
}

// failed is the envelope of an error.
func failed(code int, why string) string {
	return fmt.Sprintf(`{"statusCode":%d,"data":null,"succeeded":false,"errors":%q,"extras":null,"timestamp":0}`, code, why)
}

func object1(t *testing.T, text string) (o map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

// notified is where a client is called back; the first attempt of each callback is
// answered 503, so that it must come again.
func notified(t *testing.T) (url string, calls <-chan string) {
	all, refused := make(chan string, 64), map[string]bool{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		text := string(b)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/notify/here" {
			text = fmt.Sprintf("%s %s %s, %v", r.Method, r.URL, b, err)
		}
		if !refused[text] { // one order's callbacks come one by one
			refused[text] = true
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		all <- text
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/notify/here", all
}

// calledBack wants the next callback to be that one.
func (c *vendorClient) calledBack(calls <-chan string, want string) map[string]any {
	c.t.Helper()
	select {
	case got := <-calls:
		o := object1(c.t, got)
		if !reflect.DeepEqual(o, object1(c.t, c.named(want))) {
			c.t.Errorf("called back with %s\nwant %s", got, c.named(want))
		}
		return o
	case <-time.After(10 * time.Second):
		c.t.Fatalf("nobody calls back, want %s", c.named(want))
		return nil
	}
}

// callback is one of those that only tell where an order is (V2 §11.1–11.3).
func callback(order, no string, transe int, action string) string {
	return fmt.Sprintf(`{"orderId":%q,"orderNo":%q,"transeType":%d,"action":%q,"status":true,"msg":"","customerDetails":"1","data":""}`, order, no, transe, action)
}

// seedMachine is the cabinet of the document's samples (V2 §2–§4).
const seedMachine = `
  detect_after: 10ms
  repeat_every: 10ms
  machines:
    - id: "2412090001"
      name: "2412090001"
      signal: 3
      temperature: "24"
      running_state: 1
      vend_type: "0001"
      pre_author_limit: "50"
      currency: USD
      goods:
        - {id: "2164367863923397", name: Wahaha Mineral Water 596ml, sku: "69353535", weight_gram: 596, price_minor: 300, door: 1}
otherwise:
  adjust: {after: 1ms, lines: [{id: "2164367863923397", name: Wahaha Mineral Water 596ml, count: "1", price_minor: 300}]}
  refund: {after: 1ms, remark: warm, lines: [{id: "2164367863923397", name: Wahaha Mineral Water 596ml, count: "1", price_minor: 300}]}
  shop:
    open_after: 1ms
    close_after: 1ms
    take:
      - {id: "2164367863923397", name: Wahaha Mineral Water 596ml, count: "2", price_minor: 300}
      - {id: "7", name: Nuts, count: "0.75", meter: 2, price_minor: 1290}
`

// All calls of the document with its paths and bodies, in both cases of names, and what
// the service calls back with (V2 §1–§11).
func TestAForeignClientMakesEveryCallOfTheDocument(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		name, keys, report string
		pascal             bool
	}{
		{"camel", "camel, login_unwrapped: false, report: bool", answered("true"), false},
		{"pascal", "pascal, login_unwrapped: true, report: unwrapped", `{"orderId":"ORDER","status":true,"message":"Order processed successfully"}`, true},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			text := "service:\n  keys: " + strings.ReplaceAll(k.keys, ", ", "\n  ") + seedMachine
			out := started(t, "sim", "saas", "--listen", "127.0.0.1:0", "--script", scripted(t, text))
			c := &vendorClient{t: t, base: after(out.awaitText(t, "\n"), "the cloud listens on "), pascal: k.pascal}
			c.logIn(!k.pascal)
			c.asksForTheMachine()
			url, calls := notified(t)
			c.buys(url, calls, k.report)
			c.restocks(url, calls)
			select {
			case more := <-calls:
				t.Errorf("called back with %s, too", more)
			default:
			}
		})
	}
}

// logIn is V2 §1.
func (c *vendorClient) logIn(wrapped bool) {
	c.t.Helper()
	status, text := c.raw("POST", "/OpenApi/Login", c.named(`{"appID":"P000000000000000","key":"key","secret":"secret"}`))
	var o struct {
		Data             struct{ Token, ExpiresIn any }
		Token, ExpiresIn any
		Succeeded        bool
	}
	if err := json.Unmarshal([]byte(text), &o); err != nil || status != http.StatusOK {
		c.t.Fatalf("login is answered %d %s, %v", status, text, err)
	}
	token, seconds := o.Token, o.ExpiresIn
	if wrapped {
		token, seconds = o.Data.Token, o.Data.ExpiresIn
	}
	c.token, _ = token.(string)
	if c.token == "" || seconds != 7200.0 || !strings.Contains(text, c.named(`"expiresIn":`)) {
		c.t.Fatalf("login is answered %s", text)
	}
}

// asksForTheMachine is V2 §2–§4: the document's own samples come back.
func (c *vendorClient) asksForTheMachine() {
	c.t.Helper()
	c.call("GET", "/OpenApi/Machine/Info/2412090001", "", 200, answered(
		`{"machineId":"2412090001","machineName":"2412090001","signal":3,"temperature":"24","runningState":1,"vendType":"0001"}`))
	c.call("GET", "/OpenApi/Machine/Commoditys/2412090001", "", 200, answered(
		`[{"commodityId":"2164367863923397","commodityName":"Wahaha Mineral Water 596ml","commoditySKU":"69353535","weight":596,"price":3.00,"doorNo":1,"pictureUrl":""}]`))
	c.call("GET", "/OpenApi/Machine/PayConfig/2412090001", "", 200, answered(
		`{"machineId":"2412090001","preAuthorLimit":"50","currency":"USD","qrCodeUrl":"2412090001"}`))
}

// buys is V2 §5, §10 and §11: an order, its payment, a deduction and a refund.
func (c *vendorClient) buys(url string, calls <-chan string, reported string) {
	c.t.Helper()
	const order, no = "c0ffee01", "SO1000000001"
	opening := fmt.Sprintf(`{"orderId":%q,"machineId":"2412090001","doorNo":1,"transeType":0,"customerDetails":"1","timeSp":1741758180,"NotifyUrl":%q}`, order, url)
	opened := answered(`{"orderId":"c0ffee01","transeType":0,"action":"PreOpenDoor","status":true,"msg":"","data":"","transId":1000000001}`)
	c.call("POST", "/OpenApi/Order/OpenDoor", opening, 200, opened)
	c.call("POST", "/OpenApi/Order/OpenDoor", opening, 200, opened) // the same order again opens nothing
	c.calledBack(calls, callback(order, no, 0, "OpenedDoor"))
	c.calledBack(calls, callback(order, no, 0, "CloseDoor"))
	const products = `{"id":"2164367863923397","alisName":"Wahaha Mineral Water 596ml","buyCount":%s,"meterType":1,"price":3.00,"pictureUrl":""}`
	c.calledBack(calls, strings.Replace(callback(order, no, 0, "OrderDetected"), `"data":""`, `"orgId":"10001","data":{"tradeProcessMode":0,"tradeProductModels":[`+
		fmt.Sprintf(products, "2")+`,{"id":"7","alisName":"Nuts","buyCount":0.75,"meterType":2,"price":12.90,"pictureUrl":""}]}`, 1))

	answer := func(id string) string { return strings.Replace(reported, "ORDER", id, 1) }
	payment := `{"orderId":"c0ffee01","orderNo":"SO1000000001","payType":0,"payStatus":1,"errorMessage":""}`
	c.call("POST", "/OpenApi/Order/ReportPaymentResult", payment, 200, answer(order))
	c.call("POST", "/OpenApi/Order/ReportPaymentResult", payment, 200, answer(order)) // and again, as after a lost answer

	deduction := c.claimed(calls, order, no, "OrderAdjustment", "orderNo", `"orderProducts":[`+fmt.Sprintf(products, "1")+`]`)
	refund := c.claimed(calls, order, no, "OrderRefund", "refundOrderNo", `"refundRemark":"warm","orderRefundProducts":[`+fmt.Sprintf(products, "1")+`]`)
	c.call("POST", "/OpenApi/Order/ReportPaymentResult", fmt.Sprintf(
		`{"orderId":%q,"orderNo":%q,"payType":1,"payStatus":2,"errorMessage":"card declined"}`, order, deduction), 200, answer(order))
	c.call("POST", "/OpenApi/Order/ReportPaymentResult", fmt.Sprintf(
		`{"orderId":"myrefund1","orderNo":%q,"payType":2,"payStatus":1,"errorMessage":""}`, refund), 200, answer("myrefund1"))
}

// claimed is V2 §11.6 and §11.7: it gives the number of the deduction or the refund.
func (c *vendorClient) claimed(calls <-chan string, order, no, action, numbered, products string) (number string) {
	c.t.Helper()
	select {
	case got := <-calls:
		o := object1(c.t, got)
		data, _ := o[strings.Trim(c.named(`"data":`), `":`)].(map[string]any)
		number, _ = data[strings.Trim(c.named(`"`+numbered+`":`), `":`)].(string)
		want := strings.Replace(callback(order, no, 0, action), `"data":""`, fmt.Sprintf(`"data":{%q:%q,%s}`, numbered, number, products), 1)
		if number == "" || !reflect.DeepEqual(o, object1(c.t, c.named(want))) {
			c.t.Errorf("called back with %s\nwant %s", got, c.named(want))
		}
	case <-time.After(10 * time.Second):
		c.t.Fatalf("nobody calls back with %s", action)
	}
	return number
}

// restocks is V2 §6 and §7.
func (c *vendorClient) restocks(url string, calls <-chan string) {
	c.t.Helper()
	const order, no = "c0ffee02", "SO1000000002"
	c.call("POST", "/OpenApi/Repli/OpenDoorMethod", fmt.Sprintf(
		`{"orderId":%q,"machineId":"2412090001","doorNo":1,"transeType":2,"customerDetails":"1","timeSp":1741758180,"NotifyUrl":%q}`, order, url), 200,
		answered(`{"orderId":"c0ffee02","transeType":2,"action":"PreOpenDoor","status":true,"msg":"","data":"","transId":1000000002}`))
	c.calledBack(calls, callback(order, no, 2, "OpenedDoor"))
	c.calledBack(calls, callback(order, no, 2, "CloseDoor"))
	c.call("POST", "/OpenApi/Repli/Confirm", `{"mid":"2412090001","transId":1000000002,"trackingId":"tracking-id-001","doorNo":1,"data":[
		{"commodityId":"xxxxxxxxxxxx1","layerNo":2,"spotCount":1,"stockCount":500,"sno":123},{"commodityId":"xxxxxxxxxxxxx","layerNo":3,"spotCount":2,"stockCount":1000,"sno":124}]}`,
		200, `{"trackingId":"tracking-id-001","transId":1000000002,"success":true,"message":"Replenishment data confirmed successfully"}`)
}

// What a client does wrong is told as the service tells it: in the envelope.
func TestAForeignClientIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	out := started(t, "sim", "saas", "--listen", "127.0.0.1:0", "--script", scripted(t, "service:\n  keys: camel"+seedMachine))
	c := &vendorClient{t: t, base: after(out.awaitText(t, "\n"), "the cloud listens on ")}
	c.call("POST", "/OpenApi/Login", `{"appID":"P000000000000000","key":"key","secret":"wrong"}`, 200, failed(401, "appID, key or secret wrong"))
	c.call("GET", "/OpenApi/Machine/Info/2412090001", "", 401, failed(401, "401 Unauthorized"))
	c.token = "made-up"
	c.call("POST", "/OpenApi/Order/ReportPaymentResult", `{}`, 401, failed(401, "401 Unauthorized"))
	c.logIn(true)
	open := func(fields string) string {
		return `{"orderId":"a","machineId":"2412090001","doorNo":1,"transeType":0,"NotifyUrl":"http://127.0.0.1:1/n"` + fields + `}`
	}
	for _, w := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/OpenApi/Machine/Info/99", "", 200, failed(404, "machine does not exist")},
		{"GET", "/OpenApi/Machine/Commoditys/99", "", 200, failed(404, "machine does not exist")},
		{"GET", "/OpenApi/Machine/PayConfig/99", "", 200, failed(404, "machine does not exist")},
		{"GET", "/OpenApi/Machine/Info", "", 404, failed(404, "404 Not Found")},
		{"POST", "/OpenApi/Order/CloseDoor", `{}`, 404, failed(404, "404 Not Found")},
		{"GET", "/", "", 404, failed(404, "404 Not Found")},
		{"POST", "/OpenApi/Machine/Info/2412090001", "", 405, failed(405, "405 Method Not Allowed")},
		{"GET", "/OpenApi/Order/ReportPaymentResult", "", 405, failed(405, "405 Method Not Allowed")},
		{"POST", "/OpenApi/Login", `{"appID":`, 200, failed(400, "bad request: the JSON ends too soon")},
		{"POST", "/OpenApi/Order/OpenDoor", `{"orderId":"a",}`, 200, failed(400, "bad request: no JSON at byte 16")},
		{"POST", "/OpenApi/Order/OpenDoor", open(`,"doorNo":"one"`), 200, failed(400, "bad request: DoorNo is a string")},
		{"POST", "/OpenApi/Order/OpenDoor", `[]`, 200, failed(400, "bad request: no object but an array")},
		{"POST", "/OpenApi/Order/OpenDoor", `{"machineId":"2412090001"}`, 200, failed(400, "orderId is required")},
		{"POST", "/OpenApi/Order/OpenDoor", open(`,"transeType":1`), 200, failed(400, "transeType must be 0 or 2")}, // the document's own sample
		{"POST", "/OpenApi/Repli/OpenDoorMethod", open(""), 200, failed(400, "transeType must be 2")},
		{"POST", "/OpenApi/Order/OpenDoor", open(`,"remark":"` + strings.Repeat("x", 129) + `"`), 200, failed(400, "remark is longer than 128 characters")},
		{
			"POST", "/OpenApi/Order/OpenDoor", open(`,"machineId":"99"`), 200,
			answered(`{"orderId":"a","transeType":0,"action":"PreOpenDoor","status":false,"msg":"machine does not exist","data":""}`),
		},
		{"POST", "/OpenApi/Order/ReportPaymentResult", `{"orderId":"a"}`, 200, failed(400, "OrderId, OrderNo and PayStatus are required")},
		{
			"POST", "/OpenApi/Order/ReportPaymentResult", `{"orderId":"nobody","orderNo":"SO1","payStatus":1}`, 200,
			`{"statusCode":200,"data":false,"succeeded":true,"errors":"order does not exist","extras":null,"timestamp":0}`,
		},
		{
			"POST", "/OpenApi/Repli/Confirm", `{"mid":"2412090001","transId":5}`, 200,
			`{"trackingId":"","transId":5,"success":false,"message":"a required parameter is missing"}`,
		},
		{"POST", "/OpenApi/Repli/Confirm", `nonsense`, 200, `{"trackingId":"","transId":0,"success":false,"message":"bad request: no JSON at byte 2"}`},
	} {
		c.call(w.method, w.path, w.body, w.status, w.want)
	}
}
