package escpos

import "edged/internal/serialdev/cmdset"

// The commands (section 1.2). Their arguments, in Cmd.Args, are binary numbers.
const (
	OpText                = cmdset.OpText     // the cells to write at the cursor
	OpInitialise     Op   = "initialise"      // settings as after power-on, screen cleared, cursor home
	OpClear          Op   = "clear"           // screen cleared, cursor home
	OpClearLine      Op   = "clear line"      // the cursor's row
	OpHome           Op   = "home"            // cursor to column 1 of row 1
	OpLeft           Op   = "left"            // one cell, nothing erased
	OpRight          Op   = "right"           // one cell, nothing erased
	OpDown           Op   = "down"            // next row, same column
	OpUp             Op   = "up"              // previous row, same column
	OpLineStart      Op   = "line start"      // cursor to the first column
	OpLineEnd        Op   = "line end"        // cursor to the last column
	OpBottom         Op   = "bottom"          // cursor to the last row
	OpPosition       Op   = "position"        // column from 1, row from 1
	OpMode           Op   = "mode"            // ModeOverwrite, …
	OpCursor         Op   = "cursor"          // 0 off, 1 on
	OpBrightness     Op   = "brightness"      // 1 to 4 quarters
	OpBlink          Op   = "blink"           // units of 50 ms, 0 stops, FF blanks
	OpReverse        Op   = "reverse"         // 0 off, 1 on, for what follows
	OpCodePage       Op   = "code page"       // PageCP437, …, for what follows
	OpInternational  Op   = "international"   // 0 USA: nothing replaced in ASCII
	OpDefineChars    Op   = "define"          // 01, first, last, and columns of each
	OpUseChars       Op   = "use own"         // 0 off, 1 on
	OpDeleteChar     Op   = "delete own"      // the character
	OpPeripheral     Op   = "peripheral"      // 1 printer, 2 display, 3 both
	OpCharPeriod     Op   = "char and period" // the character
	OpCharComma      Op   = "char and comma"  // the character
	OpCharBoth       Op   = "char and both"   // the character
	OpAnnunciator    Op   = "annunciator"     // 0 off or 1 on, column
	OpWindow         Op   = "window"          // number, 1 and x1 y1 x2 y2, or number, 0
	OpClockSet       Op   = "clock set"       // hour, minute
	OpClockShow      Op   = "clock show"      //
	OpSelfTest       Op   = "self test"       // seconds long, then blank
	OpDTR            Op   = "dtr"             // state of the display's DTR output
	OpMacroDefine    Op   = "macro define"    // begin or end
	OpMacroRun       Op   = "macro run"       // two numbers: pauses
	OpEmulation      Op   = "emulation"       // Aures family, kept in EEPROM: 30, 31
	OpFirmware       Op   = "firmware"        // Aures family: show the version
	OpLogo           Op   = "logo"            // Aures family: show the stored logo
	OpUnknown             = cmdset.OpUnknown  // bytes that begin no known command
	ModeOverwrite    byte = 1
	ModeVertical     byte = 2 // scrolls up at the end of the last row
	ModeHorizontal   byte = 3 // shifts the row left at its end
	PeripheralScreen byte = 2
)

// table is section 1.2, and what the vectors add.
var table = cmdset.Table{
	{Op: OpInitialise, Lead: "\x1b\x40"},
	{Op: OpClear, Lead: "\x0c"},
	{Op: OpClearLine, Lead: "\x18"},
	{Op: OpHome, Lead: "\x0b"},
	{Op: OpLeft, Lead: "\x08"},
	{Op: OpRight, Lead: "\x09"},
	{Op: OpDown, Lead: "\x0a"},
	{Op: OpUp, Lead: "\x1f\x0a"},
	{Op: OpLineStart, Lead: "\x0d"},
	{Op: OpLineEnd, Lead: "\x1f\x0d"},
	{Op: OpBottom, Lead: "\x1f\x42"},
	{Op: OpPosition, Lead: "\x1f\x24", Args: 2},
	{Op: OpMode, Lead: "\x1f\x01", Implied: "\x01"},
	{Op: OpMode, Lead: "\x1f\x02", Implied: "\x02"},
	{Op: OpMode, Lead: "\x1f\x03", Implied: "\x03"},
	{Op: OpMode, Lead: "\x1b\x11", Implied: "\x01"}, // CD5220's spelling, sent to some ESC/POS boxes
	{Op: OpMode, Lead: "\x1b\x12", Implied: "\x02"},
	{Op: OpMode, Lead: "\x1b\x13", Implied: "\x03"},
	{Op: OpCursor, Lead: "\x1f\x43", Args: 1},
	{Op: OpCursor, Lead: "\x1b\x5f", Args: 1}, // CD5220's spelling
	{Op: OpBrightness, Lead: "\x1f\x58", Args: 1},
	{Op: OpBlink, Lead: "\x1f\x45", Args: 1},
	{Op: OpReverse, Lead: "\x1f\x72", Args: 1},
	{Op: OpCodePage, Lead: "\x1b\x74", Args: 1},
	{Op: OpInternational, Lead: "\x1b\x52", Args: 1},
	{Op: OpDefineChars, Lead: "\x1b\x26", Args: 3, More: cmdset.DefinedChars},
	{Op: OpUseChars, Lead: "\x1b\x25", Args: 1},
	{Op: OpDeleteChar, Lead: "\x1b\x3f", Args: 1},
	{Op: OpPeripheral, Lead: "\x1b\x3d", Args: 1},
	{Op: OpCharPeriod, Lead: "\x1f\x2e", Args: 1},
	{Op: OpCharComma, Lead: "\x1f\x2c", Args: 1},
	{Op: OpCharBoth, Lead: "\x1f\x3b", Args: 1},
	{Op: OpAnnunciator, Lead: "\x1f\x23", Args: 2},
	{Op: OpWindow, Lead: "\x1b\x57", Args: 2, More: windowArgs},
	{Op: OpClockSet, Lead: "\x1f\x54", Args: 2},
	{Op: OpClockShow, Lead: "\x1f\x55"},
	{Op: OpSelfTest, Lead: "\x1f\x40"},
	{Op: OpSelfTest, Lead: "\x02\x05\x44\x08\x03"}, // Aures family (section 1.1)
	{Op: OpDTR, Lead: "\x1f\x76", Args: 1},
	{Op: OpMacroDefine, Lead: "\x1f\x3a"},
	{Op: OpMacroRun, Lead: "\x1f\x5e", Args: 2},
	{Op: OpEmulation, Lead: "\x02\x05\x43", Args: 1, Trail: "\x03"},
	{Op: OpFirmware, Lead: "\x02\x05\x56\x01\x03"},
	{Op: OpLogo, Lead: "\x02\xfc\x55\xaa\x55\xaa"},
}

// windowArgs: coordinates follow only if the window is set (section 1.2).
func windowArgs(args []byte) (int, bool) {
	if args[1] == 1 {
		return 6, true
	}
	return 2, true
}
