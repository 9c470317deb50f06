package world

import (
	"time"

	"edged/internal/sim/readersim"
)

// Points that the faults below use.
const (
	txInfo     = readersim.PointTx + "04 0f"
	txComplete = readersim.PointTx + "06 0f"
	txAgree    = readersim.PointTx + "80 00"
)

// terminalKinds are days on which the terminal or the display misbehaves.
func terminalKinds() []kind {
	all := holdKinds()
	all = append(all, captureWireKinds()...)
	all = append(all, captureKinds()...)
	return append(all, deviceKinds()...)
}

// holdKinds: between the card and the gateway's answer.
func holdKinds() []kind {
	with := func(f readersim.Fault) func(*planner, *Scenario) {
		return func(_ *planner, sc *Scenario) { sc.Card.Faults = []readersim.Fault{f} }
	}
	lost := func(at, why string) func(*planner, *Scenario) {
		return func(_ *planner, sc *Scenario) {
			sc.Card.Faults = []readersim.Fault{{At: at, Kind: readersim.PowerOut, For: 300 * time.Millisecond}}
			sc.expect(why, noSale()...)
			sc.Expect.HoldLost = true
		}
	}
	return []kind{
		{"the terminal loses power before it reports the approval", true, lost(txInfo, "power cut before the Status Information")},
		{"the terminal loses power before our answer", true, lost(readersim.PointSent+"04 0f", "power cut before the acknowledgement")},
		{"the terminal loses power between our answer and its booking", true, func(_ *planner, sc *Scenario) {
			sc.Card.Faults = []readersim.Fault{{
				At: readersim.PointAcked + readersim.AnswerTo + "04 0f", Kind: readersim.PowerOut, For: 300 * time.Millisecond,
			}}
			sc.Shop.Stays = true
			sc.expect("the terminal took the hold back after our acknowledgement", Unpaid, Cancelled)
			sc.Expect.HoldLost = true
		}},
		{"the terminal loses power before it completes", true, with(readersim.Fault{
			At: txComplete, Kind: readersim.PowerOut, For: 300 * time.Millisecond,
		})},
		{"the terminal takes the hold back after our answer", true, func(_ *planner, sc *Scenario) {
			sc.Card.ReverseAfterAck, sc.Shop.Stays = true, true
			sc.expect("06 1E after our acknowledgement", Unpaid, Cancelled)
			sc.Expect.HoldLost = true
		}},
		{"the approval is garbled on the wire once", true, with(readersim.Fault{At: txInfo, Kind: readersim.CorruptCRC})},
		{"the approval comes twice", true, with(readersim.Fault{At: txInfo, Kind: readersim.Duplicate})},
		{"the approval comes byte by byte", true, with(readersim.Fault{At: txInfo, Kind: readersim.Split, For: 2 * time.Millisecond})},
		{"the approval has an unknown bitmap", true, with(readersim.Fault{At: txInfo, Kind: readersim.Extend, Hex: "de0102"})},
		{"the approval comes in the long form", true, with(readersim.Fault{At: txInfo, Kind: readersim.LongForm})},
		{"a print line comes before the approval", true, with(readersim.Fault{At: txInfo, Kind: readersim.Insert, Hex: "06d10181"})},
		{"noise comes before the approval", true, with(readersim.Fault{At: txInfo, Kind: readersim.Garbage, Hex: "ff007e"})},
	}
}

// captureWireKinds: the wire is bad while the hold is captured. The money is the
// same as on a good day.
func captureWireKinds() []kind {
	with := func(f readersim.Fault) func(*planner, *Scenario) {
		return func(p *planner, sc *Scenario) {
			if f.At == "" {
				f.At = readersim.PointRx + p.settleHead()
			} else {
				f.During = p.settleHead()
			}
			sc.Terminal = []readersim.Fault{f}
		}
	}
	return []kind{
		{"the capture is refused by NAK twice", true, with(readersim.Fault{Kind: readersim.SendNAK, Times: 2})},
		{"the ACK of the capture is lost", true, with(readersim.Fault{Kind: readersim.DropACK})},
		{"the capture is lost on the wire", true, with(readersim.Fault{Kind: readersim.Deaf})},
		{"the result of the capture is garbled", true, with(readersim.Fault{At: txInfo, Kind: readersim.CorruptCRC})},
		{"the result of the capture comes twice", true, with(readersim.Fault{At: txInfo, Kind: readersim.Duplicate})},
		{"the result of the capture has an unknown tag", true, with(readersim.Fault{At: txInfo, Kind: readersim.Extend, Hex: "0604df0101ff"})},
		{"the terminal wants more time during the capture", true, with(readersim.Fault{At: txInfo, Kind: readersim.Insert, Hex: "04ff020a05"})},
		{"the completion of the capture comes twice", true, with(readersim.Fault{At: txComplete, Kind: readersim.Duplicate})},
	}
}

// captureKinds: the terminal does not capture at once, or does not say so.
func captureKinds() []kind {
	out := func(at string) func(*planner, *Scenario) {
		return func(p *planner, sc *Scenario) {
			sc.Terminal = []readersim.Fault{{
				At: at, During: p.settleHead(), Kind: readersim.PowerOut, For: 300 * time.Millisecond,
			}}
		}
	}
	return []kind{
		{"the acquirer is offline for two captures", true, func(p *planner, sc *Scenario) {
			sc.Terminal = []readersim.Fault{readersim.HostOffline(p.settleHead(), 2)}
		}},
		{"the acquirer is offline for a release", true, func(_ *planner, sc *Scenario) {
			sc.Shop.Take = nil
			sc.Terminal = []readersim.Fault{readersim.HostOffline(releaseHead, 1)}
			sc.Expect = Expect{Outcomes: []Outcome{NothingTaken}}
		}},
		{"the terminal is busy when it shall capture", true, func(p *planner, sc *Scenario) {
			sc.Terminal = []readersim.Fault{readersim.Busy(p.settleHead(), 1)}
		}},
		{"the terminal loses power before the capture is booked", true, out(txInfo)},
		{"the terminal loses power once the capture is booked", true, out(readersim.PointAnswered + "04 0f")},
		{"the terminal loses power before the capture completes", true, out(txComplete)},
		{"the capture ends with an abort although it is booked", true, func(p *planner, sc *Scenario) {
			sc.Terminal = []readersim.Fault{{
				At: txComplete, During: p.settleHead(), Kind: readersim.Replace, Hex: "061e016c",
			}}
		}},
		{"the terminal is silent longer than T3 before it captures", true, func(p *planner, sc *Scenario) {
			sc.Terminal = []readersim.Fault{{
				At: txAgree, During: p.settleHead(), Kind: readersim.Silence, For: p.o.T3 + p.o.T3/4,
			}}
		}},
		{"the issuer drops the hold before the capture", true, func(_ *planner, sc *Scenario) {
			sc.Happens = []Happening{{At: AtOpened, What: HoldExpires}}
			sc.expect("the issuer dropped the hold", Unpaid)
			sc.Expect.HoldLost = true
		}},
	}
}

// deviceKinds: cables and plugs.
func deviceKinds() []kind {
	unplug := func(at string) func(*planner, *Scenario) {
		return func(p *planner, sc *Scenario) {
			sc.Terminal = []readersim.Fault{{
				At: at, During: p.settleHead(), Kind: readersim.Unplug, Bytes: p.rng.IntN(40), For: 200 * time.Millisecond,
			}}
		}
	}
	happen := func(h Happening) func(*planner, *Scenario) {
		return func(_ *planner, sc *Scenario) { sc.Happens = append(sc.Happens, h) }
	}
	return []kind{
		{"the cable is pulled while the result of the capture comes", true, unplug(txInfo)},
		{"the cable is pulled while the capture completes", true, unplug(txComplete)},
		{"the cable is pulled when the capture arrives", true, func(p *planner, sc *Scenario) {
			sc.Terminal = []readersim.Fault{{
				At: readersim.PointRx + p.settleHead(), Kind: readersim.Unplug, For: 200 * time.Millisecond,
			}}
		}},
		{"the cable of the terminal is pulled while the door is open", true, happen(Happening{At: AtOpened, What: TerminalUnplug, For: 500 * time.Millisecond})},
		{"the terminal restarts while the door is open", true, happen(Happening{At: AtOpened, What: TerminalPower, For: 500 * time.Millisecond})},
		{"the display is unplugged", true, happen(Happening{At: AtTap, What: DisplayUnplug, For: 500 * time.Millisecond})},
		{"the display loses power", true, happen(Happening{At: AtTap, What: DisplayPower, For: 500 * time.Millisecond})},
	}
}
