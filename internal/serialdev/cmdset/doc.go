// Package cmdset reads and writes the command set of a character display, given as a
// table: the codecs of such displays (escpos, cd5220) differ in their tables only.
//
// It promises that Decode takes any bytes step by step (what the table lacks is
// OpUnknown, never an error), that an input which ends inside a command is ErrTruncated,
// and that Append writes nothing that would not decode to the same command. It keeps no
// state and knows no display.
package cmdset
