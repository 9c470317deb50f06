// Package saas talks to the vendor's OpenApi and listens to its callbacks.
//
// The client owns the connection, the token and the pace. It promises:
//   - Every error is a *CallError that states its Outcome: the request surely never
//     left, was answered with a no, or is in doubt. Doubt is never guessed away: it
//     is decided by what was written to the connection.
//   - It repeats nothing by itself, but for one fresh login and one repeat after a
//     401, which is an answer that nothing was done.
//   - OpenDoor does not begin to write its request once its deadline is over
//     (DESIGN M5), however long the name, the connection, the TLS handshake or the
//     login took.
//   - Reports go out as the exact bytes they were given.
//   - Keys, tokens and NotifyUrls are in no error text, log or metric.
//
// The callback handler answers 200 only after the application says that the event
// is on disk, and refuses without a hint what it cannot trust.
//
// The room refuses to know orders or money: it classifies, others decide.
package saas
