// Package modelcheck explores what two purchases on one terminal can come to: the
// real Step of the order and of the lane, among models of the engine, the store, the
// terminal and the SaaS. It has tests only.
//
// A state of the world is what counts of all of them: both orders' states, the lane's,
// what the engine keeps in memory, what the terminal and the issuer know, what the
// SaaS has taken and told, and how many faults are still to come. Whatever can happen
// next is an action. The explorer takes every action of every state, fewest faults
// first, so that what it has finished is every course with that many faults; from every
// state it also goes home, with the SaaS's callbacks and without, and judges the end.
//
// It owns the models and the promises they are watched for (M1 to M7 and M13 of
// docs/invariants.md). It promises that a broken promise is told with the shortest
// course that leads there. It knows no amounts of time: a deadline that runs may be
// over at any moment, in any order, and what is about to happen within moments goes
// first unless a fault is spent on it.
//
// The rules of the engine that the model copies, and what pins the engine to them:
//
//   - one turn takes what the cores asked for before anything from outside, steps all of
//     it on copies, and commits it whole or not at all; effects start only behind the
//     commit (the comment above Run);
//   - then each changed order is told to its lane, its commands after that, and the end
//     of a command last;
//   - OpenDoor waits for the terminal's acknowledgement. If the dialogue ends without
//     one, it is answered "not sent"; so is one whose deadline is over;
//   - a report is in the outbox with the commit that made it, and leaves it with the
//     commit of its answer; per order the oldest is sent first;
//   - a kill loses the lane's memory, the calls and the dialogue, nothing else; the next
//     start tells the lane its open orders, then every order that it was restarted, then
//     that it has started;
//   - a callback known by its key changes nothing. The model repeats callbacks under
//     another key, as a relayed and a polled copy have, which Step has to stand.
//
// TestTheEngineKeepsTheRulesOfTheModel walks at random through the model and the real
// engine on the real store in step, and compares every order after every action.
package modelcheck
