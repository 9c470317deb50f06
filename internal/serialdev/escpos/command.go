package escpos

// Op names a command.
type Op string

// The commands (section 1.2). Their arguments, in Cmd.Args, are binary numbers.
const (
	OpText           Op   = "text"            // the cells to write at the cursor
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
	OpUnknown        Op   = "unknown"         // bytes that begin no known command
	ModeOverwrite    byte = 1
	ModeVertical     byte = 2 // scrolls up at the end of the last row
	ModeHorizontal   byte = 3 // shifts the row left at its end
	PeripheralScreen byte = 2
)

// Cmd is one command. Args is what belongs to Op, nil if nothing does.
type Cmd struct {
	Op   Op
	Args []byte
}

// layout is how a command looks on the wire: lead, then args bytes of which the number
// is fixed or found by more.
type layout struct {
	op      Op
	lead    string
	args    int
	implied string                             // arguments that the lead itself says
	trail   string                             // bytes behind the arguments
	more    func(args []byte) (n int, ok bool) // number of arguments, given the first ones
}

// layouts is section 1.2, and what the vectors add. Of several with the same op the
// first is the one that is written.
var layouts = []layout{
	{op: OpInitialise, lead: "\x1b\x40"},
	{op: OpClear, lead: "\x0c"},
	{op: OpClearLine, lead: "\x18"},
	{op: OpHome, lead: "\x0b"},
	{op: OpLeft, lead: "\x08"},
	{op: OpRight, lead: "\x09"},
	{op: OpDown, lead: "\x0a"},
	{op: OpUp, lead: "\x1f\x0a"},
	{op: OpLineStart, lead: "\x0d"},
	{op: OpLineEnd, lead: "\x1f\x0d"},
	{op: OpBottom, lead: "\x1f\x42"},
	{op: OpPosition, lead: "\x1f\x24", args: 2},
	{op: OpMode, lead: "\x1f\x01", implied: "\x01"},
	{op: OpMode, lead: "\x1f\x02", implied: "\x02"},
	{op: OpMode, lead: "\x1f\x03", implied: "\x03"},
	{op: OpMode, lead: "\x1b\x11", implied: "\x01"}, // CD5220's spelling, sent to some ESC/POS boxes
	{op: OpMode, lead: "\x1b\x12", implied: "\x02"},
	{op: OpMode, lead: "\x1b\x13", implied: "\x03"},
	{op: OpCursor, lead: "\x1f\x43", args: 1},
	{op: OpCursor, lead: "\x1b\x5f", args: 1}, // CD5220's spelling
	{op: OpBrightness, lead: "\x1f\x58", args: 1},
	{op: OpBlink, lead: "\x1f\x45", args: 1},
	{op: OpReverse, lead: "\x1f\x72", args: 1},
	{op: OpCodePage, lead: "\x1b\x74", args: 1},
	{op: OpInternational, lead: "\x1b\x52", args: 1},
	{op: OpDefineChars, lead: "\x1b\x26", args: 3, more: definedChars},
	{op: OpUseChars, lead: "\x1b\x25", args: 1},
	{op: OpDeleteChar, lead: "\x1b\x3f", args: 1},
	{op: OpPeripheral, lead: "\x1b\x3d", args: 1},
	{op: OpCharPeriod, lead: "\x1f\x2e", args: 1},
	{op: OpCharComma, lead: "\x1f\x2c", args: 1},
	{op: OpCharBoth, lead: "\x1f\x3b", args: 1},
	{op: OpAnnunciator, lead: "\x1f\x23", args: 2},
	{op: OpWindow, lead: "\x1b\x57", args: 2, more: windowArgs},
	{op: OpClockSet, lead: "\x1f\x54", args: 2},
	{op: OpClockShow, lead: "\x1f\x55"},
	{op: OpSelfTest, lead: "\x1f\x40"},
	{op: OpSelfTest, lead: "\x02\x05\x44\x08\x03"}, // Aures family (section 1.1)
	{op: OpDTR, lead: "\x1f\x76", args: 1},
	{op: OpMacroDefine, lead: "\x1f\x3a"},
	{op: OpMacroRun, lead: "\x1f\x5e", args: 2},
	{op: OpEmulation, lead: "\x02\x05\x43", args: 1, trail: "\x03"},
	{op: OpFirmware, lead: "\x02\x05\x56\x01\x03"},
	{op: OpLogo, lead: "\x02\xfc\x55\xaa\x55\xaa"},
}

// windowArgs: coordinates follow only if the window is set (section 1.2).
func windowArgs(args []byte) (int, bool) {
	if args[1] == 1 {
		return 6, true
	}
	return 2, true
}

// definedChars: for each character from the second to the third argument a count and
// as many columns (section 1.7).
func definedChars(args []byte) (int, bool) {
	n := 3
	for c := int(args[1]); c <= int(args[2]); c++ {
		if n >= len(args) {
			return n + 1, false
		}
		n += 1 + int(args[n])
	}
	return n, true
}
