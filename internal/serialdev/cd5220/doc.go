// Package cd5220 speaks the CD5220 command set of customer pole displays, two rows of
// twenty character cells (Partner Tech and the many that imitate it; also called PTC or
// DSP standard).
//
// It owns the commands in both directions and the picture they give; cells makes bytes of
// text, cmdset reads and writes the table of commands. It keeps no cursor and no screen,
// and waits for nothing.
//
// It promises that a screen is two row commands and nothing else: each is taken whole or
// not at all, whatever cursor and mode are, and needs no position.
//
// String mode, which decides how the set must be used (section 1.8): after the first row
// command a display takes row commands only, until it is cleared or has lost its power.
// So AppendReset clears first, and AppendSetup in front of a screen is ignored by a
// display that shows one, and taken by one that has lost its power: it may be sent with
// every screen, and nothing flickers.
//
// "Section n" in comments is a section of the project's notes on displays.
package cd5220
