// Package audit proves the money of a demonstration. It compares four books that
// were kept apart — what really happened at the doors (world), what the SaaS was
// asked and told, what the card terminal booked, and what edged says of its
// orders — and names every promise that was broken: M1–M7 and M13.
//
//	M1  no OpenDoor without an approved hold whose acknowledgement the terminal took
//	M2  one capture per hold, at most the hold and the recognised total; one refund
//	M3  every hold ends or is in an open task; durable before acknowledged
//	M4  every outcome that is reported is reported once, rightly and until it is heard
//	M5  OpenDoor is never sent after its deadline, and never after a restart
//	M6  a callback that was answered 200 is in the order, and nothing else is
//	M7  what is in doubt is asked about before money moves; OpenDoor is repeated once
//	M13 every recognised total is captured, or unpaid by a scripted fault
//
// It is pure: no files, no clock, no randomness. It knows nothing of the daemon's
// rooms, so that it cannot share their mistakes. It trusts the simulators' ledgers,
// and that all books were kept by one clock.
package audit
