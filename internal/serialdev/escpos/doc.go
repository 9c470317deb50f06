// Package escpos speaks the ESC/POS command set of customer pole displays, two rows of
// twenty character cells (Epson DM-D family and the many that imitate it).
//
// It owns the commands in both directions and the picture they give; cells makes bytes of
// text, cmdset reads and writes the table of commands. It keeps no cursor and no screen,
// waits for nothing and knows no price: pauses belong to the driver, texts to package
// screen.
//
// It promises:
//   - What AppendScreen writes gives the same picture on every firmware: each row is
//     addressed and written whole, so that wrapping and scrolling, in which displays
//     differ, never happen.
//   - No text makes a command: it is cells before it is written.
//   - Decode takes any bytes; what it does not know it hands over as OpUnknown.
//
// It refuses to guess the emulation: displays have several command sets, and which one
// is on is a setting. Extended Epson commands (1F 28) are not decoded: sources differ on
// their length, and edged sends none.
//
// "Section n" in comments is a section of the project's notes on displays.
package escpos
