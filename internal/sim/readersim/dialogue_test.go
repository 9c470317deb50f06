package readersim

import (
	"testing"
	"time"
)

func TestAReservationIsCapturedByPartialReversal(t *testing.T) {
	for _, tr := range []Transport{Serial, TCP} {
		inBubble(t, Options{}, tr, func(b *bench) {
			r := b.reserve(Card{})
			if !r.Approved || r.Receipt != 1 || r.AmountMinor != 5000 {
				t.Errorf("customer sees %+v", r)
			}
			b.wantState(0, Open, 0)
			b.talk(`
				> 06 23 0d 87 00 01 04 00 00 00 00 32 65 49 09 78
				< 80 00 00
				< 04 ff 01 17
				> 80 00 00
				< 04 0f 53 27 00 04 00 00 00 00 17 35 49 09 78 ..
				> 80 00 00
				< 06 0f 00
				> 80 00 00`)
			b.wantState(0, Captured, 1735)
			// The second one is refused: the hold is resolved once.
			b.talk(`
				> 06 23 0d 87 00 01 04 00 00 00 00 32 65 49 09 78
				< 80 00 00
				< 04 0f 07 27 b8 29 52 50 00 01
				> 80 00 00
				< 06 1e 01 b8
				> 80 00 00`)
			b.wantState(0, Captured, 1735)
		})
	}
}

func TestAReservationIsCapturedByBookTotal(t *testing.T) {
	inBubble(t, Options{Capture: BookTotal}, Serial, func(b *bench) {
		b.reserve(Card{})
		b.talk(`
			> 06 23 0d 87 00 01 04 00 00 00 00 32 65 49 09 78
			< 84 83 00
			> 06 24 0d 87 00 01 04 00 00 00 00 17 35 49 09 78
			< 80 00 00
			< 04 ff 01 17
			> 80 00 00
			< 04 0f ..
			> 80 00 00
			< 06 0f 00
			> 80 00 00`)
		b.wantState(0, Captured, 1735)
	})
}

func TestACaptureWithoutAnAmountTakesEverything(t *testing.T) {
	for head, mode := range map[string]CaptureMode{"06 23": PartialReversal, "06 24": BookTotal} {
		inBubble(t, Options{Capture: mode}, Serial, func(b *bench) {
			b.reserve(Card{})
			b.send(head + " 03 87 00 01")
			b.talk("< 80 00 00\n< 04 ff 01 17\n> 80 00 00\n< 04 0f ..\n> 80 00 00\n< 06 0f 00\n> 80 00 00")
			b.wantState(0, Captured, 5000)
		})
	}
}

func TestMoreThanTheHoldIsNotCaptured(t *testing.T) {
	inBubble(t, Options{Capture: BothCaptures}, Serial, func(b *bench) {
		b.reserve(Card{})
		for _, head := range []string{"06 23", "06 24"} {
			b.send(head + " 0a 87 00 01 04 00 00 00 00 50 01")
			b.talk("< 80 00 00\n< 04 0f 07 27 b7 29 52 50 00 01\n> 80 00 00\n< 06 1e 01 b7\n> 80 00 00")
		}
		b.wantState(0, Open, 0)
	})
}

func TestAReleaseGivesEverythingBack(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.reserve(Card{})
		b.talk(`
			> 06 25 06 87 00 01 49 09 78
			< 80 00 00
			< 04 ff 01 17
			> 80 00 00
			< 04 0f 53 27 00 04 00 00 00 00 00 00 49 09 78 ..
			> 80 00 00
			< 06 0f 00
			> 80 00 00
			> 06 25 06 87 00 01 49 09 78
			< 80 00 00
			< 04 0f 07 27 b4 29 52 50 00 01
			> 80 00 00
			< 06 1e 01 b4
			> 80 00 00`)
		b.wantState(0, Released, 0)
	})
}

func TestTheEnquiryNamesWhatIsOpen(t *testing.T) {
	inBubble(t, Options{MaxHolds: 2, FirstReceipt: 9999}, Serial, func(b *bench) {
		b.talk("> 06 23 03 87 ff ff\n< 80 00 00\n< 06 1e 04 b8 87 ff ff\n> 80 00 00")
		b.reserve(Card{})
		b.talk("> 06 23 03 87 ff ff\n< 80 00 00\n< 06 1e 04 b8 87 99 99\n> 80 00 00")
		b.reserve(Card{}) // the receipt number wraps to 0001
		b.talk("> 06 23 05 87 ff ff 06 00\n< 80 00 00\n< 06 1e 0d b8 06 0a 23 08 08 02 99 99 08 02 00 01\n> 80 00 00")
		// No room for a third.
		b.talk("> 06 22 07 04 00 00 00 00 50 00\n< 80 00 00\n< 06 1e 01 b8\n> 80 00 00")
	})
}

func TestADeclinedCardLeavesNoHold(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.tap(Card{Decline: 0x05})
		b.talk(`
			> 06 22 07 04 00 00 00 00 50 00
			< 80 00 00
			< 04 ff 01 0a
			> 80 00 00
			< 04 ff 01 04
			> 80 00 00
			< 04 0f 07 27 05 29 52 50 00 01
			> 80 00 00
			< 06 1e 01 05
			> 80 00 00`)
		if r := <-b.taps; r.Approved || r.Code != 5 {
			t.Errorf("customer sees %+v", r)
		}
		if n := len(b.pt.Ledger().Holds); n != 0 {
			t.Errorf("got %d holds, want none", n)
		}
	})
}

func TestAPartialGrantHoldsLess(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		if r := b.reserve(Card{GrantMinor: 2000}); r.AmountMinor != 2000 {
			t.Errorf("customer sees %+v", r)
		}
		if h := b.hold(0); h.Amount != 2000 || h.Requested != 5000 {
			t.Errorf("got %d of %d, want 2000 of 5000", h.Amount, h.Requested)
		}
	})
}

// toStatusInfo plays a reservation up to its Status Information.
const toStatusInfo = `
	> 06 22 07 04 00 00 00 00 50 00
	< 80 00 00
	< 04 ff 01 0a
	> 80 00 00
	< 04 ff 01 04
	> 80 00 00
	< 04 0f ..`

func TestAHoldThatIsNotAcknowledgedIsReversed(t *testing.T) {
	for name, answer := range map[string]string{
		"no answer within T3":  "wait 5s",
		"refused with 66":      "> 84 66 00",
		"refused with another": "> 84 05 00",
	} {
		inBubble(t, Options{}, Serial, func(b *bench) {
			b.tap(Card{})
			b.talk(toStatusInfo)
			b.talk(answer)
			b.talk("< 06 1e 01 6c\n> 80 00 00")
			if r := <-b.taps; r.Approved {
				t.Errorf("%s: customer sees %+v", name, r)
			}
			b.wantState(0, Reversed, 0)
			b.talk("> 06 23 03 87 ff ff\n< 80 00 00\n< 06 1e 04 b8 87 ff ff\n> 80 00 00")
		})
	}
}

func TestAStatusInformationNobodyTakesIsSentThreeTimes(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.tap(Card{})
		b.talk(toStatusInfo[:len(toStatusInfo)-len("\n\t< 04 0f ..")])
		for n := range 3 {
			it := b.mustItem()
			if it.kind != itemFrame || it.apdu.head() != cmdStatusInfo {
				t.Fatalf("transmission %d: got %+v", n+1, it)
			}
			if n == 1 {
				b.raw(nak)
			}
		}
		// The gateway reads nothing it may acknowledge; then 06 1E three times.
		time.Sleep(30 * time.Second)
		b.wantState(0, Reversed, 0)
		if n := len(b.hold(0).SentAt); n != 3 {
			t.Errorf("ledger has %d transmissions, want 3", n)
		}
	})
}

func TestKeepingTerminalStaysBookedWithoutAnAnswer(t *testing.T) {
	inBubble(t, Options{Unacked: KeepUnacked}, Serial, func(b *bench) {
		b.tap(Card{})
		b.talk(toStatusInfo)
		b.talk("wait 5s\n< 06 0f 00\n> 80 00 00")
		b.wantState(0, Open, 0)
		b.talk("> 06 20 05 00 00 00 03 03\n< 80 00 00\n< 04 0f ..\n> 80 00 00\n< 06 0f 00\n> 80 00 00")
	})
}

func TestPleaseWaitIsAskedAgain(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.tap(Card{})
		b.talk(toStatusInfo)
		b.talk("> 84 9c 00\n< 04 0f ..\n> 84 9c 00\n< 04 0f ..\n> 84 00 00\n< 06 0f 00\n> 80 00 00")
		b.wantState(0, Open, 0)
	})
}

func TestAHoldReversedAfterItsAcknowledgement(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.tap(Card{ReverseAfterAck: true})
		b.talk(toStatusInfo)
		b.talk("> 80 00 00\n< 06 1e 01 6c\n> 80 00 00")
		b.wantState(0, Reversed, 0)
		if h := b.hold(0); h.AckedAt.IsZero() || h.EndedBy != "after the acknowledgement" {
			t.Errorf("ledger tells another story: %+v", h)
		}
	})
}

func TestACaptureThatIsNotAcknowledgedLeavesTheHoldOpen(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.reserve(Card{})
		b.talk(`
			> 06 23 0d 87 00 01 04 00 00 00 00 32 65 49 09 78
			< 80 00 00
			< 04 ff 01 17
			> 80 00 00
			< 04 0f ..
			wait 5s
			< 06 1e 01 6c
			> 80 00 00`)
		b.wantState(0, Open, 0)
	})
}

func TestAnAbortEndsTheWaitForACard(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.talk(`
			> 06 22 07 04 00 00 00 00 50 00
			< 80 00 00
			< 04 ff 01 0a
			> 80 00 00
			> 06 b0 00
			< 80 00 00
			< 04 0f 07 27 6c 29 52 50 00 01
			> 80 00 00
			< 06 1e 01 6c
			> 80 00 00`)
		if n := len(b.pt.Ledger().Holds); n != 0 {
			t.Errorf("got %d holds, want none", n)
		}
	})
}

func TestAnAbortIsTooLateOnceTheHostIsAsked(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.tap(Card{Host: 10 * time.Second})
		b.talk(`
			> 06 22 07 04 00 00 00 00 50 00
			< 80 00 00
			< 04 ff 01 0a
			> 80 00 00
			< 04 ff 01 04
			> 80 00 00
			> 06 b0 00
			< 84 83 00
			< 04 0f ..
			> 80 00 00
			< 06 0f 00
			> 80 00 00`)
		b.wantState(0, Open, 0)
	})
}

func TestNobodyTapsWithinTheCardWait(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.talk(`
			> 06 22 07 04 00 00 00 00 50 00
			< 80 00 00
			< 04 ff 01 0a
			> 80 00 00
			wait 60s
			< 04 0f 07 27 6c 29 52 50 00 01
			> 80 00 00
			< 06 1e 01 6c
			> 80 00 00`)
	})
}

func TestACrossingAbortLosesBothFrames(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.tap(Card{})
		b.talk("> 06 22 07 04 00 00 00 00 50 00\n< 80 00 00\n< 04 ff 01 0a\n> 80 00 00\n< 04 ff 01 04\n> 80 00 00")
		for range 3 { // both send, both repeat twice, no ACK for either
			if it := b.mustItem(); it.apdu.head() != cmdStatusInfo {
				t.Fatalf("got %+v", it)
			}
			b.raw(b.wire.encode(msg(cmdAbort))...)
		}
		time.Sleep(time.Minute)
		b.wantState(0, Reversed, 0)
		b.in = nil
		b.talk("> 06 23 03 87 ff ff\n< 80 00 00\n< 06 1e 04 b8 87 ff ff\n> 80 00 00")
	})
}

func TestATolerantTerminalTakesACrossingAbort(t *testing.T) {
	inBubble(t, Options{TakeCollisions: true}, Serial, func(b *bench) {
		b.tap(Card{})
		b.talk("> 06 22 07 04 00 00 00 00 50 00\n< 80 00 00\n< 04 ff 01 0a\n> 80 00 00\n< 04 ff 01 04\n> 80 00 00")
		if it := b.mustItem(); it.apdu.head() != cmdStatusInfo {
			t.Fatalf("got %+v", it)
		}
		b.send("06 b0 00")
		b.raw(ack) // now for its Status Information
		b.talk("< 84 83 00\n> 80 00 00\n< 06 0f 00\n> 80 00 00")
		b.wantState(0, Open, 0)
	})
}
