package readersim

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPowerCutsAtTheNamedPoints(t *testing.T) {
	cases := []struct {
		name, at string
		answers  string // after the Status Information, if it comes
		info     bool
		want     State
		holds    int
	}{
		{"before the Status Information the issuer has agreed", "tx 04 0f", "", false, Reversed, 1},
		{"after it, before our answer", "taken 04 0f", "", true, Reversed, 1},
		{"after our answer arrived, before it is booked", "acked answer to 04 0f", "> 80 00 00", true, Reversed, 1},
		{"after our answer, once it is booked", "answered 04 0f", "> 80 00 00", true, Open, 1},
		{"after our answer, before the completion", "tx 06 0f", "> 80 00 00", true, Open, 1},
		{"while the card is with the host", "tx 04 ff", "", false, "", 0},
	}
	for _, c := range cases {
		inBubble(t, Options{}, Serial, func(b *bench) {
			fault := Fault{At: c.at, Kind: PowerOut, For: 3 * time.Second}
			if c.at == "tx 04 ff" {
				fault.Skip = 1
			}
			b.pt.AddFault(fault)
			b.tap(Card{})
			b.talk("> 06 22 07 04 00 00 00 00 50 00\n< 80 00 00\n< 04 ff 01 0a\n> 80 00 00")
			if c.at != "tx 04 ff" {
				b.talk("< 04 ff 01 04\n> 80 00 00")
			}
			if c.info {
				b.talk("< 04 0f ..")
			}
			b.talk(c.answers)
			b.quiet(10 * time.Second)
			if n := len(b.pt.Ledger().Holds); n != c.holds {
				t.Fatalf("%s: got %d holds, want %d", c.name, n, c.holds)
			}
			if c.holds > 0 {
				b.wantState(0, c.want, 0)
			}
			// The registration is gone with the power.
			b.talk("> 06 25 03 87 00 01\n< 80 00 00\n< 04 0f 07 27 6b 29 52 50 00 01\n> 80 00 00\n< 06 1e 01 6b\n> 80 00 00")
		})
	}
}

func TestFaultsOfTheTransport(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		enquiry := b.wire.encode(msg(cmdPartial, 0x87, 0xFF, 0xFF))
		frame := func(s string) []byte { a, _ := wholeAPDU(unhex(t, s)); return b.wire.encode(a) }

		b.pt.AddFault(Fault{At: PointRx + Enquiry, Kind: SendNAK, Times: 2}, Fault{At: PointRx + Enquiry, Kind: Deaf, Skip: 2})
		for range 2 {
			b.raw(enquiry...)
			if it := b.mustItem(); it.kind != itemNAK {
				t.Fatalf("got %+v, want a NAK", it)
			}
		}
		b.raw(enquiry...)
		b.quiet(4 * time.Second)

		b.pt.AddFault(
			Fault{At: PointRx + Enquiry, Kind: DropACK},
			Fault{At: PointTx + "80 00", Kind: Garbage, Hex: "ff00fe"},
			Fault{At: PointTx + "06 1e", Kind: CorruptCRC},
			Fault{At: PointTx + "06 1e", Kind: Duplicate, Skip: 1},
		)
		b.raw(enquiry...) // its ACK is lost; the terminal goes on
		b.expect("80 00 00")
		if it := b.mustItem(); it.kind != itemBad {
			t.Fatalf("got %+v, want a broken frame", it)
		}
		b.raw(nak)
		b.expect("06 1e 04 b8 87 ff ff")
		b.expect("06 1e 04 b8 87 ff ff") // the duplicate
		b.send("80 00 00")

		b.pt.AddFault(Fault{At: PointTx + "80 00", Kind: Split, For: 100 * time.Millisecond})
		before := time.Now()
		b.raw(frame("05 01 05 00 00 00 03 02")...)
		if it := b.mustItem(); it.kind != itemACK {
			t.Fatalf("got %+v, want an ACK", it)
		}
		b.expect("80 00 00")
		if took := time.Since(before); took < 800*time.Millisecond {
			t.Errorf("9 bytes 100 ms apart took %v", took)
		}
		b.talk("< 06 0f 01 00\n> 80 00 00")
	})
}

func TestARepeatedCommandIsAnsweredAsBefore(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.pt.AddFault(Fault{At: PointRx + "06 22", Kind: DropACK})
		reserve := b.wire.encode(msg(cmdReserve, 0x04, 0, 0, 0, 0, 0x50, 0))
		b.raw(reserve...)
		if it := b.mustItem(); it.apdu.head() != ansOK {
			t.Fatalf("got %+v, want 80 00 00", it)
		}
		b.raw(reserve...) // the gateway missed the ACK and repeats instead of answering
		if it := b.mustItem(); it.kind != itemACK {
			t.Fatalf("got %+v, want the ACK of the repeat", it)
		}
		b.expect("80 00 00") // after T2, once more
		b.tap(Card{})
		b.talk("< 04 ff 01 0a\n> 80 00 00\n< 04 ff 01 04\n> 80 00 00\n< 04 0f ..\n> 80 00 00\n< 06 0f 00\n> 80 00 00")
		if n := len(b.pt.Ledger().Holds); n != 1 {
			t.Errorf("got %d holds, want 1", n)
		}
	})
}

func TestFaultsOfTheDialogue(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.reserve(Card{})
		b.pt.AddFault(Busy("06 25", 1), HostOffline("06 25", 1))
		b.talk(`
			> 06 25 03 87 00 01
			< 84 9c 00
			> 06 25 03 87 00 01
			< 80 00 00
			< 04 0f 07 27 9b 29 52 50 00 01
			> 80 00 00
			< 06 1e 01 9b
			> 80 00 00`)
		b.wantState(0, Open, 0)

		b.pt.AddFault(
			Fault{At: "tx 04 0f", Kind: Insert, Hex: "06d10181"},       // a print line first
			Fault{At: "tx 04 0f", Kind: Extend, Hex: "de0102"},         // an unknown bitmap
			Fault{At: "tx 06 0f", Kind: Replace, Hex: "061e016c"},      // an abort instead of the completion
			Fault{At: "tx 04 ff", Kind: Insert, Hex: "04ff020a05"},     // T4 becomes five minutes
			Fault{At: "tx 80 00", Kind: Silence, For: 6 * time.Second}, // longer than T3
		)
		before := time.Now()
		b.send("06 25 03 87 00 01")
		b.expect("80 00 00")
		if took := time.Since(before); took < 6*time.Second {
			t.Errorf("answered after %v", took)
		}
		b.talk("< 04 ff 02 0a 05\n> 80 00 00\n< 04 ff 01 17\n> 80 00 00\n< 06 d1 01 81\n> 80 00 00")
		if got := b.recv(); !strings.HasSuffix(got, "de 01 02") {
			t.Errorf("no unknown bitmap at the end of %s", got)
		}
		b.talk("> 80 00 00\n< 06 1e 01 6c\n> 80 00 00")
		b.wantState(0, Released, 0)

		b.pt.AddFault(Fault{At: "tx 04 0f", Kind: Omit}, Fault{At: "tx 06 0f", Kind: LongForm})
		b.talk("> 06 20 05 00 00 00 03 03\n< 80 00 00\n< 06 0f ff 00 00\n> 80 00 00")
		if n := b.pt.ClearFaults(); n != 0 {
			t.Errorf("%d faults were not used up", n)
		}
	})
}

// Whatever byte of the approval the cable is pulled at, the terminal ends with
// one hold: open if the gateway's answer got through, reversed if not.
func TestTheCableIsPulledAtEveryByteOfTheStatusInformation(t *testing.T) {
	length := 0
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.tap(Card{})
		b.talk(strings.TrimSuffix(toStatusInfo, "< 04 0f .."))
		it := b.mustItem()
		length = len(b.wire.encode(it.apdu))
	})
	if length < 60 {
		t.Fatalf("Status Information has only %d bytes", length)
	}
	for cut := range length + 1 {
		inBubble(t, Options{}, Serial, func(b *bench) {
			b.pt.AddFault(Fault{At: "tx 04 0f", Kind: Unplug, Bytes: cut, For: time.Second})
			b.tap(Card{})
			b.talk(strings.TrimSuffix(toStatusInfo, "< 04 0f .."))
			for {
				if _, err := b.item(time.Minute); err != nil {
					break
				}
			}
			if err := b.pt.Plugged(b.ctx); err != nil {
				t.Fatal(err)
			}
			b.plug()
			// The terminal is still master and repeats on the new line (§11.3).
			b.expect("04 0f ..")
			b.talk("> 80 00 00\n< 06 0f 00\n> 80 00 00")
			b.wantState(0, Open, 0)
		})
	}
}

func TestALostTCPConnectionReversesWhatWasNotAcknowledged(t *testing.T) {
	inBubble(t, Options{}, TCP, func(b *bench) {
		b.tap(Card{})
		b.talk(toStatusInfo)
		b.conn.Close()
		time.Sleep(10 * time.Second)
		b.wantState(0, Reversed, 0)
		b.plug()
		b.talk("> 06 23 03 87 ff ff\n< 80 00 00\n< 06 1e 04 b8 87 ff ff\n> 80 00 00")
	})
}

func TestATerminalWithoutPowerHangsUpTCP(t *testing.T) {
	inBubble(t, Options{}, TCP, func(b *bench) {
		b.pt.PowerCut(5 * time.Second)
		b.quiet(time.Minute)
		if err := b.pt.Attach(b.ctx, b.conn, TCP); err == nil {
			t.Error("a dead terminal took a connection")
		}
	})
}

func TestEveryPointOfAReservationIsAnnounced(t *testing.T) {
	var points []string
	inBubble(t, Options{OnPoint: func(p string) { points = append(points, p) }}, Serial, func(b *bench) {
		synctest.Wait()
		points = nil
		b.reserve(Card{})
		synctest.Wait()
	})
	want := []string{
		"rx 06 22", "acked 06 22", "tx 80 00", "sent 80 00", "taken 80 00",
		"tx 04 ff", "sent 04 ff", "taken 04 ff", "rx answer to 04 ff", "acked answer to 04 ff", "answered 04 ff",
		"tx 04 ff", "sent 04 ff", "taken 04 ff", "rx answer to 04 ff", "acked answer to 04 ff", "answered 04 ff",
		"tx 04 0f", "sent 04 0f", "taken 04 0f", "rx answer to 04 0f", "acked answer to 04 0f", "answered 04 0f",
		"tx 06 0f", "sent 06 0f", "taken 06 0f", "rx answer to 06 0f", "acked answer to 06 0f", "answered 06 0f",
	}
	if got := strings.Join(points, ", "); got != strings.Join(want, ", ") {
		t.Errorf("got %s\nwant %s", got, strings.Join(want, ", "))
	}
}

func TestARestartedGatewayThatRepeatsItsCommandGetsTheWholeAnswer(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.talk("> 06 00 06 00 00 00 3e 09 78\n< 80 00 00\n< 06 0f ..")
		b.talk("> 06 00 06 00 00 00 3e 09 78\n< 80 00 00\n< 06 0f ..\n> 80 00 00")
	})
}

func TestAFaultOfOneDialogueLeavesTheOthersAlone(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.reserve(Card{})
		b.pt.AddFault(Fault{At: "tx 06 0f", During: "06 25", Kind: Replace, Hex: "061e016c"})
		b.talk(`
			> 05 01 05 00 00 00 03 02
			< 80 00 00
			< 06 0f 01 00
			> 80 00 00
			> 06 25 03 87 00 01
			< 80 00 00
			< 04 ff 01 17
			> 80 00 00
			< 04 0f ..
			> 80 00 00
			< 06 1e 01 6c
			> 80 00 00`)
		b.wantState(0, Released, 0)
	})
}

func TestWhatOneConnectionAskedForIsNotAnsweredOnTheNext(t *testing.T) {
	inBubble(t, Options{}, TCP, func(b *bench) {
		b.pt.AddFault(Fault{At: "acked 05 01", Kind: Silence, For: time.Minute})
		b.send("05 01 05 00 00 00 03 02")
		time.Sleep(5 * time.Second)
		b.conn.Close()
		b.plug()
		b.send("06 23 03 87 ff ff") // waits until the terminal looks up again
		b.talk("< 80 00 00\n< 06 1e 04 b8 87 ff ff\n> 80 00 00")
	})
}
