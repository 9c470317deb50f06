package zvt

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
)

func TestIntermediateStatusTellsTimeoutFromContainer(t *testing.T) {
	tests := []struct {
		name, data string
		want       IntermediateStatus
	}{
		{"a status alone", "17", IntermediateStatus{Status: 0x17}},
		{"a timeout", "17 15", IntermediateStatus{Status: 0x17, T4Minutes: Some(15)}},
		{"a timeout of six minutes", "17 06", IntermediateStatus{Status: 0x17, T4Minutes: Some(6)}},
		{"a container without timeout", "17 06 00", IntermediateStatus{Status: 0x17, TLV: Wrap()}},
		{"six minutes and a container", "17 06 06 00", IntermediateStatus{Status: 0x17, T4Minutes: Some(6), TLV: Wrap()}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(APDU{Class: 0x04, Instr: 0xFF, Data: unhex(t, tt.data)})
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestStatusCompletions(t *testing.T) {
	tests := []struct {
		name, data string
		want       StatusCompletion
		err        error
	}{
		{"a status alone", "00", StatusCompletion{}, nil},
		{"a status that looks like a BMP", "06", StatusCompletion{Status: 0x06}, nil},
		{"a status that looks like a length", "F0", StatusCompletion{Status: 0xF0}, nil},
		{"a status and an empty container", "06 06 00", StatusCompletion{Status: 0x06, TLV: Wrap()}, nil},
		{"a status F0 and a container", "F0 06 00", StatusCompletion{Status: 0xF0, TLV: Wrap()}, nil},
		{"a version and a status", "F0 F0 F3 62 6C 61 9C", StatusCompletion{Version: "bla", Status: 0x9C}, nil},
		{"an unknown field behind", "00 55 01", StatusCompletion{Unparsed: []byte{0x55, 1}}, nil},
		{"nothing", "", StatusCompletion{}, ErrLength},
		{"a version and nothing", "F0 F0 F3 62 6C 61", StatusCompletion{}, ErrLength},
		{"a version cut short", "F0 F0 F9 62 6C 61 00", StatusCompletion{}, ErrLength},
		{"a version with a digit above nine", "F0 F0 FA 62 6C 61 00", StatusCompletion{}, ErrLength},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseStatusCompletion(APDU{Class: 0x06, Instr: 0x0F, Data: unhex(t, tt.data)})
			if !errors.Is(err, tt.err) || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("got %+v, %v, want %+v, %v", got, err, tt.want, tt.err)
			}
			if tt.err != nil {
				return
			}
			if out, err := Append(nil, got); err != nil || !bytes.Equal(out[3:], unhex(t, tt.data)) {
				t.Errorf("written as %x, %v", out, err)
			}
		})
	}
	if _, err := ParseStatusCompletion(APDU{Class: 0x04, Instr: 0x0F}); !errors.Is(err, ErrUnknownCommand) {
		t.Errorf("a status information: got %v, want ErrUnknownCommand", err)
	}
}

func TestPendingEnquiryAnswers(t *testing.T) {
	tests := []struct {
		name, hex string
		want      Pending
		ok        bool
	}{
		{"none, by the sentinel", "061e04 B8 87FFFF", Pending{}, true},
		{"none, by neither receipt nor list", "061e01 B8", Pending{}, true},
		{"one: there may be more", "061e04 B8 870123", Pending{Receipts: []string{"0123"}, More: true}, true},
		{"a list is complete", "061e0d B8 060A 2308 08020123 08024567", Pending{Receipts: []string{"0123", "4567"}}, true},
		{"a list and a receipt that is in it", "061e10 B8 870123 060A 2308 08020123 08024567", Pending{Receipts: []string{"0123", "4567"}}, true},
		{"a list and a receipt that is not in it", "061e0c B8 870123 0606 2304 08024567", Pending{Receipts: []string{"4567", "0123"}}, true},
		{"a list with an entry that is no receipt number", "061e0d B8 060A 2308 08020123 080201AA", Pending{}, false},
		{"a list with an entry cut short", "061e08 B8 0605 2303 080101", Pending{}, false},
		{"an answer of which a part is not known", "061e05 B8 55 870123", Pending{}, false},
		{"an empty list", "061e05 B8 0602 2300", Pending{}, true},
		{"a list with the sentinel", "061e09 B8 0606 2304 0802FFFF", Pending{}, true},
		{"a refusal says nothing", "061e01 83", Pending{}, false},
		{"an abort says nothing", "061e01 6C", Pending{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Parse(mustDecode(t, unhex(t, tt.hex)))
			if err != nil {
				t.Fatal(err)
			}
			got, ok := m.(AbortByPT).Pending()
			if ok != tt.ok || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v, want %+v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestPendingListIsReadBack(t *testing.T) {
	m, err := PendingList([]string{"0123", "4567"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Append(nil, m)
	if want := "061e0db8060a23080802012308024567"; err != nil || hex.EncodeToString(b) != want {
		t.Errorf("got %x, %v, want %s", b, err, want)
	}
	if _, err := PendingList([]string{NoReceipt}); !errors.Is(err, ErrDigit) {
		t.Errorf("the sentinel in a list: got %v, want ErrDigit", err)
	}
}

func TestTraceNumberComesFromTheContainerIfItIsLong(t *testing.T) {
	long := Wrap(Object{Tag: TagLongTrace, Value: []byte{0x10, 0x01, 0x50, 0x08}})
	for want, m := range map[string]StatusInformation{
		"000975":   {Trace: "000975", TLV: long},
		"10015008": {Trace: "000000", TLV: long},
		"000000":   {Trace: "000000"},
		"":         {},
	} {
		if got := m.TraceNo(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOnlyAResultOfZeroIsApproved(t *testing.T) {
	for want, m := range map[bool]StatusInformation{true: {Result: Some(ResultOK)}, false: {}} {
		if got := m.Approved(); got != want {
			t.Errorf("%+v: got %v", m.Result, got)
		}
	}
	if (StatusInformation{Result: Some(ResultDeclined)}).Approved() {
		t.Error("05 is approved")
	}
}

func TestPrintBlockLines(t *testing.T) {
	m := PrintBlock{TLV: Wrap(
		Object{Tag: TagReceiptType, Value: []byte{ReceiptCustomer}},
		Object{Tag: TagPrintTexts, Children: []Object{
			{Tag: TagTextLine, Value: []byte("a")},
			{Tag: TagPrintAttribute, Value: []byte{0x40}},
			{Tag: TagTextLine, Value: []byte("b")},
			{Tag: TagTextLine, Value: []byte{0x84}},
			{Tag: TagPrintAttribute, Value: []byte{0x81}},
			{Tag: TagTextLine},
		}},
	)}
	want := []PrintLine{{0, 0, "a"}, {PrintCentred, 0, "b"}, {PrintCentred, 0, "ä"}, {0x81, 0, ""}}
	if got := m.Lines(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if kind, ok := m.ReceiptType(); !ok || kind != ReceiptCustomer {
		t.Errorf("receipt type: got %v, %v", kind, ok)
	}
	if last := m.Lines()[3].Attribute.Last(); !last {
		t.Error("81 ends a receipt")
	}
	if PrintLast.Last() || PrintFeed.Last() || PrintCentred.Last() {
		t.Error("80, FF and 40 end no receipt")
	}
}
