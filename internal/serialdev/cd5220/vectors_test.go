package cd5220

import (
	"bytes"
	"fmt"
	"testing"

	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/cmdset/cmdtest"
)

// loadVectors reads bytes that public drivers of these displays send, with their meaning.
func loadVectors(t testing.TB) []cmdtest.Vector {
	return cmdtest.Vectors(t, "testdata/cd5220-vectors.json", 8)
}

func TestEveryVectorDecodesToItsMeaning(t *testing.T) {
	cmdtest.Meanings(t, table, loadVectors(t), describe, nil)
}

func TestEveryVectorIsWrittenByteForByte(t *testing.T) {
	cmdtest.Rewritten(t, table, loadVectors(t), nil)
}

// describe shows a command in the words of the vectors.
func describe(c Cmd) string {
	switch c.Op {
	case OpText:
		return "text " + string(c.Args)
	case OpUpper:
		return "write row 1 " + string(c.Args)
	case OpLower:
		return "write row 2 " + string(c.Args)
	case OpLamp:
		return "lamp " + map[byte]string{'2': "total"}[c.Args[0]]
	case OpCursor:
		return fmt.Sprintf("cursor %v", c.Args[0] == 1)
	case OpPosition:
		return fmt.Sprintf("position %d %d", c.Args[0], c.Args[1])
	case OpBrightness:
		return fmt.Sprintf("brightness %d", c.Args[0])
	case OpWindow:
		return fmt.Sprintf("window %v %d %d %d", c.Args[0] == 1, c.Args[1], c.Args[2], c.Args[3])
	}
	return string(c.Op)
}

func TestTheScreenOfTheVectors(t *testing.T) {
	for _, v := range loadVectors(t) {
		if v.Name != "cd5220-both-rows" {
			continue
		}
		got := AppendScreen(nil, cells.CP858, [cells.Rows]string{"ITEM: COFFEE", "PRICE: $3.50"})
		if !bytes.Equal(got, v.Bytes(t)) {
			t.Errorf("got % x, want %s", got, v.Hex)
		}
		return
	}
	t.Error("the vector of a whole screen is gone")
}
