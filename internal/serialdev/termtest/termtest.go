// Package termtest is the conformance suite of every terminal driver: what the
// engine relies on, whatever protocol the terminal speaks (STYLE §2).
//
// It owns the questions and the store that fails; the driver's own test brings a
// Rig: the driver and a simulated device on a line within a synctest bubble. It
// promises to fail a driver that
//   - lets a committing byte onto the wire before the result is durable, or after
//     it could not be made durable;
//   - posts no Ended, or two, or anything of a command after its Ended;
//   - calls acked before the device has the answer, or for a result that does not stand;
//   - blocks in Start, Abort or Caps, or does not stop;
//   - tells of money what the device's ledger does not.
//
// It refuses to know frames. Used in tests only.
package termtest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/money"
	"edged/internal/purchase"
)

// Post is the door for everything that happens (STYLE §2).
type Post = func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error)

// Terminal is the port that the engine declares.
type Terminal interface {
	Run(ctx context.Context, post Post, acked func(purchase.CommandID)) error
	Caps() purchase.TerminalCaps
	Start(cmd purchase.TerminalCommand) error
	Abort(id purchase.CommandID)
}

// Rig is one driver and its device, made within the bubble of one test.
type Rig struct {
	Terminal Terminal
	// Power runs the device until ctx ends.
	Power func(ctx context.Context)
	// Tap holds a card to the reader, which asks for it or will; the issuer
	// approves. It must not block.
	Tap func()
	// Cut ends the line now; the driver may open it again.
	Cut func()
	// Commits counts the committing answers seen on the wire: what makes the
	// device keep a hold or take money.
	Commits func() int
	// Mute makes the device take nothing from the line, or take it again. Nil if the
	// driver cannot learn whether an answer was taken.
	Mute func(bool)
	// Ledger is the device's truth, one entry a hold.
	Ledger func() []Entry
	// Settle is how long the device may take to give back what was not acknowledged.
	Settle time.Duration
}

// Entry is what became of one hold.
type Entry struct {
	Held     money.Minor
	Captured money.Minor
	Captures int
	Open     bool // still held
}

// Limit is what the suite asks to hold.
const (
	Limit = money.Minor(5000)
	Total = money.Minor(1735)
)

// Run runs the suite. New is called within each test's bubble.
func Run(t *testing.T, build func(t *testing.T) Rig) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, build(t))
				defer b.close()
				c.run(b)
				b.order()
			})
		})
	}
}

type testCase struct {
	name string
	run  func(*bench)
}

func cases() []testCase {
	all := []testCase{
		{"a hold is durable, then acknowledged, then ended", (*bench).holds},
		{"a capture takes the amount", (*bench).captures},
		{"a release gives the hold back", (*bench).releases},
		{"a refused hold is given back", (*bench).refusesHold},
		{"a refused capture takes nothing", (*bench).refusesCapture},
		{"an end of day leaves an open hold alone", (*bench).keepsHoldOverDay},
		{"Start refuses before Run and while busy, and never blocks", (*bench).starts},
		{"a wish ends the wait for a card", (*bench).aborts},
		{"an end that is not durable is posted again", (*bench).repeatsEnd},
		{"Run stops while a card is waited for", (*bench).stopsArmed},
		{"acked waits until the device has the answer", (*bench).waitsForDevice},
		{"the line is lost while a card is waited for", (*bench).cutArmed},
		{"the line is lost after the hold", (*bench).cutHeld},
	}
	for _, kind := range []purchase.Kind{purchase.KindHoldGranted, purchase.KindCaptured} {
		for _, f := range storeFaults() {
			all = append(all, testCase{string(kind) + ": " + f.name, func(b *bench) { b.storeFails(kind, f) }})
		}
		all = append(all, testCase{string(kind) + ": the line is lost while it is made durable", func(b *bench) { b.cutWhilePosting(kind) }})
	}
	return all
}
