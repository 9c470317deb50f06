// Package saassim is the vendor's SaaS made of software: an http.Handler with the
// exact paths of the OpenApi document (V2, and the queries of V2.1.2) and a poster
// of callbacks that repeats each until it is answered 200.
//
// It owns the SaaS's side of the truth: which OpenDoor was accepted how often,
// which callbacks were posted and taken, which payment reports were acknowledged.
// That is a ledger of JSON lines (Event, LoadLedger), on disk before the gateway
// is answered, from which a restarted simulator goes on posting.
//
// It promises to misbehave only as scripted (Script per order, CallFault per
// call), and uses no clock but timers and no network but the handler's and the
// client it was given, so that it runs inside a synctest bubble.
//
// It refuses to know what a card terminal is, and shares no code with the
// gateway's client: the document is read twice.
package saassim
