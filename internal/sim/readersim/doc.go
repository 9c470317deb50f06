// Package readersim is a ZVT card terminal (a PT) made of software: it speaks
// the real wire over a pty, TCP or any byte pipe, holds reservations like a
// terminal with an acquirer behind it, and misbehaves as told.
//
// It owns the terminal's side of the money: a ledger of JSON lines (Event) that
// is on disk before the gateway can learn what it says, survives the kill of
// the simulator, and is what an auditor compares the gateway with (LoadLedger).
//
// It promises to decide as ZVT says: a reservation is the gateway's only when
// the Status Information was acknowledged within T3; otherwise it reverses by
// itself. It computes CRC and fields with its own code, so that a mistake in the
// gateway's codec is not mirrored here, and uses no clock but timers, so that it
// runs inside a synctest bubble over net.Pipe.
//
// It refuses to know anything of orders, doors or the SaaS.
//
// Protocol facts refer to the ZVT digest by section ("§9.4"); its authority is
// PA00P015 rev 13.08.
package readersim
