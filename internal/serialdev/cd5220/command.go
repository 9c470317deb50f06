package cd5220

import "edged/internal/serialdev/cmdset"

// Op names a command, Cmd is one with its arguments.
type (
	Op  = cmdset.Op
	Cmd = cmdset.Cmd
)

// The commands (section 1.8). Their arguments, in Cmd.Args, are binary numbers, but for
// texts and letters.
const (
	OpText               = cmdset.OpText     // the cells to write at the cursor
	OpUnknown            = cmdset.OpUnknown  // bytes that begin no known command
	OpUpper         Op   = "write upper row" // up to 20 cells; enters string mode
	OpLower         Op   = "write lower row" // up to 20 cells; enters string mode
	OpMarquee       Op   = "marquee"         // up to 40 cells that wander over the upper row
	OpInitialise    Op   = "initialise"      //
	OpClear         Op   = "clear"           // screen cleared, cursor home, string mode left
	OpClearLine     Op   = "clear line"      // the cursor's row; string mode left
	OpPosition      Op   = "position"        // column from 1, row from 1
	OpHome          Op   = "home"            //
	OpLeft          Op   = "left"            //
	OpRight         Op   = "right"           //
	OpUp            Op   = "up"              //
	OpDown          Op   = "down"            //
	OpLineStart     Op   = "line start"      //
	OpLineEnd       Op   = "line end"        //
	OpBottom        Op   = "bottom"          //
	OpMode          Op   = "mode"            // ModeOverwrite, …
	OpCursor        Op   = "cursor"          // 0 off, 1 on
	OpBrightness    Op   = "brightness"      // 1 to 4 quarters
	OpWindow        Op   = "window"          // 1 set or 0 cancel, x1, x2, row
	OpInternational Op   = "international"   // a letter: A is USA, nothing replaced in ASCII
	OpCodeTable     Op   = "code table"      // a letter: TableASCII, …
	OpDefineChars   Op   = "define"          // 01, first, last, and columns of each
	OpUseChars      Op   = "use own"         // 0 off, 1 on
	OpDeleteChar    Op   = "delete own"      // the character
	OpStoreChars    Op   = "store own"       // into EEPROM
	OpRecallChars   Op   = "recall own"      // from EEPROM
	OpLamp          Op   = "lamp"            // LED price panels: 0 off, 1 price, 2 total, 3 received, 4 change, as digits
	OpPeripheral    Op   = "peripheral"      // 1 printer, 2 display, 3 both
	OpCommandSet    Op   = "command set"     // 30 to 37, kept in EEPROM (section 1.1)
	OpBlink         Op   = "blink"           // units of 50 ms, 0 stops
	OpSelfTest      Op   = "self test"       // seconds long, then blank
	ModeOverwrite   byte = 1
	ModeVertical    byte = 2
	ModeHorizontal  byte = 3
	TableASCII      byte = 'A'
	TableCP858      byte = 'P'
	TableCP1252     byte = 'W'
	InternationalUS byte = 'A'
)

// table is section 1.8, and what the vectors add.
var table = cmdset.Table{
	{Op: OpUpper, Lead: "\x1bQA", Text: 20, Trail: "\r"},
	{Op: OpLower, Lead: "\x1bQB", Text: 20, Trail: "\r"},
	{Op: OpMarquee, Lead: "\x1bQD", Text: 40, Trail: "\r"},
	{Op: OpInitialise, Lead: "\x1b@"},
	{Op: OpClear, Lead: "\x0c"},
	{Op: OpClearLine, Lead: "\x18"},
	{Op: OpPosition, Lead: "\x1bl", Args: 2},
	{Op: OpHome, Lead: "\x0b"},
	{Op: OpLeft, Lead: "\x08"},
	{Op: OpRight, Lead: "\x09"},
	{Op: OpDown, Lead: "\x0a"},
	{Op: OpLineStart, Lead: "\x0d"},
	{Op: OpUp, Lead: "\x1b[A"},
	{Op: OpDown, Lead: "\x1b[B"},
	{Op: OpRight, Lead: "\x1b[C"},
	{Op: OpLeft, Lead: "\x1b[D"},
	{Op: OpHome, Lead: "\x1b[H"},
	{Op: OpBottom, Lead: "\x1b[K"},
	{Op: OpLineStart, Lead: "\x1b[L"},
	{Op: OpLineEnd, Lead: "\x1b[R"},
	{Op: OpMode, Lead: "\x1b\x11", Implied: "\x01"},
	{Op: OpMode, Lead: "\x1b\x12", Implied: "\x02"},
	{Op: OpMode, Lead: "\x1b\x13", Implied: "\x03"},
	{Op: OpMode, Lead: "\x1f\x01", Implied: "\x01"}, // newer firmware takes these too
	{Op: OpMode, Lead: "\x1f\x02", Implied: "\x02"},
	{Op: OpMode, Lead: "\x1f\x03", Implied: "\x03"},
	{Op: OpCursor, Lead: "\x1b_", Args: 1},
	{Op: OpBrightness, Lead: "\x1b*", Args: 1},
	{Op: OpWindow, Lead: "\x1bW", Args: 4},
	{Op: OpInternational, Lead: "\x1bf", Args: 1},
	{Op: OpCodeTable, Lead: "\x1bc", Args: 1},
	{Op: OpDefineChars, Lead: "\x1b&", Args: 3, More: cmdset.DefinedChars},
	{Op: OpUseChars, Lead: "\x1b%", Args: 1},
	{Op: OpDeleteChar, Lead: "\x1b?", Args: 1},
	{Op: OpStoreChars, Lead: "\x1bs\x01"},
	{Op: OpRecallChars, Lead: "\x1bd\x01"},
	{Op: OpLamp, Lead: "\x1bs0", Implied: "0"},
	{Op: OpLamp, Lead: "\x1bs1", Implied: "1"},
	{Op: OpLamp, Lead: "\x1bs2", Implied: "2"},
	{Op: OpLamp, Lead: "\x1bs3", Implied: "3"},
	{Op: OpLamp, Lead: "\x1bs4", Implied: "4"},
	{Op: OpPeripheral, Lead: "\x1b=", Args: 1},
	{Op: OpCommandSet, Lead: "\x1b#", Args: 1},
	{Op: OpBlink, Lead: "\x1fE", Args: 1},
	{Op: OpSelfTest, Lead: "\x1f@"},
}

// Decode takes the first command off b and returns how many bytes it took; the only
// error is cmdset.ErrTruncated. See cmdset.Table.
func Decode(b []byte) (Cmd, int, error) { return table.Decode(b) }

// Append writes a command, or returns dst as it was and cmdset.ErrRange.
func Append(dst []byte, c Cmd) ([]byte, error) { return table.Append(dst, c) }
