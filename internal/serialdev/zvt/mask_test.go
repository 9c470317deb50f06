package zvt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// The numbers are the card schemes' published test numbers.
func TestRedact(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"a full card number", "040f0b 2700 22f0f84111111111111111", "040f0b 2700 22f0f8411111eeeeee1111"},
		{"one of 19 digits, padded", "040f0d 22f1f06304000000000000000f", "040f0d 22f1f0630400eeeeeeeee0000f"},
		{"one that is masked already", "040f0b 22f0f8559883eeeeee8074", "040f0b 22f0f8559883eeeeee8074"},
		{"one that shows more than it may", "040f0b 22f0f8559883999eee8074", "040f0b 22f0f8559883eeeeee8074"},
		{"a short one keeps four digits", "040f09 22f0f6123456789012", "040f09 22f0f6eeeeeeee9012"},
		{"a very short one keeps none", "040f06 22f0f3123456", "040f06 22f0f3eeeeee"},
		{"what follows a separator is track data", "040f0f 22f1f24111111111111111d2512201", "040f0f 22f1f2411111eeeeee1111ffffffff"},
		{"tracks and chip data", "040f17 23f0f2aabb 24f0f0f2aabb 2df0f2aabb 2ef0f0f1aa", "040f17 23f0f2eeee 24f0f0f2eeee 2df0f2eeee 2ef0f0f1ee"},
		{"further card data", "040f15 a7f0f1aa aff0f0f1aa 9af0f0f1aa 3a1234", "040f15 a7f0f1ee aff0f0f1ee 9af0f0f1ee 3aeeee"},
		{"card data in a container, nested too", "040f10 060e 1f0801aa e4081f0902aabb1f0a00", "040f10 060e 1f0801ee e4081f0902eeee1f0a00"},
		{"a card token", "040f06 06041f1401aa", "040f06 06041f1401ee"},
		{"behind an unknown field", "040f0d 5501 22f0f84111111111111111", "040f0d 5501 22f0f8411111eeeeee1111"},
		{"behind a broken field", "040f0d 8b02 22f0f84111111111111111", "040f0d 8b02 22f0f8411111eeeeee1111"},
		{"in a command cut short", "040f40 22f0f841111111", "040f40 22f0f8eeeeeeee"},
		{"in an unknown command", "0fa10b 9922f0f84111111111111111", "0fa10b 9922f0f8411111eeeeee1111"},
		{"in a container cut short", "040f09 0609 55 1f080441111111", "040f09 0609 55 1f0804eeeeeeee"},
		{"in a broken container", "040f09 0607557f1f0802aabb", "040f09 0607557f1f0802eeee"},
		{"behind a field of the wrong length", "040f0d 3700 22f0f84111111111111111", "040f0d 3700 22f0f8eeeeeeeeeeeeeeee"},
		{"digits without a field, which could be two numbers", "040f0b 5555 00 4111111111111111", "040f0b eeee ee eeeeeeeeeeeeeeee"},
		{"an amount without a field", "040f0a 5504 000000004000 0000", "040f0a 5504 000000004000 0000"},
		{"a private object", "040f0c 060a df4207 37828224631000 5f", "040f0c 060a df4207 37828224631000 5f"},
		{"a private object that is a card number", "040f0d 060b df4208 4111111111111111", "040f0d 060b df4208 411111eeeeee1111"},
		{"one of 15 digits, padded", "040f0d 060b df4208 378282246310005f", "040f0d 060b df4208 378282eeeee0005f"},
		{"one with track data behind", "040f10 060e df420b 4111111111111111d25122", "040f10 060e df420b 411111eeeeee1111ffffff"},
		{"a private object that is a time", "040f0d 060b df4207 20261124112233 00", "040f0d 060b df4207 20261124112233 00"},
		{"a wrong check digit", "040f0d 060b df4208 4111111111111112", "040f0d 060b df4208 4111111111111112"},
		{"password of a registration", "060006 123456 ba 0978", "060006 eeeeee ba 0978"},
		{"password of an end of day", "065003 123456", "065003 eeeeee"},
		{"password of a reversal", "063006 123456 870123", "063006 eeeeee 870123"},
		{"password of a refund", "06310a 123456 04000000000100", "06310a eeeeee 04000000000100"},
		{"password of a repeat receipt", "062005 123456 0303", "062005 eeeeee 0303"},
		{"password of an initialisation", "069303 123456", "069303 eeeeee"},
		{"password of a status enquiry", "050103 123456", "050103 eeeeee"},
		{"password cut short", "065003 1234", "065003 eeee"},
		{"password as a field", "062204 3d123456", "062204 3deeeeee"},
		{"a status enquiry without password", "050100", "050100"},
		{"a reservation has nothing to hide", "06220e 040000000050004909781940 0600", "06220e 040000000050004909781940 0600"},
		{"an intermediate status", "04ff07 0a 01 0603 070131", "04ff07 0a 01 0603 070131"},
		{"a partial issue", "849d07 04000000002200", "849d07 04000000002200"},
		{"nothing", "", ""},
		{"a header cut short", "040f", "040f"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := unhex(t, tt.in)
			before := bytes.Clone(in)
			if got, want := Redact(in), unhex(t, tt.want); !bytes.Equal(got, want) {
				t.Errorf("\n got %x\nwant %x", got, want)
			}
			if !bytes.Equal(in, before) {
				t.Error("the input was changed")
			}
		})
	}
}

func TestM8_TextsLoseCardNumbers(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"a number", "Karte 4111111111111111 ok", "Karte 411111******1111 ok"},
		{"a number in groups", "4111 1111 1111 1111", "4111 11** **** 1111"},
		{"a number in groups with dashes", "4111-1111-1111-1111", "4111-11**-****-1111"},
		{"at the very end", "PAN:378282246310005", "PAN:378282*****0005"},
		{"a masked one stays", "411111******1111", "411111******1111"},
		{"a wrong check digit stays", "4111111111111112", "4111111111111112"},
		{"a longer group stays", "4111 1111 1111 11111", "4111 1111 1111 11111"},
		{"an application id stays", "A0000000043060 C614239C90BE3A54", "A0000000043060 C614239C90BE3A54"},
		{"a number with leading zero stays", "0000000000000000", "0000000000000000"},
		{"amounts and dates stay", "17,35 EUR 05.04. 22:55 0231", "17,35 EUR 05.04. 22:55 0231"},
		{"twelve digits stay", "411111111111", "411111111111"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := []byte(tt.in)
			ScrubText(b)
			if string(b) != tt.want {
				t.Errorf("got %q, want %q", b, tt.want)
			}
		})
	}
}

func TestM8_NoMessageHoldsCardData(t *testing.T) {
	const pan, middle = "4111111111111111", "111111111"
	track := "4111111111111111d25122010000000000"
	status := "2700 22f0f8" + pan + " 23f1f7" + track + " 24f0f1f7" + track + " 2df1f7" + track +
		" 3cf0f1f6" + fmt.Sprintf("%x", pan) + " 060d 1f0808" + pan + "0900"
	tests := map[string]struct{ class, data string }{
		"status information":                   {"040f", status},
		"status information with unknown rest": {"040f", "2700 55" + status},
		"completion":                           {"060f", "2700 22f0f8" + pan},
		"print line":                           {"06d1", "00" + fmt.Sprintf("%x", pan)},
		"print block":                          {"06d3", "0614 2512 0710" + fmt.Sprintf("%x", pan)},
		"refusal":                              {"8464", "22f0f8" + pan},
		"abort":                                {"061e", "64 3cf0f1f6" + fmt.Sprintf("%x", pan)},
		"intermediate status":                  {"04ff", "0a 01 0614 2412 0710" + fmt.Sprintf("%x", pan)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			head := unhex(t, tt.class)
			m, err := Parse(APDU{Class: head[0], Instr: head[1], Data: unhex(t, tt.data)})
			if err != nil {
				t.Fatal(err)
			}
			out, err := Append(nil, m)
			if err != nil {
				t.Fatal(err)
			}
			j, _ := json.Marshal(m)
			shown := fmt.Sprintf("%+v %s %x", m, j, out)
			for _, secret := range []string{middle, fmt.Sprintf("%x", middle), "2512201"} {
				if strings.Contains(shown, secret) {
					t.Errorf("%s is in %s", secret, shown)
				}
			}
		})
	}
}

func TestM8_AStatusCompletionHoldsNoCardData(t *testing.T) {
	data := unhex(t, "f0f0f1 41 00 060b 1f08084111111111111111")
	m, err := ParseStatusCompletion(APDU{Class: 0x06, Instr: 0x0F, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	o, ok := m.TLV.Find(0x1F08)
	if !ok || !bytes.Equal(o.Value, bytes.Repeat([]byte{maskByte}, 8)) {
		t.Errorf("got %x", o.Value)
	}
}

func TestMessagesShareNoMemoryWithTheInput(t *testing.T) {
	a := mustDecode(t, unhex(t, "040f09 2700 060512034142 43"))
	m, err := Parse(a)
	if err != nil {
		t.Fatal(err)
	}
	fill(a.Data)
	o, _ := m.(StatusInformation).TLV.Find(TagPrinterColumns)
	if !bytes.Equal(o.Value, []byte("ABC")) {
		t.Errorf("got %x", o.Value)
	}
}

func TestPasswordsDoNotShow(t *testing.T) {
	m := EndOfDay{Password: "123456"}
	j, _ := json.Marshal(m)
	for _, s := range []string{fmt.Sprint(m), fmt.Sprintf("%+v", m), fmt.Sprintf("%#v", m), string(j)} {
		if strings.Contains(s, "123456") || !strings.Contains(s, "******") {
			t.Errorf("got %s", s)
		}
	}
}

// FuzzRedact: whatever comes, the length stays and nothing panics.
func FuzzRedact(f *testing.F) {
	for _, b := range vectorAPDUs(f) {
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := Redact(b); len(got) != len(b) {
			t.Errorf("%d bytes of %d", len(got), len(b))
		}
	})
}
