// Package pole drives a customer display of two rows of twenty cells that speaks
// ESC/POS: driver "pole-escpos".
//
// It owns the line and one wanted screen, the newest: screens in between are never
// queued. It promises that Show never blocks, that the wanted screen is on the display
// soon after each open, each change, and at most Options.Refresh after the display lost
// its own power (it cannot say so), and that a fault is logged once and counted: no
// sale waits for a display.
//
// It refuses to lay out texts: rows come as they are to be seen, and what a row has
// too much is cut.
//
// "Section n" is a section of the project's notes on displays.
package pole
