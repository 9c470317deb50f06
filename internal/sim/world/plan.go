package world

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// PlanOptions say what scenarios to make. The windows are those of the gateway's
// configuration: what shall be too late must be later than they are.
type PlanOptions struct {
	Seed   uint64
	N      int
	Faults bool // false: only good days

	Lane  string
	Doors int // of the lane; 1
	Goods []saassim.Goods

	HoldMinor int64 // the gateway's hold_limit; 5000
	MinHold   int64 // its min_hold; HoldMinor
	Capture   readersim.CaptureMode

	OpenDeadline  time.Duration // 15 s
	ResolveWindow time.Duration // 10 min
	Decision      time.Duration // 20 h
	T3            time.Duration // of the terminal line; 5 s
}

func (o PlanOptions) withDefaults() PlanOptions {
	o.Doors = cmp.Or(o.Doors, 1)
	o.HoldMinor = cmp.Or(o.HoldMinor, 5000)
	o.MinHold = cmp.Or(o.MinHold, o.HoldMinor)
	o.Capture = cmp.Or(o.Capture, readersim.PartialReversal)
	o.OpenDeadline = cmp.Or(o.OpenDeadline, 15*time.Second)
	o.ResolveWindow = cmp.Or(o.ResolveWindow, 10*time.Minute)
	o.Decision = cmp.Or(o.Decision, 20*time.Hour)
	o.T3 = cmp.Or(o.T3, 5*time.Second)
	return o
}

// kind is one sort of scenario. shape changes a good day into it.
type kind struct {
	name  string // reads as a sentence
	fault bool
	shape func(*planner, *Scenario)
}

// kinds are all sorts of scenarios.
func kinds() []kind {
	return append(append(goodKinds(), saasKinds()...), terminalKinds()...)
}

// Kinds names all sorts of scenarios a plan may hold.
func Kinds(faults bool) []string {
	var names []string
	for _, k := range kinds() {
		if faults || !k.fault {
			names = append(names, k.name)
		}
	}
	return names
}

// Plan makes o.N scenarios from o.Seed, the same for the same options. Each sort
// comes once, in an order the seed decides, before any comes again. Goods must be
// sold, or nothing can be taken.
func Plan(o PlanOptions) []Scenario {
	o = o.withDefaults()
	p := &planner{o: o, rng: rand.New(rand.NewPCG(o.Seed, 0x65646765))}
	var usable []kind
	for _, k := range kinds() {
		if o.Faults || !k.fault {
			usable = append(usable, k)
		}
	}
	var plan []Scenario
	for len(plan) < o.N {
		p.rng.Shuffle(len(usable), func(i, j int) { usable[i], usable[j] = usable[j], usable[i] })
		for _, k := range usable[:min(len(usable), o.N-len(plan))] {
			sc := p.goodDay()
			sc.ID = fmt.Sprintf("%d-%03d", o.Seed, len(plan)+1)
			sc.Kind = k.name
			k.shape(p, &sc)
			plan = append(plan, sc)
		}
	}
	return plan
}

type planner struct {
	o   PlanOptions
	rng *rand.Rand
}

// goodDay is an approved card, some goods, and exactly their price captured.
func (p *planner) goodDay() Scenario {
	sc := Scenario{
		Lane: p.o.Lane,
		Door: p.rng.IntN(p.o.Doors),
		Card: p.card(),
		Shop: Shopping{
			Take:     p.picks(),
			OpenFor:  p.between(20*time.Millisecond, 200*time.Millisecond),
			Patience: p.o.OpenDeadline + p.o.OpenDeadline/2,
		},
	}
	p.expectPaid(&sc)
	return sc
}

func (p *planner) card() readersim.Card {
	cards := []readersim.Card{
		{Name: "Visa", Type: 0x0A, Masked: "476173******0010"},
		{Name: "Mastercard", Type: 0x06, Masked: "559883******8074"},
		{Name: "girocard", Type: 0x05, Masked: "672512******4281"},
	}
	return cards[p.rng.IntN(len(cards))]
}

func (p *planner) between(a, b time.Duration) time.Duration {
	return a + time.Duration(p.rng.Int64N(int64(b-a)+1)).Truncate(time.Millisecond)
}

// picks are one to three kinds of goods that the hold pays for.
func (p *planner) picks() []Pick {
	for {
		var picks []Pick
		for _, i := range p.rng.Perm(len(p.o.Goods))[:min(len(p.o.Goods), 1+p.rng.IntN(3))] {
			picks = append(picks, Pick{Goods: p.o.Goods[i].ID, Count: strconv.Itoa(1 + p.rng.IntN(3))})
		}
		if t := p.price(picks); t > 0 && t <= p.o.HoldMinor || len(p.o.Goods) == 0 {
			return picks
		}
	}
}

func (p *planner) lines(picks []Pick) []saassim.Line {
	var all []saassim.Line
	for _, k := range picks {
		for _, g := range p.o.Goods {
			if g.ID == k.Goods {
				all = append(all, saassim.Line{ID: g.ID, Name: g.Name, Count: k.Count, PriceMinor: g.PriceMinor})
			}
		}
	}
	return all
}

func (p *planner) price(picks []Pick) int64 { return saassim.TotalMinor(p.lines(picks)) }

// taken is what the customer leaves with.
func (p *planner) taken(sc *Scenario) []saassim.Line {
	return without(p.lines(sc.Shop.Take), p.lines(sc.Shop.PutBack))
}

func (p *planner) expectPaid(sc *Scenario) {
	sc.Expect = Expect{Outcomes: []Outcome{Paid}, CaptureMinor: saassim.TotalMinor(p.taken(sc))}
}

// expect sets outcomes that need an explanation.
func (sc *Scenario) expect(because string, outcomes ...Outcome) {
	sc.Expect = Expect{Outcomes: outcomes, Because: because}
}

// settleHead is the command that captures on this terminal.
func (p *planner) settleHead() string {
	if p.o.Capture == readersim.BookTotal {
		return "06 24"
	}
	return "06 23"
}

const releaseHead = "06 25"

// before and after a window of the gateway.
func before(window time.Duration) time.Duration { return window / 4 }
func after(window time.Duration) time.Duration  { return window + window/2 }

// goodKinds are days on which nothing goes wrong.
func goodKinds() []kind {
	return []kind{
		{"goods are taken and paid", false, func(*planner, *Scenario) {}},
		{"something is put back before the door closes", false, func(p *planner, sc *Scenario) {
			sc.Shop.Take[0].Count = "3"
			sc.Shop.PutBack = []Pick{{Goods: sc.Shop.Take[0].Goods, Count: "2"}}
			sc.Shop.Take = sc.Shop.Take[:1]
			p.expectPaid(sc)
		}},
		{"goods are sold by weight", false, func(p *planner, sc *Scenario) {
			sc.Shop.Take = []Pick{{Goods: sc.Shop.Take[0].Goods, Count: "0.75"}}
			p.expectPaid(sc)
		}},
		{"nothing is taken", false, func(_ *planner, sc *Scenario) {
			sc.Shop.Take = nil
			sc.Expect = Expect{Outcomes: []Outcome{NothingTaken}}
		}},
		{"nothing is taken and the SaaS cancels", false, func(_ *planner, sc *Scenario) {
			sc.Shop.Take = nil
			sc.SaaS.Detect = &saassim.Decision{Mode: 1, Msg: "open but no shopping"}
			sc.Expect = Expect{Outcomes: []Outcome{Cancelled}}
		}},
		{"everything is put back", false, func(_ *planner, sc *Scenario) {
			sc.Shop.PutBack = sc.Shop.Take
			sc.Expect = Expect{Outcomes: []Outcome{NothingTaken}}
		}},
		{"the issuer declines", false, func(p *planner, sc *Scenario) {
			sc.Card.Decline = []byte{0x05, 0x33, 0x36}[p.rng.IntN(3)]
			sc.Expect = Expect{Outcomes: noSale()}
		}},
		{"the card cannot be read", false, func(_ *planner, sc *Scenario) {
			sc.Card.Decline = 0x64
			sc.Expect = Expect{Outcomes: noSale()}
		}},
		{"the issuer grants too little", false, func(p *planner, sc *Scenario) {
			sc.Card.GrantMinor = p.o.MinHold - 1
			sc.Expect = Expect{Outcomes: noSale()}
		}},
		{"the issuer grants less and it is enough", false, func(p *planner, sc *Scenario) {
			sc.Card.GrantMinor = p.o.MinHold
			p.upTo(sc, p.o.MinHold)
		}},
		{"the command is announced before the door opens", false, func(_ *planner, sc *Scenario) { sc.SaaS.PreOpen = true }},
	}
}

// upTo expects the sum or, if more was taken, the hold.
func (p *planner) upTo(sc *Scenario, hold int64) {
	p.expectPaid(sc)
	if total := sc.Expect.CaptureMinor; total > hold {
		sc.expect("more was taken than the hold pays for", PaidShort)
		sc.Expect.CaptureMinor = hold
	}
}

// tooMuch lets the customer take more than the hold pays for.
func (p *planner) tooMuch(sc *Scenario) {
	g := p.o.Goods[0]
	sc.Shop.Take = []Pick{{Goods: g.ID, Count: fmt.Sprint(p.o.HoldMinor/max(g.PriceMinor, 1) + 2)}}
	p.upTo(sc, p.o.HoldMinor)
}
