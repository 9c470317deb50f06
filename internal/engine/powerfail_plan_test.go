package engine

import (
	"fmt"
	"math/rand/v2"
	"time"

	"edged/internal/money"
	"edged/internal/purchase"
)

// cutVisit is one customer and what terminal and SaaS will do about him. The zero
// value of a field is the good course.
type cutVisit struct {
	name     string
	lane     string
	declined bool
	grant    money.Minor // what the issuer holds; zero: what was asked for
	ackLost  bool        // the terminal has our word on the hold, and the line goes away

	doors   []cutDoor // what becomes of each OpenDoor; one that is not listed is accepted
	says    []cutSaid // callbacks, one after the other, each until it is answered
	noAck   bool      // the SaaS takes the first report, and its answer is lost
	refuse  bool      // the SaaS refuses every report, until a person drops it
	offline bool      // the first capture does not reach the host
	capLost bool      // the terminal has our word on the capture, and the line goes away

	want purchase.ResultKind // how it ends, if nothing is cut
}

// cutDoor is what becomes of one OpenDoor.
type cutDoor struct {
	answer purchase.OpenAnswer
	taken  bool // the SaaS takes it, whatever edged hears
}

// cutSaid is one callback.
type cutSaid struct {
	after time.Duration // since the one before it
	body  purchase.Body
}

func (v cutVisit) key(n int) string { return fmt.Sprintf("%s %d", v.name, n) }

// decision is the first word of the SaaS that settles the purchase: how much it
// recognised, and whether there is such a word at all.
func (v cutVisit) decision() (total money.Minor, decided bool) {
	for _, s := range v.says {
		d, ok := s.body.(purchase.Detected)
		if !ok || !d.OK || d.Mode == purchase.ModeInterrupt {
			continue
		}
		return money.Minor(len(d.Lines)) * cutPrice, true
	}
	return 0, false
}

const (
	cutLimit   = 5000
	cutPrice   = 700 // of one product, in minor units
	cutOpen    = 15 * time.Second
	cutResolve = 30 * time.Second
	cutDecide  = 5 * time.Minute
)

func cutTerms() purchase.Terms {
	return purchase.Terms{
		Account: "account", MinHold: 2000, OpenDeadline: cutOpen, ResolveWindow: cutResolve, DetectWait: time.Minute,
		DecisionDeadline: cutDecide, DoorRemind: 90 * time.Second, DoorAlarm: 10 * time.Minute, HoldTTL: 120 * time.Hour,
		RetryBase: 5 * time.Second, RetryCap: time.Minute, ReverseByReceipt: true,
	}
}

// cutNo is the SaaS's number of a customer's order.
func cutNo(name string) string { return "S " + name }

// cutSigns are callbacks of a door that opens and closes, followed by words.
func cutSigns(name string, words ...cutSaid) []cutSaid {
	return append([]cutSaid{
		{time.Second, purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: cutNo(name)}},
		{4 * time.Second, purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: cutNo(name)}},
	}, words...)
}

// cutGoods recognises n products after a while.
func cutGoods(name string, from purchase.Source, n int) cutSaid {
	d := purchase.Detected{Source: from, SaaSOrderNo: cutNo(name), OK: true}
	for range n {
		d.Lines = append(d.Lines, purchase.Line{Price: "7.00", Count: "1"})
	}
	return cutSaid{3 * time.Second, d}
}

func cutRefund(name string, lines int) cutSaid {
	r := purchase.Refund{Number: "R " + name, SaaSOrderNo: cutNo(name)}
	for range lines {
		r.Lines = append(r.Lines, purchase.Line{Price: "7.00", Count: "1"})
	}
	return cutSaid{20 * time.Second, r}
}

// cutPlan is the mixed run: two lanes, every end a purchase can have.
func cutPlan() []cutVisit {
	review := cutSaid{2 * time.Second, purchase.Detected{Source: purchase.FromDetection, OK: true, Mode: purchase.ModeInterrupt, SaaSOrderNo: cutNo("review")}}
	forgotten := review
	forgotten.body = purchase.Detected{Source: purchase.FromDetection, Msg: "no video", SaaSOrderNo: cutNo("forgotten")}
	adjust := cutSaid{10 * time.Second, purchase.Adjustment{Number: "D1", SaaSOrderNo: cutNo("short"), Lines: []purchase.Line{{Price: "1.00", Count: "1"}}}}
	detected := purchase.FromDetection
	return []cutVisit{
		{name: "sold", lane: "front", says: cutSigns("sold", cutGoods("sold", detected, 2)), want: purchase.Paid},
		{name: "declined", lane: "back", declined: true, want: purchase.Declined},
		{name: "refunded", lane: "back", says: cutSigns("refunded", cutGoods("refunded", detected, 1), cutRefund("refunded", 1)), want: purchase.Paid},
		{
			name: "cancelled", lane: "front", want: purchase.Cancelled,
			says: []cutSaid{{time.Second, purchase.Sign{Sign: purchase.SignCancel, SaaSOrderNo: cutNo("cancelled")}}},
		},
		{name: "empty", lane: "back", says: cutSigns("empty", cutGoods("empty", detected, 0)), noAck: true, want: purchase.NothingTaken},
		{
			name: "short", lane: "front", grant: 2500, offline: true, want: purchase.PaidShort,
			says: cutSigns("short", cutGoods("short", detected, 4), adjust),
		},
		{name: "too little", lane: "back", grant: 1000, want: purchase.Declined},
		{
			name: "in doubt", lane: "back", doors: []cutDoor{{purchase.OpenInDoubt, true}, {purchase.OpenInDoubt, true}},
			says: cutSigns("in doubt", cutGoods("in doubt", detected, 1)), want: purchase.Paid,
		},
		{
			name: "silence", lane: "front", doors: []cutDoor{{purchase.OpenInDoubt, false}, {purchase.OpenInDoubt, false}},
			want: purchase.Cancelled,
		},
		{
			name: "too late", lane: "back", doors: []cutDoor{{purchase.OpenInDoubt, true}, {purchase.OpenInDoubt, true}},
			says: []cutSaid{{3 * cutResolve, cutGoods("too late", detected, 1).body}}, want: purchase.Unpaid,
		},
		{name: "refused", lane: "front", doors: []cutDoor{{purchase.OpenRefused, false}}, want: purchase.Cancelled},
		{name: "not sent", lane: "back", doors: []cutDoor{{purchase.OpenNotSent, false}}, says: cutSigns("not sent", cutGoods("not sent", detected, 3)), want: purchase.Paid},
		{
			name: "review", lane: "front", capLost: true, want: purchase.Paid,
			says: cutSigns("review", review, cutGoods("review", purchase.FromSettlement, 2), cutGoods("review", purchase.FromSettlement, 5), cutRefund("review", 1)),
		},
		{name: "line lost", lane: "back", ackLost: true, want: purchase.Cancelled},
		{name: "forgotten", lane: "back", says: cutSigns("forgotten", forgotten), want: purchase.Unpaid},
		{
			name: "refused report", lane: "back", refuse: true, want: purchase.Paid,
			says: cutSigns("refused report", cutGoods("refused report", detected, 1)),
		},
		{name: "last", lane: "front", says: cutSigns("last", cutGoods("last", detected, 1), cutRefund("last", 1)), want: purchase.Paid},
	}
}

// cutPlans are two runs that together have every customer of the plan. Another seed
// sends them in another sequence.
func cutPlans(seed uint64) [2][]cutVisit {
	plan := cutPlan()
	half := len(plan) / 2
	if seed != 0 {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	}
	return [2][]cutVisit{plan[:half], plan[half:]}
}
