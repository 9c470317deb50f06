// Package zvt turns bytes of the ZVT protocol (cash register, "ECR", to payment
// terminal, "PT") into Go values and back, for both sides of the line.
//
// It owns the wire format: serial framing and checksum, the command header, BMP
// fields, TLV containers and the messages built of them. It keeps no timer, reads
// no port and decides nothing: acknowledging, repeating and giving up belong to the
// driver, what a result means for a purchase to others.
//
// It promises:
//   - Lengths are checked before a byte is looked at; no input makes it panic, and
//     what it holds is bounded by [MaxAPDU].
//   - Parse copies: no message refers to the caller's buffer.
//   - No message holds a full card number or track data. Card numbers are cut to the
//     first six and last four digits, everything else that identifies a card is
//     overwritten before it is decoded. [Redact] does the same, and hides passwords,
//     for bytes that go into a log. Both work on malformed input too.
//   - Amounts are integers in minor units (cents).
//
// Tolerant where terminals are known to differ: order of fields, repeated fields
// (the last one counts), containers that were not asked for, unknown TLV tags, and
// unknown BMPs (what follows one cannot be delimited: it is kept as Unparsed).
// Strict where a mistake would cost money: lengths, digits of amounts and of the
// numbers by which a reservation is found again.
//
// A message's wire order is the order of its body method, which encodes and decodes.
//
// Sources named in comments: "S" is ZVT PA00P015 rev 13.08 (commands), "T" is
// PA00P016 rev 04 (transport), "CC" the card complete "Präzisierungen" v22. A plain
// "section n" is a section of the project's protocol notes on ZVT.
package zvt
