package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"edged/internal/money"

	"github.com/govalues/decimal"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func dec(t testing.TB, s string) decimal.Decimal {
	t.Helper()
	d, err := money.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func TestMachineInfoOfTheDocument(t *testing.T) {
	got, err := DecodeMachineInfo(sample(t, "machine_info.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := MachineInfo{
		MachineID: "2412090001", MachineName: "2412090001",
		Signal: 3, Temperature: "24", RunningState: "1",
	}
	same(t, "machine info", got, want)
	if c, ok := got.Celsius(); c != 24 || !ok {
		t.Errorf("Celsius = %v, %v, want 24, true", c, ok)
	}
	if _, ok := (MachineInfo{Temperature: "cold"}).Celsius(); ok {
		t.Error("a temperature that is no number was read as one")
	}
}

func TestCommoditiesOfTheDocument(t *testing.T) {
	got, err := DecodeCommodities(sample(t, "commoditys.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 {
		t.Fatalf("%d commodities, want 2", len(got))
	}
	want := Commodity{
		CommodityID: "2180392082047685", CommodityName: "Oriental Leaves 300ml", CommoditySKU: "69442310",
		WeightGram: dec(t, "300"), Price: dec(t, "3.00"),
		PictureURL: "https://ourvendv3.oss-cn-qingdao.aliyuncs.com/ProductImage/5b5e36a2de4f4ba38d2182982096373d.jpg",
	}
	same(t, "second commodity", got[1], want)
}

func TestPayConfigOfTheDocument(t *testing.T) {
	got, err := DecodePayConfig(sample(t, "pay_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "pay config", got, PayConfig{"2412090001", "50", "USD", "2412090001"})
}

func TestOrderDetailOfTheDocument(t *testing.T) {
	got, err := DecodeOrderQuery(sample(t, "order_detail.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := OrderQuery{
		OrderID:       "2474742233039557",
		CreateTime:    time.Date(2024, 12, 3, 7, 38, 0, 985e6, time.UTC),
		OpenDoorTime:  time.Date(2024, 12, 3, 7, 38, 5, 788e6, time.UTC),
		CloseDoorTime: time.Date(2024, 12, 3, 7, 38, 17, 209569e3, time.UTC),
		State:         OrderInProgress,
		VideoMainURL:  "https://xxxxx.mp3", VideoViceURL: "https://xxxxx.mp3",
	}
	same(t, "order detail", got, want)
}

func TestQueryWithAResultInEitherForm(t *testing.T) {
	result := `{"TradeProcessMode":1,"TradeProductModels":[]}`
	quoted, _ := json.Marshal(result)
	for _, form := range []string{result, string(quoted)} {
		got, err := DecodeOrderQuery([]byte(`{"statusCode":200,"succeeded":true,"data":{"orderId":"A","state":"4","detectResult":` + form + `}}`))
		if err != nil || !got.HasDetection || got.Detection.Mode != Cancelled || got.State != OrderCompleted {
			t.Errorf("%s: %+v, %v", form, got, err)
		}
	}
	for _, form := range []string{`null`, `""`} {
		got, err := DecodeOrderQuery([]byte(`{"succeeded":true,"data":{"orderId":"A","state":1,"detectResult":` + form + `}}`))
		if err != nil || got.HasDetection {
			t.Errorf("%s: %+v, %v, want no detection", form, got, err)
		}
	}
}

func TestLoginAnswerWrappedAndBare(t *testing.T) {
	for name, body := range map[string]string{
		"bare Pascal (V2)":        `{"Token":"abc.def","ExpiresIn":7200}`,
		"wrapped camel (field)":   `{"statusCode":200,"data":{"token":"abc.def","expiresIn":7200},"succeeded":true,"errors":null}`,
		"expiry as a string":      `{"token":"abc.def","expiresIn":"7200"}`,
		"data as a string":        `{"statusCode":"200","data":"{\"token\":\"abc.def\",\"expiresIn\":7200}","succeeded":true}`,
		"no succeeded, code fine": `{"statusCode":200,"data":{"token":"abc.def","expiresIn":7200.0}}`,
		"byte order mark":         "\xef\xbb\xbf" + ` {"token":"abc.def","expiresIn":7200}` + "\r\n",
	} {
		got, err := DecodeLogin([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Token.Reveal() != "abc.def" || got.ExpiresIn != 2*time.Hour {
			t.Errorf("%s: token %q for %v", name, got.Token.Reveal(), got.ExpiresIn)
		}
	}
}

func TestTokensThatCannotStandInAHeaderAreRefused(t *testing.T) {
	for _, token := range []string{`""`, `"a b"`, `"a\nb"`, `"ä"`, `7`, `null`, `{}`} {
		if _, err := DecodeLogin([]byte(`{"token":` + token + `}`)); !errors.Is(err, ErrShape) {
			t.Errorf("token %s: %v, want ErrShape", token, err)
		}
	}
}

func TestRefusalsUnderHTTP200(t *testing.T) {
	tests := []struct {
		name, body, msg string
		code            int
	}{
		{"unauthorised in the body", `{"statusCode":401,"data":null,"succeeded":false,"errors":"401 Unauthorized"}`, "401 Unauthorized", 401},
		{"succeeded false with code 200", `{"statusCode":200,"data":null,"succeeded":false,"errors":"door busy"}`, "door busy", 200},
		{"code says no, succeeded says yes", `{"statusCode":500,"succeeded":true,"errors":null}`, "", 500},
		{"only succeeded", `{"succeeded":"false","errors":null}`, "", 0},
		{"errors as an object", `{"statusCode":400,"succeeded":false,"errors":{"orderId":["required"]}}`, `{"orderId":["required"]}`, 400},
		{"words in data", `{"statusCode":429,"succeeded":false,"errors":null,"data":"too many"}`, "too many", 429},
		{"a redirect code", `{"StatusCode":302,"Succeeded":true,"Errors":""}`, "", 302},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeMachineInfo([]byte(tt.body))
			var refusal *Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("%v, want a refusal", err)
			}
			if refusal.StatusCode != tt.code || refusal.Msg != tt.msg {
				t.Errorf("got %d %q, want %d %q", refusal.StatusCode, refusal.Msg, tt.code, tt.msg)
			}
		})
	}
}

func TestOpenDoorAnswers(t *testing.T) {
	got, err := DecodeOpenDoor([]byte(`{"statusCode":200,"data":{"orderId":"A","transeType":0,"action":"PreOpenDoor","status":true,"msg":"ok","data":null,"TransId":2474742233039557},"succeeded":true}`))
	want := OpenDoorAnswer{OrderID: "A", Action: PreOpenDoor, Status: true, Msg: "ok", TransID: "2474742233039557"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	got, err = DecodeOpenDoor([]byte(`{"OrderId":"A","Action":"PreOpenDoor","Status":false,"Msg":"machine offline"}`))
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Msg != "machine offline" || got.OrderID != "A" {
		t.Errorf("got %+v, %v, want the refusal of A", got, err)
	}
	if _, err = DecodeOpenDoor([]byte(`{"OrderId":"A"}`)); !errors.Is(err, ErrShape) {
		t.Errorf("an answer without status: %v, want ErrShape", err)
	}
}

func TestReportAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		body    string
		refused bool
		err     error
	}{
		"the document's bare form":   {body: string(sample(t, "report_answer.json"))},
		"data true":                  {body: `{"statusCode":200,"data":true,"succeeded":true}`},
		"data as a string":           {body: `{"statusCode":200,"data":"true","succeeded":true}`},
		"detailed inside envelope":   {body: `{"statusCode":200,"data":{"OrderId":"A","Status":true},"succeeded":true}`},
		"data false":                 {body: `{"statusCode":200,"data":false,"succeeded":true}`, refused: true},
		"detailed false":             {body: `{"OrderId":"A","Status":false,"Message":"no such order"}`, refused: true},
		"null is no acknowledgement": {body: `{"statusCode":200,"data":null,"succeeded":true}`, err: ErrShape},
		"words are none either":      {body: `{"statusCode":200,"data":"fine","succeeded":true}`, err: ErrSyntax},
		"nor is an empty object":     {body: `{}`, err: ErrShape},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeReport([]byte(tt.body))
			var refusal *Refusal
			if errors.As(err, &refusal) != tt.refused {
				t.Errorf("%v, want refusal %v", err, tt.refused)
			}
			if !tt.refused && !errors.Is(err, tt.err) {
				t.Errorf("%v, want %v", err, tt.err)
			}
		})
	}
}

func TestWordsThatAcknowledgeARepeat(t *testing.T) {
	for words, want := range map[string]bool{
		"Order has already been processed": true,
		"ALREADY REPORTED":                 true,
		"该订单已处理":                           true,
		"order already cancelled":          false,
		"order not found":                  false,
		"":                                 false,
	} {
		if got := AlreadyReported(words); got != want {
			t.Errorf("AlreadyReported(%q) = %v", words, got)
		}
	}
}

func TestWordsThatAskToSlowDown(t *testing.T) {
	for words, want := range map[string]bool{
		"Too many requests, 100/s": true,
		"操作过于频繁":                   true,
		"door busy":                false,
	} {
		if got := SaysTooMany(words); got != want {
			t.Errorf("SaysTooMany(%q) = %v", words, got)
		}
	}
}

func TestConfirmAnswers(t *testing.T) {
	got, err := DecodeConfirm(sample(t, "confirm_answer.json"))
	want := ConfirmAnswer{"tracking-id-001", 1234567890123, true, "Replenishment data confirmed successfully"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	var refusal *Refusal
	if _, err = DecodeConfirm([]byte(`{"Success":false,"Message":"unknown transaction"}`)); !errors.As(err, &refusal) {
		t.Errorf("success false: %v, want a refusal", err)
	}
}

func TestVideoAndControlAnswers(t *testing.T) {
	got, err := DecodeOrderVideo([]byte(`{"succeeded":true,"data":{"orderId":"A","videoStatus":"-1","videoMainUrl":null}}`))
	if err != nil || got.VideoStatus != VideoPending || got.OrderID != "A" {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := DecodeControl([]byte(`{"statusCode":200,"succeeded":true,"data":null}`)); err != nil {
		t.Error(err)
	}
	if err := DecodeControl([]byte(`{"statusCode":403,"succeeded":false}`)); err == nil {
		t.Error("a refused control was taken for done")
	}
}

// answers holds one of each, to be written in every style and read back.
func answers(t testing.TB) map[string]struct {
	answer Answer
	decode func([]byte) (any, error)
} {
	type entry = struct {
		answer Answer
		decode func([]byte) (any, error)
	}
	at := time.Date(2026, 5, 1, 10, 0, 0, 123e6, time.UTC)
	return map[string]entry{
		"login":     {LoginAnswer{NewSecret("t0k.en"), time.Hour}, as(DecodeLogin)},
		"machine":   {MachineInfo{"m", "M", 4, "-3.5", "0", "0005"}, as(DecodeMachineInfo)},
		"products":  {Commodities{{"1", "Ümläut <b>", "s", dec(t, "1.5"), dec(t, "0.99"), 1, "u"}}, as(DecodeCommodities)},
		"payconfig": {PayConfig{"m", "50.00", "EUR", "q"}, as(DecodePayConfig)},
		"opendoor":  {OpenDoorAnswer{"A", Restock, PreOpenDoor, true, "ok", "77"}, as(DecodeOpenDoor)},
		"confirm":   {ConfirmAnswer{"t", 5, true, "ok"}, as(DecodeConfirm)},
		"report":    {ReportAnswer{"A", true, "ok", true}, as(DecodeReport)},
		"query": {OrderQuery{
			OrderID: "A", MachineID: "m", OpenDoorTime: at, CloseDoorTime: at, State: OrderCompleted, Detected: true, CreateTime: at,
			HasDetection: true, Detection: Detection{Mode: Normal, Lines: []Line{{"1", "n", dec(t, "3"), dec(t, "0.35"), Weight}}},
		}, as(DecodeOrderQuery)},
		"video": {OrderVideo{"A", Buy, "m", "u", "v", VideoRetry}, as(DecodeOrderVideo)},
	}
}

func as[T any](decode func([]byte) (T, error)) func([]byte) (any, error) {
	return func(b []byte) (any, error) { return decode(b) }
}

func TestAnswersSurviveEveryStyle(t *testing.T) {
	for name, e := range answers(t) {
		for _, style := range []Style{{}, {Case: Pascal}, {Bare: true}, {Case: Pascal, Bare: true}, {Data: DataString}, {Case: Pascal, Data: DataString}} {
			if style.Bare && name == "products" {
				continue // a list has no bare form: the frame is an object
			}
			b := AppendAnswer(nil, Done(1743496289599), e.answer, style)
			got, err := e.decode(b)
			if err != nil {
				t.Errorf("%s %+v: %v\n%s", name, style, err, b)
				continue
			}
			same(t, name+" "+string(b), got, any(e.answer))
			if again := AppendAnswer(nil, Done(1743496289599), e.answer, style); !bytes.Equal(b, again) {
				t.Errorf("%s: written twice, two texts", name)
			}
		}
	}
}

func TestPlainReportAndRefusalAsWritten(t *testing.T) {
	if got, err := DecodeReport(AppendAnswer(nil, Done(1), ReportAnswer{Status: true}, Style{})); err != nil || !got.Status {
		t.Errorf("got %+v, %v", got, err)
	}
	b := AppendAnswer(nil, Failed(429, "slow down", 1), nil, Style{Case: Pascal})
	want := `{"StatusCode":429,"Data":null,"Succeeded":false,"Errors":"slow down","Extras":null,"Timestamp":1}`
	if string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
	e, err := DecodeEnvelope(b)
	var refusal *Refusal
	if !errors.As(err, &refusal) || e.StatusCode != 429 || e.Errors != "slow down" || e.Timestamp != 1 {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestEveryTruncationOfAnAnswerIsRefused(t *testing.T) {
	cuts := 0
	for name, e := range answers(t) {
		for _, style := range []Style{{}, {Case: Pascal, Bare: true}, {Data: DataString}} {
			b := AppendAnswer(nil, Done(1743496289599), e.answer, style)
			for n := range len(b) {
				_, err := e.decode(b[:n])
				var format *FormatError
				if !errors.As(err, &format) || !errors.Is(err, ErrSyntax) {
					t.Fatalf("%s cut at %d of %d: %v, want ErrSyntax", name, n, len(b), err)
				}
				if format.Offset != n {
					t.Fatalf("%s cut at %d: error at byte %d: %v", name, n, format.Offset, err)
				}
				cuts++
			}
		}
	}
	t.Logf("%d cuts", cuts)
}

func TestFramesThatAreNone(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	many := "{" + strings.Repeat(`"a":1,`, 300) + `"b":1}`
	tests := []struct {
		name, body string
		want       error
		text       string
	}{
		{"an HTML page", "\n<html><body>504</body></html>", ErrSyntax, "byte 1: not JSON: an HTML or XML page"},
		{"nothing", "", ErrSyntax, "byte 0: not JSON: ends too early"},
		{"an array", `[1,2]`, ErrShape, "byte 0: unexpected shape: want object, got array"},
		{"a bare string", `"ok"`, ErrShape, "byte 0: unexpected shape: want object, got string"},
		{"something after the value", `{"statusCode":200} x`, ErrSyntax, "byte 19: not JSON: invalid character 'x' after top-level value"},
		{"two values", `{"a":1}{"a":1}`, ErrSyntax, "byte 7: not JSON: invalid character '{' after top-level value"},
		{"a trailing comma", `{"a":1,}`, ErrSyntax, "byte 7: not JSON: invalid character '}' looking for beginning of object key string"},
		{"the same name in two cases", `{"statusCode":200,"StatusCode":500}`, ErrDuplicate, "byte 31: StatusCode: name occurs twice"},
		{"a code that is no number", `{"statusCode":"ok"}`, ErrShape, "byte 14: statusCode: unexpected shape: not a decimal number"},
		{"a truth value that is none", `{"succeeded":"maybe"}`, ErrShape, "byte 13: succeeded: unexpected shape: want boolean, got string"},
		{"too deep", deep, ErrTooDeep, "byte 160: nested too deep"},
		{"too many names", many, ErrTooLarge, "byte 1537: too large: more than 256 names"},
		{"too large", `{"a":"` + strings.Repeat("a", MaxAnswer) + `"}`, ErrTooLarge, "byte 1048576: too large: more than 1048576 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeEnvelope([]byte(tt.body))
			if !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			if err.Error() != tt.text {
				t.Errorf("text %q, want %q", err, tt.text)
			}
		})
	}
}

func TestErrorsDoNotQuoteWhatTheyRefuse(t *testing.T) {
	for _, body := range []string{
		`{"token":"s3cret s3cret"}`, `{"token":{"x":"s3cret"}}`, `{"token":"a","expiresIn":"s3cret"}`,
		`{"statusCode":"s3cret"}`, `{"succeeded":"s3cret"}`, `{"data":{"token":"s3cret"},"succeeded":tru}`,
	} {
		if _, err := DecodeLogin([]byte(body)); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func FuzzDecodeEnvelope(f *testing.F) {
	for _, e := range answers(f) {
		f.Add(AppendAnswer(nil, Done(1743496289599), e.answer, Style{}))
		f.Add(AppendAnswer(nil, Done(1743496289599), e.answer, Style{Case: Pascal, Data: DataString}))
	}
	for _, name := range []string{"machine_info.json", "commoditys.json", "order_detail.json", "report_answer.json"} {
		f.Add(sample(f, name))
	}
	f.Add([]byte("<html>"))
	all := answers(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, e := range all {
			got, err := e.decode(b)
			if err != nil {
				requireTyped(t, err)
				continue
			}
			again, err := e.decode(AppendAnswer(nil, Done(0), got.(Answer), Style{}))
			if err != nil {
				t.Fatalf("%s: written again it cannot be read: %v", name, err)
			}
			if name != "query" && name != "products" && name != "machine" && !reflect.DeepEqual(plain(got), plain(again)) {
				t.Fatalf("%s: %+v became %+v", name, got, again)
			}
		}
	})
}

// plain drops what is not written: the form of a report and a token's pointer.
func plain(v any) any {
	switch a := v.(type) {
	case ReportAnswer:
		a.Detailed = false
		return a
	case LoginAnswer:
		return a.Token.Reveal()
	case OpenDoorAnswer:
		if a.Action == UnknownAction {
			a.Action = ""
		}
		return a
	}
	return v
}

func requireTyped(t *testing.T, err error) {
	t.Helper()
	var format *FormatError
	var refusal *Refusal
	if !errors.As(err, &format) && !errors.As(err, &refusal) {
		t.Fatalf("untyped error %T: %v", err, err)
	}
}
