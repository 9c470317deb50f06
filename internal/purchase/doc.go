// Package purchase is the whole policy of one purchase, from the armed terminal
// to the acknowledged payment report.
//
// It owns the state of an order, the events that may happen to it and the
// effects they call for. It is pure: no clock, no I/O, no randomness, no
// goroutine. Time, identifiers and answers arrive in events; deadlines are part
// of the state; whatever is to be done leaves as effects, which the engine
// executes only after the new state is on flash.
//
// It promises:
//   - Step never fails for anything that comes from outside (a callback, a
//     terminal, a person): late, early, repeated, contradictory and unknown
//     events are kept or ignored, and move no money they should not.
//   - the first decision committed wins; a later different one is kept as a
//     conflict with an alarm and a task, and moves nothing;
//   - nothing that moves money is repeated without asking the terminal first;
//   - every hold ends captured, released, expired or in an open task (M3), and
//     every recognised total is captured or unpaid with a named cause (M13).
//
// An error from Step means a broken promise of our own (an answer to an effect
// that was never asked for by this order); the engine parks such an order. The one
// exception is ErrPerson, which tells somebody that what he asked for by hand
// cannot be done; it changes nothing.
//
// Where to look: Step and its diagram in step.go; the outcome table in
// step_conclude.go and step_report.go; every path as a text in testdata.
package purchase
