package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

const (
	testOrder   = "01K8ZQ4T9M6W2X5Y7A3B1C0D8E"
	testOrderNo = "2474742233039557"
)

func TestCallbacksOfTheTables(t *testing.T) {
	water := Line{"2164367863923397", "Wahaha Mineral Water 596ml", dec(t, "3"), dec(t, "1"), Piece}
	two := water
	two.Count = dec(t, "2")
	nuts := Line{"2842391265542853", "Nuts", dec(t, "5"), dec(t, "0.35"), Weight}
	for name, want := range map[string]Callback{
		"callback_opened.json": {
			OrderID: testOrder, SaaSOrderNo: testOrderNo, Action: OpenedDoor, ActionText: "OpenedDoor",
			Status: true, Msg: "opened", CustomerDetails: "lane front", Text: "ok",
		},
		"callback_detected.json": {
			OrderID: testOrder, SaaSOrderNo: testOrderNo, OrgID: "2294688166347461", Action: OrderDetected, ActionText: "OrderDetected",
			Status: true, Detection: Detection{Mode: Normal, Lines: []Line{two, nuts}},
		},
		"callback_refund.json": {
			OrderID: testOrder, SaaSOrderNo: testOrderNo, Action: OrderRefund, ActionText: "OrderRefund",
			Status: true, RefundNo: "R-778", RefundRemark: "bottle was empty", Detection: Detection{Lines: []Line{water}},
		},
		"callback_adjustment.json": {
			OrderID: testOrder, SaaSOrderNo: testOrderNo, Action: OrderAdjustment, ActionText: "OrderAdjustment",
			Status: true, DeductionNo: "D-12", Detection: Detection{Lines: []Line{water}},
		},
	} {
		got, err := DecodeCallback(sample(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		same(t, name, got, want)
	}
}

// detected wraps Data into an OrderDetected.
func detected(data string) []byte {
	return []byte(`{"OrderId":"A","OrderNo":"1","Action":"OrderDetected","Status":true,"Data":` + data + `}`)
}

func TestDecisionsThatCannotBeCharged(t *testing.T) {
	line := func(fields string) string {
		return `{"TradeProcessMode":0,"TradeProductModels":[{"Id":"1","Price":1,"BuyCount":1},{"Id":"2",` + fields + `}]}`
	}
	for data, want := range map[string]string{
		`null`:                        "Data is missing",
		`""`:                          "Data is empty",
		`"recognition will follow"`:   "Data is a text, not a result",
		`"[1]"`:                       "Data is not an object",
		`[]`:                          "Data is not an object",
		`true`:                        "Data is not an object",
		`{}`:                          "TradeProcessMode is missing",
		`{"TradeProcessMode":"soon"}`: "TradeProcessMode is not a number",
		`{"TradeProcessMode":0.5}`:    "TradeProcessMode is not a number",
		`{"TradeProcessMode":3}`:      "TradeProcessMode 3 is not defined",
		`{"TradeProcessMode":0}`:      "TradeProductModels is missing",
		`{"TradeProcessMode":0,"TradeProductModels":null}`:                       "TradeProductModels is missing",
		`{"TradeProcessMode":0,"TradeProductModels":{}}`:                         "the product list is not an array of at most 1000",
		`{"TradeProcessMode":0,"TradeProductModels":[7]}`:                        "line 1: not an object",
		`{"TradeProcessMode":0,"tradeProcessMode":1,"TradeProductModels":[]}`:    "TradeProcessMode occurs twice",
		`{"TradeProcessMode":0,"TradeProductModels":[],"tradeProductModels":[]}`: "TradeProductModels occurs twice",
		line(`"Price":-1,"BuyCount":1`):                                          "line 2: Price is negative",
		line(`"Price":1,"BuyCount":"-0.5"`):                                      "line 2: BuyCount is negative",
		line(`"BuyCount":1`):                                                     "line 2: Price is missing",
		line(`"Price":1`):                                                        "line 2: BuyCount is missing",
		line(`"Price":null,"BuyCount":1`):                                        "line 2: Price is missing",
		line(`"Price":"free","BuyCount":1`):                                      "line 2: Price is not a number of at most 19 digits",
		line(`"Price":[1],"BuyCount":1`):                                         "line 2: Price is not a number of at most 19 digits",
		line(`"Price":1.00000000000000000001,"BuyCount":1`):                      "line 2: Price is not a number of at most 19 digits",
		line(`"Price":1,"price":2,"BuyCount":1`):                                 "line 2: Price occurs twice",
		line(`"Price":1,"BuyCount":1,"Id":"3"`):                                  "line 2: Id cannot be read",
		`{"TradeProcessMode":0,"TradeProductModels":[` + strings.Repeat(`{"Price":0,"BuyCount":0},`, 1000) + `{}]}`: "the product list is not an array of at most 1000",
	} {
		c, err := DecodeCallback(detected(data))
		if err != nil {
			t.Errorf("%s: %v, want no error", data, err)
			continue
		}
		if c.Unreadable != want {
			t.Errorf("%.80s: %q, want %q", data, c.Unreadable, want)
		}
	}
}

func TestDecisionsThatAreReadable(t *testing.T) {
	for data, want := range map[string]Mode{
		`{"TradeProcessMode":0,"TradeProductModels":[]}`:                                 Normal,
		`{"TradeProcessMode":"0","TradeProductModels":[{"Price":"0","BuyCount":"1.0"}]}`: Normal,
		`{"tradeProcessMode":1.0}`:                                                       Cancelled,
		`{"TradeProcessMode":1,"TradeProductModels":[{"Price":null}]}`:                   Cancelled,
		`{"TradeProcessMode":2,"TradeProductModels":null}`:                               Interrupt,
	} {
		c, err := DecodeCallback(detected(data))
		if err != nil || c.Unreadable != "" || c.Mode != want {
			t.Errorf("%s: mode %q, unreadable %q, %v", data, c.Mode, c.Unreadable, err)
		}
	}
}

func TestAFailedRecognitionIsReadableWhateverItsData(t *testing.T) {
	for _, data := range []string{`null`, `"no video"`, `{"TradeProcessMode":0,"TradeProductModels":[]}`} {
		c, err := DecodeCallback([]byte(`{"OrderId":"A","Action":"OrderDetected","Status":"False","Msg":"No video","Data":` + data + `}`))
		if err != nil || c.Status || c.Unreadable != "" || c.Msg != "No video" {
			t.Errorf("%s: %+v, %v", data, c, err)
		}
	}
	c, err := DecodeCallback([]byte(`{"OrderId":"A","Action":"OrderDetected","Data":{"TradeProcessMode":0,"TradeProductModels":[]}}`))
	if err != nil || c.Unreadable != "Status is missing" {
		t.Errorf("without a status: %+v, %v", c, err)
	}
	c, err = DecodeCallback([]byte(`{"OrderId":"A","Action":"OpenedDoor"}`))
	if err != nil || !c.Status {
		t.Errorf("a door event without a status: %+v, %v", c, err)
	}
}

func TestACodeBeyond32BitsIsNoCode(t *testing.T) {
	// 4294967298 is 2, a restock, in 32 bits.
	c, err := DecodeCallback([]byte(`{"OrderId":"A","Action":"Cancel","TranseType":4294967298}`))
	if err != nil || c.TranseType != Buy {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestASettlementInWordsDecidesNothing(t *testing.T) {
	for data, want := range map[string]string{`"settled by hand"`: "Data is a text, not a result", `null`: "Data is missing"} {
		c, err := DecodeCallback([]byte(`{"orderId":"A","action":"orderSettlement","status":true,"data":` + data + `}`))
		if err != nil || c.Action != OrderSettlement || c.Unreadable != want {
			t.Errorf("%s: %+v, %v", data, c, err)
		}
	}
}

func TestSpellingsOfActionsAndNumbers(t *testing.T) {
	for text, want := range map[string]Action{
		"CloseDoor": CloseDoor, "ClosedDoor": CloseDoor, "closeddoor": CloseDoor, "PREOPENDOOR": PreOpenDoor,
		"Cancel": Cancel, "Exploded": UnknownAction,
	} {
		c, err := DecodeCallback([]byte(`{"orderId":"A","action":"` + text + `","transeType":"2","orderNo":77}`))
		if err != nil || c.Action != want || c.ActionText != text || c.TranseType != Restock || c.SaaSOrderNo != "77" {
			t.Errorf("%s: %+v, %v", text, c, err)
		}
	}
	for _, name := range []string{"Refund Order No", "RefundOrderNo", "refundOrderNo"} {
		for _, number := range []string{`"778"`, `778`} {
			c, err := DecodeCallback([]byte(`{"orderId":"A","action":"OrderRefund","data":{"` + name + `":` + number + `,"orderRefundProducts":[]}}`))
			if err != nil || c.RefundNo != "778" || c.Unreadable != "" {
				t.Errorf("%s: %+v, %v", name, c, err)
			}
		}
	}
}

func TestRefundsAndAdjustmentsThatLackSomething(t *testing.T) {
	tests := []struct{ body, number, reason string }{
		{`{"orderId":"A","action":"OrderRefund","data":{}}`, "", "RefundOrderNo cannot be read"},
		{`{"orderId":"A","action":"OrderRefund"}`, "", "Data is missing"},
		{`{"orderId":"A","action":"OrderRefund","data":{"refundOrderNo":"7"}}`, "7", "the product list is missing"},
		{`{"orderId":"A","action":"OrderRefund","data":{"refundOrderNo":"7","RefundOrderNo":"8"}}`, "", "RefundOrderNo cannot be read"},
		{`{"orderId":"A","orderNo":"5","action":"OrderAdjustment","data":{"orderProducts":[]}}`, "5", ""},
		{`{"orderId":"A","orderNo":"5","action":"OrderAdjustment","data":"more"}`, "5", "Data is a text, not a result"},
		{`{"orderId":"A","action":"OrderAdjustment","data":{"orderProducts":[]}}`, "", "OrderNo of the deduction cannot be read"},
	}
	for _, tt := range tests {
		c, err := DecodeCallback([]byte(tt.body))
		if err != nil || c.RefundNo+c.DeductionNo != tt.number || c.Unreadable != tt.reason {
			t.Errorf("%s: %+v, %v, want %q %q", tt.body, c, err, tt.number, tt.reason)
		}
	}
}

func TestBodiesThatAreNoCallback(t *testing.T) {
	for body, want := range map[string]error{
		`{"OrderId":"A","orderId":"B","Action":"Cancel"}`:                  ErrDuplicate,
		`{"OrderId":"A","orderId":"A","Action":"Cancel"}`:                  ErrDuplicate,
		`{"Action":"Cancel"}`:                                              ErrShape,
		`{"OrderId":null,"Action":"Cancel"}`:                               ErrShape,
		`{"OrderId":"","Action":"Cancel"}`:                                 ErrShape,
		`{"OrderId":["A"],"Action":"Cancel"}`:                              ErrShape,
		`{"OrderId":"A"}`:                                                  ErrShape,
		`{"OrderId":"A","Action":"Cancel","Status":"odd"}`:                 ErrShape,
		`{"OrderId":"A\u0000","Action":"Cancel"}`:                          ErrShape,
		"{\"OrderId\":\"A\",\"OrderNo\":\"SO\xff\",\"Action\":\"Cancel\"}": ErrShape,
		`{"OrderId":"A","OrderNo":"SO\ud800","Action":"Cancel"}`:           ErrShape,
		`{"OrderId":"` + strings.Repeat("A", 129) + `","Action":"Cancel"}`: ErrTooLarge,
		`[{"OrderId":"A","Action":"Cancel"}]`:                              ErrShape,
		`OrderId=A&Action=Cancel`:                                          ErrSyntax,
		`{"OrderId":"A","Action":"Cancel"}<`:                               ErrSyntax,
		`{"OrderId":"A","Action":"Cancel","Data":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`: ErrTooDeep,
		`{"OrderId":"A","Action":"Cancel","Msg":"` + strings.Repeat("x", MaxCallback) + `"}`:                 ErrTooLarge,
	} {
		if c, err := DecodeCallback([]byte(body)); !errors.Is(err, want) {
			t.Errorf("%.80s: %+v, %v, want %v", body, c, err, want)
		}
	}
}

func TestWordsAreCutAndCannotSteerATerminal(t *testing.T) {
	c, err := DecodeCallback([]byte(`{"OrderId":"A","Action":"Cancel","Msg":"\u001b[2Jgone` + strings.Repeat("x", 600) + `","Data":{"why":"jam"}}`))
	if err != nil || !strings.HasPrefix(c.Msg, " [2Jgone") || len(c.Msg) != maxText {
		t.Errorf("%q, %v", c.Msg, err)
	}
}

func TestEveryTruncationOfACallbackIsRefused(t *testing.T) {
	cuts := 0
	for _, name := range []string{"callback_opened.json", "callback_detected.json", "callback_refund.json", "callback_adjustment.json"} {
		b := bytes.TrimSpace(sample(t, name))
		for n := range len(b) {
			if c, err := DecodeCallback(b[:n]); !errors.Is(err, ErrSyntax) {
				t.Fatalf("%s cut at %d: %+v, %v", name, n, c, err)
			}
			cuts++
		}
	}
	t.Logf("%d cuts", cuts)
}

// styles are all that a callback can come in.
func styles() []Style {
	var out []Style
	for _, c := range []Case{Camel, Pascal} {
		for _, d := range []DataForm{DataObject, DataString} {
			for _, spaced := range []bool{false, true} {
				out = append(out, Style{Case: c, Data: d, Spaced: spaced})
			}
		}
	}
	return out
}

// someCallback draws a callback that the SaaS could send.
func someCallback(t *rapid.T) Callback {
	actions := Actions()
	c := Callback{
		OrderID:     rapid.StringMatching(`[0-9A-Z]{26}`).Draw(t, "order"),
		SaaSOrderNo: rapid.StringMatching(`[0-9]{1,19}`).Draw(t, "orderNo"),
		TranseType:  rapid.SampledFrom([]TranseType{Buy, Restock}).Draw(t, "transe"),
		Action:      rapid.SampledFrom(actions[:len(actions)-1]).Draw(t, "action"),
		Status:      rapid.Bool().Draw(t, "status"),
		Msg:         rapid.StringMatching(`[ -~äß中]{0,40}`).Draw(t, "msg"),
	}
	c.ActionText = string(c.Action)
	switch c.Action {
	case OrderDetected, OrderSettlement:
		c.Mode = rapid.SampledFrom([]Mode{Normal, Cancelled, Interrupt}).Draw(t, "mode")
		c.Lines = someLines(t)
	case OrderRefund:
		c.RefundNo, c.Lines = rapid.StringMatching(`[0-9A-Z-]{1,20}`).Draw(t, "refund"), someLines(t)
	case OrderAdjustment:
		c.DeductionNo, c.Lines = rapid.StringMatching(`[0-9A-Z-]{1,20}`).Draw(t, "deduction"), someLines(t)
	}
	return c
}

func someLines(t *rapid.T) []Line {
	number := rapid.StringMatching(`[0-9]{1,6}(\.[0-9]{1,4})?`)
	var out []Line
	for range rapid.IntRange(0, 4).Draw(t, "lines") {
		out = append(out, Line{
			ProductID: rapid.StringMatching(`[0-9]{1,16}`).Draw(t, "id"),
			Name:      rapid.StringMatching(`[ -~中]{0,12}`).Draw(t, "name"),
			Price:     decimal.MustParse(number.Draw(t, "price")).Trim(0),
			Count:     decimal.MustParse(number.Draw(t, "count")).Trim(0),
			MeterType: rapid.SampledFrom([]MeterType{Piece, Weight}).Draw(t, "meter"),
		})
	}
	return out
}

func TestCallbacksSurviveEveryStyleWithOneMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := someCallback(t)
		for _, s := range styles() {
			b := AppendCallback(nil, want, s)
			got, err := DecodeCallback(b)
			if err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%s\n got %+v\nwant %+v", b, got, want)
			}
			if got.MeaningKey() != want.MeaningKey() {
				t.Fatalf("%s: another meaning", b)
			}
		}
	})
}

func TestTheSameMeaningWrittenDifferently(t *testing.T) {
	base := `{"OrderId":"A","OrderNo":"7","TranseType":0,"Action":"OrderDetected","Status":true,"Msg":"x","Data":{"TradeProcessMode":0,"TradeProductModels":[{"Id":"1","AlisName":"a","BuyCount":2,"Price":3.00},{"Id":"2","BuyCount":1,"Price":0.5}]}}`
	first, err := DecodeCallback([]byte(base))
	if err != nil {
		t.Fatal(err)
	}
	inner := `{"tradeProductModels":[{"price":"3.0","id":1,"buyCount":"2.000"},{"buyCount":1.0,"price":5e-1,"id":"2"}],"tradeProcessMode":"0"}`
	quoted, err := json.Marshal(inner)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{
		`{"data":` + inner + `,"status":true,"action":"orderdetected","orderNo":7,"orderId":"A"}`,
		`{"data":` + string(quoted) + `,"status":"true","action":"OrderDetected","orderNo":"7","orderId":"A","msg":"other words"}`,
		strings.Replace(base, `{"Id":"1","AlisName":"a","BuyCount":2,"Price":3.00},{"Id":"2","BuyCount":1,"Price":0.5}`,
			`{"Id":"2","BuyCount":1,"Price":0.50},{"Id":"1","AlisName":"b","BuyCount":2,"Price":3,"PictureUrl":"u"}`, 1),
	} {
		c, err := DecodeCallback([]byte(other))
		if err != nil {
			t.Fatalf("%s: %v", other, err)
		}
		if c.MeaningKey() != first.MeaningKey() {
			t.Errorf("another key for %s", other)
		}
	}
}

func TestDifferentMeaningsHaveDifferentKeys(t *testing.T) {
	seen := map[[32]byte]string{}
	for _, body := range []string{
		`{"OrderId":"A","Action":"OpenedDoor","Status":true}`,
		`{"OrderId":"A","Action":"OpenedDoor","Status":false}`,
		`{"OrderId":"A","Action":"OpenedDoor","Status":true,"OrderNo":"7"}`,
		`{"OrderId":"A","Action":"CloseDoor","Status":true}`,
		`{"OrderId":"A","Action":"Teapot","Status":true}`,
		`{"OrderId":"A","Action":"Kettle","Status":true}`,
		string(detected(`{"TradeProcessMode":0,"TradeProductModels":[]}`)),
		strings.Replace(string(detected(`{"TradeProcessMode":0,"TradeProductModels":[]}`)), "true", "false", 1),
		strings.Replace(string(detected(`{"TradeProcessMode":0,"TradeProductModels":[]}`)), "OrderDetected", "OrderSettlement", 1),
		string(detected(`{"TradeProcessMode":1}`)),
		string(detected(`{"TradeProcessMode":2}`)),
		string(detected(`{"TradeProcessMode":0}`)),
		string(detected(`null`)),
		string(detected(`{"TradeProcessMode":0,"TradeProductModels":[{"Id":"1","Price":1,"BuyCount":2}]}`)),
		string(detected(`{"TradeProcessMode":0,"TradeProductModels":[{"Id":"1","Price":2,"BuyCount":1}]}`)),
		string(detected(`{"TradeProcessMode":0,"TradeProductModels":[{"Id":"2","Price":1,"BuyCount":2}]}`)),
		string(detected(`{"TradeProcessMode":0,"TradeProductModels":[{"Id":"1","Price":1,"BuyCount":2},{"Id":"1","Price":1,"BuyCount":2}]}`)),
		`{"OrderId":"A","Action":"OrderRefund","Data":{"RefundOrderNo":"1","OrderRefundProducts":[]}}`,
		`{"OrderId":"A","Action":"OrderRefund","Data":{"RefundOrderNo":"2","OrderRefundProducts":[]}}`,
		`{"OrderId":"A","Action":"OrderRefund","Data":{}}`,
		`{"OrderId":"A","Action":"OrderAdjustment","Data":{"OrderNo":"1","OrderProducts":[]}}`,
		`{"OrderId":"A","Action":"OrderAdjustment","Data":{"OrderNo":"2","OrderProducts":[]}}`,
	} {
		c, err := DecodeCallback([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if other, ok := seen[c.MeaningKey()]; ok {
			t.Errorf("one key for two meanings:\n%s\n%s", other, body)
		}
		seen[c.MeaningKey()] = body
	}
}

func TestTheKeyIsWhatStoresKnow(t *testing.T) {
	// Keys are on disk: a change of the canonical form needs a migration.
	c, err := DecodeCallback(sample(t, "callback_detected.json"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "140080d73dc49d0a5c11a0790c9c221c6fa6384d68b765995298ef447b50266f"
	if got := fmt.Sprintf("%x", c.MeaningKey()); got != want {
		t.Errorf("key %s, want %s", got, want)
	}
}

func FuzzDecodeCallback(f *testing.F) {
	for _, name := range []string{"callback_opened.json", "callback_detected.json", "callback_refund.json", "callback_adjustment.json"} {
		f.Add(sample(f, name))
		c, err := DecodeCallback(sample(f, name))
		if err != nil {
			f.Fatal(err)
		}
		for _, s := range styles() {
			f.Add(AppendCallback(nil, c, s))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeCallback(b)
		if err != nil {
			requireTyped(t, err)
			return
		}
		if c.OrderID == "" || c.Action == "" {
			t.Fatalf("a callback without order or action: %+v", c)
		}
		if c.Unreadable != "" {
			return
		}
		for _, l := range c.Lines {
			if c.Mode == Normal && (l.Price.IsNeg() || l.Count.IsNeg()) {
				t.Fatalf("a readable line below zero: %+v", l)
			}
		}
		if c.Action.Decides() && c.Mode != NoMode && c.Lines != nil && readable(c.Lines) {
			again, err := DecodeCallback(AppendCallback(nil, c, Style{Data: DataString}))
			if err != nil || again.MeaningKey() != c.MeaningKey() {
				t.Fatalf("written again: %+v, %v\nwas %+v", again, err, c)
			}
		}
	})
}

// readable tells whether the lines mean the same once more: below zero they would
// not be read on.
func readable(lines []Line) bool {
	for _, l := range lines {
		if l.Price.IsNeg() || l.Count.IsNeg() {
			return false
		}
	}
	return true
}
