package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

func compact(t *testing.T, b []byte) string {
	t.Helper()
	var out strings.Builder
	dec := json.NewDecoder(strings.NewReader(string(b)))
	var v json.RawMessage
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	inString := false
	for _, c := range string(v) {
		if c == '"' {
			inString = !inString
		}
		if !inString && (c == ' ' || c == '\n') {
			continue
		}
		out.WriteRune(c)
	}
	return out.String()
}

func TestRequestsOfTheDocumentAreWrittenAsItWritesThem(t *testing.T) {
	report, err := DecodeReportRequest(sample(t, "report_request.json"))
	if err != nil {
		t.Fatal(err)
	}
	reportV2, err := DecodeReportRequest(sample(t, "report_v2_request.json"))
	if err != nil {
		t.Fatal(err)
	}
	confirm, err := DecodeConfirmRequest(sample(t, "confirm_request.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]interface {
		Append([]byte) ([]byte, error)
	}{"report_request.json": report, "report_v2_request.json": reportV2, "confirm_request.json": confirm} {
		got, err := r.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Replace(compact(t, sample(t, name)), "10.0", "10", 1)
		if string(got) != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}

func TestOpenDoorRequestOfTheDocumentIsRead(t *testing.T) {
	got, err := DecodeOpenDoorRequest(sample(t, "open_door_request.json"))
	want := OpenDoorRequest{
		OrderID: "xxxxxxxxxxxxxxxx", MachineID: "xxxxxxxxxxxxxx", DoorNo: 1, TranseType: 1,
		CustomerDetails: "1", TimeSp: 1741758180, NotifyURL: NewSecret("xxxxxxxxxxxxxxx"),
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := got.Append(nil); !errors.Is(err, ErrRequest) {
		t.Errorf("transeType 1, which the table does not define, was written: %v", err)
	}
}

func TestRequestBytes(t *testing.T) {
	open := OpenDoorRequest{
		OrderID: "A", MachineID: "m", DoorNo: 2, CustomerDetails: "lane <front> & \"x\"",
		TimeSp: 1741758180, NotifyURL: NewSecret("https://cb/v1/g/A/mac?x=1&y=2"), Remark: "r",
	}
	got, err := open.Append([]byte("x"))
	want := `x{"orderId":"A","machineId":"m","doorNo":2,"transeType":0,"customerDetails":"lane <front> & \"x\"",` +
		`"timeSp":1741758180,"NotifyUrl":"https://cb/v1/g/A/mac?x=1&y=2","remark":"r"}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
	if back, err := DecodeOpenDoorRequest(got[1:]); err != nil || !reflect.DeepEqual(back, open) {
		t.Errorf("read back %+v, %v", back, err)
	}
	login, err := LoginRequest{"P1", NewSecret("k"), NewSecret("s")}.Append(nil)
	if err != nil || string(login) != `{"appID":"P1","key":"k","secret":"s"}` {
		t.Errorf("login %s, %v", login, err)
	}
	back, err := DecodeLoginRequest(login)
	if err != nil || back.AppID != "P1" || back.Key.Reveal() != "k" || back.Secret.Reveal() != "s" {
		t.Errorf("login read back %+v, %v", back, err)
	}
	control, err := ControlRequest{"TEMP", "8"}.Append(nil)
	if err != nil || string(control) != `{"type":"TEMP","value":"8"}` {
		t.Errorf("control %s, %v", control, err)
	}
	if back, err := DecodeControlRequest(control); err != nil || back.Value != "8" {
		t.Errorf("control read back %+v, %v", back, err)
	}
}

func TestRequestsThatLackSomethingAreNotWritten(t *testing.T) {
	type appender interface {
		Append([]byte) ([]byte, error)
	}
	for name, r := range map[string]appender{
		"login without a key":                LoginRequest{AppID: "P", Secret: NewSecret("s")},
		"open door without an order":         OpenDoorRequest{MachineID: "m", NotifyURL: NewSecret("u")},
		"open door without a url":            OpenDoorRequest{OrderID: "A", MachineID: "m"},
		"open door with a long remark":       OpenDoorRequest{OrderID: "A", MachineID: "m", NotifyURL: NewSecret("u"), Remark: strings.Repeat("ä", 129)},
		"report without the SaaS's number":   ReportRequest{OrderID: "A", PayStatus: PaySucceeded},
		"report without an end":              ReportRequest{OrderID: "A", OrderNo: "1"},
		"confirmation without transaction":   ConfirmRequest{MID: "m", TrackingID: "t", Data: make([]ConfirmItem, 1)},
		"confirmation without items":         ConfirmRequest{MID: "m", TrackingID: "t", TransID: 1},
		"control of an unknown attribute":    ControlRequest{Type: "DOOR", Value: "1"},
		"control without a value":            ControlRequest{Type: "VOL"},
		"open door with an undefined reason": OpenDoorRequest{OrderID: "A", MachineID: "m", NotifyURL: NewSecret("u"), TranseType: 1},
	} {
		b, err := r.Append([]byte("kept"))
		if !errors.Is(err, ErrRequest) || string(b) != "kept" {
			t.Errorf("%s: %s, %v, want ErrRequest", name, b, err)
		}
	}
	long := OpenDoorRequest{OrderID: "A", MachineID: "m", NotifyURL: NewSecret("u"), Remark: strings.Repeat("ä", 128)}
	if _, err := long.Append(nil); err != nil {
		t.Errorf("128 characters of remark: %v", err)
	}
}

func TestRequestsThatLackSomethingAreNotRead(t *testing.T) {
	for body, decode := range map[string]func([]byte) (any, error){
		`{"appID":"P","key":"k"}`:                                    as(DecodeLoginRequest),
		`{"orderId":"A","machineId":"m","transeType":0}`:             as(DecodeOpenDoorRequest),
		`{"orderId":"A","machineId":"m","doorNo":1,"notifyUrl":"u"}`: as(DecodeOpenDoorRequest),
		`{"orderId":"A","machineId":"m","doorNo":1,"transeType":0}`:  as(DecodeOpenDoorRequest),
		`{"OrderId":"A","OrderNo":"1"}`:                              as(DecodeReportRequest),
		`{"OrderId":"A","PayStatus":1}`:                              as(DecodeReportRequest),
		`{"Mid":"m","TransId":1,"TrackingId":"t","DoorNo":1}`:        as(DecodeConfirmRequest),
		`{"type":"TEMP"}`: as(DecodeControlRequest),
		`{"OrderId":"A","orderId":"B","OrderNo":"1","PayStatus":1}`: as(DecodeReportRequest),
	} {
		var format *FormatError
		if got, err := decode([]byte(body)); !errors.As(err, &format) {
			t.Errorf("%s: %+v, %v, want a FormatError", body, got, err)
		}
	}
}

func TestSecretsHideThemselves(t *testing.T) {
	s := NewSecret("s3cret")
	type holder struct {
		inner Secret // unexported: fmt asks no method here
		Outer *Secret
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "a", s, "b", LoginRequest{Key: s}, "c", LoginAnswer{Token: s})
	asJSON, err := json.Marshal(map[string]any{"s": s, "r": LoginRequest{Key: s, Secret: s}})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{logged.String(), string(asJSON), s.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{s, &s, holder{s, &s}, LoginRequest{"P", s, s}, OpenDoorRequest{NotifyURL: s}, []Secret{s}, map[string]Secret{"k": s}} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
	}
	for _, text := range texts {
		if strings.Contains(text, "s3cret") || strings.Contains(text, "733363726574") {
			t.Errorf("shown: %s", text)
		}
	}
	if !NewSecret("").IsZero() || !(Secret{}).IsZero() || s.IsZero() {
		t.Error("IsZero is wrong")
	}
}
