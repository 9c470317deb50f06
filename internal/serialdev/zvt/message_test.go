package zvt

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
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
		ChangeBaud{Code: 7},
		DiagnosisOf(DiagnosisEMV),
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
		{"a baud rate without its code", "084000", ErrLength},
		{"a baud rate and more", "084002 0700", ErrLength},
		{"a broken list of open reservations", "062304 87FFFF 06", ErrLength},
		{"broken totals", "040f3b 2700 60F0F5F3 0001 0009 01 0000000000A0" + strings.Repeat("00", 42), ErrDigit},
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
