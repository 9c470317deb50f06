package readersim

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestEndOfDayWithAnOpenHoldFollowsThePolicy(t *testing.T) {
	for policy, want := range map[EndOfDayPolicy]State{RefuseOpen: Open, ChargeFull: Captured, ReleaseOpen: Released} {
		inBubble(t, Options{EndOfDay: policy}, Serial, func(b *bench) {
			b.reserve(Card{})
			b.talk("> 06 50 03 00 00 00\n< 80 00 00")
			if policy == RefuseOpen {
				b.talk("< 06 1e 04 b8 87 00 01\n> 80 00 00")
			} else {
				b.talk("< 04 0f ..\n> 80 00 00\n< 06 0f 00\n> 80 00 00")
			}
			h := b.hold(0)
			if charged := h.CapturedMinor == 5000; h.State != want || charged != (policy == ChargeFull) {
				t.Errorf("%s: got %s with %d", policy, h.State, h.CapturedMinor)
			}
			if settled := !h.SettledAt.IsZero(); settled != (policy == ChargeFull) {
				t.Errorf("%s: settled %v", policy, settled)
			}
		})
	}
}

func TestAReversalUndoesACaptureUntilEndOfDay(t *testing.T) {
	const capture = `
		> 06 23 0a 87 00 01 04 00 00 00 00 40 00
		< 80 00 00
		< 04 ff 01 17
		> 80 00 00
		< 04 0f ..
		> 80 00 00
		< 06 0f 00
		> 80 00 00`
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.reserve(Card{})
		b.talk(capture)
		b.talk(`
			> 06 30 06 00 00 00 87 00 02
			< 80 00 00
			< 04 ff 01 17
			> 80 00 00
			< 04 0f ..
			> 80 00 00
			< 06 0f 00
			> 80 00 00`)
		b.wantState(0, Undone, 1000)
	})
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.reserve(Card{})
		b.talk(capture)
		b.talk("> 06 50 03 00 00 00\n< 80 00 00\n< 04 0f ..\n> 80 00 00\n< 06 0f 00\n> 80 00 00")
		b.talk("> 06 30 06 00 00 00 87 00 02\n< 80 00 00\n< 04 0f ..\n> 80 00 00\n< 06 1e 01 b5\n> 80 00 00")
		b.wantState(0, Captured, 1000)
	})
}

func TestCommandsThatEndWithTheirAnswer(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.talk(`
			> 05 01 05 00 00 00 03 02
			< 80 00 00
			< 06 0f 01 00
			> 80 00 00
			> 05 01 03 00 00 00
			< 80 00 00
			< 06 0f 0b f0 f0 f7 53 49 4d 20 31 2e 30 00
			> 80 00 00
			> 06 e0 0d f1 f1 f0 48 61 6c 6c 6f 20 57 65 6c 74
			< 80 00 00
			> 06 b0 00
			< 80 00 00
			> 0f a1 00
			< 84 83 00
			> 06 20 05 00 00 00 03 03
			< 80 00 00
			< 06 1e 01 83
			> 80 00 00
			> 06 50 03 12 34 56
			< 84 37 00
			> 06 00 06 00 00 00 3e 08 40
			< 84 1e 03 6f 09 78
			> 06 02 00
			< 80 00 00
			> 06 22 07 04 00 00 00 00 50 00
			< 80 00 00
			< 04 0f 07 27 6b 29 52 50 00 01
			> 80 00 00
			< 06 1e 01 6b
			> 80 00 00`)
	})
}

// The frame is in good order, so it is taken before it is looked at (§2.4).
func TestAMessageThatDoesNotFitItsFrameIsAProtocolError(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		for _, message := range []string{"06 23 09 87 ff ff", "06 23 02 87 ff ff", "06 23", "06 23 ff 03"} {
			raw := unhex(t, message)
			crc := crc16(append(raw[:len(raw):len(raw)], etx))
			b.raw(append(append([]byte{dle, stx}, raw...), dle, etx, byte(crc), byte(crc>>8))...)
			if it := b.mustItem(); it.kind != itemACK {
				t.Fatalf("%s: got item %+v, want an ACK", message, it)
			}
			b.talk("< 84 9a 00")
		}
	})
}

func TestASettableStatusIsTold(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.pt.SetStatus(0xF0)
		b.talk("> 05 01 05 00 00 00 03 02\n< 80 00 00\n< 06 0f 01 f0\n> 80 00 00")
	})
}

func TestReceiptsArePrintedOnlyIfAskedFor(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.talk(`
			> 06 00 10 00 00 00 be 09 78 03 01 06 06 26 04 0a 02 06 d3
			< 80 00 00
			< 06 0f ..
			> 80 00 00`)
		b.reserve(Card{})
		b.talk(`
			> 06 25 03 87 00 01
			< 80 00 00
			< 04 ff 01 17
			> 80 00 00
			< 04 0f ..
			> 80 00 00
			< 06 d3 ..
			> 84 cc 00
			< 06 d3 ..
			> 80 00 00
			< 06 0f 00
			> 80 00 00`)
		b.wantState(0, Released, 0)
	})
}

func TestTheLedgerSurvivesAKillOfTheSimulator(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	inBubble(t, Options{LedgerPath: path, MaxHolds: 3}, Serial, func(b *bench) {
		b.reserve(Card{})
		b.tap(Card{})
		b.talk(toStatusInfo) // killed before the acknowledgement
	})
	led, err := LoadLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	if h := led.HoldList(); len(h) != 2 || h[0].State != Open || h[1].State != Pending {
		t.Fatalf("ledger on disk: %+v", h)
	}
	inBubble(t, Options{LedgerPath: path, MaxHolds: 3}, Serial, func(b *bench) {
		b.wantState(0, Open, 0)
		b.wantState(1, Reversed, 0)
		if r := b.reserve(Card{}); r.Receipt != 3 {
			t.Errorf("receipt %d, want 3", r.Receipt)
		}
	})
	led, err = LoadLedger(path)
	if err != nil || len(led.Holds) != 3 || !slices.IsSortedFunc(led.Events, func(a, b Event) int { return int(a.Seq - b.Seq) }) {
		t.Errorf("ledger on disk: %d holds, %v", len(led.Holds), err)
	}
}

func TestAnExpiredHoldCannotBeCaptured(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		r := b.reserve(Card{})
		if !b.pt.ExpireHold(r.Receipt) || b.pt.ExpireHold(r.Receipt) {
			t.Error("the hold did not expire exactly once")
		}
		b.talk("> 06 24 03 87 00 01\n< 84 83 00\n> 06 23 03 87 00 01\n< 80 00 00\n< 04 0f ..\n> 80 00 00\n< 06 1e 01 b4\n> 80 00 00")
		b.wantState(0, ExpiredHold, 0)
	})
}
