// Package ledger is the double-entry book of a gateway's money: for each terminal
// and currency it says where every amount is that an issuer ever set aside for it.
//
// It owns the accounts, the position that an order's state stands for, the entries
// that lead from one position to the next, their text form in the store, the sums
// of a day, and the comparison with what a terminal says it settles.
//
// It promises:
//   - every entry balances, so the sum over all accounts is zero after every commit;
//   - an order's entries add up to its position, which Check compares with the
//     order's own facts: held and in doubt are its open hold, captured and
//     unconfirmed what its outcome says;
//   - money goes one way only: what was released, expired, taken back or refunded
//     never moves again, and what was captured moves only by a refund (Entry.check);
//   - an order's line does not grow while a doubt comes and goes within a day.
//
// It is pure: the day, the period and whether the clock was right arrive in a Mark.
// It refuses to correct anything: a broken promise is returned, and the caller tells.
//
// The accounts, and the arrows on which money moves between them:
//
//	issuer ──► held ──► captured or unconfirmed ──► refunded or by_hand
//	           │  ▲ └──► released, expired or taken_back
//	           ▼  │
//	          in_doubt ──► whatever held can become
package ledger
