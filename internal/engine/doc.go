// Package engine is the one runner of edged: it takes what happened, asks the
// pure cores (purchase, lane) what follows, commits that, and only then does it.
//
// Whoever posts an event gets an answer when the event is on flash (nil) or
// surely not applied (an error). There is no other door: terminals, callbacks,
// the sender, timers and people all come through Post or one of its siblings.
//
// It promises:
//   - state, journal, outbox rows, tasks and the event's dedup key are one commit;
//   - an effect starts only after the commit that asked for it; OpenDoor starts
//     only when, besides, the terminal has taken our acknowledgement;
//   - one order never delays another: an order whose step fails is parked with
//     its state, a task and an alarm, and the rest goes on;
//   - when the store cannot commit, every poster is told, no lane sells, and what
//     has happened and will not be told again is kept until it can be committed.
//
// It refuses to know what an answer means: it turns answers into events and
// leaves their meaning to Step.
package engine
