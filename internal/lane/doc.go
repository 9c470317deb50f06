// Package lane is the policy of one lane: one terminal and one display serving
// one or more doors. It says whether the lane may sell and why not, what the
// terminal does next, when its end of day runs, who occupies a door, and which
// holds nobody here knows of.
//
// It is pure, in the same form as package purchase: Step takes a state and an
// event and gives a new state and effects. It knows no amount beyond the limit
// that is held, and no decision about an order's money.
//
// It promises:
//   - settling goes before arming: a wait for a card is aborted as soon as a
//     command of an order waits, or the lane may no longer sell; a tap that
//     crosses the abort is served first;
//   - no card is taken while a reason against selling stands, while the terminal
//     has no room for another hold, or while it has not been asked, since it was
//     attached, which holds are open (M3);
//   - a hold that fits no armed order of this gateway is a task for a person and
//     is never released by itself;
//   - the end of day runs with no hold open, unless the terminal allows it.
package lane
