package zvt

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"testing"
)

var authID = AuthID{'7', '5', '0', '0', '7', '1'}

// fullMessages returns every message with every field set.
func fullMessages() []Message {
	tlv := Wrap(Object{Tag: TagCharset, Value: []byte{0xFE}}, Reference("AC", "384HH2"))
	raw := []byte{0x55, 0x01}
	return []Message{
		Registration{Password: "123456", Config: ConfigKiosk, Currency: EUR, Service: Some(ServiceHideMenu), TLV: tlv},
		LogOff{TLV: tlv},
		Reset{TLV: tlv},
		AbortByECR{TLV: tlv},
		Diagnosis{TLV: tlv},
		PendingEnquiry{TLV: Wrap()},
		StatusEnquiry{Password: "123456", Service: Some(ServiceMoreTLV), TLV: tlv},
		RepeatReceipt{Password: "123456", Service: Some(ServiceSendStatus), TLV: tlv},
		EndOfDay{Password: "123456", TLV: tlv},
		Initialisation{Password: "123456", TLV: tlv},
		SetClock{Date: "261124", Time: "235959"},
		Reservation{
			AmountMinor: Minor(5000), Currency: EUR, PaymentType: Some(PaymentByTerminal), GoodsTimeout: Some(byte(30)),
			MaxStatus: Some(byte(3)), Trace: "000975", Authorisation: authID, Text: "für Türe 1", CardType: Some(byte(6)), TLV: tlv,
		},
		PartialReversal{
			Receipt: "0231", UnusedMinor: Minor(0), Currency: EUR, PaymentType: Some(PaymentByTerminal), Text: "x",
			Trace: "000975", Authorisation: authID, TLV: tlv,
		},
		BookTotal{
			Receipt: "0231", TotalMinor: Minor(MaxAmountMinor), Currency: "0752", PaymentType: Some(PaymentByTerminal), Trace: "000975",
			Time: "225558", Date: "0405", TerminalID: "52523535", Authorisation: authID, Text: "x", CardType: Some(byte(6)), TLV: tlv,
		},
		PreAuthReversal{Receipt: "0231", AmountMinor: Minor(5000), Currency: EUR, PaymentType: Some(PaymentByTerminal), TLV: tlv},
		Authorization{
			AmountMinor: Minor(1), Currency: EUR, PaymentType: Some(PaymentByTerminal | PaymentPrinterUp), GoodsTimeout: Some(byte(30)),
			MaxStatus: Some(byte(3)), TLV: tlv,
		},
		Reversal{
			Password: "123456", Receipt: "0231", AmountMinor: Minor(1), Currency: EUR, PaymentType: Some(PaymentByTerminal),
			Trace: "000975", Time: "225558", Date: "0405", TerminalID: "52523535", TLV: tlv,
		},
		Refund{
			Password: "123456", AmountMinor: Minor(1), Currency: EUR, PaymentType: Some(PaymentByTerminal),
			Authorisation: authID, TLV: tlv,
		},
		ReadCard{TimeoutSeconds: 15, CardType: Some(byte(0x10)), DialogControl: Some(byte(2)), TLV: tlv},
		DisplayText{DurationSeconds: Some(byte(0)), Lines: []string{"one", "", "three", "4", "5", "6", "7", "8"}, Beeps: Some(byte(1)), TLV: tlv},
		fullStatus(tlv, raw),
		IntermediateStatus{Status: IntermediateInsertCard, T4Minutes: Some(15), TLV: tlv},
		Completion{Result: Some(ResultMaintenance), Status: Some(RegisteredVendingMode), TerminalID: "52523535", Currency: EUR, TLV: tlv, Unparsed: raw},
		AbortByPT{Code: ResultPreAuth, Receipt: "0231", Text: "x", TLV: tlv, Unparsed: raw},
		PrintLine{Attribute: PrintCentred, Text: "Händlerbeleg"},
		PrintLine{Attribute: PrintFeed, Feeds: 3},
		NewPrintBlock(ReceiptCustomer, []PrintLine{{Attribute: PrintCentred, Text: "Summe"}, {Attribute: 0x81, Text: "Ende"}}),
		Ack{TLV: tlv, Unparsed: raw},
		Nack{Code: ResultPartlyIssued, IssuedMinor: Minor(2200)},
		Nack{Code: ResultCurrency, Data: []byte{0x09, 0x78}},
	}
}

func fullStatus(tlv TLV, raw []byte) StatusInformation {
	totals := Totals{FirstReceipt: "0001", LastReceipt: "9999"}
	totals.Brands[6] = BrandTotal{Count: 255, SumMinor: MaxAmountMinor}
	return StatusInformation{
		Result: Some(ResultOK), AmountMinor: Minor(2500), Trace: "000975", Time: "225558", Date: "0405", Expiry: "2405",
		CardSequence: "0001", PaymentType: Some(byte(0x60)), CardNumber: "559883******8074", TerminalID: "52523535",
		MerchantID: "804011926", OriginalTrace: "000974", Authorisation: authID, Text: "Zahlung erfolgt", Currency: EUR,
		Totals: &totals, Receipt: "0231", Turnover: "000001", CardType: Some(byte(6)), CardName: "MasterCard",
		NetworkCard: Some(byte(1)), HostResult: Some(byte(0)), TLV: tlv, Unparsed: raw,
	}
}

func TestEveryMessageComesBackWithEveryField(t *testing.T) {
	for _, m := range fullMessages() {
		t.Run(fmt.Sprintf("%T", m), func(t *testing.T) {
			for i := range reflect.TypeOf(m).NumField() {
				if f := reflect.ValueOf(m).Field(i); f.IsZero() && alwaysSet(m) {
					t.Errorf("the test leaves %s empty", reflect.TypeOf(m).Field(i).Name)
				}
			}
			b, err := Append(nil, m)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Parse(mustDecode(t, b))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, normal(m)) {
				t.Errorf("\n got %+v\nwant %+v", got, m)
			}
		})
	}
}

// alwaysSet is false for messages of which some fields exclude each other.
func alwaysSet(m Message) bool {
	switch m.(type) {
	case Nack, PrintLine:
		return false
	}
	return true
}

// normal is m as decoding spells it.
func normal(m Message) Message {
	if b, ok := m.(BookTotal); ok {
		b.Currency = "752"
		return b
	}
	return m
}

func TestEveryMessageWithNothingOptionalComesBack(t *testing.T) {
	for _, m := range []Message{
		Registration{Password: "123456", Config: ConfigKiosk},
		LogOff{},
		Reset{},
		AbortByECR{},
		Diagnosis{},
		PendingEnquiry{},
		StatusEnquiry{},
		SetClock{},
		Reservation{},
		PartialReversal{Receipt: "0231", UnusedMinor: Minor(0)},
		BookTotal{Receipt: "0231", TotalMinor: Minor(0)},
		PreAuthReversal{Receipt: "0231"},
		Authorization{AmountMinor: Minor(0)},
		ReadCard{},
		DisplayText{},
		Reversal{Password: "000000", Receipt: "0231"},
		Refund{Password: "000000", AmountMinor: Minor(0)},
		StatusInformation{},
		IntermediateStatus{},
		Completion{},
		AbortByPT{},
		PrintLine{},
		PrintBlock{},
		Ack{},
		Nack{},
	} {
		b, err := Append(nil, m)
		if err != nil {
			t.Errorf("%T: %v", m, err)
			continue
		}
		if got, err := Parse(mustDecode(t, b)); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%x comes back as %+v, %v, want %+v", b, got, err, m)
		}
	}
}

// A body may end between two fields, and nowhere else.
func TestABodyCutInsideAFieldIsRefused(t *testing.T) {
	for name, b := range vectorAPDUs(t) {
		a := mustDecode(t, b)
		if a.Command() != CmdStatusInformation {
			continue
		}
		ends := map[int]bool{0: true}
		for at := 0; at < len(a.Data); {
			_, n, err := nextField(a.Data[at:])
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if n == 0 {
				break
			}
			at += n
			ends[at] = true
		}
		for n := range a.Data {
			_, err := Parse(APDU{Class: a.Class, Instr: a.Instr, Data: a.Data[:n]})
			if got := err == nil; got != ends[n] {
				t.Errorf("%s cut at %d: accepted %v, want %v", name, n, got, ends[n])
			}
		}
	}
}

func TestWhatMustBeSaidIsNotLeftOut(t *testing.T) {
	for name, m := range map[string]Message{
		"partial reversal without amount":          PartialReversal{Receipt: "0231"},
		"partial reversal without receipt":         PartialReversal{UnusedMinor: Minor(0)},
		"partial reversal of the sentinel receipt": PartialReversal{Receipt: NoReceipt, UnusedMinor: Minor(0)},
		"book total without amount":                BookTotal{Receipt: "0231"},
		"book total without receipt":               BookTotal{TotalMinor: Minor(0)},
		"release without receipt":                  PreAuthReversal{},
		"reversal without receipt":                 Reversal{Password: "000000"},
		"refund without amount":                    Refund{Password: "000000"},
		"sale without amount":                      Authorization{},
		"end of day without password":              EndOfDay{},
		"partial issue without amount":             Nack{Code: ResultPartlyIssued},
	} {
		if b, err := Append([]byte{1}, m); !errors.Is(err, ErrMissing) || len(b) != 1 {
			t.Errorf("%s: got %x, %v, want ErrMissing", name, b, err)
		}
	}
}

func TestValuesThatDoNotFitAreNotSent(t *testing.T) {
	tests := map[string]struct {
		m    Message
		want error
	}{
		"negative amount":         {Reservation{AmountMinor: Minor(-1)}, ErrRange},
		"thirteen digits":         {Reservation{AmountMinor: Minor(MaxAmountMinor + 1)}, ErrRange},
		"receipt of three digits": {PreAuthReversal{Receipt: "123"}, ErrRange},
		"receipt with a letter":   {PreAuthReversal{Receipt: "12A4"}, ErrDigit},
		"currency as letters":     {Reservation{Currency: "EUR"}, ErrDigit},
		"password too long":       {EndOfDay{Password: "1234567"}, ErrRange},
		"text too long":           {Reservation{Text: string(make([]byte, 1000))}, ErrRange},
		"T4 of 100 minutes":       {IntermediateStatus{T4Minutes: Some(100)}, ErrRange},
		"nine lines":              {DisplayText{Lines: make([]string, 9)}, ErrRange},
		"card number with letter": {StatusInformation{CardNumber: "4111x"}, ErrDigit},
		"time with a letter":      {SetClock{Time: "12:5"}, ErrRange},
		"more than a command":     {PrintLine{Text: string(make([]byte, MaxData))}, ErrRange},
	}
	for name, tt := range tests {
		if _, err := Append(nil, tt.m); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

func TestBodies(t *testing.T) {
	tests := []struct {
		name, hex string
		want      error
	}{
		{"nibbles above nine in an amount", "040f07 04 0000000000A0", ErrDigit},
		{"nibbles above nine in a trace number", "040f04 0B 00000A", ErrDigit},
		{"nibbles above nine in a receipt number", "040f03 87 0A23", ErrDigit},
		{"nibbles above nine in a terminal id", "040f05 29 5252353F", ErrDigit},
		{"a masked expiry date costs no payment", "040f03 0E EEEE", nil},
		{"receipt FFFF", "040f03 87 FFFF", nil},
		{"unknown bytes at the end", "040f04 2700 5555", nil},
		{"single totals of another length", "040f08 2700 60F0F0F2 AAAA", nil},
		{"a container nobody asked for", "040f04 2700 0600", nil},
		{"a broken container", "040f05 2700 060112", ErrLength},
		{"an abort without code", "061e00", ErrLength},
		{"an intermediate status without status", "04ff00", ErrLength},
		{"a T4 that is no number", "04ff02 0AAA", nil},
		{"a registration without config byte", "060003 000000", ErrLength},
		{"a registration without currency", "060004 000000 DE", nil},
		{"a registration with half a currency", "060005 000000 DE 09", ErrLength},
		{"a status enquiry with half a password", "050102 0000", ErrLength},
		{"a command of a vendor", "0fa100", ErrUnknownCommand},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if m, err := Parse(mustDecode(t, unhex(t, tt.hex))); !errors.Is(err, tt.want) {
				t.Errorf("got %+v, %v, want %v", m, err, tt.want)
			}
		})
	}
}

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
		{"a list counts more than the receipt beside it", "061e10 B8 870123 060A 2308 08020123 08024567", Pending{Receipts: []string{"0123", "4567"}}, true},
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

func TestAuthIDIsVerbatim(t *testing.T) {
	a, err := ParseAuthID("750071")
	if err != nil || a != authID || a.String() != "750071" {
		t.Errorf("got %q, %v", a, err)
	}
	if _, err := ParseAuthID("123456789"); !errors.Is(err, ErrRange) {
		t.Errorf("nine bytes: got %v, want ErrRange", err)
	}
}

// FuzzMessage: what Parse accepts, Append writes, and it means the same again.
func FuzzMessage(f *testing.F) {
	for _, b := range vectorAPDUs(f) {
		a := mustDecode(f, b)
		f.Add(a.Class, a.Instr, a.Data)
	}
	for _, m := range fullMessages() {
		b, err := Append(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		a := mustDecode(f, b)
		f.Add(a.Class, a.Instr, a.Data)
	}
	f.Fuzz(func(t *testing.T, class, instr byte, data []byte) {
		if len(data) > MaxData/2 {
			return
		}
		a := APDU{Class: class, Instr: instr, Data: data}
		checkReencoded(t, a, Parse)
		if a.Command() == CmdCompletion {
			checkReencoded(t, a, func(a APDU) (Message, error) { return ParseStatusCompletion(a) })
		}
	})
}

func checkReencoded(t *testing.T, a APDU, parse func(APDU) (Message, error)) {
	t.Helper()
	m, err := parse(a)
	if err != nil {
		return
	}
	out, err := Append(nil, m)
	if errors.Is(err, ErrMissing) {
		return // a capture without amount or receipt is read, never written
	}
	if err != nil {
		t.Fatalf("%v: %+v: %v", a, m, err)
	}
	again, err := parse(mustDecode(t, out))
	if err != nil {
		t.Fatalf("%v written as %x: %v", a, out, err)
	}
	final, err := Append(nil, again)
	if err != nil || !bytes.Equal(final, out) {
		t.Errorf("%v: written as %x, then as %x, %v", a, out, final, err)
	}
}
