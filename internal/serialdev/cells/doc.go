// Package cells turns text into the cells of a character display and back: one byte a
// cell, in the code page that is set on the display.
//
// It owns the code pages, what is shown for a rune that a page lacks, and how a display
// is to be prepared for either (Setup). It is pure, knows no command and lays nothing
// out.
//
// It promises:
//   - every text gives cells: what the page lacks becomes its base letter, a spelling,
//     or a question mark;
//   - no text makes a command: every cell is between 20 and 7E or above 7F;
//   - what Shown returns takes one cell a rune on a display with that charset, and is
//     shown as it stands: whoever lays rows out lays out what Shown returns.
//
// "Section n" in comments is a section of the project's notes on displays.
package cells
