package readersim

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

const (
	extendTo75 = `
		> 06 22 17 04 00 00 00 00 75 00 49 09 78 0b 00 00 01 3b 30 30 38 33 35 30 00 00
		< 80 00 00`
	closeDay = `
		> 06 50 03 00 00 00
		< 80 00 00`
)

func TestAFamilyThatNobodyKnows(t *testing.T) {
	if _, err := New(Options{Family: "abacus"}); err == nil {
		t.Error("New took an unknown family")
	}
	for _, name := range Families() {
		if pt, err := New(Options{Family: name}); err != nil || pt.opt.Capture == "" {
			t.Errorf("family %s: %v", name, err)
		}
	}
}

func TestWhatIsSetGoesBeforeTheFamily(t *testing.T) {
	o, err := Options{Family: "card-complete", Capture: BothCaptures, Answer: AnswerFinal}.withDefaults()
	if err != nil || o.Capture != BothCaptures || o.Answer != AnswerFinal || o.EndOfDay != ChargeFull {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestAReservationIsExtendedWithoutACard(t *testing.T) {
	inBubble(t, Options{Family: "ccv"}, Serial, func(b *bench) {
		b.reserve(Card{})
		b.talk(extendTo75 + `
			< 04 ff 01 04
			> 80 00 00
			< 04 0f 53 27 00 04 00 00 00 00 75 00 ..
			> 80 00 00
			< 06 0f 00
			> 80 00 00`)
		b.wantState(0, Open, 0)
		if h := b.hold(0); h.Amount != 7500 || len(b.pt.Ledger().Holds) != 1 {
			t.Errorf("the hold is of %d among %d holds, want the one of 7500", h.Amount, len(b.pt.Ledger().Holds))
		}
		// The reference stays the receipt of the reservation, with the new total.
		b.talk(`
			> 06 23 0d 87 00 01 04 00 00 00 00 05 00 49 09 78
			< 80 00 00
			< 04 ff 01 17
			> 80 00 00
			< 04 0f ..
			> 80 00 00
			< 06 0f 00
			> 80 00 00`)
		b.wantState(0, Captured, 7000)
	})
}

func TestAnExtensionIsRefused(t *testing.T) {
	failed := func(code string) string {
		return `
			< 04 0f 07 27 ` + code + ` 29 52 50 00 01
			> 80 00 00
			< 06 1e 01 ` + code + `
			> 80 00 00`
	}
	tests := []struct {
		name, family, script string
	}{
		{"where it is not offered", "feig", extendTo75 + failed("83")},
		{"with another authorisation", "ccv", `
			> 06 22 17 04 00 00 00 00 75 00 49 09 78 0b 00 00 01 3b 30 30 38 33 35 31 00 00
			< 80 00 00` + failed("b8")},
		{"to less than there is", "ccv", `
			> 06 22 17 04 00 00 00 00 50 00 49 09 78 0b 00 00 01 3b 30 30 38 33 35 30 00 00
			< 80 00 00` + failed("b7")},
		{"of another reservation", "ccv", `
			> 06 22 17 04 00 00 00 00 75 00 49 09 78 0b 00 00 09 3b 30 30 38 33 35 30 00 00
			< 80 00 00` + failed("b8")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, Options{Family: tt.family}, Serial, func(b *bench) {
				b.reserve(Card{})
				b.talk(tt.script)
				if h := b.hold(0); h.State != Open || h.Amount != 5000 {
					t.Errorf("the hold is %s of %d, want open of 5000", h.State, h.Amount)
				}
			})
		})
	}
}

func TestAnExtensionNobodyAcknowledgedChangesNothing(t *testing.T) {
	inBubble(t, Options{Family: "ccv"}, TCP, func(b *bench) {
		b.reserve(Card{})
		b.talk(extendTo75 + `
			< 04 ff 01 04
			> 80 00 00
			< 04 0f ..
			> 84 66 00
			< 06 1e 01 6c
			> 80 00 00`)
		if h := b.hold(0); h.State != Open || h.Amount != 5000 {
			t.Errorf("the hold is %s of %d, want open of 5000", h.State, h.Amount)
		}
	})
}

func TestARefundCreditsTheCardThatIsPresented(t *testing.T) {
	const refund = `
		> 06 31 0d 00 00 00 04 00 00 00 00 17 35 49 09 78
		< 80 00 00`
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.tap(Card{})
		b.talk(refund + `
			< 04 ff 01 0a
			> 80 00 00
			< 04 ff 01 04
			> 80 00 00
			< 04 0f 4f 27 00 04 00 00 00 00 17 35 ..
			> 80 00 00
			< 06 0f 00
			> 80 00 00`)
		<-b.taps
		led := b.pt.Ledger()
		if tx := led.Txs[1]; tx == nil || tx.Command != "06 31" || tx.Amount != 1735 || !tx.booked() || len(led.Holds) != 0 {
			t.Errorf("ledger has %+v and %d holds, want a booked refund of 1735", tx, len(led.Holds))
		}
	})
	inBubble(t, Options{NoRefunds: true}, Serial, func(b *bench) {
		b.talk(refund + `
			< 04 0f 07 27 83 29 52 50 00 01
			> 80 00 00
			< 06 1e 01 83
			> 80 00 00`)
	})
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.talk(`
			> 06 31 03 00 00 00
			< 80 00 00
			< 04 0f 07 27 9a 29 52 50 00 01
			> 80 00 00
			< 06 1e 01 9a
			> 80 00 00
			> 06 31 0a 11 11 11 04 00 00 00 00 17 35
			< 84 37 00`)
	})
}

// TestEndOfDayOfEachFamily: the same open hold ends in four ways.
func TestEndOfDayOfEachFamily(t *testing.T) {
	tests := []struct {
		family, script string
		state          State
		captured       int64
	}{
		{"feig", "< 06 1e 04 b8 87 00 01\n> 80 00 00", Open, 0},
		{"card-complete", "< 04 0f ..\n> 80 00 00\n< 06 0f 02 27 e0\n> 80 00 00", Captured, 5000},
		{"verifone", "< 04 0f ..\n> 80 00 00\n< 06 0f 00\n> 80 00 00\n> 06 25 03 87 00 01\n< 80 00 00\n< 04 0f 07 27 b5 29 52 50 00 01\n> 80 00 00\n< 06 1e 01 b5\n> 80 00 00", Open, 0},
		{"ccv", "< 06 1e 04 b8 87 00 01\n> 80 00 00", Open, 0},
	}
	for _, tt := range tests {
		t.Run(tt.family, func(t *testing.T) {
			inBubble(t, Options{Family: tt.family}, Serial, func(b *bench) {
				b.reserve(Card{})
				b.talk(closeDay + "\n" + tt.script)
				b.wantState(0, tt.state, tt.captured)
			})
		})
	}
}

// TestAnUpdateAfterTheEndOfDayMakesItDeaf: what comes meanwhile is lost.
func TestAnUpdateAfterTheEndOfDayMakesItDeaf(t *testing.T) {
	inBubble(t, Options{DayCode: 0xFC}, TCP, func(b *bench) {
		b.talk(closeDay + `
			< 04 0f ..
			> 80 00 00
			< 06 0f 02 27 fc
			> 80 00 00
			> 05 01 00`)
		b.quiet(time.Minute)
		b.talk(`
			> 05 01 00
			< 80 00 00
			< 06 0f ..
			> 80 00 00`)
	})
}

func TestTheTotalsOfADayAreByBrand(t *testing.T) {
	got := dayTotals([]*Hold{
		{Tx: Tx{Receipt: 3, Card: "476173******0010"}, CapturedMinor: 1735},
		{Tx: Tx{Receipt: 5, Card: "513700******0010"}, CapturedMinor: 100},
		{Tx: Tx{Receipt: 9, Card: "340000******0010"}, CapturedMinor: 1},
		{Tx: Tx{Receipt: 10, Card: ""}, CapturedMinor: 2},
	})
	want := unhex(t, "0003 0010 00000000000000 00000000000000 01000000000100 01000000000001 01000000001735 00000000000000 01000000000002")
	if string(got) != string(want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

// ratedConn is a line that is open at a rate.
type ratedConn struct {
	net.Conn
	baud int
}

func (c ratedConn) Baud() int { return c.baud }

func (b *bench) plugAt(baud int) {
	here, there := net.Pipe()
	b.conn, b.in, b.wire = here, nil, &serialWire{}
	go func() { _ = b.pt.Attach(b.ctx, ratedConn{there, baud}, Serial) }()
	synctest.Wait()
}

func TestALineAtAnotherRateIsNoise(t *testing.T) {
	inBubble(t, Options{}, Serial, func(b *bench) {
		b.plugAt(115200)
		b.raw(b.wire.encode(msg(cmdStatus))...)
		b.quiet(time.Minute)
		b.plugAt(9600)
		b.talk(`
			> 08 40 01 05
			< 84 fd 00
			> 08 40 01 07
			< 80 00 00`)
		time.Sleep(3 * time.Second)
		b.plugAt(115200)
		b.talk(`
			> 05 01 00
			< 80 00 00
			< 06 0f ..
			> 80 00 00`)
		b.pt.PowerCut(time.Second)
		time.Sleep(10 * time.Second)
		b.plugAt(9600)
		b.talk(`
			> 05 01 00
			< 80 00 00
			< 06 0f ..
			> 80 00 00`)
	})
}
