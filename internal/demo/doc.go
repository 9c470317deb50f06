// Package demo is the demonstration: the real daemon as a child process among
// simulators of everything around it, a customer, and an auditor who proves the
// money.
//
// The daemon is this program itself, started as `run --config FILE` on a
// configuration like any other; it cannot tell the demonstration from a site.
// Simulators, customer, auditor and keys live in the parent and outlive it.
//
// It promises that nothing reaches beyond this machine's loopback, that a run
// leaves only its directory behind, and that it ends without error only if the
// auditor found nothing.
package demo
