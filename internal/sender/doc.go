// Package sender drains the payment reports from the outbox to the SaaS.
//
// It promises:
//   - a report is sent again and again, byte for byte the same, until the SaaS
//     has acknowledged it, or a person has dropped it; no count and no age ends that;
//   - one that was refused is a dead letter, and is sent again every 6 hours;
//   - the reports of one order go in sequence, and an order that is stuck never
//     delays another;
//   - a fleet that comes back from an outage does not stampede, and starves nobody: the
//     drain starts at once but is paced by a token bucket whose rate is halved by
//     trouble and comes back with time (decision 014); waits are drawn with full
//     jitter, and Retry-After is honoured;
//   - a report goes only to the account it was made for (M4); one of another
//     account waits, and is alarmed once.
//
// It changes no order: what the SaaS said is posted as an event, and the commit
// of that event removes the row. A crash in between sends a report twice, which
// the SaaS answers with "already processed": an acknowledgement.
package sender
