// Package pole drives a customer display of two rows of twenty cells. The command set is
// a Dialect: ESC/POS (driver "pole-escpos") or CD5220 ("pole-cd5220"); the configuration
// names it, since the wrong one almost works (section 1.1).
//
// It owns the line and one wanted screen, the newest: screens in between are never
// queued. It promises that Show never blocks, that the wanted screen is on the display
// soon after each open and each change, and with its letters right at most
// Options.Refresh after the display got its own power back (it cannot say so); and that
// a fault is logged once and counted: no sale waits for a display.
//
// It refuses to lay out texts: rows come as they are to be seen, one rune a cell in the
// display's charset (Dialect.Charset), and what a row has too much is cut.
//
// "Section n" is a section of the project's notes on displays.
package pole
