package escpos

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
)

// samples holds one command of each kind as it is written.
func samples(t testing.TB) map[string]Cmd {
	return map[string]Cmd{
		"\x1b@":                            {OpInitialise, nil},
		"\x0c":                             {OpClear, nil},
		"\x18":                             {OpClearLine, nil},
		"\x0b":                             {OpHome, nil},
		"\x08":                             {OpLeft, nil},
		"\x09":                             {OpRight, nil},
		"\x0a":                             {OpDown, nil},
		"\x1f\x0a":                         {OpUp, nil},
		"\x0d":                             {OpLineStart, nil},
		"\x1f\x0d":                         {OpLineEnd, nil},
		"\x1f\x42":                         {OpBottom, nil},
		"\x1f\x24\x14\x02":                 {OpPosition, []byte{20, 2}},
		"\x1f\x01":                         {OpMode, []byte{ModeOverwrite}},
		"\x1f\x02":                         {OpMode, []byte{ModeVertical}},
		"\x1f\x03":                         {OpMode, []byte{ModeHorizontal}},
		"\x1f\x43\x01":                     {OpCursor, []byte{1}},
		"\x1f\x58\x02":                     {OpBrightness, []byte{2}},
		"\x1f\x45\xff":                     {OpBlink, []byte{0xFF}},
		"\x1f\x72\x01":                     {OpReverse, []byte{1}},
		"\x1b\x74\x13":                     {OpCodePage, []byte{PageCP858}},
		"\x1b\x52\x02":                     {OpInternational, []byte{2}},
		"\x1b\x26\x01AB\x01\x7f\x00":       {OpDefineChars, []byte{1, 'A', 'B', 1, 0x7F, 0}},
		"\x1b\x25\x01":                     {OpUseChars, []byte{1}},
		"\x1b\x3fA":                        {OpDeleteChar, []byte{'A'}},
		"\x1b\x3d\x02":                     {OpPeripheral, []byte{PeripheralScreen}},
		"\x1f\x2eA":                        {OpCharPeriod, []byte{'A'}},
		"\x1f\x2cA":                        {OpCharComma, []byte{'A'}},
		"\x1f\x3bA":                        {OpCharBoth, []byte{'A'}},
		"\x1f\x23\x01\x05":                 {OpAnnunciator, []byte{1, 5}},
		"\x1b\x57\x01\x01\x01\x01\x0a\x02": {OpWindow, []byte{1, 1, 1, 1, 10, 2}},
		"\x1b\x57\x01\x00":                 {OpWindow, []byte{1, 0}},
		"\x1f\x54\x17\x3b":                 {OpClockSet, []byte{23, 59}},
		"\x1f\x55":                         {OpClockShow, nil},
		"\x1f\x40":                         {OpSelfTest, nil},
		"\x1f\x76\x01":                     {OpDTR, []byte{1}},
		"\x1f\x3a":                         {OpMacroDefine, nil},
		"\x1f\x5e\x01\x02":                 {OpMacroRun, []byte{1, 2}},
		"\x02\x05\x43\x31\x03":             {OpEmulation, []byte{0x31}},
		"\x02\x05\x56\x01\x03":             {OpFirmware, nil},
		"\x02\xfc\x55\xaa\x55\xaa":         {OpLogo, nil},
		"Caf\x82":                          {OpText, []byte("Caf\x82")},
	}
}

func TestEveryCommandBothWays(t *testing.T) {
	seen := make(map[Op]bool)
	for wire, want := range samples(t) {
		got, n, err := Decode([]byte(wire + "\x0c"))
		if err != nil || n != len(wire) || !reflect.DeepEqual(got, want) {
			t.Errorf("% x: got %v, n %d, %v, want %v", wire, got, n, err, want)
		}
		if out, err := Append(nil, want); err != nil || string(out) != wire {
			t.Errorf("%v: written as % x, %v, want % x", want, out, err, wire)
		}
		seen[want.Op] = true
	}
	for _, l := range layouts {
		if !seen[l.op] {
			t.Errorf("no sample of %s", l.op)
		}
	}
}

func TestNoPrefixOfACommandIsACommand(t *testing.T) {
	for wire, c := range samples(t) {
		if c.Op == OpText {
			continue // any part of a text is a text
		}
		for n := range wire {
			if got, _, err := Decode([]byte(wire[:n])); !errors.Is(err, ErrTruncated) {
				t.Errorf("% x cut at %d: got %v, %v, want ErrTruncated", wire, n, got, err)
			}
		}
	}
}

func TestUnknownBytesAreHandedOver(t *testing.T) {
	tests := []struct {
		name, hex string
		want      []Op
	}{
		{"a control byte", "00", []Op{OpUnknown}},
		{"DEL", "7f", []Op{OpUnknown}},
		{"an escape with an unknown letter takes it along", "1b41 41", []Op{OpUnknown, OpText}},
		{"so does an extended command", "1f28 41", []Op{OpUnknown, OpText}},
		{"02 alone takes nothing along", "02 41", []Op{OpUnknown, OpText}},
		{"an Aures command that ends wrongly", "0205433141", []Op{OpUnknown, OpUnknown, OpText}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []Op
			for _, c := range decodeAll(t, unhex(t, tt.hex)) {
				got = append(got, c.Op)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestCommandsThatDoNotExistAreNotWritten(t *testing.T) {
	for _, c := range []Cmd{
		{OpText, []byte("a\nb")},
		{OpText, []byte{0x7F}},
		{OpMode, []byte{4}},
		{OpMode, nil},
		{OpPosition, []byte{1}},
		{OpClear, []byte{1}},
		{OpWindow, []byte{1, 1, 1}},
		{OpDefineChars, []byte{1, 'A', 'A', 2, 0}},
		{OpUnknown, []byte{0}},
		{"", nil},
	} {
		if out, err := Append([]byte{1}, c); !errors.Is(err, ErrRange) || len(out) != 1 {
			t.Errorf("%v: got % x, %v, want ErrRange", c, out, err)
		}
	}
}

// FuzzDecode: any bytes are taken step by step, and what is known is written so that it
// decodes to the same.
func FuzzDecode(f *testing.F) {
	for _, v := range loadVectors(f) {
		f.Add(unhex(f, v.Hex))
	}
	for wire := range samples(f) {
		f.Add([]byte(wire))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			c, n, err := Decode(b)
			if err != nil {
				return
			}
			if n <= 0 || n > len(b) {
				t.Fatalf("took %d of %d bytes", n, len(b))
			}
			if c.Op != OpUnknown {
				out, err := Append(nil, c)
				if err != nil {
					t.Fatalf("% x: %v: %v", b[:n], c, err)
				}
				again, m, err := Decode(out)
				if err != nil || m != len(out) || again.Op != c.Op || !bytes.Equal(again.Args, c.Args) {
					t.Fatalf("%v comes back as %v, %v", c, again, err)
				}
			}
			b = b[n:]
		}
	})
}
