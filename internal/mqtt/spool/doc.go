// Package spool keeps what a fleet system has still to be told: entries in order of
// arrival, each with a number of its track, until somebody has acknowledged them.
//
// It promises:
//
//   - Numbers of a track are gap-free, over restarts too. What was thinned, or lost
//     with the memory at a power cut, comes out of [Spool.Next] as a gap before the
//     entry behind it. No gap covers what had arrived, but behind a restart: what the
//     last process had told and not heard of is not known to this one.
//   - [Spool.Add] never blocks and never fails.
//   - It is bounded by entries, bytes, bytes in memory and age ([Limit]). The lowest
//     [Class] gives way first; within a class every second entry goes, its first and
//     last stay, and what was on its way once is never thinned.
//   - An entry that is acknowledged within 5 minutes is never written. What is older
//     is written with everything behind it, at most once per 5 minutes (DESIGN §4).
//     Beside that there is one commit per 512 numbers, one for what was acknowledged,
//     at most each second, and one at a clean end.
//   - A number is given to a reader only when a commit says that it may have been.
//
// Entries lie in the table of events of [edged/internal/queue], its numbering in one
// value of meta. The table's own ThinEvents is not used: what is thinned must be known
// here, in memory too, to be announced, and must not be what is on its way.
//
// It refuses to know what an entry means and who reads it.
package spool
