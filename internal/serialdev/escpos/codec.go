package escpos

import "edged/internal/serialdev/cmdset"

// Op names a command, Cmd is one with its arguments.
type (
	Op  = cmdset.Op
	Cmd = cmdset.Cmd
)

// Decode takes the first command off b and returns how many bytes it took; the only
// error is cmdset.ErrTruncated. See cmdset.Table.
func Decode(b []byte) (Cmd, int, error) { return table.Decode(b) }

// Append writes a command, or returns dst as it was and cmdset.ErrRange.
func Append(dst []byte, c Cmd) ([]byte, error) { return table.Append(dst, c) }
