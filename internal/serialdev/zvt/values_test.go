package zvt

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// What the tests of this room do not reach (99.5 % of its statements are) are guards
// behind a check that was made before: APDU.Append beyond MaxData, decodeAmount of
// another length, codec.raw and decodeTag behind an error or at the end, and maskObjects
// deeper than what was decoded.

// TestCommandsOfSection9AreWrittenByteForByte has the commands that the published
// captures do not, as section 9 lays them out; its own examples are marked.
func TestCommandsOfSection9AreWrittenByteForByte(t *testing.T) {
	tests := []struct {
		name, hex string
		m         Message
	}{
		{"log-off, 9.2", "06 02 00", LogOff{}},
		{
			"extension, 9.4", "06 22 1D 04 00 00 00 00 75 00 49 09 78 0B 00 09 75 3B 37 35 30 30 37 31 00 00 06 04 1F 06 01 03",
			Reservation{
				AmountMinor: Minor(7500), Currency: EUR, Trace: "000975", Authorisation: authID,
				TLV: Wrap(Object{Tag: TagReservation, Value: []byte{ReservationExtended}}),
			},
		},
		{"reversal, 9.8", "06 30 10 00 00 00 87 01 24 04 00 00 00 00 17 35 49 09 78", Reversal{Password: DefaultPassword, Receipt: "0124", AmountMinor: Minor(1735), Currency: EUR}},
		{"refund, 9.9", "06 31 0D 00 00 00 04 00 00 00 00 17 35 49 09 78", Refund{Password: DefaultPassword, AmountMinor: Minor(1735), Currency: EUR}},
		{"end of day, 9.10", "06 50 03 00 00 00", EndOfDay{Password: DefaultPassword}},
		{"diagnosis, 9.11", "06 70 00", Diagnosis{}},
		{"EMV configuration diagnosis, 9.11", "06 70 05 06 03 1B 01 04", DiagnosisOf(DiagnosisEMV)},
		{"initialisation, 9.11", "06 93 03 00 00 00", Initialisation{Password: DefaultPassword}},
		{"read card, example of 9.15", "06 C0 0F 0F 19 10 FC 02 06 08 1F 15 01 D0 1F 60 01 07", ReadCard{
			TimeoutSeconds: 15, CardType: Some(byte(0x10)), DialogControl: Some(byte(2)),
			TLV: Wrap(Object{Tag: TagCardControl, Value: []byte{0xD0}}, Object{Tag: 0x1F60, Value: []byte{7}}),
		}},
		{"display text, example of 9.16", "06 E0 0D F1 F1 F0 48 61 6C 6C 6F 20 57 65 6C 74", DisplayText{Lines: []string{"Hallo Welt"}}},
		{"baud rate, 2.1", "08 40 01 07", ChangeBaud{Code: 7}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := unhex(t, tt.hex)
			got, err := Append(nil, tt.m)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("wrote % X, %v, want % X", got, err, want)
			}
			if _, err := Parse(mustDecode(t, want)); err != nil {
				t.Errorf("reading it: %v", err)
			}
			for n := range want { // a stream that stopped here
				if _, err := DecodeExact(want[:n]); !errors.Is(err, ErrTruncated) {
					t.Errorf("the first %d bytes: %v, want %v", n, err, ErrTruncated)
				}
			}
		})
	}
}

func TestBaudRatesHaveCodes(t *testing.T) {
	for rate, want := range map[int]byte{9600: 0, 19200: 1, 57600: 6, 115200: 7} {
		if code, ok := BaudCode(rate); !ok || code != want || (ChangeBaud{Code: code}).Baud() != rate {
			t.Errorf("%d has code %d, %v, which is %d", rate, code, ok, ChangeBaud{Code: code}.Baud())
		}
	}
	if _, ok := BaudCode(38400); ok {
		t.Error("38400 has a code, section 2.1 gives none")
	}
	if got := (ChangeBaud{Code: 5}).Baud(); got != 0 {
		t.Errorf("code 5 is %d, want none", got)
	}
}

func TestWhatExtendsAReservation(t *testing.T) {
	kind := func(v byte) TLV { return Wrap(Object{Tag: TagReservation, Value: []byte{v}}) }
	tests := []struct {
		name string
		m    Reservation
		want bool
	}{
		{"a new one", Reservation{}, false},
		{"a trace number and nothing else", Reservation{Trace: "000975"}, true},
		{"a long trace number", Reservation{TLV: Wrap(Object{Tag: TagLongTrace, Value: []byte{1, 2, 3, 4}})}, true},
		{"said to be new", Reservation{Trace: "000975", TLV: kind(ReservationNew)}, false},
		{"said to be an extension", Reservation{TLV: kind(ReservationExtended)}, true},
	}
	for _, tt := range tests {
		if got := tt.m.Extends(); got != tt.want {
			t.Errorf("%s: extends %v, want %v", tt.name, got, tt.want)
		}
	}
	if _, err := Append(nil, Reservation{Trace: "000975"}); !errors.Is(err, ErrMissing) {
		t.Errorf("an extension without authorisation: %v, want %v", err, ErrMissing)
	}
}

func TestNamesForPeople(t *testing.T) {
	brands := map[byte]string{
		0x05: "girocard", 0x06: "Mastercard", 0x08: "American Express", 0x0A: "Visa", 0x0B: "Visa Electron", 0x0C: "Diners",
		0x0D: "V PAY", 0x0E: "JCB", 0x2E: "Maestro", 0x99: "",
	}
	for id, want := range brands {
		if got := CardTypeName(id); got != want {
			t.Errorf("card type %02x is %q, want %q", id, got, want)
		}
	}
	if got := TerminalStatus(0xF0).String(); got != "f0 end of day is open" {
		t.Errorf("status %q", got)
	}
	if got := TerminalStatus(0x77).String(); got != "77 unknown status" {
		t.Errorf("status %q", got)
	}
	if got := Text([]byte("Danke  \x00")); got != "Danke" {
		t.Errorf("text %q, want its padding cut", got)
	}
	if names := BrandNames(); slices.Contains(names[:], "") {
		t.Errorf("a brand of the totals has no name: %q", names)
	}
}

func TestWhatACompletionCarries(t *testing.T) {
	locks := StatusCompletion{TLV: Wrap(Object{Tag: TagLocks, Value: []byte{0x40, 0x00}})}
	if bits, ok := locks.Locks(); !ok || bits != 0x4000 {
		t.Errorf("locks %04x, %v, want 4000", bits, ok)
	}
	if _, ok := (StatusCompletion{TLV: Wrap(Object{Tag: TagLocks, Value: []byte{1}})}).Locks(); ok {
		t.Error("locks of one byte were read")
	}
	show := Wrap(Object{Tag: TagDisplayTexts, Children: []Object{{Tag: TagTextLine, Value: []byte("Bitte")}, {Tag: TagCharset}, {Tag: TagTextLine, Value: []byte("warten")}}})
	if got := show.Texts(); !slices.Equal(got, []string{"Bitte", "warten"}) {
		t.Errorf("display texts %q", got)
	}
	for name, tlv := range map[string]TLV{"none": {}, "two bytes": Wrap(Object{Tag: TagReceiptType, Value: []byte{1, 2}})} {
		if got, ok := (PrintBlock{TLV: tlv}).ReceiptType(); ok {
			t.Errorf("receipt type of %s is %d", name, got)
		}
	}
}

func TestWhatIsWrittenForWhatCannotBe(t *testing.T) {
	if got := appendText(nil, "5 € ü"); string(got) != "5 ? \x81" {
		t.Errorf("text %q, want a question mark for what code page 437 lacks", got)
	}
	// A currency is mandatory on the wire when something follows it (section 9.1).
	b, err := Append(nil, Registration{Password: DefaultPassword, TLV: Wrap()})
	if want := unhex(t, "06 00 08 00 00 00 00 09 78 06 00"); err != nil || !bytes.Equal(b, want) {
		t.Errorf("wrote % X, %v, want % X", b, err, want)
	}
	tests := []struct {
		name string
		m    Message
		want error
	}{
		{"a time with a letter beyond F", StatusInformation{Time: "12G456"}, ErrDigit},
		{"a lower case nibble", StatusInformation{Time: "12a456"}, ErrDigit},
		{"more sales than a byte counts", StatusInformation{Totals: &Totals{FirstReceipt: "0001", LastReceipt: "0002", Brands: [7]BrandTotal{{Count: 256}}}}, ErrRange},
		{"a container longer than a command", PrintBlock{TLV: Wrap(Object{Tag: TagTextLine, Value: make([]byte, MaxData+1)})}, ErrRange},
		{"a version longer than its length can say", StatusCompletion{Version: strings.Repeat("1", 1000)}, ErrRange},
	}
	for _, tt := range tests {
		if _, err := Append(nil, tt.m); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if b, err := Append(nil, StatusInformation{Time: "FFFFFF"}); err != nil || !bytes.HasSuffix(b, []byte{0xFF, 0xFF, 0xFF}) {
		t.Errorf("a time that nobody knows: % X, %v", b, err)
	}
	list := AbortByPT{Code: ResultPreAuth, TLV: Wrap(Object{Tag: TagReceiptList, Children: []Object{{Tag: TagCharset, Value: []byte{0}}, {Tag: TagReceipt, Value: []byte{1, 0x23}}}})}
	if p, ok := list.Pending(); !ok || !slices.Equal(p.Receipts, []string{"0123"}) {
		t.Errorf("a list with something else in it: %+v, %v", p, ok)
	}
}
