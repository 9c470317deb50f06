// Package zvtterm drives one ZVT card terminal over a serial line or TCP.
//
// It owns the line: opening it again for ever, framing and transport
// acknowledgements, timers and repeats, the dialogues, and the state of the
// attachment. The bytes themselves are package zvt's.
//
// It promises:
//   - A result that the terminal commits on our answer (04 0F with result 00) is
//     posted first. Only an Accept that comes 1 s before T3 ends is answered by
//     80 00 00; a Refuse is answered by 84 66 00; for anything else the line is
//     closed in silence, and the terminal reverses.
//   - For every command that Start took, exactly one Ended is posted, after
//     everything else about that command; also when the line is lost or Run is told
//     to stop. It is posted again until the poster takes it, or Run has to stop.
//   - What was asked and has no end is InDoubt from the first byte written on. No
//     command that moves money is ever sent twice by itself, except after an answer
//     that says it was not begun (9C busy, 6B not registered).
//   - acked(id) is called only when the terminal surely has our acknowledgement:
//     its 06 on a serial line, written on TCP, or the completion that follows it.
//   - Start, Abort and Caps never block.
//
// It refuses to know what an order is, to decide whether a hold may stand, and to
// settle anything by itself. A result that nobody asked for is refused.
//
// "Section n" refers to the project's protocol notes on ZVT; "S" there is
// PA00P015 rev 13.08.
package zvtterm
