// Package wiretrace is the flight recorder of the serial ports: what went over a line
// lately, redacted, as a file that people can read and that can be played again.
//
// It owns a Recorder for each port (a ring of bounded size in memory, always on), the
// format of a trace (Trace: JSON Lines), files that follow a Recorder (File), and the
// Player, which plays the device's side of a trace to whoever connects.
//
// It promises:
//   - No card number, track data or password is ever in the ring (DESIGN M8). Bytes are
//     kept as whole commands, redacted by the codec; what is no whole command (noise,
//     a frame cut off or broken) keeps no run of more than two bytes that could be digits.
//     Checksums are computed anew, so that a redacted frame is a good one, and a broken
//     frame stays broken.
//   - A line is never slowed: what is recorded costs microseconds and a bounded piece of
//     memory, nothing of it blocks, and no fault of it reaches the line.
//   - The beginning of the line's present life (how the device was attached) is kept when
//     the ring has forgotten what came behind it, and the trace says that something is missing.
//   - Read takes a trace as a whole or says what is wrong with it as file:line.
//
// It refuses to judge a dialogue, to know a driver, and to write to disk by itself.
//
// The times of a trace are those at which the last byte of a piece came or went, by the
// monotonic clock, to the microsecond. The wall clock beside them is right to a second.
package wiretrace
