package escpos

import (
	"slices"
	"testing"

	"edged/internal/serialdev/cmdset"
	"edged/internal/serialdev/cmdset/cmdtest"
)

// samples holds one command of each kind as it is written.
func samples() map[string]Cmd {
	return map[string]Cmd{
		"\x1b@":                            cmdset.New(OpInitialise),
		"\x0c":                             cmdset.New(OpClear),
		"\x18":                             cmdset.New(OpClearLine),
		"\x0b":                             cmdset.New(OpHome),
		"\x08":                             cmdset.New(OpLeft),
		"\x09":                             cmdset.New(OpRight),
		"\x0a":                             cmdset.New(OpDown),
		"\x1f\x0a":                         cmdset.New(OpUp),
		"\x0d":                             cmdset.New(OpLineStart),
		"\x1f\x0d":                         cmdset.New(OpLineEnd),
		"\x1f\x42":                         cmdset.New(OpBottom),
		"\x1f\x24\x14\x02":                 cmdset.New(OpPosition, 20, 2),
		"\x1f\x01":                         cmdset.New(OpMode, ModeOverwrite),
		"\x1f\x02":                         cmdset.New(OpMode, ModeVertical),
		"\x1f\x03":                         cmdset.New(OpMode, ModeHorizontal),
		"\x1f\x43\x01":                     cmdset.New(OpCursor, 1),
		"\x1f\x58\x02":                     cmdset.New(OpBrightness, 2),
		"\x1f\x45\xff":                     cmdset.New(OpBlink, 0xFF),
		"\x1f\x72\x01":                     cmdset.New(OpReverse, 1),
		"\x1b\x74\x13":                     cmdset.New(OpCodePage, 19),
		"\x1b\x52\x02":                     cmdset.New(OpInternational, 2),
		"\x1b\x26\x01AB\x01\x7f\x00":       cmdset.New(OpDefineChars, 1, 'A', 'B', 1, 0x7F, 0),
		"\x1b\x25\x01":                     cmdset.New(OpUseChars, 1),
		"\x1b\x3fA":                        cmdset.New(OpDeleteChar, 'A'),
		"\x1b\x3d\x02":                     cmdset.New(OpPeripheral, PeripheralScreen),
		"\x1f\x2eA":                        cmdset.New(OpCharPeriod, 'A'),
		"\x1f\x2cA":                        cmdset.New(OpCharComma, 'A'),
		"\x1f\x3bA":                        cmdset.New(OpCharBoth, 'A'),
		"\x1f\x23\x01\x05":                 cmdset.New(OpAnnunciator, 1, 5),
		"\x1b\x57\x01\x01\x01\x01\x0a\x02": cmdset.New(OpWindow, 1, 1, 1, 1, 10, 2),
		"\x1b\x57\x01\x00":                 cmdset.New(OpWindow, 1, 0),
		"\x1f\x54\x17\x3b":                 cmdset.New(OpClockSet, 23, 59),
		"\x1f\x55":                         cmdset.New(OpClockShow),
		"\x1f\x40":                         cmdset.New(OpSelfTest),
		"\x1f\x76\x01":                     cmdset.New(OpDTR, 1),
		"\x1f\x3a":                         cmdset.New(OpMacroDefine),
		"\x1f\x5e\x01\x02":                 cmdset.New(OpMacroRun, 1, 2),
		"\x02\x05\x43\x31\x03":             cmdset.New(OpEmulation, 0x31),
		"\x02\x05\x56\x01\x03":             cmdset.New(OpFirmware),
		"\x02\xfc\x55\xaa\x55\xaa":         cmdset.New(OpLogo),
		"Caf\x82":                          cmdset.New(OpText, []byte("Caf\x82")...),
	}
}

func TestEveryCommandBothWays(t *testing.T) { cmdtest.BothWays(t, table, samples()) }

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
			for _, c := range cmdtest.All(t, table, cmdtest.Unhex(t, tt.hex)) {
				got = append(got, c.Op)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestCommandsThatDoNotExistAreNotWritten(t *testing.T) {
	cmdtest.Refused(
		t, table,
		cmdset.New(OpText, []byte("a\nb")...), cmdset.New(OpText, 0x7F), cmdset.New(OpMode, 4), cmdset.New(OpMode), cmdset.New(OpPosition, 1),
		cmdset.New(OpClear, 1), cmdset.New(OpWindow, 1, 1, 1), cmdset.New(OpDefineChars, 1, 'A', 'A', 2, 0), cmdset.New(OpUnknown, 0), Cmd{},
	)
}

func TestDecodeAndAppendUseTheTable(t *testing.T) {
	got, n, err := Decode([]byte("\x1f$\x01\x02x"))
	if err != nil || n != 4 || got.Op != OpPosition {
		t.Fatalf("got %v, %d, %v", got, n, err)
	}
	if out, err := Append(nil, got); err != nil || string(out) != "\x1f$\x01\x02" {
		t.Errorf("written as % x, %v", out, err)
	}
}

// FuzzDecode: any bytes are taken step by step, and what is known is written so that it
// decodes to the same.
func FuzzDecode(f *testing.F) { cmdtest.Fuzz(f, table, loadVectors(f), samples()) }
