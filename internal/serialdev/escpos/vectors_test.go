package escpos

import (
	"bytes"
	"fmt"
	"testing"

	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/cmdset/cmdtest"
)

// loadVectors reads bytes that public drivers of these displays send, with their meaning.
func loadVectors(t testing.TB) []cmdtest.Vector {
	return cmdtest.Vectors(t, "testdata/escpos-vectors.json", 15)
}

func TestEveryVectorDecodesToItsMeaning(t *testing.T) {
	cmdtest.Meanings(t, table, loadVectors(t), describe, map[string][]string{
		"escpos-text-crlf": {"text Hello", "line start", "LF", "text World", "line start", "LF"},
	})
}

func TestEveryVectorIsWrittenByteForByte(t *testing.T) {
	cmdtest.Rewritten(t, table, loadVectors(t), map[string]string{
		"escpos-webserial-bixolon-init": "two commands in the spelling of the CD5220",
		"escpos-aures-selftest":         "the spelling of one family",
	})
}

// describe shows a command in the words of the vectors.
func describe(c Cmd) string {
	switch c.Op {
	case OpText:
		return "text " + string(c.Args)
	case OpCursor:
		return fmt.Sprintf("cursor %v", c.Args[0] == 1)
	case OpPosition:
		return fmt.Sprintf("position %d %d", c.Args[0], c.Args[1])
	case OpMode:
		return "mode " + [...]string{1: "overwrite", 2: "vertical scroll", 3: "horizontal scroll"}[c.Args[0]]
	case OpBrightness, OpCodePage, OpPeripheral:
		return fmt.Sprintf("%s %d", c.Op, c.Args[0])
	case OpEmulation:
		return "select emulation " + map[byte]string{0x31: "escpos"}[c.Args[0]]
	case OpDown:
		return "LF"
	case OpFirmware:
		return "show firmware version"
	case OpLogo:
		return "show stored logo"
	}
	return string(c.Op)
}

func TestScreensOfTheVectors(t *testing.T) {
	shown := 0
	for _, v := range loadVectors(t) {
		screen, ok := v.Meaning["screen"].([]any)
		if !ok {
			continue
		}
		shown++
		got := AppendScreen(nil, cells.CP858, [cells.Rows]string{screen[0].(string), screen[1].(string)})
		if !bytes.Equal(got, v.Bytes(t)) {
			t.Errorf("%s:\n got % x\nwant %s", v.Name, got, v.Hex)
		}
	}
	if shown == 0 {
		t.Error("no vector shows a screen")
	}
}
