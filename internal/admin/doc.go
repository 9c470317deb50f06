// Package admin is the local face of the daemon: HTTP over a unix socket, for the
// commands of edged, for scripts and for an auditor.
//
// It owns the socket and its permissions, the JSON that goes over it (described in
// api/admin-openapi.yaml and kept stable), the client that the commands use, and
// the one-line texts of an order's journal.
//
// It promises:
//   - a live daemon's socket is never taken away from it; one that nobody answers
//     on is replaced, in one rename, with its permissions already set;
//   - every request that changes something is logged with the uid of its caller,
//     as the kernel tells it;
//   - a request never blocks a purchase: what it asks for goes through the engine's
//     own door, and no more than maxRequests run at once.
//
// It refuses to reach the store or to decide anything: Backend does, and drops a
// money report only for its order and with a reason.
package admin
