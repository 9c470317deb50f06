package world

import (
	"time"

	"edged/internal/sim/saassim"
)

// saasKinds are days on which the SaaS, the network or the machine misbehaves.
func saasKinds() []kind {
	all := decisionKinds()
	all = append(all, callbackKinds()...)
	all = append(all, openKinds()...)
	all = append(all, reportKinds()...)
	return append(all, networkKinds()...)
}

// decisionKinds: recognition does not come to a result by itself.
func decisionKinds() []kind {
	return []kind{
		{"recognition is left to the merchant who settles", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Detect = &saassim.Decision{Mode: 2, Msg: "camera blocked"}
			sc.SaaS.Settle = &saassim.Decision{After: before(p.o.Decision)}
		}},
		{"recognition fails and the merchant settles", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Detect = &saassim.Decision{Failed: true, Msg: "No video"}
			sc.SaaS.Settle = &saassim.Decision{After: before(p.o.Decision)}
		}},
		{"the merchant settles with a string", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Detect = &saassim.Decision{Failed: true, Msg: "Abnormal overweight", Data: saassim.AsNull}
			sc.SaaS.Settle = &saassim.Decision{After: before(p.o.Decision), Data: saassim.AsString}
		}},
		{"recognition comes twice without data and the merchant settles", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Detect = &saassim.Decision{Data: saassim.AsNull}
			sc.SaaS.Contradict = &saassim.Decision{After: before(p.o.Decision) / 2, Data: saassim.AsNull}
			sc.SaaS.Settle = &saassim.Decision{After: before(p.o.Decision)}
		}},
		{"the merchant settles without data", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Detect = &saassim.Decision{Mode: 2}
			sc.SaaS.Settle = &saassim.Decision{After: before(p.o.Decision), Data: saassim.AsNull}
			sc.expect("the settlement has no data", Unpaid)
		}},
		{"the merchant lets the customer go", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Detect = &saassim.Decision{Mode: 2}
			sc.SaaS.Settle = &saassim.Decision{After: before(p.o.Decision), Mode: 1}
			sc.expect("the merchant settled with mode 1", Cancelled)
		}},
		{"nobody ever decides", true, func(_ *planner, sc *Scenario) {
			sc.SaaS.Detect = &saassim.Decision{Failed: true, Msg: "Failed to identify the platform"}
			sc.expect("recognition failed and nobody settled", Unpaid)
		}},
		{"recognition never answers", true, func(_ *planner, sc *Scenario) {
			sc.SaaS.NoDetect = true
			sc.expect("no recognition result", Unpaid)
		}},
		{"the merchant settles too late", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Detect = &saassim.Decision{Mode: 2}
			sc.SaaS.Settle = &saassim.Decision{After: after(p.o.Decision)}
			sc.expect("settled after the decision deadline", Unpaid)
		}},
		{"a price is negative and the merchant settles", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Detect = &saassim.Decision{Lines: []saassim.Line{{ID: "x", Name: "?", Count: "1", PriceMinor: -100}}}
			sc.SaaS.Settle = &saassim.Decision{After: before(p.o.Decision)}
		}},
		{"a different result comes later", true, func(p *planner, sc *Scenario) {
			more := p.lines(sc.Shop.Take)
			more[0].Count = "9"
			sc.SaaS.Contradict = &saassim.Decision{After: 300 * time.Millisecond, Lines: more}
		}},
		{"more is taken than the hold pays for", true, (*planner).tooMuch},
		{"the result is a string of JSON", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Detect = &saassim.Decision{Data: saassim.AsString}
		}},
		{"names are written in Pascal case", true, func(_ *planner, sc *Scenario) { sc.SaaS.Keys = saassim.Pascal }},
	}
}

// callbackKinds: what the SaaS says comes late, twice, in the wrong order.
func callbackKinds() []kind {
	with := func(faults ...saassim.CallbackFault) func(*planner, *Scenario) {
		return func(_ *planner, sc *Scenario) { sc.SaaS.Callbacks = faults }
	}
	return []kind{
		{"every callback comes twice", true, with(saassim.CallbackFault{Kind: saassim.Twice})},
		{"OpenedDoor comes last", true, with(saassim.CallbackFault{
			Action: saassim.ActionOpened, Kind: saassim.Late, For: 2500 * time.Millisecond,
		})},
		{"CloseDoor comes last", true, with(saassim.CallbackFault{
			Action: saassim.ActionClosed, Kind: saassim.Late, For: 2500 * time.Millisecond,
		})},
		{"CloseDoor is lost", true, with(saassim.CallbackFault{Action: saassim.ActionClosed, Kind: saassim.Never})},
		{"OpenedDoor is lost", true, with(saassim.CallbackFault{Action: saassim.ActionOpened, Kind: saassim.Never})},
		{"the callbacks come all at once and late", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Callbacks = []saassim.CallbackFault{{Kind: saassim.Late, For: before(p.o.ResolveWindow)}}
		}},
		{"callbacks for an unknown order come in between", true, with(saassim.CallbackFault{Kind: saassim.Unknown})},
		{"something unreadable comes in between", true, with(saassim.CallbackFault{Kind: saassim.Garbled})},
		{"somebody without the secret cancels and decides", true, with(saassim.CallbackFault{Kind: saassim.Forged})},
		{"ten megabytes come before the recognition", true, with(saassim.CallbackFault{Action: saassim.ActionDetected, Kind: saassim.Huge})},
		{"every callback is played again later", true, with(saassim.CallbackFault{Kind: saassim.Replayed, For: 1500 * time.Millisecond})},
	}
}

// openKinds: OpenDoor is refused, lost, or its answer is.
func openKinds() []kind {
	with := func(faults ...saassim.CallFault) func(*planner, *Scenario) {
		return func(_ *planner, sc *Scenario) {
			for _, f := range faults {
				f.Call = saassim.CallOpenDoor
				sc.SaaS.Calls = append(sc.SaaS.Calls, f)
			}
		}
	}
	return []kind{
		{"OpenDoor is lost once", true, with(saassim.CallFault{Kind: saassim.Drop})},
		{"the answer to OpenDoor is lost", true, with(saassim.CallFault{Kind: saassim.Drop, Accepted: true})},
		{"OpenDoor is answered by a proxy", true, with(saassim.CallFault{Kind: saassim.HTML, Code: 502})},
		{"OpenDoor is taken and answered by a proxy", true, with(saassim.CallFault{Kind: saassim.HTML, Code: 502, Accepted: true})},
		{"the answer to OpenDoor is cut off", true, with(saassim.CallFault{Kind: saassim.Truncated})},
		{"OpenDoor is answered slowly", true, with(saassim.CallFault{Kind: saassim.Delay, For: time.Second})},
		{"OpenDoor needs a new token", true, func(_ *planner, sc *Scenario) {
			sc.Happens = append(sc.Happens, Happening{At: AtTaken, What: TokensRevoked})
		}},
		{"OpenDoor is never heard", true, func(_ *planner, sc *Scenario) {
			sc.SaaS.Calls = []saassim.CallFault{{Call: saassim.CallOpenDoor, Kind: saassim.Drop, Times: -1}}
			sc.expect("no OpenDoor reached the SaaS", Cancelled)
		}},
		{"OpenDoor is refused", true, func(_ *planner, sc *Scenario) {
			sc.SaaS.RefuseOpen = "machine is offline"
			sc.expect("OpenDoor was refused", Cancelled)
		}},
		{"the machine fails to open", true, func(_ *planner, sc *Scenario) {
			sc.SaaS.Cancel = saassim.CancelInsteadOfOpening
			sc.expect("the machine failed to open", Cancelled)
		}},
		{"an exception on closing and the merchant settles", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Cancel = saassim.CancelAfterOpening
			sc.SaaS.Settle = &saassim.Decision{After: before(p.o.Decision)}
		}},
		{"an exception on closing and nobody settles", true, func(_ *planner, sc *Scenario) {
			sc.SaaS.Cancel = saassim.CancelAfterOpening
			sc.expect("cancelled with the door open, nobody settled", Unpaid)
		}},
		{"the door stands open for a while", true, func(_ *planner, sc *Scenario) { sc.Shop.OpenFor = 3 * time.Second }},
	}
}

// reportKinds: the report of the payment does not get through at once, or is not
// the last word.
func reportKinds() []kind {
	with := func(f saassim.CallFault) func(*planner, *Scenario) {
		return func(_ *planner, sc *Scenario) {
			f.Call = saassim.CallReport
			sc.SaaS.Calls = []saassim.CallFault{f}
		}
	}
	return []kind{
		{"the report is lost", true, with(saassim.CallFault{Kind: saassim.Drop, Times: 2})},
		{"the answer to the report is lost", true, with(saassim.CallFault{Kind: saassim.Drop, Accepted: true, Times: 2})},
		{"the report meets an error", true, with(saassim.CallFault{Kind: saassim.Status, Code: 500})},
		{"the report is taken and answered with an error", true, with(saassim.CallFault{Kind: saassim.Status, Code: 500, Accepted: true})},
		{"the report is too much with a time to wait", true, with(saassim.CallFault{Kind: saassim.Status, Code: 429, RetryAfter: "1"})},
		{"the report is too much", true, with(saassim.CallFault{Kind: saassim.Status, Code: 429, Times: 2})},
		{"the report needs a new token", true, with(saassim.CallFault{Kind: saassim.BodyCode, Code: 401})},
		{"the report is answered by a proxy", true, with(saassim.CallFault{Kind: saassim.HTML, Code: 200})},
		{"the answer to the report is cut off", true, with(saassim.CallFault{Kind: saassim.Truncated})},
		{"the answer to the report is in Pascal case", true, with(saassim.CallFault{Kind: saassim.PascalKey})},
		{"the merchant wants more afterwards", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Adjust = &saassim.Claim{After: 200 * time.Millisecond, Lines: p.lines(sc.Shop.Take[:1])}
			sc.Expect.Claims = []int{1}
		}},
		{"the merchant gives it back afterwards", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Refund = &saassim.Claim{After: 200 * time.Millisecond, Lines: p.lines(sc.Shop.Take), Remark: "out of date"}
			sc.Expect.Claims = []int{2}
		}},
		{"the merchant gives it back and says so twice", true, func(p *planner, sc *Scenario) {
			sc.SaaS.Refund = &saassim.Claim{After: 200 * time.Millisecond, Lines: p.lines(sc.Shop.Take), Remark: "stale"}
			sc.SaaS.Callbacks = []saassim.CallbackFault{{Action: saassim.ActionRefund, Kind: saassim.Twice}}
			sc.Expect.Claims = []int{2}
		}},
		{"the merchant gives more back than was paid", true, func(p *planner, sc *Scenario) {
			all := p.lines(sc.Shop.Take)
			sc.SaaS.Refund = &saassim.Claim{After: 200 * time.Millisecond, Lines: append(all, all...), Remark: "generous"}
		}},
	}
}

// networkKinds: the network goes away.
func networkKinds() []kind {
	cut := func(at Moment, d time.Duration) func(*planner, *Scenario) {
		return func(_ *planner, sc *Scenario) {
			sc.Happens = append(sc.Happens, Happening{At: at, What: NetworkCut, For: d})
		}
	}
	return []kind{
		{"the network goes while the door is open", true, cut(AtOpened, 1500*time.Millisecond)},
		{"the network goes when the door has closed", true, cut(AtClosed, 2*time.Second)},
		{"the network goes before OpenDoor and comes back in time", true, func(p *planner, sc *Scenario) {
			sc.Card.Host = 300 * time.Millisecond
			cut(AtTaken, sc.Card.Host+before(p.o.OpenDeadline))(p, sc)
			// Where a request can be written into a dead connection, both attempts may
			// be in doubt, and there is no third.
			sc.Expect.Outcomes = []Outcome{Paid, Cancelled}
			sc.Expect.Because = "the network was cut around OpenDoor"
		}},
		{"the network goes before OpenDoor and stays away", true, func(p *planner, sc *Scenario) {
			sc.Card.Host = 300 * time.Millisecond
			cut(AtTaken, sc.Card.Host+after(p.o.OpenDeadline))(p, sc)
			sc.expect("no network until the OpenDoor deadline", Cancelled)
		}},
	}
}
