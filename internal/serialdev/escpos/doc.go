// Package escpos speaks the ESC/POS command set of customer pole displays, two rows of
// twenty character cells (Epson DM-D family and the many that imitate it).
//
// It owns the bytes: commands in both directions, and text to cells and back. It keeps
// no cursor and no screen, waits for nothing and knows no price: pauses belong to the
// driver, texts to package screen.
//
// It promises:
//   - What AppendScreen writes gives the same picture on every firmware: each row is
//     addressed and written whole, so that wrapping and scrolling, in which displays
//     differ, never happen.
//   - No text makes a command. Control characters are dropped, and every cell is
//     between 20 and 7E or above 7F.
//   - Every text gives cells: a rune that the display lacks becomes its base letter, a
//     spelling in ASCII, or a question mark.
//   - Decode takes any bytes; what it does not know it hands over as OpUnknown.
//
// It refuses to guess the emulation: displays have several command sets, and which one
// is on is a setting. Extended Epson commands (1F 28) are not decoded: sources differ on
// their length, and edged sends none.
//
// "Section n" in comments is a section of the project's notes on displays.
package escpos
